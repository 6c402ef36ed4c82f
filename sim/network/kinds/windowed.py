"""Kinds with a window that slides over all axes but the channels."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from ....errors import SpikewattError
from ..geometry import sum_along
from .kind import ConnectionKind, Numbers, Shape, Window, mixed_signs


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

        mixed = mixed_signs(weights, others)
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


def _population(axes: int) -> str:
    named = {1: "length", 2: "rows, columns"}
    size = named.get(axes, f"{axes} axes")
    return f"a ({size}, channels) population"


def _weights(axes: int) -> str:
    named = {1: "length", 2: "rows, columns"}
    size = named.get(axes, f"{axes} axes")
    return f"({size}, channels in, channels out or multiplier)"
