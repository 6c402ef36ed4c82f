"""Tables that the kernels of windows read: which position sees which neuron under which tap."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ....errors import SpikewattError
from ....sim.network.connection import Connection
from ....sim.network.geometry import Geometry
from ....sim.network.kinds.kind import Shape

NOWHERE = 0xFFFF


class Division(NamedTuple):
    """number // channels = (number * factor) >> shift, for all numbers below a size."""

    channels: int
    factor: int
    shift: int

    @property
    def text(self) -> str:
        """As a SpikingShape."""
        return f"(SpikingShape){{{self.channels}u, {self.factor}u, {self.shift}u}}"


def division(size: int, channels: int) -> Division:
    """The factor and shift that divide every number below `size` by `channels` in 32 bits.

    >>> division(100, 3)
    Division(channels=3, factor=43, shift=7)
    """
    numbers = np.arange(size, dtype=np.int64)
    for shift in range(32):
        factor = -(-(2**shift) // channels)
        product = numbers * factor
        if product[-1] < 2**32 and np.array_equal(product >> shift, numbers // channels):
            return Division(channels, factor, shift)
    raise SpikewattError("firmware.division", "fits 32 bits", f"{size} by {channels}")


class Plane(NamedTuple):
    """A population as rows, columns and channels; of one axis: one row."""

    rows: int
    columns: int
    channels: int

    @property
    def positions(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns


def plane(shape: Shape) -> Plane:
    """The (rows, columns, channels) of a shape of one to three axes."""
    *size, channels = shape
    padded = (1, 1, *size)
    return Plane(prod(padded[:-1]), padded[-1], channels)


def two_axes(geometry: Geometry) -> Geometry:
    """A window over one axis as one over rows, of which there is one, and columns."""
    if geometry.axes == 2:
        return geometry
    return Geometry(
        (1, *geometry.window),
        (1, *geometry.strides),
        ((0, 0), *geometry.padding),
        (1, *geometry.dilation),
    )


def seen_along(connection: Connection, pre: Plane) -> tuple[np.ndarray, np.ndarray]:
    """Row and column at which the weights see each row and column of `pre`; −1 outside of all."""
    if connection.pooled is None:
        return np.arange(pre.rows), np.arange(pre.columns)
    pooled = two_axes(connection.pooled)
    found = []
    for axis, size in enumerate((pre.rows, pre.columns)):
        (positions,) = pooled_size(pooled, axis, size)
        seen = np.full(size, -1)
        hits = pooled.axis_hits(axis, size, positions)
        at, tap = np.nonzero(hits >= 0)
        seen[hits[at, tap]] = at
        found.append(seen)
    return found[0], found[1]


def pooled_size(pooled: Geometry, axis: int, size: int) -> tuple[int, ...]:
    """Positions of the windows along one axis."""
    one = Geometry(
        (pooled.window[axis],),
        (pooled.strides[axis],),
        (pooled.padding[axis],),
        (pooled.dilation[axis],),
    )
    return one.output_size((size,))


def seen_neurons(connection: Connection, pre_shape: Shape) -> np.ndarray | None:
    """(pre neurons,) the neuron that the weights see in the place of each; None: itself."""
    if connection.pooled is None:
        return None
    pre = plane(pre_shape)
    rows, columns = seen_along(connection, pre)
    if min(rows.min(), columns.min()) < 0:
        law = "has its dense weights after pools that leave no neuron out"
        raise SpikewattError(f"firmware: connection {connection.name!r}", law, pre_shape)
    seen = plane(connection.seen(pre_shape))
    position = rows[:, None] * seen.columns + columns
    return (position[..., None] * pre.channels + np.arange(pre.channels)).reshape(-1)


def reaches(geometry: Geometry, axis: int, size: int, positions: int) -> list[list[tuple]]:
    """For each neuron along an axis the (position, tap) that see it."""
    found: list[list[tuple]] = [[] for _ in range(size)]
    hits = geometry.axis_hits(axis, size, positions)
    for position, taps in enumerate(hits):
        for tap, neuron in enumerate(taps):
            if neuron >= 0:
                found[neuron].append((position, tap))
    return found


class Span(NamedTuple):
    """Of the window at one position along an axis: neurons `start` to `stop`, the first tap's."""

    start: int
    stop: int
    origin: int


def spans(geometry: Geometry, axis: int, seen: np.ndarray, positions: int) -> list[Span]:
    """The window at each position, in neurons of the population that `seen` maps.

    `origin` is where, as the weights see it, the first tap of the window lies.
    """
    before, _ = geometry.padding[axis]
    found = []
    for position in range(positions):
        origin = position * geometry.strides[axis] - before
        inside = np.flatnonzero((seen >= max(origin, 0)) & (seen < origin + geometry.window[axis]))
        start, stop = (int(inside[0]), int(inside[-1]) + 1) if len(inside) else (0, 0)
        found.append(Span(start, stop, origin))
    return found
