"""From values to integers: pure functions on arrays.

With w the unit of the weights of a layer, λ its clip and L its levels: weights round(W / w), bias
round(b / w), threshold θ = round(λ / (L w)). One spike is then worth θ w exactly.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

SHARES = np.linspace(0.5, 1.0, 26)[::-1]  # of the largest weight, tried as the clip of the weights
LARGEST_RATIO = 2**20  # of a bias or threshold to the unit of the weights; more where more is sent
HEADROOM = 2**8  # of a bias over the most that one synapse adds, before weights lose bits


def least_error_unit(sizes: np.ndarray, grids: Iterable[float], limit: int) -> np.ndarray:
    """The unit with which weights lose least by rounding: Σ (w round(|W| / w) − |W|)² is least.

    All weights into a channel are looked at together, whichever connection they belong to: they
    share its sum, and so its unit.

    Parameters
    ----------
    sizes : array, (weights, channels)
        |W|; each channel has a unit of its own.
    grids : iterable of float
        Units of the values that the weights multiply. Weights that lie on a power-of-two grid of
        one of them are found there, and lose nothing.
    limit : int
        Largest integer weight.

    Returns
    -------
    array, (channels,) : 0 where all weights are 0.

    Examples
    --------
    >>> least_error_unit(np.array([[0.5], [0.25]]), [1.0], limit=127)
    array([0.0078125])
    """
    largest = sizes.max(axis=0)
    largest = np.where(largest > 0, largest, 1.0)

    candidates = []
    for grid in grids:
        power = np.log2(largest / grid / limit)
        power = np.ceil(power - 1e-9)  # a power that was met but for a rounding is met
        candidates.append(grid * 2.0**power)
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


def unit_of_constant(
    bias: np.ndarray, value_per_level: np.ndarray | float, limit: int
) -> np.ndarray:
    """(channels,) the unit of channels whose weights are all zero.

    Their threshold is then the largest weight, so that they need no wider state than others; a
    read-out has no threshold, and its largest bias is the largest weight.

    Parameters
    ----------
    bias : array, (…, channels)
        In the terms of Keras.
    value_per_level : array, (channels,) or (1,), or float
        λ / L; 0 for a read-out.
    limit : int
        Largest integer weight.

    Examples
    --------
    >>> unit_of_constant(np.array([0.4, 0.0]), value_per_level=2.54, limit=127)
    array([0.02, 0.02])
    >>> unit_of_constant(np.array([2.54, 0.0]), value_per_level=0.0, limit=127)
    array([0.02, 0.02])
    """
    largest_bias = float(np.abs(bias).max()) or 1.0
    size = np.where(value_per_level, value_per_level, largest_bias)
    return np.broadcast_to(size / limit, bias.shape[-1:])


def largest_ratio(limit: int, levels: int) -> int:
    """The most that a bias or a threshold may be, in units of the weights.

    A synapse adds up to limit · levels of them, which grows with the bits and the steps: so does
    the ratio, or a bias would eat the bits of the weights.

    Parameters
    ----------
    limit : int
        Largest integer weight.
    levels : int
        The most that a source transmits in one inference; 0 or 1 for one spike per step.

    Examples
    --------
    >>> largest_ratio(127, 31) == 2**20, largest_ratio(32767, 1023) > 2**32
    (True, True)
    """
    return max(LARGEST_RATIO, HEADROOM * limit * max(levels, 1))


def wide_enough(
    unit: np.ndarray,
    bias: np.ndarray,
    value_per_level: np.ndarray | float,
    ratio: int = LARGEST_RATIO,
) -> np.ndarray:
    """`unit`, or more: weights this small beside the bias and the threshold are nothing.

    The state stays narrow.

    Parameters
    ----------
    unit : array, (channels,) or (1,)
        Of the weights.
    bias : array, (…, channels)
        In the terms of Keras.
    value_per_level : array, (channels,) or (1,), or float
        λ / L.
    ratio : int, default `LARGEST_RATIO`
        As `largest_ratio` says.
    """
    by_position = np.abs(bias).reshape(-1, bias.shape[-1])
    scale = by_position.max(axis=0)
    scale = np.maximum(scale, value_per_level)

    if len(unit) == 1:
        scale = scale.max()

    return np.maximum(unit, scale / ratio)


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


def integer_threshold(value_per_level: np.ndarray | float, unit: np.ndarray) -> np.ndarray:
    """θ = round(λ / (L w)), at least 1.

    Where the weights are coarser than a level, a spike is worth their unit: the sum is then sent
    as it is, without rounding, and more steps are of no use.
    """
    threshold = np.round(value_per_level / unit)
    return np.maximum(threshold, 1).astype(np.int64)
