"""Kinds of connections: which neuron reaches which, in closed form and synapse by synapse.

A kind has no state. Its methods take the weights and the geometry of a connection, and the shape
that the weights see.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ...errors import SpikewattError
from .geometry import sum_along
from .named import Named, by_name

Shape = tuple[int, ...]
Numbers = Any  # integers, shaped as the kind says; None where it has no weights
Window = Any  # Geometry; None where the kind has none
Synapses = tuple[np.ndarray, np.ndarray, np.ndarray]  # weight, post and pre of each


class ConnectionKind(Named):
    """How the neurons of one population reach those of the next.

    Facts
    -----
    weighted : has weights; else each synapse counts 1.
    windowed : has a geometry.
    narrow : weights are as narrow as `SpikingNetwork.weight_bits`; else as wide as they have to be.
    multiplies : an ANN multiplies and accumulates here; else it touches elements.
    compares : a max pool: spikes are compared, not added.
    """

    weighted = True
    windowed = False
    narrow = True
    multiplies = True
    compares = False

    def post_shape(self, where: str, weights: Numbers, geometry: Window, seen: Shape) -> Shape:
        """Shape of the post population.

        Raises SpikewattError about `where` if weights do not fit.
        """
        raise NotImplementedError

    def fan_out(self, weights, geometry, seen: Shape, post: Shape, nonzero: bool) -> np.ndarray:
        """(neurons seen,) synapses of each, borders exact; with `nonzero` those of weight != 0."""
        raise NotImplementedError

    def synapses(self, weights, geometry, seen: Shape, post: Shape) -> Synapses:
        """Weight, post neuron and pre neuron of every synapse, weights of 0 included."""
        raise NotImplementedError

    def taps(self, geometry: Window, seen: Shape, weights: Numbers = None) -> int:
        """Synapses of one post neuron, taps on padding included."""
        raise NotImplementedError

    def summed_axes(self, rank: int) -> tuple[int, ...]:
        """Axes of weights of `rank` over which one post neuron adds up."""
        return ()

    def largest_row(self, weights: Numbers, geometry: Window) -> int:
        """Largest Σ |w| into one post neuron."""
        if weights is None:
            return prod(geometry.window) if geometry else 1
        rows = np.abs(weights).sum(axis=self.summed_axes(weights.ndim))
        return int(rows.max())

    def mixed_axons(self, weights, pre: Shape, summed: int) -> int:
        """Pre neurons with weights of both signs, borders not looked at.

        `summed` neurons share a weight.
        """
        return 0


class Dense(ConnectionKind):
    """All to all; weights (pre size, post size)."""

    name = "dense"

    def post_shape(self, where, weights, geometry, seen):
        """(post size,)."""
        size = prod(seen)
        if weights.ndim != 2 or weights.shape[0] != size:
            law = "dense weights are (pre size, post size)"
            raise SpikewattError(where, law, weights.shape, f"({size}, n)")
        return (weights.shape[1],)

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """All post neurons, or the nonzero weights of a row."""
        if nonzero:
            return np.count_nonzero(weights, axis=1)
        pre_size, post_size = weights.shape
        return np.full(pre_size, post_size, np.int64)

    def synapses(self, weights, geometry, seen, post):
        """One per weight."""
        pre, post = np.indices(weights.shape)
        return weights.ravel(), post.ravel(), pre.ravel()

    def taps(self, geometry, seen, weights=None):
        """All that is seen."""
        return prod(seen)

    def summed_axes(self, rank):
        """Rows."""
        return (0,)

    def mixed_axons(self, weights, pre, summed):
        """Rows with both signs."""
        mixed = _mixed(weights, axes=(1,))
        return int(mixed.sum()) * summed


class Identity(ConnectionKind):
    """One synapse per neuron, with a ratio of units as weight, as wide as it has to be.

    Weights (channels,), or one per neuron in the shape of the population.
    """

    name = "identity"
    narrow = False
    multiplies = False

    def post_shape(self, where, weights, geometry, seen):
        """As before."""
        channels = seen[-1]
        if weights.shape not in ((channels,), seen):
            law = "identity weights are (channels,), or one per neuron"
            raise SpikewattError(where, law, weights.shape, (channels,))
        return seen

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """1, or 0 where only nonzero weights count and the channel's is 0."""
        each = np.ones(weights.shape, np.int64)
        if nonzero:
            each = (weights != 0).astype(np.int64)
        return np.broadcast_to(each, seen).reshape(-1)

    def synapses(self, weights, geometry, seen, post):
        """Each neuron to its own."""
        neuron = np.arange(prod(seen))
        weight = np.broadcast_to(weights, seen)
        return weight.ravel(), neuron, neuron

    def taps(self, geometry, seen, weights=None):
        """1."""
        return 1


