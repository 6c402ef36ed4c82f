"""Linear paths: from the values of one population to a tensor of the Keras graph."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np

from ...network.connection import ExecutedLayer
from ...network.connection_kinds import (
    ConnectionKind,
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    TransposedConvolution,
)
from ...network.geometry import Geometry

Operation = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Term:
    """A linear path from the population called `source`.

    Parameters
    ----------
    source : str
        Name of the node whose values go in.
    shape : tuple of int
        Shape of what goes in: (channels,) or (rows, columns, channels).
    weights : array
        Value that goes out per value that goes in; shapes as in `Connection`.
    with_unit : function
        Takes the value of one spike of the source, (channels,), and returns the weights per spike:
        the operations that made `weights`, in their order, so that not even a rounding changes.
    geometry : Geometry, default None
        Window, strides and padding of a convolution.
    pooled : Geometry, default None
        Windows that are summed in front of the weights.
    executed : tuple of ExecutedLayer, default ()
        The Keras layers on this path that multiply, in order; one object per call of a layer.
    full_scale : bool, default False
        What goes in is no spike but a constant: the largest value that `source` transmits. It is
        known when the network is quantised, and then becomes part of the bias.
    """

    source: str
    shape: tuple[int, ...]
    weights: np.ndarray
    with_unit: Callable[[np.ndarray], np.ndarray]
    geometry: Geometry | None = None
    pooled: Geometry | None = None
    executed: tuple[ExecutedLayer, ...] = ()
    full_scale: bool = False

    kind: ClassVar[ConnectionKind]  # of the connection that this becomes

    @property
    def plain(self) -> bool:
        """Whether every value goes where it came from, scaled per channel."""
        return False

    @property
    def seen_shape(self) -> tuple[int, ...]:
        """Shape that the weights see: that of the source, or of its pooled windows."""
        if self.pooled is None:
            return self.shape

        size = self.pooled.output_size(self.shape[:-1])
        return (*size, self.shape[-1])

    @property
    def macs(self) -> int:
        """Multiplications of an inference."""
        raise NotImplementedError

    def seen(self, x: np.ndarray) -> np.ndarray:
        """(samples, …) what the weights see of values `x` (samples, *shape)."""
        if self.pooled is None:
            return x

        return sum_under(x, self.pooled, self.seen_shape[:-1])

    def apply(self, x: np.ndarray) -> np.ndarray:
        """(samples, …) what goes out for values `x` (samples, *shape)."""
        raise NotImplementedError

    def per_output_channel(self, scale: np.ndarray) -> np.ndarray:
        """`scale` (channels that go out,) in a shape that broadcasts to the weights."""
        return scale

    def absolute(self) -> Term:
        """This path with the size of its weights."""
        return replace(self, weights=np.abs(self.weights))

    def then(
        self,
        operation: Operation,
        kind: type[Term] | None = None,
        **changes,
    ) -> Term:
        """This path with `operation` on its weights.

        Parameters
        ----------
        operation : function
            Takes weights, returns other ones; linear in the unit of the source.
        kind : type of Term, default the same
            What the path becomes.
        changes : other fields of it
        """

        def with_unit(unit: np.ndarray) -> np.ndarray:
            return operation(self.with_unit(unit))

        names = [field.name for field in dataclasses.fields(self)]
        fields = {name: getattr(self, name) for name in names}
        fields |= {"weights": operation(self.weights), "with_unit": with_unit}
        kind = kind or type(self)

        return kind(**(fields | changes))

    def scaled(self, scale: np.ndarray) -> Term:
        """This path with each channel that goes out times `scale`."""
        by_output = self.per_output_channel(scale)
        return self.then(lambda weights: weights * by_output)


class IdentityTerm(Term):
    """Every value goes where it came from, times a weight.

    Weights (channels,), or one per value in the shape of what they see.
    """

    kind = Identity()

    @classmethod
    def of(cls, source: str, shape: tuple[int, ...]) -> IdentityTerm:
        """The values of `source`, as they are."""
        ones = np.ones(shape[-1])
        return cls(source, shape, ones, lambda unit: unit)

    @property
    def plain(self) -> bool:
        """Whether no pool is in front, and all values of a channel are scaled alike."""
        return self.pooled is None and self.by_channel

    @property
    def by_channel(self) -> bool:
        """Whether all values of a channel are scaled alike."""
        return self.weights.ndim == 1

    @property
    def macs(self) -> int:
        """None: an addition copies."""
        return 0

    def apply(self, x: np.ndarray) -> np.ndarray:
        """w x."""
        return self.seen(x) * self.weights


class DenseTerm(Term):
    """Every value reaches every output: weights (inputs, outputs)."""

    kind = Dense()

    @property
    def macs(self) -> int:
        """One per weight."""
        return self.weights.size

    def apply(self, x: np.ndarray) -> np.ndarray:
        """x W."""
        seen = self.seen(x)
        return seen.reshape(len(seen), -1) @ self.weights


class ConvolutionTerm(Term):
    """A window slides over all channels: weights (rows, columns, channels in, channels out)."""

    kind = Conv2D()

    @property
    def size(self) -> tuple[int, ...]:
        """Window positions, (rows, columns)."""
        assert self.geometry is not None
        return self.geometry.output_size(self.seen_shape[:-1])

    @property
    def macs(self) -> int:
        """Every weight at every position, borders included."""
        return math.prod(self.size) * self.weights.size

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Sum over the window of x W."""
        assert self.geometry is not None
        seen = self.seen(x)
        inputs = taps(seen, self.geometry, self.size)
        parts = (self._tap(under, self.weights[tap]) for tap, under in inputs)
        return sum_of(parts)

    @staticmethod
    def _tap(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return x @ weights


class Convolution1DTerm(ConvolutionTerm):
    """A window slides along one axis: weights (length, channels in, channels out)."""

    kind = Conv1D()


class GroupedTerm(ConvolutionTerm):
    """A window slides over groups of channels: weights (*window, channels of a group, out)."""

    kind = GroupedConvolution()

    @staticmethod
    def _tap(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        inside, outputs = weights.shape
        groups = x.shape[-1] // inside
        by_group = x.reshape(*x.shape[:-1], groups, inside)
        split = weights.reshape(inside, groups, outputs // groups)
        found = np.einsum("...gi,igo->...go", by_group, split)
        return found.reshape(*x.shape[:-1], outputs)


class TransposedTerm(GroupedTerm):
    """A grouped convolution backwards: weights (*window, channels of a group, out)."""

    kind = TransposedConvolution()

    @property
    def size(self) -> tuple[int, ...]:
        """Positions that go out."""
        shape = self.kind.post_shape(self.source, self.weights, self.geometry, self.seen_shape)
        return shape[:-1]

    @property
    def macs(self) -> int:
        """Every weight at every position that goes in."""
        return math.prod(self.seen_shape[:-1]) * self.weights.size

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Every value goes through the window."""
        assert self.geometry is not None
        seen = self.seen(x)
        size = self.size
        total = np.zeros((len(x), *size, self.weights.shape[-1]))
        samples = np.arange(len(x))

        for tap, positions, under in self.geometry.on_inputs(size, self.seen_shape[:-1]):
            part = self._tap(seen[np.ix_(samples, *positions)], self.weights[tap])
            total[np.ix_(samples, *under)] += part
        return total


class DepthwiseTerm(ConvolutionTerm):
    """A window slides over each channel: weights (*window, channels, multiplier)."""

    kind = Depthwise()

    @staticmethod
    def _tap(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        each = x[..., None] * weights
        return each.reshape(*x.shape[:-1], -1)

    def per_output_channel(self, scale: np.ndarray) -> np.ndarray:
        """`scale` as (channels, multiplier)."""
        return scale.reshape(self.weights.shape[-2:])


def taps(
    x: np.ndarray,
    geometry: Geometry,
    size: tuple[int, ...],
) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """What lies under each tap of a sliding window, zeros in the padding.

    Parameters
    ----------
    x : array, (…, *spatial axes, channels)
        Inputs.
    geometry : Geometry
        The window, over the spatial axes.
    size : tuple of int
        Its positions along each axis.

    Yields
    ------
    (tap, (…, *size, channels)) : the index of a tap, and the input under it at every position.
    """
    axes = len(geometry.window)
    around = [(0, 0)] * (x.ndim - axes - 1)
    padding = (*around, *geometry.padding, (0, 0))
    padded = np.pad(x, padding)

    for tap in product(*map(range, geometry.window)):
        first = np.multiply(tap, geometry.dilation).tolist()
        axes_of_tap = zip(first, size, geometry.strides, strict=True)
        under = [_every(*axis) for axis in axes_of_tap]
        yield tap, padded[(..., *under, slice(None))]


def sum_under(x: np.ndarray, geometry: Geometry, size: tuple[int, ...]) -> np.ndarray:
    """(…, *size, channels) the sum of what lies in a window."""
    return sum_of(under for _, under in taps(x, geometry, size))


def _every(first: int, count: int, stride: int) -> slice:
    """`count` indices from `first`, `stride` apart."""
    last = first + (count - 1) * stride
    return slice(first, last + 1, stride)


def spiking(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Those of `terms` that carry spikes, and no constant."""
    return tuple(term for term in terms if not term.full_scale)


def summed(terms: tuple[Term, ...], values: dict[str, np.ndarray]) -> np.ndarray:
    """(samples, …) what `terms` carry together, from the `values` of their sources."""
    parts = (term.apply(values[term.source]) for term in terms)
    return sum_of(parts)


def sum_of(parts) -> np.ndarray:
    """The sum of arrays, one after the other, in memory of its own."""
    total = None
    for part in parts:
        if total is None:
            total = np.array(part)
        else:
            total += part

    assert total is not None
    return total
