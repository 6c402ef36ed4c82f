"""Larger images from small ones, in whole numbers: the same on every machine."""

from __future__ import annotations

import numpy as np

from ..errors import SpikewattError


def bilinear(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Images of `rows` x `columns` pixels by bilinear interpolation, rounded, halves upwards.

    A new pixel lies at its centre on the old image; between the centres of four old pixels it is
    their mean, weighted by distance, and beyond the outermost centres it is that of the border.
    All sums are of integers.

    Parameters
    ----------
    images : uint8 (samples, rows, columns)
        Grey images.
    rows, columns : int, pixels
        Of the new images.

    Returns
    -------
    uint8 (samples, rows, columns)
        No pixel is above the largest of its old image.

    Examples
    --------
    >>> bilinear(np.array([[[0, 8]]], np.uint8), 1, 4)
    array([[[0, 2, 6, 8]]], dtype=uint8)
    """
    if images.dtype != np.uint8 or images.ndim != 3:
        raise SpikewattError(
            where="bilinear.images",
            law="must be grey images of uint8 pixels (samples, rows, columns)",
            got=f"{images.dtype} {images.shape}",
        )
    down, across = _weights(images.shape[1], rows), _weights(images.shape[2], columns)
    sums = np.einsum("ab,nbc,dc->nad", down, images.astype(np.int64), across, optimize=True)
    whole = 4 * rows * columns  # what the weights of a new pixel add up to
    return ((2 * sums + whole) // (2 * whole)).astype(np.uint8)


def _weights(old: int, new: int) -> np.ndarray:
    """(new, old) integers: how much of an old pixel is in a new one, in parts of 2 new.

    >>> _weights(2, 4)
    array([[8, 0],
           [6, 2],
           [2, 6],
           [0, 8]])
    """
    unit = 2 * new
    centre = np.clip((2 * np.arange(new) + 1) * old - new, 0, unit * (old - 1))
    first, part = centre // unit, centre % unit
    found = np.zeros((new, old), np.int64)
    found[np.arange(new), first] = unit - part
    found[np.arange(new), np.minimum(first + 1, old - 1)] += part
    return found
