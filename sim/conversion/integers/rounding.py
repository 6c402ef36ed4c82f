"""From values to integers: pure functions on arrays.

With w the unit of the weights of a layer, λ its clip and L its levels: weights round(W / w), bias
round(b / w), threshold θ = round(λ / (L w)). One spike is then worth θ w exactly.
"""

from __future__ import annotations

import numpy as np

SHARES = np.linspace(0.5, 1.0, 26)[::-1]  # of the largest weight, tried as the clip of the weights
LARGEST_RATIO = 2**20  # of a bias or threshold to the unit of the weights


def least_error_unit(sizes: np.ndarray, grid: float, limit: int) -> np.ndarray:
    """The unit with which weights lose least by rounding: Σ (w round(|W| / w) − |W|)² is least.

    Parameters
    ----------
    sizes : array, (weights, channels)
        |W|; each channel has a unit of its own.
    grid : float
        Unit of the values that the weights multiply. Weights that lie on a power-of-two grid of it
        are found there, and lose nothing.
    limit : int
        Largest integer weight.

    Returns
    -------
    array, (channels,) : 0 where all weights are 0.

    Examples
    --------
    >>> least_error_unit(np.array([[0.5], [0.25]]), grid=1.0, limit=127)
    array([0.0078125])
    """
    largest = sizes.max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)
    power = np.log2(largest / grid / limit)
    power = np.ceil(power - 1e-9)  # a power that was met but for a rounding is met
    candidates = [grid * 2.0**power]
    candidates += [largest * share / limit for share in SHARES]

    best = largest / limit
    least = np.full(len(largest), np.inf)

    for unit in candidates:
        rounded = np.round(sizes / unit)
        rounded = np.clip(rounded, 0, limit)
        error = np.sum((rounded * unit - sizes) ** 2, axis=0)
        best = np.where(error < least, unit, best)
        least = np.minimum(error, least)

    return np.where(sizes.any(axis=0), best, 0.0)


def common_unit(units: list[np.ndarray]) -> np.ndarray:
    """(channels,) or (1,) the largest of the units of several connections; 1 where all are 0."""
    unit = np.max(np.broadcast_arrays(*units), axis=0)
    return np.where(unit > 0, unit, 1.0)


def wide_enough(unit: np.ndarray, bias: np.ndarray, value_per_level: float) -> np.ndarray:
    """`unit`, or more: weights this small beside the bias and the threshold are nothing.

    The state stays narrow.

    Parameters
    ----------
    unit : array, (channels,) or (1,)
        Of the weights.
    bias : array, (…, channels)
        In the terms of Keras.
    value_per_level : float
        λ / L.
    """
    by_position = np.abs(bias).reshape(-1, bias.shape[-1])
    scale = by_position.max(axis=0)
    scale = np.maximum(scale, value_per_level)

    if len(unit) == 1:
        scale = scale.max()

    return np.maximum(unit, scale / LARGEST_RATIO)


def integer_weights(weights: np.ndarray, unit: np.ndarray, limit: int | None) -> np.ndarray:
    """round(W / w), within −limit..limit if there is one."""
    rounded = np.round(weights / unit)
    if limit is not None:
        rounded = np.clip(rounded, -limit, limit)
    return rounded.astype(np.int64)


def integer_bias(bias: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """round(b / w): (channels,) where it is the same at every position, else as `bias`."""
    rounded = np.round(bias / unit)
    rounded = rounded.astype(np.int64)
    by_position = rounded.reshape(-1, bias.shape[-1])
    same = (by_position == by_position[0]).all()

    return by_position[0] if same else rounded


def integer_threshold(value_per_level: float, unit: np.ndarray) -> np.ndarray:
    """θ = round(λ / (L w))."""
    return np.round(value_per_level / unit).astype(np.int64)
