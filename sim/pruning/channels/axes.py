"""Where the channels of the populations at both ends lie in the weights of a connection."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from ....errors import SpikewattError
from ...network.connection import Connection, Shape
from ...network.connection_kinds import (
    ConnectionKind,
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
)

Kept = np.ndarray  # (channels,) bool
Axes = dict[int, np.ndarray]  # axis of the weights -> which of its indices are kept


def _dense(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """Rows are the neurons seen, channels innermost."""
    positions = prod(seen[:-1])
    return {0: np.tile(before, positions), 1: after}


def _convolution(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """(…, channels in, channels out)."""
    return {-2: before, -1: after}


def _grouped(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """As a convolution where there is one group; of several none may lose a channel."""
    if parts_of(c, seen) == 1:
        return _convolution(c, seen, before, after)
    if before.all() and after.all():
        return {}
    law = "a convolution in groups keeps its channels: the groups have one size"
    lost = int((~before).sum() + (~after).sum())
    raise SpikewattError(f"Connection {c.name!r}", law, f"{lost} channels to be removed")


def _depthwise(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """(…, channels, multiplier)."""
    return {-2: before}


def _identity(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """(…, channels)."""
    return {-1: before}


def _none(c: Connection, seen: Shape, before: Kept, after: Kept) -> Axes:
    """A pool has no weights."""
    return {}


AXES: dict[type[ConnectionKind], Callable[[Connection, Shape, Kept, Kept], Axes]] = {
    Dense: _dense,
    Conv1D: _convolution,
    Conv2D: _convolution,
    GroupedConvolution: _grouped,
    TransposedConvolution: _grouped,
    Depthwise: _depthwise,
    Identity: _identity,
    Pool: _none,
    MaxPool: _none,
}

# Each channel out belongs to one channel in, and goes with it.
CHANNELWISE = (Depthwise, Identity, Pool, MaxPool)


def is_channelwise(c: Connection) -> bool:
    """Whether each channel out belongs to one channel in."""
    return isinstance(c.kind, CHANNELWISE)


def parts_of(c: Connection, seen: Shape) -> int:
    """Groups of channels that know nothing of each other; 1 of what is not grouped."""
    if not isinstance(c.kind, GroupedConvolution):
        return 1
    return c.kind.groups(c.weights, seen[-1])


def kept_weights(c: Connection, pre: Shape, before: Kept, after: Kept) -> Axes:
    """Axis of the weights -> which of its indices are kept.

    Parameters
    ----------
    c : Connection
    pre : tuple of int
        Shape of the pre population.
    before, after : (channels,) bool
        Channels of the pre and of the post population that are kept.

    Raises
    ------
    SpikewattError : a convolution in several groups would lose channels.
    """
    return AXES[type(c.kind)](c, c.seen(pre), before, after)


def mask_of(c: Connection, axes: Axes) -> np.ndarray:
    """Bool, shaped as the weights of `c`: where all of `axes` keep the index."""
    assert c.weights is not None
    mask = np.ones(c.weights.shape, bool)
    for axis, kept in axes.items():
        shape = [1] * mask.ndim
        shape[axis] = len(kept)
        mask &= kept.reshape(shape)
    return mask


def by_weight(c: Connection, pre: Shape, values: np.ndarray) -> np.ndarray:
    """`values` of pre neurons (*pre) as weights meet them: means over the positions of a channel.

    Shaped to broadcast to the weights; of a dense connection each row has its own neuron's value.
    """
    assert c.weights is not None
    if isinstance(c.kind, Dense):
        return seen_mean(c, pre, values).reshape(-1, 1)
    channels = values.reshape(-1, pre[-1]).mean(axis=0)
    if isinstance(c.kind, Identity):
        return channels
    inside = c.weights.shape[-2]
    if inside != len(channels):  # a group sees a part of the channels
        return np.full((inside, 1), channels.mean())
    return channels[:, None]


def seen_mean(c: Connection, pre: Shape, values: np.ndarray) -> np.ndarray:
    """(neurons seen,) `values`, summed over the windows in front of the weights."""
    if c.pooled is None:
        return values.reshape(-1)
    seen = c.seen(pre)
    found = np.asarray(values, np.float64)
    for axis in range(c.pooled.axes):
        members = c.pooled.axis_members(axis, pre[axis], seen[axis])
        found = np.moveaxis(np.tensordot(members, found, axes=(1, axis)), 0, axis)
    return found.reshape(-1)


def sum_by_channel(c: Connection, pre: Shape, values: np.ndarray) -> np.ndarray:
    """(channels,) sums of `values`, one per weight, over what leads out of each pre channel.

    Infinite for a convolution in several groups, whose channels stay.
    """
    channels = pre[-1]
    if isinstance(c.kind, Dense):
        return values.sum(axis=1).reshape(-1, channels).sum(axis=0)
    if parts_of(c, c.seen(pre)) > 1:
        return np.full(channels, np.inf)
    others = tuple(axis for axis in range(values.ndim) if axis != values.ndim - 2)
    return values.sum(axis=others)
