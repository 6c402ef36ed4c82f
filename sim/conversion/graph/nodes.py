"""Populations to be, one small class per kind: what they sum, and what they transmit of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...network.geometry import Geometry
from .terms import Term, spiking, sum_of, summed, taps

Values = dict[str, np.ndarray]
"""Name of a node -> (samples, *shape) what it transmits, in the terms of Keras."""


@dataclass(frozen=True, eq=False)
class Node:
    """A population to be.

    Parameters
    ----------
    name : str
        Of the population; unique.
    shape : tuple of int
        (channels,) or (rows, columns, channels).
    terms : tuple of Term, default ()
        What it sums.
    bias : array, default 0
        What it adds; broadcasts to `shape`.
    tensor : Keras tensor, default None
        Whose values it carries; None for a node between two tensors.
    place : slice or array of int, default all
        Where they stand: a slice of the last axis of `tensor`, or places in the flat tensor.
    bias_size : float, default 0
        The largest number that was added on the way to `bias`.
    """

    name: str
    shape: tuple[int, ...]
    terms: tuple[Term, ...] = ()
    bias: np.ndarray = field(default_factory=lambda: np.zeros(1))
    tensor: Any = None
    place: slice | np.ndarray = field(default_factory=lambda: slice(None))
    bias_size: float = 0.0

    @property
    def signals(self) -> tuple[Term, ...]:
        """The terms that carry spikes."""
        return spiking(self.terms)

    @property
    def whole(self) -> bool:
        """Whether it carries all values of its tensor."""
        if self.tensor is None:
            return False
        return tuple(self.tensor.shape[1:]) == self.shape

    def total(self, values: Values) -> np.ndarray:
        """(samples, *shape) what reaches the neurons: Σ terms + bias."""
        total = summed(self.signals, values)
        total = total.reshape(len(total), *self.shape)
        return total + self.bias

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) what the neurons transmit, from the `values` of the nodes before."""
        return self.total(values)

    def size(self, sizes: Values) -> np.ndarray:
        """(samples, *shape) Σ |weight| |value| + |bias|, from the `sizes` of the nodes before."""
        terms = tuple(term.absolute() for term in self.terms)
        bias = np.maximum(np.abs(self.bias), self.bias_size)
        return replace(self, terms=terms, bias=bias).total(sizes)

    def part_of(self, whole: np.ndarray) -> np.ndarray:
        """(samples, *shape) the values of this node among those of its whole tensor."""
        part = whole[..., self.place]
        if not isinstance(self.place, slice):  # places in the flat tensor
            part = whole.reshape(len(whole), -1)[:, self.place]
        return part.reshape(len(part), *self.shape)


class InputNode(Node):
    """What the model is given."""


@dataclass(frozen=True, eq=False)
class ReluNode(Node):
    """clip(Σ, 0, maximum).

    Parameters
    ----------
    maximum : float, default None
        A cap such as ReLU6's; of a network with few bits also an array (channels,).
    levels : int, default 0
        Number of steps up to the cap, where the layer was trained with them.
    """

    maximum: float | None = None
    levels: int = 0

    @property
    def step(self) -> float:
        """From one level to the next; 0 for an activation that is not quantised."""
        if not self.levels or self.maximum is None:
            return 0.0
        return self.maximum / self.levels

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) the activation; with levels the nearest one, halves upwards."""
        total = np.clip(self.total(values), 0.0, self.maximum)
        if not self.levels:
            return total

        assert self.maximum is not None
        share = total.astype(np.float32) / np.float32(self.maximum)  # rounds as Keras does
        level = np.floor(share * self.levels + 0.5)

        return level.astype(np.float64) * self.step


@dataclass(frozen=True, eq=False)
class HalfNode(ReluNode):
    """max(x, 0) or max(−x, 0): one of the pair of populations that carries a signed value x.

    Parameters
    ----------
    sign : float, default 1
        Of x.
    partner : str
        Name of the other half, where it was made before this one.
    slope : array or float, default 1
        By which `tensor` is scaled below zero.
    """

    sign: float = 1.0
    partner: str = ""
    slope: np.ndarray | float = 1.0

    def part_of(self, whole: np.ndarray) -> np.ndarray:
        """(samples, *shape) this half of the values among those of its whole tensor."""
        part = super().part_of(whole)
        if self.sign > 0:
            return np.maximum(part, 0.0)

        scaled = np.maximum(-part, 0.0)
        slope = np.broadcast_to(self.slope, scaled.shape)
        return np.divide(scaled, slope, out=np.zeros_like(scaled), where=slope != 0)


@dataclass(frozen=True, eq=False)
class ReadoutNode(Node):
    """An output: Σ, which nothing rectifies.

    Parameters
    ----------
    squashed : str, default none
        ``softmax`` or ``sigmoid`` where Keras takes it of the output.
    """

    squashed: str = ""


@dataclass(frozen=True, eq=False)
class PoolNode(Node):
    """A pool over one population.

    Parameters
    ----------
    geometry : Geometry
        Its windows.
    """

    geometry: Geometry = field(default_factory=lambda: Geometry((1, 1), (1, 1)))

    @property
    def source(self) -> Term:
        """The path from what is pooled."""
        (term,) = self.terms
        return term

    def size(self, sizes: Values) -> np.ndarray:
        """(samples, *shape) the pool of the `sizes`."""
        return self.evaluate(sizes)

    def _taps(self, values: Values, padding: float) -> list[np.ndarray]:
        """What lies under each tap of the window, `padding` where nothing does."""
        x = values[self.source.source]
        around = ((0, 0), *self.geometry.padding, (0, 0))
        padded = np.pad(x, around, constant_values=padding)

        window = self.geometry.window
        strides = self.geometry.strides
        windows = taps(padded, Geometry(window, strides), self.shape[:-1])
        return [under for _, under in windows]


class AveragePoolNode(PoolNode):
    """The mean of each window, padding left out."""

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) the means."""
        parts = self._taps(values, np.nan)
        total = sum_of(np.nan_to_num(part) for part in parts)

        here = [np.isfinite(part) for part in parts]
        count = sum_of(part.astype(np.float64) for part in here)
        return total / count


class MaxPoolNode(PoolNode):
    """The largest of each window."""

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) the largest values."""
        parts = self._taps(values, -np.inf)
        return np.max(parts, axis=0)


@dataclass(frozen=True, eq=False)
class FlipNode(Node):
    """Largest value minus value in some channels: it makes a max pool of a min pool.

    Parameters
    ----------
    negative : array of bool, (channels,)
        Which channels.
    padding : (zeros before, zeros after) of each axis, default none
        Around the values: neurons that see nothing.
    """

    negative: np.ndarray = field(default_factory=lambda: np.zeros(1, bool))
    padding: tuple[tuple[int, int], ...] = ()

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) the values as if the largest were 0, which cancels later on."""
        sign = np.where(self.negative, -1.0, 1.0)
        (term,) = self.terms
        found = term.apply(values[term.source]) * sign
        if self.padding:
            found = np.pad(found, ((0, 0), *self.padding, (0, 0)))
        return found

    def size(self, sizes: Values) -> np.ndarray:
        """(samples, *shape) the `sizes`, padded."""
        return np.abs(self.evaluate(sizes))
