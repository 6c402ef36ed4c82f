"""From what the Keras model takes to the integers that a network integrates.

All inputs are looked at once before any work, without a copy; they are rounded when their turn
comes.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.spiking_network import SpikingNetwork
from .blocks import BLOCK, blocks, parts, rows
from .input_scale import check_scale

WHERE = "simulate.x"
LAST_BIT = 1.5 * 2.0**52  # the last bit of a float64 of this size is worth 1
LARGEST = 2**51  # what can be added to it


class Inputs:
    """Inputs that a network can take.

    Parameters
    ----------
    network : SpikingNetwork.
    x : (samples, …) as the Keras model takes them: an array, ``numpy.memmap`` or data set of an
        HDF5 file; a list of such for several inputs.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside of the network's input range.
    """

    def __init__(self, network: SpikingNetwork, x):
        self.network = network
        several = isinstance(x, list | tuple) and len(network.inputs) > 1
        given = list(x) if several else [x]
        if len(given) != len(network.inputs):
            law = "must be one array per input of the network, in a list"
            raise SpikewattError(WHERE, law, len(given), len(network.inputs))

        self.arrays: list[Any] = []
        self.largest: list[np.ndarray] = []  # of each sample
        for p, part in zip(network.inputs, given, strict=True):
            array = _of_shape(p.shape, part)
            self.arrays.append(array)
            self.largest.append(_largest_of_samples(network, array))

        samples = [len(array) for array in self.arrays]
        if len(set(samples)) != 1:
            law = "every input has the same number of samples"
            raise SpikewattError(WHERE, law, samples)
        self.samples = samples[0]
        self.neurons = sum(p.size for p in network.inputs)

    def check_scale(self) -> None:
        """Refuse or warn of inputs that were scaled for another range; see `check_scale`."""
        network = self.network
        for array, largest in zip(self.arrays, self.largest, strict=True):
            check_scale(WHERE, array, network.input_max, network.input_levels, largest)

    def levels(self, start: int, stop: int, into: np.ndarray | None = None) -> np.ndarray:
        """(samples, neurons of all inputs) int64: round(x / input_unit) of some samples.

        They are written `into` the first rows of an array, where one is given.
        """
        if into is None:
            into = np.empty((stop - start, self.neurons), np.int64)
        found, first = into[: stop - start], 0
        highest, unit = self.network.input_levels, self.network.input_unit
        for p, array in zip(self.network.inputs, self.arrays, strict=True):
            columns = found[:, first : first + p.size]
            _round(rows(array, start, stop), unit, columns, highest)
            first += p.size
        return found


def integer_input(network: SpikingNetwork, x) -> np.ndarray:
    """(samples, neurons of all inputs) int64 levels of `x`, as of `Inputs`, all at once.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside of the network's input range.
    """
    inputs = Inputs(network, x)
    return inputs.levels(0, inputs.samples)


def _of_shape(shape: tuple[int, ...], x) -> Any:
    """`x` as an array or data set, if it can be the input of a population of `shape`."""
    if not isinstance(getattr(x, "dtype", None), np.dtype):
        try:
            x = np.asarray(x)
        except ValueError as error:
            law = "must be an array of samples"
            raise SpikewattError(WHERE, law, str(error)[:100]) from error

    fits = len(x.shape) > 1 and x.shape[0] > 0 and _same_order(x.shape[1:], shape)
    if not fits:
        law = "must hold at least one sample of the network's input shape"
        raise SpikewattError(WHERE, law, x.shape, ("samples", *shape))

    number = np.issubdtype(x.dtype, np.number)
    if not number or np.issubdtype(x.dtype, np.complexfloating):
        law = "must hold real numbers"
        raise SpikewattError(WHERE, law, x.dtype)
    return x


def _same_order(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether both are the same values in a row: flat, or alike but for axes of one."""
    if prod(given) != prod(shape):
        return False
    axes, own = ([n for n in sizes if n != 1] for sizes in (given, shape))
    return min(len(axes), len(own)) <= 1 or axes == own


def _largest_of_samples(network: SpikingNetwork, x) -> np.ndarray:
    """(samples,) largest magnitude, if all of `x` lies in the network's range.

    Rounding keeps the order of numbers, so that the smallest and the largest speak for all.
    """
    smallest, largest = np.inf, -np.inf
    found = np.empty(len(x), x.dtype)
    for start, block in blocks(x):
        highest = block.max(axis=1)
        low, high = float(block.min()), float(highest.max())
        if low < 0:
            highest = np.abs(block).max(axis=1)
        found[start : start + len(block)] = highest

        # NaN is neither: it is what both are, once there is one.
        smallest, largest = np.minimum(smallest, low), np.maximum(largest, high)

    if not np.isfinite([smallest, largest]).all():
        amount = sum(int((~np.isfinite(block)).sum()) for _, block in blocks(x))
        got = f"{amount} NaN or infinite values"
        raise SpikewattError(WHERE, "must be finite", got)
    _check_range(network, float(smallest), float(largest))
    return found


def _check_range(network: SpikingNetwork, smallest: float, largest: float) -> None:
    """Raise where an input between both rounds to a level that the network has not."""
    highest = network.input_levels
    lowest = -highest if network.input_code.takes_negative else 0
    unit = network.input_unit
    if np.round(smallest / unit) < lowest or np.round(largest / unit) > highest:
        law = "must lie in the input range of the network"
        got = f"{smallest:g}..{largest:g}"
        low, high = network.input_range
        raise SpikewattError(WHERE, law, got, f"{low:g}..{high:g}")


def _round(x: np.ndarray, unit: float, found: np.ndarray, highest: int) -> None:
    """Write the levels of (samples, neurons) `x`, at most `highest`, into `found`; in float64.

    A block that stays in the cache at a time, in place: LAST_BIT + v is rounded to an integer, ties
    to even, as np.round(v) is, and the bits after those of LAST_BIT are that integer.
    """
    for start, stop in parts(len(x), max(1, BLOCK // x.shape[1])):
        block = found[start:stop]
        if highest >= LARGEST:
            block[...] = np.round(x[start:stop].astype(np.float64) / unit)
            continue

        values = block.view(np.float64)
        values[...] = x[start:stop]
        np.divide(values, unit, out=values)
        np.add(values, LAST_BIT, out=values)
        np.subtract(block, np.float64(LAST_BIT).view(np.int64), out=block)
