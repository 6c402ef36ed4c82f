"""A trained network with few levels as the integers that a conversion finds in it.

Batch norm is folded. The inputs of a layer are integers q, worth s each; its outputs are worth
S = clip / levels each. A channel has a threshold θ and the unit u = S / θ:

    y = S clip(floor((Σ n q + b) / θ + 1/2), 0, levels)    n = round(w s / u), |n| <= 127

θ is odd, so that no sum lies between two levels, and the largest n of a channel is 127. Where
steps are powers of two, u is one, too. A value that skips a block is added as p/q θ, and S is
p/q s: p and q are small, and θ is a multiple of p.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError
from ..assembly import NORM_EPSILON
from ..layers import (
    Block,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    GlobalMean,
    Layer,
    MaxPool,
    Output,
)

LARGEST = 127  # of a weight of 8 bits
# What a step of a sum may be of the step that skips to it: odd / 1, 2, 4 or 8, lowest terms.
RATIOS = [(p, q) for q in (1, 2, 4, 8) for p in range(1, 64, 2)]
ALWAYS_KNOWN = (Dropout, Flatten, MaxPool, GlobalMean, Output)
NEARLY_ZERO = 1e-9  # of a step: a channel whose weights are below does nothing


@dataclass(frozen=True)
class Term:
    """Weights of one branch of a sum.

    Parameters
    ----------
    key : str
    kernel : float64 (..., channels)
        Batch norm folded.
    step : float
        What an integer of its input is worth.
    """

    key: str
    kernel: np.ndarray
    step: float

    @property
    def largest(self) -> np.ndarray:
        """Largest weight of each channel times the step of the input."""
        flat = np.abs(self.kernel).reshape(-1, self.kernel.shape[-1])
        return flat.max(0) * self.step


class Integers:
    """The integers of a network in the making.

    Parameters
    ----------
    arrays : mapping of str to array
        Trained weights, batch norm and clips.
    levels : int
        Of every activation.
    input_max : float
        Value of the largest pixel of the network that is made: 1, or 255. It was trained on
        pixels in 0..1.
    powers_of_two : bool
        Whether units are powers of two.
    mean_of : int, pixels
        That a global mean takes.
    pixel_levels : int, default 255
        Largest pixel as an integer.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        levels: int,
        input_max: float,
        powers_of_two: bool,
        mean_of: int = 1,
        pixel_levels: int = 255,
    ):
        self.arrays, self.levels, self.powers_of_two = arrays, levels, powers_of_two
        self.step = input_max / pixel_levels  # of what comes into the next layer
        self.scale = 1 / input_max  # of weights that see pixels
        self.mean_of, self.divisor = mean_of, 1
        self.made: dict[str, np.ndarray] = {}

    def of(self, layers: Sequence[Layer]) -> dict[str, np.ndarray]:
        """The arrays of the network of integers.

        Raises
        ------
        SpikewattError : a layer that integers cannot compute exactly here.
        """
        check_layers(layers, self.powers_of_two)
        number = 0
        for layer in layers:
            key = f"layer{number}"
            if isinstance(layer, Convolution | Dense):
                self._firing(key)
            elif isinstance(layer, Block):
                self._block(key)
            elif isinstance(layer, Output):
                self._output(key)
            elif isinstance(layer, GlobalMean):
                self.divisor = self.mean_of  # the read-out sums; the divisor goes into its bias
            number += layer.weighted
        return self.made

    # Kinds of layers

    def _firing(self, key: str) -> None:
        """A layer with its activation."""
        kernel, bias = self._folded(key)
        term = Term(key, kernel * self.scale, self.step)
        step = self._step_of(key)
        self._node(key, [term], bias, step)
        self.step, self.scale = step, 1.0

    def _block(self, key: str) -> None:
        """Two convolutions and what skips them."""
        before = self.step
        self._firing(f"{key}.a")
        inner = self.step

        kernel, bias = self._folded(f"{key}.b")
        terms = [Term(f"{key}.b", kernel, inner)]
        step, multiple = self._step_of(key), 1
        if f"{key}.short.kernel" in self.arrays:
            kernel, more = self._folded(f"{key}.short")
            terms.append(Term(f"{key}.short", kernel, before))
            bias = bias + more
        else:
            multiple, divisor = nearest_ratio(step / before)
            step = before * multiple / divisor
        self._node(key, terms, bias, step, multiple)
        self.step = step

    def _output(self, key: str) -> None:
        """The read-out: one unit for all classes, no threshold."""
        kernel, bias = self._folded(key)
        term = Term(key, kernel * self.scale, self.step)
        unit = float(term.largest.max()) / LARGEST or 1.0
        if self.powers_of_two:
            unit = _power_of_two_above(unit)
        units = np.full(kernel.shape[-1], unit)
        self._put(term, units, np.zeros(kernel.shape[-1], bool))
        if f"{key}.bias" in self.arrays:
            fine = unit / self.divisor
            self.made[f"{key}.bias"] = (np.round(bias / fine) * fine).astype(np.float32)

    # Numbers

    def _node(self, key, terms: list[Term], bias, step: float, multiple: int = 1) -> None:
        """Threshold, weights and bias of a sum that fires."""
        largest = np.max([term.largest for term in terms], axis=0)
        dead = largest < NEARLY_ZERO * step
        largest = np.where(dead, step, largest)

        if self.powers_of_two:
            units = np.minimum(_power_of_two_above(largest / LARGEST), step / 2)
            thresholds = step / units
        else:
            thresholds = odd_multiple(step * LARGEST / largest, multiple)
            units = step / thresholds

        for term in terms:
            holds_largest = (term.largest >= largest) & ~dead
            self._put(term, units, holds_largest & (not self.powers_of_two))
        if self._has_bias(terms[0].key):
            whole = np.round(bias / units)
            self.made[f"{terms[0].key}.bias"] = (whole * units).astype(np.float32)
        self.made[f"{key}.clip"] = np.asarray(step * self.levels, np.float32)
        self.made[f"{key}.theta"] = thresholds.astype(np.int32)

    def _put(self, term: Term, units: np.ndarray, held: np.ndarray) -> None:
        """Weights as integers; the largest of a channel that is `held` becomes 127."""
        exact = term.kernel * term.step / units
        whole = np.clip(np.round(exact), -LARGEST, LARGEST)

        flat, rows = whole.reshape(-1, whole.shape[-1]), np.abs(exact).reshape(-1, len(units))
        at = rows.argmax(0)
        channels = np.flatnonzero(held)
        flat[at[channels], channels] = np.sign(flat[at[channels], channels]) * LARGEST

        self.made[f"{term.key}.kernel.int8"] = flat.reshape(whole.shape).astype(np.int8)
        self.made[f"{term.key}.kernel.scale"] = (units / term.step).astype(np.float32)

    def _folded(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Kernel and bias with the batch norm that follows."""
        kernel = np.asarray(self.arrays[f"{key}.kernel"], np.float64)
        none = np.zeros(kernel.shape[-1])
        bias = np.asarray(self.arrays.get(f"{key}.bias", none), np.float64)
        if f"{key}.gamma" not in self.arrays:
            return kernel, bias

        names = ("gamma", "beta", "mean", "variance")
        gamma, beta, mean, variance = (
            np.asarray(self.arrays[f"{key}.{name}"], np.float64) for name in names
        )
        gain = gamma / np.sqrt(variance + NORM_EPSILON)
        return kernel * gain, beta + (bias - mean) * gain

    def _has_bias(self, key: str) -> bool:
        return f"{key}.bias" in self.arrays or f"{key}.gamma" in self.arrays

    def _step_of(self, key: str) -> float:
        """What one level of an activation is worth."""
        return float(self.arrays[f"{key}.clip"]) / self.levels


def check_layers(layers: Sequence[Layer], powers_of_two: bool) -> None:
    """Raise SpikewattError where a network of few levels cannot be rounded to integers here."""
    for layer in layers:
        if isinstance(layer, ALWAYS_KNOWN):
            continue
        if isinstance(layer, Convolution | Dense) and layer.norm != "after":
            continue
        if isinstance(layer, Block) and not powers_of_two:
            continue
        raise SpikewattError(
            where=f"layer {type(layer).__name__}",
            law="few levels become integers after layers that are known here",
            got=repr(layer),
            allowed="convolutions and dense layers, residual blocks, max pools, a mean at the end",
        )


def odd_multiple(value: np.ndarray, of: int) -> np.ndarray:
    """The odd multiple of an odd number that is nearest to `value`, at least that number.

    Examples
    --------
    >>> odd_multiple(np.array([0.2, 8.1, 127.0]), 1), odd_multiple(np.array([20.0]), 3)
    (array([  1.,   9., 127.]), array([21.]))
    """
    return of * (2 * np.maximum(np.floor(value / (2 * of)), 0) + 1)


def nearest_ratio(value: float) -> tuple[int, int]:
    """The ratio p / q that is nearest to `value`, as a ratio.

    Examples
    --------
    >>> nearest_ratio(1.26), nearest_ratio(0.49), nearest_ratio(1.0)
    ((5, 4), (1, 2), (1, 1))
    """
    return min(RATIOS, key=lambda ratio: abs(math.log(value * ratio[1] / ratio[0])))


def _power_of_two_above(value):
    """The smallest power of two that is at least `value`."""
    return 2.0 ** np.ceil(np.log2(value) - 1e-9)
