"""Hardware points: what a bill is made for, and arrays of what it is priced again for."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....energy.cards.load import load_card
from ..axes import Axis, Block
from ..space import Space
from .axes import HARDWARE_AXES, NO_HOST, Voltage

PART_ROWS = 200_000  # of the hardware points that are priced and written at once


@dataclass(frozen=True)
class Structure:
    """What a bill is made for: a device, and what is no array in its bill.

    Parameters
    ----------
    device : str
        Card, or odin_style with values of its own.
    values : tuple of (name, value)
        Of the structural axes that the device has.
    """

    device: str
    values: tuple[tuple[str, Any], ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a structural axis; `default` where the device has it not."""
        return dict(self.values).get(name, default)

    @property
    def host(self) -> str | None:
        """The microcontroller beside it."""
        found = self.get("host", NO_HOST)
        return None if found == NO_HOST else found

    @property
    def strategy(self) -> str:
        """What is done with the rest of a period."""
        return self.get("strategy", "as_given")


@dataclass(frozen=True, eq=False)
class Batch:
    """Hardware points of one structure.

    Parameters
    ----------
    structure : Structure
    arrays : dict of ndarray
        Axis -> (points,) values.
    factors : frozenset of str
        Axes whose values are multiples of the card's own.
    numbers : ndarray of int, (points,)
        Their places in the space.
    """

    structure: Structure
    arrays: dict[str, np.ndarray]
    factors: frozenset[str]
    numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def point(self, place: int) -> dict[str, Any]:
        """Axis -> value, of the point at `place`."""
        arrays = {name: float(values[place]) for name, values in self.arrays.items()}
        return {"device": self.structure.device, **dict(self.structure.values), **arrays}


@dataclass(frozen=True)
class Group:
    """All points of one structure: a grid of the other axes.

    Parameters
    ----------
    structure : Structure
    axes : tuple of Axis
        That the device has, and that are arrays.
    first : int
        Number of the first point.
    """

    structure: Structure
    axes: tuple[Axis, ...]
    first: int = 0

    @property
    def size(self) -> int:
        """How many points."""
        return math.prod(map(len, self.axes))

    def between(self, start: int, stop: int) -> Batch:
        """Its points from `start` to before `stop`."""
        places = np.arange(start, stop)
        shape = tuple(map(len, self.axes))
        indices = np.unravel_index(places, shape) if shape else ()
        arrays = {}
        for axis, index in zip(self.axes, indices, strict=True):
            arrays[axis.name] = np.asarray(axis.values, float)[index]
        return Batch(self.structure, arrays, _factors(self.axes), self.first + places)


def _factors(axes: Iterable[Axis]) -> frozenset[str]:
    return frozenset(axis.name for axis in axes if axis.factor)


@dataclass
class HardwarePoints:
    """All hardware points of a grid, in order, in parts of some size."""

    groups: list[Group] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many points."""
        return sum(group.size for group in self.groups)

    def parts(self) -> Iterator[list[Batch]]:
        """All points, about PART_ROWS at a time."""
        part: list[Batch] = []
        rows = 0
        for group in self.groups:
            start = 0
            while start < group.size:
                stop = min(group.size, start + PART_ROWS - rows)
                part.append(group.between(start, stop))
                rows += stop - start
                start = stop
                if rows >= PART_ROWS:
                    yield part
                    part, rows = [], 0
        if part:
            yield part

    @property
    def part_count(self) -> int:
        """How many parts there are."""
        return math.ceil(self.size / PART_ROWS)


def hardware_points(space: Space) -> HardwarePoints:
    """The grid of the hardware; a device is multiplied by the axes that it has."""
    found: dict[tuple, Group] = {}
    for block in space.hardware:
        for group in _groups(block):
            key = (group.structure, tuple(json.dumps(axis.as_json()) for axis in group.axes))
            found.setdefault(key, group)

    points = HardwarePoints()
    first = 0
    for group in found.values():
        points.groups.append(Group(group.structure, group.axes, first))
        first += group.size
    return points


def parts_of(block: Block) -> Iterator[list[Batch]]:
    """All points of one block, about PART_ROWS at a time; numbers begin anew in each structure."""
    yield from HardwarePoints(list(_groups(block))).parts()


def _groups(block: Block) -> Iterator[Group]:
    (device_axis,) = (axis for axis in block if axis.name == "device")
    for device in device_axis.values:
        structural, others = axes_of(block, str(device))
        names = [axis.name for axis in structural]
        product = itertools.product(*(axis.values for axis in structural))
        given = (dict(zip(names, values, strict=True)) for values in product)
        for structure in dict.fromkeys(_structure(str(device), values) for values in given):
            yield Group(structure, _arrays_of(structure, others))


def _structure(device: str, values: dict[str, Any]) -> Structure:
    """With the settings of a host only where there is one."""
    if HARDWARE_AXES["host"].applies(load_card(device)) and values.get("host") == NO_HOST:
        values = {name: v for name, v in values.items() if not HARDWARE_AXES[name].of_hosts}
    return Structure(device, tuple(values.items()))


def axes_of(block: Block, device: str) -> tuple[tuple[Axis, ...], tuple[Axis, ...]]:
    """The axes that a device has, or its host: the structural ones, and the others."""
    card = load_card(device)
    takes_host = HARDWARE_AXES["host"].applies(card)
    structural, others = [], []
    for axis in block:
        kind = HARDWARE_AXES[axis.name]
        has_it = kind.applies(card) or (takes_host and kind.of_hosts)
        if axis.name == "device" or not has_it:
            continue
        (structural if kind.structural else others).append(axis)
    return tuple(structural), tuple(others)


def _arrays_of(structure: Structure, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Those of it, or of a host beside it; just in time the voltage is a result, and no axis."""
    if structure.host is None:
        card = load_card(structure.device)
        axes = tuple(axis for axis in axes if HARDWARE_AXES[axis.name].applies(card))
    if structure.strategy != "just_in_time":
        return axes
    return tuple(axis for axis in axes if not isinstance(HARDWARE_AXES[axis.name], Voltage))


def batches_of(samples: Iterable[tuple[int, dict[str, Any]]], block: Block) -> list[Batch]:
    """Single points, each with the values of all axes of a block, put together by structure.

    Parameters
    ----------
    samples : iterable of (int, dict)
        Number of a point, and axis -> value. What the device has not is left out.
    block : Block
        Whose axes they are.
    """
    together: dict[Structure, list[tuple[int, dict[str, Any]]]] = {}
    names: dict[Structure, tuple[Axis, ...]] = {}
    of_device: dict[str, tuple[tuple[Axis, ...], tuple[Axis, ...]]] = {}
    for number, values in samples:
        device = values["device"]
        if device not in of_device:
            of_device[device] = axes_of(block, device)
        structural, others = of_device[device]
        named = [axis.name for axis in structural if axis.name in values]
        structure = _structure(device, {name: values[name] for name in named})
        names[structure] = _arrays_of(structure, others)
        together.setdefault(structure, []).append((number, values))

    batches = []
    for structure, points in together.items():
        axes = names[structure]
        arrays = {
            axis.name: np.array([float(values[axis.name]) for _, values in points]) for axis in axes
        }
        numbers = np.array([number for number, _ in points])
        batches.append(Batch(structure, arrays, _factors(axes), numbers))
    return batches
