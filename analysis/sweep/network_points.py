"""Network points: each a configuration of a run; what must be simulated for them."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...errors import SpikewattError
from ...sim.engines.schedule import DEFAULT_STEPS
from ..job.config import RunConfig, make_config
from . import contents
from .axes import Block
from .space import NETWORK_AXES, Space

MOST = 100_000  # network points of a space
TRAINING = ("dataset", "data_dir", "network", "epochs", "batch_size", "seed")
KEY_LETTERS = 24


@dataclass(frozen=True)
class Simulation:
    """What is simulated once, and answers for every network point that needs no more of it.

    Parameters
    ----------
    settings : dict
        Keys of a run, as JSON holds them; under rate with the most steps that are asked for.
    key : str
        A hash of all that its result depends on.
    training : str
        A hash of all that its trained Keras network depends on.
    """

    settings: dict[str, Any]
    key: str
    training: str


@dataclass
class NetworkPoint:
    """One network of a space.

    Parameters
    ----------
    number : int
        Its place in the space.
    values : dict
        Axis -> value.
    config : RunConfig, optional
        None where there can be no such run.
    reason : str, default ""
        Why not.
    simulation : Simulation, optional
        What answers for it.
    """

    number: int
    values: dict[str, Any]
    config: RunConfig | None = None
    reason: str = ""
    simulation: Simulation | None = field(default=None, repr=False)

    @property
    def steps(self) -> int | None:
        """Simulated steps under rate; None where the code has a number of its own."""
        assert self.config is not None
        if not self.config.spike_code.bias_each_step:
            return None
        return self.config.simulated_steps or DEFAULT_STEPS


def network_points(space: Space) -> list[NetworkPoint]:
    """All network points of a space, in order, with what must be simulated for them.

    Raises
    ------
    SpikewattError
        A value of an axis with which there can be no run at all; too many points.
    """
    count = sum(math.prod(map(len, block)) for block in space.network)
    if count > MOST:
        law = "has not too many network points"
        raise SpikewattError(f"{space.where}: network", law, f"{count:,}", f"1..{MOST:,}")

    points: list[NetworkPoint] = []
    for block in space.network:
        found = [_point(space, len(points) + i, values) for i, values in enumerate(_grid(block))]
        _check_values(space, block, found)
        points += found
    _assign(points)
    return points


def place(blocks: tuple[Block, ...], block: int, indices: tuple[int, ...]) -> int:
    """The number of the network point with these indices along the axes of a block."""
    before = sum(math.prod(map(len, each)) for each in blocks[:block])
    number = 0
    for axis, index in zip(blocks[block], indices, strict=True):
        number = number * len(axis) + index
    return before + number


def _grid(block: Block) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*(axis.values for axis in block)):
        yield {axis.name: value for axis, value in zip(block, values, strict=True)}


def _point(space: Space, number: int, values: dict[str, Any]) -> NetworkPoint:
    try:
        config = make_config({**space.base, **values}, f"{space.where}: network")
    except SpikewattError as error:
        return NetworkPoint(number, values, reason=str(error))
    return NetworkPoint(number, values, config)


def _check_values(space: Space, block: Block, points: list[NetworkPoint]) -> None:
    """Raise where no run at all can have a value, and the value is why."""
    for axis in block:
        for value in axis.values:
            having = [point for point in points if point.values[axis.name] == value]
            alike = [point for point in having if type(point.values[axis.name]) is type(value)]
            if alike and all(point.reason for point in alike):
                reason = alike[0].reason.removeprefix(f"{space.where}: network: ")
                law = f"no network can have the value {value!r}"
                raise SpikewattError(f"{space.where}: network: {axis.name}", f"{law}: {reason}")


def _assign(points: list[NetworkPoint]) -> None:
    """Group the points that one simulation answers: under rate all numbers of steps."""
    most: dict[str, int] = {}
    alike: dict[int, str] = {}
    for point in points:
        if point.config is not None:
            # What can be pruned follows from the steps: such points stand alone.
            own = point.steps if point.config.prune_points else None
            text = json.dumps(_settings(point.config, own), sort_keys=True)
            alike[point.number] = text
            most[text] = max(most.get(text, 0), point.steps or 0)

    made: dict[str, Simulation] = {}
    for point in points:
        if point.config is None:
            continue
        text = alike[point.number]
        if text not in made:
            made[text] = _simulation(point.config, most[text] or None)
        point.simulation = made[text]


def _settings(config: RunConfig, steps: int | None) -> dict[str, Any]:
    """The keys of a network point; under rate with `steps` for its own."""
    settings = {name: getattr(config, name) for name in NETWORK_AXES}
    settings["method"] = str(settings["method"])
    if config.spike_code.bias_each_step:
        settings["steps"] = steps
    return settings


def _simulation(config: RunConfig, steps: int | None) -> Simulation:
    settings = _settings(config, steps)
    around = [
        *contents.of_code(contents.OF_NETWORKS),
        *contents.of_network(config.network),
        *contents.of_dataset(config.dataset, config.data_dir),
    ]
    training = {name: settings[name] for name in TRAINING}
    return Simulation(
        {**settings, "engine": config.engine, "workers": config.workers},
        _hash(settings, around),
        _hash(training, around),
    )


def _hash(settings: dict[str, Any], around: list[str]) -> str:
    text = "\n".join([json.dumps(settings, sort_keys=True), *around])
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LETTERS]
