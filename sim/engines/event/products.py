"""A connection as a product, for the kernel: what each post position reads, and packed weights.

Values of the pre population are copied onto a canvas, whose borders are zeros. Each post position
then reads the same segments of it, from a base of its own: a convolution the rows of its window, a
dense layer all there is. Values are 8 or 16 bits wide and sums 32, where that is proved to be
enough; everything else is added run by run (see `patches`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
)
from ...network.geometry import Geometry

Shape = tuple[int, ...]
LANES = 16  # sums of a vector
BLOCKS = 4  # vectors that are kept together
SUMS = 2**31  # of 32 bits lie below
NARROW_GROUP = 4  # channels in of a group, below which most of a vector is padding


class Means(IntEnum):
    """How the kernel multiplies."""

    BY_RUNS = 0
    DOT8 = 1
    DOT16 = 2
    CHANNELS = 3
    MAXIMUM = 4
    EACH = 5


@dataclass(frozen=True, eq=False)
class Product:
    """What the kernel reads and multiplies.

    Parameters
    ----------
    means : Means.
    canvas : values on the canvas.
    copies : (copies, 3) runs of values: where from, where to on the canvas, how many.
    base : (post positions,) where each begins to read.
    offset : (segments,) from there.
    length : values of a segment.
    channels : values from one post position to the next.
    groups, inside, outside : of channels, and how many go into and come out of each.
    weights : (segments, length, groups, outside) of `Means.DOT8` and `DOT16`; (segments, channels)
        of `CHANNELS`; (canvas,) of `EACH`.
    adds : whether several values fall on one place, and are summed.
    """

    means: Means
    canvas: int = 0
    copies: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    base: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    offset: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    length: int = 0
    channels: int = 0
    groups: int = 1
    inside: int = 0
    outside: int = 0
    weights: np.ndarray | None = None
    adds: bool = False

    @property
    def values_at_once(self) -> int:
        """Values that the kernel multiplies and adds at once."""
        return {Means.DOT8: 4, Means.DOT16: 2}.get(self.means, 1)

    @property
    def chunks(self) -> int:
        """Multiplications of a segment."""
        return -(-self.length // self.values_at_once)

    def packed(self) -> np.ndarray:
        """Weights in the order in which the kernel reads them."""
        if self.weights is None:
            return np.zeros(LANES, np.int32)
        if self.means not in (Means.DOT8, Means.DOT16):
            room = np.zeros(LANES, np.int32)  # whole vectors are read
            return np.concatenate([self.weights.astype(np.int32).reshape(-1), room])

        narrow = np.int8 if self.means is Means.DOT8 else np.int16
        at_once = self.values_at_once
        lanes = -(-self.outside // LANES) * LANES
        segments = len(self.offset)
        padded = np.zeros((segments, self.chunks * at_once, self.groups, lanes), narrow)
        padded[:, : self.length, :, : self.outside] = self.weights

        # By group and blocks of vectors; then segment, chunk, vector, lane, value.
        split = padded.reshape(segments, self.chunks, at_once, self.groups, -1, LANES)
        ordered = split.transpose(3, 4, 0, 1, 5, 2)
        parts = []
        for group in ordered:
            for first in range(0, len(group), BLOCKS):
                blocks = group[first : first + BLOCKS]
                parts.append(blocks.transpose(1, 2, 0, 3, 4).reshape(-1))
        return np.concatenate(parts)


RUNS = Product(Means.BY_RUNS)


def product(
    connection: Connection, pre_shape: Shape, post_shape: Shape, lowest: int, highest: int
) -> Product:
    """The product of `connection` with values in `lowest`..`highest`, or `RUNS`.

    Parameters
    ----------
    lowest, highest : of the values that one neuron of the pre population sends at once.
    """
    lay_out = PRODUCTS.get(type(connection.kind))
    if lay_out is None:
        return RUNS
    seen = connection.seen(pre_shape)
    found = lay_out(connection, seen, post_shape)
    if found.means is Means.BY_RUNS:
        return found

    most = max(-lowest, highest)
    if connection.largest_row() * most >= SUMS:
        return RUNS
    if found.means is Means.DOT8:
        found = _narrowed(found, lowest * connection.summed, highest * connection.summed)
    if connection.pooled is not None and found.means is not Means.BY_RUNS:
        found = _summed(found, connection.pooled, pre_shape, seen)
    return found


def _narrowed(found: Product, lowest: int, highest: int) -> Product:
    """With the narrowest values and weights that hold them, if there are such."""
    assert found.weights is not None
    largest = int(np.abs(found.weights).max(initial=0))
    if lowest >= 0 and highest < 2**8 and largest < 2**7:
        return found
    if max(-lowest, highest) < 2**15 and largest < 2**15:
        return replace(found, means=Means.DOT16)
    return RUNS


def _summed(found: Product, pooled: Geometry, pre_shape: Shape, seen: Shape) -> Product:
    """Every neuron of a window is added where the summed one stands."""
    if found.means is Means.EACH:
        return RUNS
    channels = pre_shape[-1]
    place = np.full(prod(seen[:-1]), -1)
    for start, to, length in found.copies // channels:
        place[start : start + length] = np.arange(to, to + length)

    _, summed, member = Pool().synapses(None, pooled, (*pre_shape[:-1], 1), (*seen[:-1], 1))
    order = np.argsort(member)
    copies = _copies(member[order], place[summed[order]], channels)
    return replace(found, copies=copies, adds=True)


def _copies(start: np.ndarray, to: np.ndarray, channels: int) -> np.ndarray:
    """(copies, 3) runs of values, of positions that are neighbours in both."""
    joins = (np.diff(start) == 1) & (np.diff(to) == 1)
    first = np.flatnonzero(np.concatenate([[True], ~joins]))
    length = np.diff(np.append(first, len(start)))
    return np.stack([start[first], to[first], length], axis=1) * channels


# By kind


def everything(connection: Connection, seen: Shape, post: Shape) -> Product:
    """All to all: one segment, at one position."""
    assert connection.weights is not None
    size, outputs = connection.weights.shape
    return Product(
        means=Means.DOT8,
        canvas=size,
        copies=np.array([[0, 0, size]]),
        base=np.array([0]),
        offset=np.array([0]),
        length=size,
        channels=outputs,
        inside=size,
        outside=outputs,
        weights=connection.weights.reshape(1, size, 1, outputs),
    )


def windows(connection: Connection, seen: Shape, post: Shape) -> Product:
    """A convolution: the window's taps, neighbours joined, over all channels."""
    assert connection.weights is not None
    inside, outputs = connection.weights.shape[-2:]
    groups = seen[-1] // inside
    if groups > 1 and inside < NARROW_GROUP:
        return RUNS

    found = _canvas(connection, seen, post)
    taps = connection.weights.reshape(-1, inside, groups, outputs // groups)
    found = replace(
        found,
        means=Means.DOT8,
        length=inside,
        groups=groups,
        inside=inside,
        outside=outputs // groups,
        weights=taps,
    )
    return _joined(found) if groups == 1 else found


def by_channel(connection: Connection, seen: Shape, post: Shape) -> Product:
    """Each channel by itself; a pool has weights of 1."""
    geometry, weights = connection.geometry, connection.weights
    assert geometry is not None
    if weights is None:
        weights = np.ones((*geometry.window, seen[-1], 1), np.int64)
    if weights.shape[-1] > 1:
        return RUNS

    means = Means.MAXIMUM if connection.kind.compares else Means.CHANNELS
    found = _canvas(connection, seen, post)
    return replace(found, means=means, weights=weights.reshape(-1, seen[-1]))


def one_to_one(connection: Connection, seen: Shape, post: Shape) -> Product:
    """Each neuron to its own."""
    assert connection.weights is not None
    weights = np.broadcast_to(connection.weights, seen).reshape(-1)
    return Product(
        means=Means.EACH,
        canvas=prod(seen),
        copies=np.zeros((0, 3), np.int64),
        base=np.array([0]),
        offset=np.array([0]),
        channels=prod(seen),
        weights=weights,
    )


def _canvas(connection: Connection, seen: Shape, post: Shape) -> Product:
    """Canvas, copies, bases and offsets of a window that slides over padded axes."""
    geometry = connection.geometry
    assert geometry is not None
    *size, channels = seen
    padding = geometry.padding
    padded = [n + before + after for n, (before, after) in zip(size, padding, strict=True)]
    number = np.arange(prod(padded)).reshape(padded)

    own = tuple(slice(before, before + n) for n, (before, _) in zip(size, padding, strict=True))
    place = number[own].reshape(-1)
    copies = _copies(np.arange(len(place)), place, channels)

    first = tuple(
        slice(0, (n - 1) * stride + 1, stride)
        for n, stride in zip(post[:-1], geometry.strides, strict=True)
    )
    taps = tuple(
        slice(0, reach, apart)
        for reach, apart in zip(geometry.reach, geometry.dilation, strict=True)
    )
    return Product(
        means=Means.BY_RUNS,
        canvas=prod(padded) * channels,
        copies=copies,
        base=number[first].reshape(-1) * channels,
        offset=number[taps].reshape(-1) * channels,
        channels=post[-1],
    )


def _joined(found: Product) -> Product:
    """Segments that follow each other, as one where all are of one length then."""
    ends = np.flatnonzero(np.diff(found.offset) != found.length)
    lengths = np.diff(np.concatenate([[0], ends + 1, [len(found.offset)]]))
    together = int(lengths[0])
    if (lengths != together).any():
        return found
    assert found.weights is not None
    return replace(
        found,
        offset=found.offset[::together],
        length=found.length * together,
        weights=found.weights.reshape(-1, found.length * together, 1, found.outside),
    )


def by_runs(connection: Connection, seen: Shape, post: Shape) -> Product:
    """Windows over the post neurons are not laid out."""
    return RUNS


PRODUCTS: dict[type, Callable[[Connection, Shape, Shape], Product]] = {
    Dense: everything,
    Identity: one_to_one,
    Conv1D: windows,
    Conv2D: windows,
    GroupedConvolution: windows,
    TransposedConvolution: by_runs,
    Depthwise: by_channel,
    Pool: by_channel,
    MaxPool: by_channel,
}
