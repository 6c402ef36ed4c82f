"""Trained networks of the studies, as Keras models."""

from __future__ import annotations

import os

from ...errors import SpikewattError, warn
from .find import Found, find_weights
from .weights import clips_of, put


def load_studied(name: str, models_dir: str | os.PathLike | None = None):
    """A trained Keras model, with a softmax at its end.

    The weights that a published result was computed with are known by their hash. Other weights
    of the same network are taken, too, with a warning that says whose they are.

    Parameters
    ----------
    name : str
        A network of the studies, or any whose ``.keras`` or ``.h5`` file is in `models_dir`.
    models_dir : path or str, optional
        Folder with networks that are too large for the package, or that the user trained; folders
        inside of it are searched, too. Without it the variable SPIKEWATT_MODELS.

    Raises
    ------
    SpikewattError : as `find_weights`; weights that are not those of the architecture.

    Examples
    --------
    >>> load_studied("mlp_48").count_params()  # doctest: +SKIP
    38170
    """
    found = find_weights(name, models_dir)
    model = _with_weights(found) if found.is_archive else _of_keras(found)
    if found.facts is not None and found.is_own:
        warn(
            where=f"network {name!r}",
            law="has weights of your own, not those of the committed results",
            got=str(found.path),
        )
    return model


def _with_weights(found: Found):
    """The model that is known, with the weights of an archive."""
    assert found.facts is not None
    model, placed = found.facts.build(clips_of(found.arrays))
    put(placed, found.arrays, str(found.path))
    return model


def _of_keras(found: Found):
    """The model of a Keras file."""
    from ..loading.load import load_keras

    model = load_keras(found.path)
    facts = found.facts
    if facts is not None and model.input_shape[1:] != facts.input_shape:
        raise SpikewattError(
            where=str(found.path),
            law=f"has the input of the network {found.name!r}",
            got=model.input_shape[1:],
            allowed=facts.input_shape,
        )
    return model
