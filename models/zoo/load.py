"""A trained network of the zoo as a Keras model."""

from __future__ import annotations

from pathlib import Path

from ...errors import FileFormatError
from ..studied.weights import clips_of, content_hash, put, read_archive
from .catalogue import zoo_network


def load_zoo(name: str | Path):
    """A trained Keras model, with a softmax at its end; it takes pixels in 0..1.

    Parameters
    ----------
    name : str or Path
        ``zoo:NAME``.

    Raises
    ------
    SpikewattError : unknown name.
    FileFormatError : weights that are not those of the entry.

    Examples
    --------
    >>> load_zoo("zoo:digits-mlp").count_params()  # doctest: +SKIP
    3610
    """
    facts = zoo_network(name)
    arrays = read_archive(facts.path, facts.name)
    found = content_hash(arrays)
    if found != facts.sha256:
        raise FileFormatError(
            where=str(facts.path),
            law=f"holds the weights of {facts.title}",
            got=f"SHA-256 {found[:12]}",
            allowed=facts.sha256[:12],
            hint="install the package again",
        )
    model, placed = facts.build(clips_of(arrays))
    put(placed, arrays, facts.title)
    return model
