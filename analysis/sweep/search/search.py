"""Search with Optuna: what was found decides which point is looked at next."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....installed import not_installed
from ..axes import Axis, Block
from ..hardware.bills import PERIOD
from ..hardware.deciding import Deciding
from ..hardware.points import axes_of
from ..methods import Tpe
from ..network_points import place
from ..samples import Sample
from ..space import OBJECTIVES, Space

ACCURACY = "accuracy_validation"
STALE = 40  # rounds without a new point, after which there is none to be found
DOES_NOT_FIT = 100.0  # broken constraint of a point that has no value
WORST = 1e9  # its value
POPULATION = 12  # of NSGA-II: five generations in 60 evaluations
GOOD_SHARE, MOST_GOOD = 0.2, 25  # of the trials, whose neighbourhood TPE looks at next


@dataclass(frozen=True)
class Found:
    """What a point has: objective -> value, and points of accuracy beyond the tolerance."""

    values: dict[str, float]
    beyond: float


def search(space: Space, evaluations: int, evaluate: Callable[[list[Sample]], list[Found]]) -> None:
    """Look at `evaluations` different points, each as the last ones suggest.

    Where `leaves_hardware_open` holds, only networks are looked at: `evaluate` finds the best
    hardware of each. As many networks as there may be evaluations are all looked at.

    With one objective, or without accuracy among them, a point must keep within the accuracy loss
    of the space. The same seed asks for the same points, whatever the machine: those of a search
    that was interrupted are not done again.

    Parameters
    ----------
    space : Space
    evaluations : int
        Different points; one that comes again costs none.
    evaluate : callable
        Takes points, and returns what they have, in order.
    """
    by_network = leaves_hardware_open(space)
    if by_network and network_count(space) <= evaluations:
        every = [Sample(number, 0, {}) for number in range(network_count(space))]
        for first in range(0, len(every), space.at_once):
            evaluate(every[first : first + space.at_once])
        return

    optuna = _optuna()
    deciding = Deciding(space.hardware)
    study = optuna.create_study(
        directions=["minimize"] * len(space.objectives), sampler=_sampler(optuna, space)
    )
    constrained = len(space.objectives) == 1 or ACCURACY not in space.objectives
    known: dict[tuple, Found] = {}
    stale = 0
    while len(known) < evaluations and stale < STALE:
        count = min(space.at_once, evaluations - len(known))
        trials = [study.ask() for _ in range(count)]
        samples = [_suggested(space, trial, None if by_network else deciding) for trial in trials]
        keys = [_key(sample) for sample in samples]
        new = {key: each for key, each in zip(keys, samples, strict=True) if key not in known}
        stale = 0 if new else stale + 1
        known.update(zip(new, evaluate(list(new.values())), strict=True))
        for trial, key in zip(trials, keys, strict=True):
            _tell(study, trial, space, known[key], constrained)

    if by_network:
        seen = {network for network, _ in known}
        for sample in _by_chance(space, seen, evaluations - len(known)):
            evaluate([sample])


def _by_chance(space: Space, seen: set[int], count: int) -> list[Sample]:
    """Networks for the evaluations that are left, where the sampler repeats itself."""
    order = np.random.default_rng(space.seed).permutation(network_count(space))
    unseen = [int(number) for number in order if number not in seen]
    return [Sample(number, 0, {}) for number in unseen[:count]]


def leaves_hardware_open(space: Space) -> bool:
    """Whether a search looks at networks only, and takes of each the best hardware.

    That costs no simulation, so nothing is left to chance in it. It needs one objective that
    hardware changes, a grid of hardware, and one period: how often there is work is no choice.
    """
    (objective, *others) = space.objectives
    axes = [axis for block in space.hardware for axis in block]
    periods = {value for axis in axes if axis.name == PERIOD for value in axis.values}
    is_grid = not any(axis.continuous for axis in axes)
    is_one = not others and objective != ACCURACY and len(periods) <= 1
    return space.method == Tpe.name and is_one and is_grid


def network_count(space: Space) -> int:
    """How many network points there are."""
    return sum(math.prod(map(len, block)) for block in space.network)


def _sampler(optuna: Any, space: Space) -> Any:
    """Chosen by how often they found the best of a grid: see `make bench ARGS=sweep`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of arguments that a later Optuna will not know
        if space.method == Tpe.name:
            return optuna.samplers.TPESampler(seed=space.seed, gamma=_good)
        return optuna.samplers.NSGAIISampler(seed=space.seed, population_size=POPULATION)


def _good(trials: int) -> int:
    """How many of the trials are taken to be good ones."""
    return min(math.ceil(GOOD_SHARE * trials), MOST_GOOD)


def _tell(study: Any, trial: Any, space: Space, found: Found, constrained: bool) -> None:
    values = []
    for name in space.objectives:
        value = found.values.get(name, math.nan)
        sign = 1.0 if OBJECTIVES[name] == "least" else -1.0
        values.append(WORST if math.isnan(value) else sign * value)
    fits = WORST not in values
    trial.set_constraint("fits", 0.0 if fits else DOES_NOT_FIT)
    if constrained:
        trial.set_constraint(ACCURACY, found.beyond if fits else DOES_NOT_FIT)
    study.tell(trial, values)


def _suggested(space: Space, trial: Any, deciding: Deciding | None) -> Sample:
    """A point: a block and a place along each of its axes, of networks and of hardware.

    Without hardware where there is nothing to say which decides: it is left open.
    """
    block = _block(trial, "network", space.network)
    axes = space.network[block]
    indices = tuple(_index(trial, f"network {block}: {axis.name}", axis) for axis in axes)
    network = place(space.network, block, indices)
    if deciding is None:
        return Sample(network, 0, {})

    block = _block(trial, "hardware", space.hardware)
    values = _hardware(trial, f"hardware {block}", space.hardware[block], deciding)
    return Sample(network, block, values)


def _block(trial: Any, name: str, blocks: Sequence[Block]) -> int:
    return trial.suggest_categorical(name, list(range(len(blocks)))) if len(blocks) > 1 else 0


def _hardware(trial: Any, prefix: str, block: Block, deciding: Deciding) -> dict[str, Any]:
    """Only the axes that the device has are asked for, and only what decides."""
    (device_axis,) = (axis for axis in block if axis.name == "device")
    device = _value(trial, f"{prefix}: device", deciding.devices(device_axis))
    values = {"device": device}
    structural, others = axes_of(block, device)
    for axis in (*structural, *others):
        name = f"{prefix}: {axis.name}"
        if axis.name == "host":  # a name of its own, since devices differ in what is left
            values["host"] = _value(trial, f"{name} of {device}", deciding.hosts(axis, device))
        else:
            values[axis.name] = _value(trial, name, axis)
    return values


def _value(trial: Any, name: str, axis: Axis) -> Any:
    if axis.continuous:
        return trial.suggest_float(name, axis.low, axis.high, log=axis.log)
    return axis.values[_index(trial, name, axis)]


def _index(trial: Any, name: str, axis: Axis) -> int:
    """Numbers that rise have an order, which a search can follow; others are just different."""
    if len(axis) == 1:
        return 0
    if axis.numeric and list(axis.values) == sorted(axis.values):
        return trial.suggest_int(name, 0, len(axis) - 1)
    return trial.suggest_categorical(name, list(range(len(axis))))


def _key(sample: Sample) -> tuple:
    return (sample.network, tuple(sorted(sample.hardware.items())))


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise not_installed("sweep.method", "a search needs Optuna", "optuna") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
