"""Labels: integers, one per sample, below the number of outputs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...errors import SpikewattError


def checked_labels(where: str, labels, outputs: int, samples: int) -> np.ndarray:
    """`labels` as an array, if an accuracy can be told from them.

    Parameters
    ----------
    where : str
        What an error names.
    labels : (samples,) integers
        Classes.
    outputs : int
        Number of outputs of the network.
    samples : int
        Number of inputs.

    Raises
    ------
    SpikewattError : labels that are no integers, too large or too many.

    Examples
    --------
    >>> checked_labels("labels", [0, 2], outputs=3, samples=2)
    array([0, 2])
    >>> checked_labels("labels", [0, 3], outputs=3, samples=2)
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: labels: labels are integers below the 3 outputs; got int64 0..3
    """
    labels = np.asarray(labels)
    classes = max(outputs, 2)  # one output decides between two
    whole = np.issubdtype(labels.dtype, np.integer)
    lowest = labels.min(initial=0) if whole else 0
    highest = labels.max(initial=0) if whole else 0

    if not whole or highest >= classes or lowest < 0:
        law = f"labels are integers below the {outputs} outputs"
        if outputs == 1:
            law = "labels are 0 or 1, between which one output decides"
        raise SpikewattError(where, law, _found(labels))
    if labels.shape != (samples,):
        raise SpikewattError(where, "one label per sample", labels.shape, (samples,))

    return labels


def check_one_readout(where: str, names: Iterable[str]) -> None:
    """Raise SpikewattError unless one read-out decides.

    Parameters
    ----------
    where : str
        What an error names.
    names : iterable of str
        The read-outs of the network.
    """
    given = list(names)
    if len(given) != 1:
        raise SpikewattError(where, "has one read-out, which decides", ", ".join(given) or "none")


def _found(labels: np.ndarray) -> str:
    """Type and range."""
    found = str(labels.dtype)
    if labels.dtype.kind in "iuf" and labels.size:
        found += f" {labels.min()}..{labels.max()}"
    return found
