"""The networks that a search tries: each code with its input codes, from few steps to many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...sim.conversion.reading.reader import read
from ...sim.engines.schedule import DEFAULT_STEPS
from ...sim.network.codes import CODES, Code
from ...sim.network.input_codes import INPUT_CODES, InputCode
from ..job.spare_options import SpareOptions

if TYPE_CHECKING:
    from ..job.config import RunConfig

RUNGS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 24, 32)  # steps of a layer
MOST_LEVELS = 255  # that a layer transmits: as many as an int8 network's activations have
EVERY_STEP_UP_TO = 32  # simulated steps, beyond which a point stands at about every twentieth
DENSITY = 14.0  # points per factor e there


@dataclass(frozen=True)
class Ladder:
    """One code and input code, with ever more steps.

    Parameters
    ----------
    code : Code
    input_code : InputCode
    rungs : tuple
        Steps of a layer, as the configuration takes them, in the order in which they are tried;
        under rate the steps to simulate, whose run holds every shorter one.
    """

    code: Code
    input_code: InputCode
    rungs: tuple[Any, ...]


def ladders(config: RunConfig, model) -> list[Ladder]:
    """What is tried, the point that was asked for among it.

    Every code; with the input code that was asked for, with neurons that integrate the pixel, with
    the one that speaks the code, and with a host that multiplies. A network that was trained with
    few levels is tried with these, too.

    Parameters
    ----------
    config : RunConfig
        What was asked for.
    model : Keras model
        The network.
    """
    trained = has_trained_levels(config, model)
    found = []
    for code in CODES.values():
        for input_code in INPUT_CODES.values():
            if _is_tried(input_code, code, config):
                for rungs in _rungs(config, code, input_code, trained):
                    found.append(Ladder(code, input_code, rungs))
    return found


def _is_tried(input_code: InputCode, code: Code, config: RunConfig) -> bool:
    if not input_code.drives(code):
        return False
    asked_for = input_code == config.spike_input_code
    return asked_for or input_code.integrates or input_code.speaks(code) or input_code.analog


def _rungs(
    config: RunConfig, code: Code, input_code: InputCode, trained: bool
) -> list[tuple[Any, ...]]:
    """The rungs of each ladder of a code and input code; what has no order stands alone."""
    asked = is_asked_for(config, code, input_code)
    if code.bias_each_step:
        given = config.simulated_steps if asked else None
        return [(max(given or 0, DEFAULT_STEPS),)]

    several = set(rungs_of(code))
    alone: list[Any] = [None] if trained else []
    if asked and isinstance(config.steps, int):
        several.add(config.steps)
    elif asked and config.steps is not None:
        alone.append(config.steps)
    return [*((steps,) for steps in alone), tuple(sorted(several))]


def rungs_of(code: Code) -> tuple[int, ...]:
    """Steps of a layer, of a code that has such.

    >>> rungs_of(CODES["radix"])
    (1, 2, 3, 4, 5, 6, 7, 8)
    """
    return tuple(
        steps
        for steps in RUNGS
        if steps <= code.largest_steps and code.levels(steps) <= MOST_LEVELS
    )


def is_asked_for(config: RunConfig, code: Code, input_code: InputCode) -> bool:
    """Whether `config` names these codes."""
    return code == config.spike_code and input_code == config.spike_input_code


def asked_steps(config: RunConfig, trained: bool) -> Any:
    """The steps that `config` asks for, the default where it says nothing."""
    code = config.spike_code
    if code.bias_each_step:
        return config.simulated_steps or DEFAULT_STEPS
    if config.steps is None and not trained:
        return code.default_steps
    return config.steps


def has_trained_levels(config: RunConfig, model) -> bool:
    """Whether layers of the network were trained with few levels."""
    nodes = read(model, config.reading_rules).nodes
    return any(getattr(node, "levels", 0) for node in nodes)


def variant(config: RunConfig, code: Code, input_code: InputCode, steps) -> RunConfig:
    """`config` with another code; options that the code does not take get their defaults.

    Parameters
    ----------
    config : RunConfig
    code : Code
    input_code : InputCode
    steps : int, dict or None
        As the configuration takes them.

    Raises
    ------
    SpikewattError
        They do not go together.
    """
    kind = type(config)
    values = {name: getattr(config, name) for name in kind.model_fields}
    values |= {"code": code.name, "input_code": input_code.name, "steps": steps}
    for name, field in SpareOptions.model_fields.items():  # of the point that was asked for alone
        values[name] = field.default

    if not code.exact:
        values["bias_correction"] = 0
    if not code.streaming:
        values["readout"] = "membrane"
    if not code.bias_each_step and config.rules.reset == "zero":
        values |= {"reset": None, "method": kind.model_fields["method"].default}
    if code.name not in config.rules.codes:
        values["method"] = kind.model_fields["method"].default
    return kind.checked("search: ", values)


def points_of_a_run(steps: int, asked_for: int | None = None) -> list[int]:
    """Numbers of steps at which a run of a rate is a point: each up to 32, then ever fewer.

    Parameters
    ----------
    steps : int
        That were simulated.
    asked_for : int, optional
        A number that is among them.

    Examples
    --------
    >>> points_of_a_run(4), points_of_a_run(64)[-4:]
    ([1, 2, 3, 4], [51, 55, 59, 64])
    """
    found = set(range(1, min(steps, EVERY_STEP_UP_TO) + 1)) | {steps}
    if steps > EVERY_STEP_UP_TO:
        many = int(DENSITY * np.log(steps / EVERY_STEP_UP_TO)) + 1
        spaced = np.geomspace(EVERY_STEP_UP_TO, steps, many)
        found |= {int(number) for number in np.round(spaced)}
    if asked_for is not None and asked_for <= steps:
        found.add(asked_for)
    return sorted(found)
