"""Convolutions in groups of channels, and transposed ones."""

from __future__ import annotations

from math import prod

import numpy as np

from ....errors import SpikewattError
from ..geometry import sum_along
from .windowed import Convolution


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
