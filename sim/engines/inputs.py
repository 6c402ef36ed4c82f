"""From what the Keras model takes to the integers that a network integrates."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ..network.spiking_network import SpikingNetwork


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
    several = isinstance(x, list | tuple) and len(network.inputs) > 1
    parts = x if several else [x]
    if len(parts) != len(network.inputs):
        law = "must be one array per input of the network, in a list"
        raise SpikewattError("simulate.x", law, len(parts), len(network.inputs))

    pairs = zip(network.inputs, parts, strict=True)
    found = [_levels(network, _checked(p.shape, part)) for p, part in pairs]
    if len({len(part) for part in found}) != 1:
        law = "every input has the same number of samples"
        raise SpikewattError("simulate.x", law, [len(part) for part in found])
    return np.concatenate(found, axis=1)


def _checked(shape: tuple[int, ...], x) -> np.ndarray:
    """`x` as (samples, neurons) float64, if it can be the input of a population of `shape`."""
    try:
        x = np.asarray(x)
    except ValueError as error:
        law = "must be an array of samples"
        raise SpikewattError("simulate.x", law, str(error)[:100]) from error

    flat = x.ndim == 2 and x.shape[1] == int(np.prod(shape))
    if x.ndim < 2 or len(x) == 0 or not (flat or x.shape[1:] == shape):
        law = "must hold at least one sample of the network's input shape"
        raise SpikewattError("simulate.x", law, x.shape, ("samples", *shape))
    if not np.issubdtype(x.dtype, np.number) or np.issubdtype(x.dtype, np.complexfloating):
        raise SpikewattError("simulate.x", "must hold real numbers", x.dtype)

    x = x.reshape(len(x), -1).astype(np.float64)
    if not np.isfinite(x).all():
        amount = int((~np.isfinite(x)).sum())
        raise SpikewattError("simulate.x", "must be finite", f"{amount} NaN or infinite values")
    return x


def _levels(network: SpikingNetwork, x: np.ndarray) -> np.ndarray:
    """Integers of (samples, neurons) values, if they lie in the network's range."""
    levels = np.round(x / network.input_unit)
    lowest = -network.input_levels if network.input_code.takes_negative else 0
    if levels.min() < lowest or levels.max() > network.input_levels:
        law = "must lie in the input range of the network"
        low, high = network.input_range
        raise SpikewattError("simulate.x", law, f"{x.min():g}..{x.max():g}", f"{low:g}..{high:g}")
    return levels.astype(np.int64)
