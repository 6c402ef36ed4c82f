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
    if not _real_and_small(array):
        law = "every number is an integer below 2^53"
        raise SpikewattError(where, law, array.dtype, "integers")

    whole = np.issubdtype(array.dtype, np.integer)
    if not whole and np.any(array != np.round(array)):
        law = "every number of a SpikingNetwork is an integer"
        raise SpikewattError(where, law, array.dtype, "integers")

    if shape is not None and not _broadcasts(array.shape, shape):
        law = "must broadcast to the population's shape"
        raise SpikewattError(where, law, array.shape, shape)

    array = array.astype(np.int64)
    array.setflags(write=False)
    return array


def _real_and_small(array: np.ndarray) -> bool:
    """Whether all are real numbers (not NaN) below `LARGEST`."""
    if array.dtype == object or not np.issubdtype(array.dtype, np.number):
        return False
    if np.iscomplexobj(array):
        return False
    magnitude = np.abs(array.astype(np.float64))
    return bool((magnitude < LARGEST).all())


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        common = np.broadcast_shapes(shape, to)
    except ValueError:
        return False
    return common == tuple(to)
