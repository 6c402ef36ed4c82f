"""Every number of a network is an integer: the check that all of them pass."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError

LARGEST = 2**53  # beyond, float64 is not exact


def integers(where: str, value, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Read-only int64 copy of `value`.

    Parameters
    ----------
    where : str, what an error names.
    value : array of integers, of any numeric type.
    shape : what it must broadcast to; default anything.

    Raises
    ------
    SpikewattError : not integer-valued, 2^53 or more, or it does not broadcast to `shape`.
    """
    array = np.asarray(value)
    real = array.dtype != object and np.issubdtype(array.dtype, np.number)
    if not real or np.iscomplexobj(array) or not (np.abs(array.astype(np.float64)) < LARGEST).all():
        law = "every number is an integer below 2^53"
        raise SpikewattError(where, law, array.dtype, "integers")
    if not np.issubdtype(array.dtype, np.integer) and np.any(array != np.round(array)):
        law = "every number of a SpikingNetwork is an integer"
        raise SpikewattError(where, law, array.dtype, "integers")
    if shape is not None and not _broadcasts(array.shape, shape):
        raise SpikewattError(where, "must broadcast to the population's shape", array.shape, shape)

    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == tuple(to)
    except ValueError:
        return False
