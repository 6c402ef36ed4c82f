"""Where a spike goes: the weights of a connection, laid out for the kernel.

A pre neuron stands at a position, in a channel. A position has runs: neighbours in the post
population that have neighbours among the weights; its channel moves both on. A convolution so
keeps its weights once, and a spike of it adds one run per row of the window, all channels out of
all its columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from math import prod

import numpy as np

from ...network.connection import Connection
from ...network.connection_kinds import (
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
    Windowed,
)
from ...network.synapses import unroll

Shape = tuple[int, ...]
LANES = 32  # a row of weights is padded to a multiple: a vector of the narrowest sums


class Form(IntEnum):
    """How the kernel adds: any runs; one row of weights per neuron; one weight per neuron."""

    RUNS = 0
    ROWS = 1
    SINGLE = 2


@dataclass(frozen=True, eq=False)
class Patches:
    """The synapses of a connection.

    Parameters
    ----------
    position, channel : (pre size,) of each neuron; position −1 where it has no synapse.
    first : (positions + 1,) first run of each position.
    run_post, run_weight, run_length : (runs,) where they begin, and how many neighbours.
    channel_post, channel_weight : (channels,) what is added to both.
    weights : integers, flat.
    row : of `Form.ROWS`, weights from one neuron to the next.
    """

    form: Form
    position: np.ndarray
    channel: np.ndarray
    first: np.ndarray
    run_post: np.ndarray
    run_weight: np.ndarray
    run_length: np.ndarray
    channel_post: np.ndarray
    channel_weight: np.ndarray
    weights: np.ndarray
    row: int = 0


def patches(connection: Connection, pre_shape: Shape, post_shape: Shape) -> Patches:
    """The synapses of `connection`, as its kind lays them out.

    A kind without an entry is laid out synapse by synapse.

    >>> arrow = Connection("a", "b", "dense", [[1, 0], [2, 3]])
    >>> patches(arrow, (2,), (2,)).run_length.tolist()
    [2]
    """
    lay_out = PATCHES.get(type(connection.kind))
    if lay_out is None:
        return synapse_by_synapse(connection, pre_shape, post_shape)

    found = lay_out(connection, connection.seen(pre_shape), post_shape)
    if connection.pooled is not None:
        return _spread(found, _pooled(connection, pre_shape))
    return found


def _pooled(connection: Connection, pre_shape: Shape) -> np.ndarray:
    """(pre size,) the summed neuron that each neuron is part of, or −1: windows lie apart."""
    seen = connection.seen(pre_shape)
    _, pooled, member = Pool().synapses(None, connection.pooled, pre_shape, seen)
    part_of = np.full(prod(pre_shape), -1)
    part_of[member] = pooled
    return part_of


def _spread(found: Patches, part_of: np.ndarray) -> Patches:
    """Every neuron of a window has the synapses of the summed one."""
    position = np.where(part_of < 0, -1, found.position[part_of])
    form = Form.RUNS if found.form is Form.ROWS else found.form
    return replace(found, form=form, position=position, channel=found.channel[part_of])


# By kind


def rows(connection: Connection, seen: Shape, post: Shape) -> Patches:
    """All to all: one row of weights per neuron."""
    weights = connection.weights
    assert weights is not None
    size, outputs = weights.shape
    row = -(-outputs // LANES) * LANES
    padded = np.zeros((size, row), weights.dtype)
    padded[:, :outputs] = weights

    neuron = np.arange(size)
    return Patches(
        form=Form.ROWS,
        position=np.zeros(size, np.int64),
        channel=neuron,
        first=np.array([0, 1]),
        run_post=np.array([0]),
        run_weight=np.array([0]),
        run_length=np.array([outputs]),
        channel_post=np.zeros(size, np.int64),
        channel_weight=neuron * row,
        weights=padded.reshape(-1),
        row=row,
    )


def one_to_one(connection: Connection, seen: Shape, post: Shape) -> Patches:
    """Each neuron to its own."""
    assert connection.weights is not None
    neuron = np.arange(prod(seen))
    return Patches(
        form=Form.SINGLE,
        position=neuron,
        channel=np.zeros_like(neuron),
        first=np.arange(len(neuron) + 1),
        run_post=neuron,
        run_weight=neuron,
        run_length=np.ones_like(neuron),
        channel_post=np.array([0]),
        channel_weight=np.array([0]),
        weights=np.broadcast_to(connection.weights, seen).reshape(-1),
    )


def all_channels(connection: Connection, seen: Shape, post: Shape) -> Patches:
    """Every channel in to every channel out."""
    return _windowed(connection, seen, post, groups=1)


def by_group(connection: Connection, seen: Shape, post: Shape) -> Patches:
    """Each group of channels to its own."""
    assert connection.weights is not None
    groups = seen[-1] // connection.weights.shape[-2]
    return _windowed(connection, seen, post, groups)


def by_channel(connection: Connection, seen: Shape, post: Shape) -> Patches:
    """Each channel to its own."""
    return _windowed(connection, seen, post, groups=seen[-1])


def _windowed(connection: Connection, seen: Shape, post: Shape, groups: int) -> Patches:
    """Weights once, by channel in; the runs of every position."""
    kind, geometry, weights = connection.kind, connection.geometry, connection.weights
    assert geometry is not None
    assert isinstance(kind, Windowed)
    channels, outputs = seen[-1], post[-1]
    inside, outside = channels // groups, outputs // groups
    if weights is None:
        weights = np.ones((*geometry.window, channels, 1), np.int64)

    # Which tap connects which positions.
    taps, pre, after = [], [], []
    of_pre = np.arange(prod(seen[:-1])).reshape(seen[:-1])
    of_post = np.arange(prod(post[:-1])).reshape(post[:-1])
    of_tap = np.arange(prod(geometry.window)).reshape(geometry.window)
    for tap, under, positions in kind.on_both(geometry, seen, post):
        here, there = of_pre[np.ix_(*under)], of_post[np.ix_(*positions)]
        pre.append(here.ravel())
        after.append(there.ravel())
        taps.append(np.full(here.size, of_tap[tap]))
    tap, here, there = map(np.concatenate, (taps, pre, after))

    # Taps in a row of weights in the order, of two, in which more neighbours meet.
    orders = (of_tap, of_tap[..., ::-1])
    runs = [
        _runs(here, there * outputs, order.reshape(-1)[tap] * outside, outside, of_pre.size)
        for order in orders
    ]
    best = int(np.argmin([len(run[1]) for run in runs]))
    first, run_post, run_weight, run_length = runs[best]

    by_tap = weights.reshape(-1, inside, groups, outside)[orders[best].reshape(-1)]
    by_channel_in = by_tap.transpose(2, 1, 0, 3)
    neuron, channel = np.arange(prod(seen)), np.arange(channels)
    found = Patches(
        form=Form.RUNS,
        position=neuron // channels,
        channel=neuron % channels,
        first=first,
        run_post=run_post,
        run_weight=run_weight,
        run_length=run_length,
        channel_post=channel // inside * outside,
        channel_weight=channel * (of_tap.size * outside),
        weights=by_channel_in.reshape(-1),
    )
    return _if_single(found)


def synapse_by_synapse(connection: Connection, pre_shape: Shape, post_shape: Shape) -> Patches:
    """Any connection, from its explicit synapses."""
    matrix = unroll(connection, pre_shape, post_shape).tocsc()
    matrix.sort_indices()
    size = prod(pre_shape)
    pre = np.repeat(np.arange(size), np.diff(matrix.indptr))
    at = np.arange(len(pre))
    first, run_post, run_weight, run_length = _runs(pre, matrix.indices, at, 1, size)
    found = Patches(
        form=Form.RUNS,
        position=np.arange(size),
        channel=np.zeros(size, np.int64),
        first=first,
        run_post=run_post,
        run_weight=run_weight,
        run_length=run_length,
        channel_post=np.array([0]),
        channel_weight=np.array([0]),
        weights=matrix.data,
    )
    return _if_single(found)


def _runs(
    pre: np.ndarray, post: np.ndarray, weight: np.ndarray, length: int, positions: int
) -> tuple[np.ndarray, ...]:
    """Pieces of `length`, by position, joined where post neurons and weights both go on.

    Returns
    -------
    first run of each position and where the last ends; post neuron, weight and length of each run.
    """
    order = np.lexsort((post, pre))
    pre, post, weight = pre[order], post[order], weight[order]
    joins = (np.diff(pre) == 0) & (np.diff(post) == length) & (np.diff(weight) == length)
    starts = np.flatnonzero(np.concatenate([[True], ~joins]))[: len(pre)]
    pieces = np.diff(np.append(starts, len(pre)))

    per_position = np.bincount(pre[starts], minlength=positions)
    first = np.concatenate([[0], np.cumsum(per_position)])
    return first, post[starts], weight[starts], pieces * length


def _if_single(found: Patches) -> Patches:
    """As `Form.SINGLE`, whose positions are their runs, if no neuron has more than one synapse."""
    runs = np.diff(found.first)
    if runs.max() > 1 or found.run_length.max(initial=1) > 1:
        return found
    run_of = np.where(runs == 1, found.first[:-1], -1)
    count = len(found.run_post)
    return replace(
        found, form=Form.SINGLE, position=run_of[found.position], first=np.arange(count + 1)
    )


PATCHES: dict[type, Callable[[Connection, Shape, Shape], Patches]] = {
    Dense: rows,
    Identity: one_to_one,
    Conv1D: all_channels,
    Conv2D: all_channels,
    GroupedConvolution: by_group,
    TransposedConvolution: by_group,
    Depthwise: by_channel,
    Pool: by_channel,
    MaxPool: by_channel,
}