class Windowed(ConnectionKind):
    """A window that slides over all axes but the channels, the last."""

    windowed = True
    axes: int | None = None  # that the window has; None: any

    def post_shape(self, where, weights, geometry, seen):
        """Window positions, then channels."""
        axes = self.axes or geometry.axes
        *size, channels = seen
        if len(size) != axes or geometry.axes != axes:
            law = f"a window needs {_population(axes)}"
            raise SpikewattError(where, law, seen)
        positions = geometry.output_size(tuple(size))

        if weights is not None:
            expected = (*geometry.window, channels)
            if weights.shape[:-1] != expected:
                law = f"weights are {_weights(axes)}"
                allowed = f"{expected} + (n,)"
                raise SpikewattError(where, law, weights.shape, allowed)
        return (*positions, self.channels_out(weights, channels))

    def channels_out(self, weights: Numbers, channels: int) -> int:
        """Channels of the post population."""
        return channels

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """Positions at which a tap with a weight lies on the neuron, over all taps."""
        # Synapses of each tap at one position …
        fan = np.ones((*geometry.window, seen[-1]), np.int64)
        if weights is not None and nonzero:
            fan = np.count_nonzero(weights, axis=-1)
        elif weights is not None:
            fan = fan * weights.shape[-1]

        # … summed over the taps that reach a neuron, axis by axis.
        for axis in range(geometry.axes):
            reach = geometry.axis_reach(axis, seen[axis], post[axis])
            fan = sum_along(axis, reach, fan)
        return fan.reshape(-1)

    def taps(self, geometry, seen, weights=None):
        """The window."""
        return prod(geometry.window)

    def synapses(self, weights, geometry, seen, post):
        """Tap by tap: every position at which the tap lies on an input."""
        if weights is None:
            weights = np.ones((*geometry.window, seen[-1]), np.int64)
        pre_index = np.arange(prod(seen)).reshape(seen)
        post_index = np.arange(prod(post)).reshape(post)

        weight_parts, post_parts, pre_parts = [], [], []
        for tap, before, after in self.on_both(geometry, seen, post):
            here = pre_index[np.ix_(*before)]
            there = post_index[np.ix_(*after)]
            here, there = self.meet(here, there, weights)

            # One synapse per pair, all with the weights of this tap.
            here, there = np.broadcast_arrays(here, there)
            weight = np.broadcast_to(weights[tap], here.shape)
            weight_parts.append(weight.ravel())
            post_parts.append(there.ravel())
            pre_parts.append(here.ravel())

        return (
            np.concatenate(weight_parts),
            np.concatenate(post_parts),
            np.concatenate(pre_parts),
        )

    def on_both(self, geometry: Window, seen: Shape, post: Shape) -> Iterator:
        """Each tap, and along each axis the pre and the post neurons that it connects."""
        for tap, positions, under in geometry.on_inputs(seen, post):
            yield tap, under, positions

    def meet(
        self, pre: np.ndarray, post: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pre and post neurons (positions, channels) under one tap, shaped to broadcast as the
        tap's weights do.
        """
        return pre, post

    def mixed_axons(self, weights, pre, summed):
        """Neurons of the channels in whose weights have both signs."""
        if weights is None:
            return 0
        axes = range(weights.ndim)
        channels_in = weights.ndim - 2
        others = tuple(axis for axis in axes if axis != channels_in)

        mixed = _mixed(weights, others)
        return int(mixed.mean() * prod(pre))


class Convolution(Windowed):
    """Every channel in to every channel out; weights (*window, channels in, channels out)."""

    def channels_out(self, weights, channels):
        """The last axis of the weights."""
        return weights.shape[-1]

    def taps(self, geometry, seen, weights=None):
        """The window, over all channels."""
        return prod(geometry.window) * seen[-1]

    def summed_axes(self, rank):
        """All but the channels out."""
        return tuple(range(rank - 1))

    def meet(self, pre, post, weights):
        """Each channel in with each channel out."""
        return pre[..., :, None], post[..., None, :]


class Conv1D(Convolution):
    """A convolution over one axis; weights (length, channels in, channels out)."""

    name = "conv1d"
    axes = 1


class Conv2D(Convolution):
    """A convolution over rows and columns; weights (rows, columns, channels in, channels out)."""

    name = "conv2d"
    axes = 2


class GroupedConvolution(Convolution):
    """Each group of channels in to its own group of channels out.

    Weights (*window, channels in of one group, channels out of all).
    """

    name = "grouped_conv"

    def groups(self, weights, channels: int) -> int:
        """Into which `channels` in are parted."""
        return channels // weights.shape[-2]

    def post_shape(self, where, weights, geometry, seen):
        """Window positions, then channels."""
        inside, outputs = weights.shape[-2:]
        groups = max(seen[-1] // inside, 1)
        if groups * inside != seen[-1] or outputs % groups:
            law = "weights are (*window, channels in of a group, channels out), in whole groups"
            raise SpikewattError(where, law, weights.shape)
        one = (*seen[:-1], inside)
        return super().post_shape(where, weights, geometry, one)

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """As of a convolution, onto the channels out of the own group."""
        groups = self.groups(weights, seen[-1])
        one = (*seen[:-1], seen[-1] // groups)
        size = prod(seen[:-1])

        parts = []
        for own in np.split(weights, groups, axis=-1):
            fan = super().fan_out(own, geometry, one, post, nonzero)
            parts.append(fan.reshape(size, -1))
        return np.concatenate(parts, axis=1).reshape(-1)

    def taps(self, geometry, seen, weights=None):
        """The window, over the channels in of one group."""
        assert weights is not None
        return prod(geometry.window) * weights.shape[-2]

    def meet(self, pre, post, weights):
        """Each channel in with each channel out of its group."""
        inside, outputs = weights.shape[-2:]
        groups = pre.shape[-1] // inside
        place = pre.shape[:-1]

        # (…, channels in of a group, groups, channels out of a group), as the weights are split.
        before = pre.reshape(*place, groups, inside)
        before = np.moveaxis(before, -1, -2)[..., None]
        after = post.reshape(*place, 1, groups, outputs // groups)
        before, after = np.broadcast_arrays(before, after)

        shape = (*place, inside, outputs)
        return before.reshape(shape), after.reshape(shape)

    def mixed_axons(self, weights, pre, summed):
        """Neurons of the channels in whose weights into their group have both signs."""
        groups = self.groups(weights, pre[-1])
        one = (*pre[:-1], pre[-1] // groups)
        parts = np.split(weights, groups, axis=-1)
        return sum(super(GroupedConvolution, self).mixed_axons(w, one, summed) for w in parts)


class TransposedConvolution(GroupedConvolution):
    """A grouped convolution backwards: every pre neuron reaches a window of post neurons.

    Its geometry is that of the window over the post population; padding cuts off. Weights (*window,
    channels in of one group, channels out of all).
    """

    name = "transposed_conv"

    def post_shape(self, where, weights, geometry, seen):
        """What all windows cover, less the padding, then channels."""
        inside, outputs = weights.shape[-2:]
        groups = max(seen[-1] // inside, 1)
        fits = weights.shape[:-2] == tuple(geometry.window) and len(seen) == geometry.axes + 1
        if not fits or groups * inside != seen[-1] or outputs % groups:
            law = "weights are (*window, channels in of a group, channels out), in whole groups"
            raise SpikewattError(where, law, weights.shape)

        axes = zip(seen, geometry.strides, geometry.reach, geometry.padding, strict=False)
        sizes = [(n - 1) * s + k - before - after for n, s, k, (before, after) in axes]
        if min(sizes) < 1:
            raise SpikewattError(where, "padding leaves something of the windows", sizes)
        return (*sizes, outputs)

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """The taps that lie on a post neuron, onto the channels out of the own group."""
        parts = np.split(weights, self.groups(weights, seen[-1]), axis=-1)
        counts = [np.count_nonzero(part, axis=-1) for part in parts]
        if not nonzero:
            counts = [np.full(part.shape[:-1], part.shape[-1]) for part in parts]

        fan = np.concatenate(counts, axis=-1)
        for axis in range(geometry.axes):
            hits = geometry.axis_hits(axis, post[axis], seen[axis])
            fan = sum_along(axis, (hits.T >= 0).astype(np.int64), fan)
        return fan.reshape(-1)

    def on_both(self, geometry, seen, post):
        """The window lies over the post neurons."""
        yield from geometry.on_inputs(post, seen)

    def taps(self, geometry, seen, weights=None):
        """The windows that lie on one neuron, over the channels in of one group."""
        assert weights is not None
        axes = zip(geometry.window, geometry.strides, strict=True)
        overlapping = prod(-(-taps // stride) for taps, stride in axes)
        return overlapping * weights.shape[-2]


class Depthwise(Windowed):
    """Each channel to its own `multiplier` channels.

    Weights (*window, channels, multiplier).
    """

    name = "depthwise"

    def channels_out(self, weights, channels):
        """Channels times the multiplier."""
        return weights.shape[-1] * channels

    def summed_axes(self, rank):
        """The window."""
        return tuple(range(rank - 2))

    def meet(self, pre, post, weights):
        """Each channel with its own."""
        by_channel = post.reshape(*post.shape[:-1], *weights.shape[-2:])
        return pre[..., :, None], by_channel


class Pool(Windowed):
    """Weight 1 from each neuron of the window; the post threshold divides."""

    name = "pool"
    weighted = False
    multiplies = False


class MaxPool(Windowed):
    """No weights: the largest count of the window."""

    name = "max_pool"
    weighted = False
    multiplies = False
    compares = True


CONNECTION_KINDS: dict[str, ConnectionKind] = by_name(
    (
        Dense(),
        Conv1D(),
        Conv2D(),
        GroupedConvolution(),
        TransposedConvolution(),
        Depthwise(),
        Identity(),
        Pool(),
        MaxPool(),
    )
)


def _population(axes: int) -> str:
    named = {1: "length", 2: "rows, columns"}
    size = named.get(axes, f"{axes} axes")
    return f"a ({size}, channels) population"


def _weights(axes: int) -> str:
    named = {1: "length", 2: "rows, columns"}
    size = named.get(axes, f"{axes} axes")
    return f"({size}, channels in, channels out or multiplier)"


def _mixed(weights: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Where there are weights of both signs along `axes`."""
    excites = (weights > 0).any(axis=axes)
    inhibits = (weights < 0).any(axis=axes)
    return np.asarray(excites & inhibits)
