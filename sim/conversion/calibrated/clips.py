"""Clips of least error for what arrives at a layer once its inputs are quantised."""

from __future__ import annotations

import numpy as np

SHARES = np.linspace(0.12, 1.0, 34)  # of the largest activation, tried as clips
MOST_ROWS = 12_000


def quantised(arriving: np.ndarray, clip: np.ndarray, levels: int) -> np.ndarray:
    """λ/L clip(floor(L x / λ + ½), 0, L), per column."""
    step = np.asarray(clip / levels, arriving.dtype)
    found = np.floor(arriving / step + 0.5)
    return np.clip(found, 0, levels, out=found) * step


def least_error_clips(
    arriving: np.ndarray, wanted: np.ndarray, levels: int, *, by_channel: bool
) -> np.ndarray:
    """(channels,) the clips λ with which what is sent comes closest to what is wanted.

        λ = argmin Σ (λ/L clip(floor(L x̂ / λ + ½), 0, L) − y)²

    Unlike a clip for the activations themselves, x̂ has the errors of all layers before.

    Parameters
    ----------
    arriving : array, (rows, channels)
        x̂, from quantised inputs.
    wanted : array, (rows, channels)
        y, what Keras computes there.
    levels : int
        L.
    by_channel : bool
        One for each channel, or one for all.

    Examples
    --------
    >>> y = np.array([[0.0, 0.0], [1.0, 4.0], [2.0, 8.0]])
    >>> least_error_clips(y, y, 2, by_channel=True)
    array([2., 8.])
    """
    apart = -(-len(wanted) // MOST_ROWS)
    largest = wanted.max(axis=0).astype(np.float64)
    arriving, wanted = arriving[::apart], wanted[::apart]
    everywhere = float(largest.max()) if largest.max() > 0 else 1.0
    largest = np.where(largest > 0, largest, everywhere)  # a silent channel: any clip will do
    if not by_channel:
        largest = np.full(len(largest), everywhere)

    errors = []
    for share in SHARES:
        sent = quantised(arriving, largest * share, levels)
        sent -= wanted
        errors.append(np.einsum("rc,rc->c", sent, sent))

    by_share = np.array(errors)
    if not by_channel:
        by_share = by_share.sum(axis=1, keepdims=True)
    return largest * SHARES[by_share.argmin(axis=0)]
