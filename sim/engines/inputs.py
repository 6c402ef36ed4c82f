"""From what the Keras model takes to the integers that a network integrates."""

from __future__ import annotations

from math import prod

import numpy as np

from ...errors import SpikewattError
from ..network.spiking_network import SpikingNetwork
from .input_scale import check_scale


def integer_input(network: SpikingNetwork, x) -> np.ndarray:
    """Levels of `x`: round(x / input_unit).

    Parameters
    ----------
    x : (samples, …) as the Keras model takes them; a list of such arrays for several inputs.

    Returns
    -------
    (samples, neurons of all inputs) int64.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside of the network's input range.
    """
    inputs = network.inputs
    parts = _parts(network, x)
    if len(parts) != len(inputs):
        law = "must be one array per input of the network, in a list"
        raise SpikewattError("simulate.x", law, len(parts), len(inputs))

    found = []
    for p, part in zip(inputs, parts, strict=True):
        values = _checked(p.shape, part)
        found.append(_levels(network, values))

    samples = [len(part) for part in found]
    if len(set(samples)) != 1:
        law = "every input has the same number of samples"
        raise SpikewattError("simulate.x", law, samples)
    return found[0] if len(found) == 1 else np.concatenate(found, axis=1)


def check_input_scale(network: SpikingNetwork, x) -> None:
    """Refuse or warn of inputs, as `integer_input` takes them, that were scaled for another range.

    Raises
    ------
    SpikewattError : see `check_scale`.
    """
    for part in _parts(network, x):
        check_scale("simulate.x", np.asarray(part), network.input_max, network.input_levels)


def _parts(network: SpikingNetwork, x) -> list:
    """One array per input."""
    several = isinstance(x, list | tuple) and len(network.inputs) > 1
    return list(x) if several else [x]


def _checked(shape: tuple[int, ...], x) -> np.ndarray:
    """`x` as (samples, neurons) float64, if it can be the input of a population of `shape`."""
    try:
        x = np.asarray(x)
    except ValueError as error:
        law = "must be an array of samples"
        raise SpikewattError("simulate.x", law, str(error)[:100]) from error

    fits = x.ndim > 1 and _same_order(x.shape[1:], shape)
    if x.ndim < 2 or len(x) == 0 or not fits:
        law = "must hold at least one sample of the network's input shape"
        raise SpikewattError("simulate.x", law, x.shape, ("samples", *shape))

    number = np.issubdtype(x.dtype, np.number)
    if not number or np.issubdtype(x.dtype, np.complexfloating):
        law = "must hold real numbers"
        raise SpikewattError("simulate.x", law, x.dtype)

    x = x.reshape(len(x), -1).astype(np.float64, copy=False)
    finite = np.isfinite(x)
    if not finite.all():
        amount = int((~finite).sum())
        got = f"{amount} NaN or infinite values"
        raise SpikewattError("simulate.x", "must be finite", got)
    return x


def _same_order(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether both are the same values in a row: flat, or alike but for axes of one."""
    if prod(given) != prod(shape):
        return False
    axes, own = ([n for n in sizes if n != 1] for sizes in (given, shape))
    return min(len(axes), len(own)) <= 1 or axes == own


def _levels(network: SpikingNetwork, x: np.ndarray) -> np.ndarray:
    """Integers of (samples, neurons) values, if they lie in the network's range."""
    levels = x / network.input_unit
    np.round(levels, out=levels)
    highest = network.input_levels
    lowest = -highest if network.input_code.takes_negative else 0

    if levels.min() < lowest or levels.max() > highest:
        law = "must lie in the input range of the network"
        got = f"{x.min():g}..{x.max():g}"
        low, high = network.input_range
        raise SpikewattError("simulate.x", law, got, f"{low:g}..{high:g}")
    return levels.astype(np.int64)
