"""The neurons of the ANNarchy engine.

Equations, and the parameters with which they follow each firing rule.

One neuron serves all codes. Between `start_step` and `stop_step` it fires when v reaches threshold
· gain, and gain halves at each step under `doubling`; it takes a spike back when v is below 0 if it
`retracts`. A spike delivers weight · value. A neuron that `repeats` sends what it is given, at
once. n sums the values sent, so that an input's n exceeds the pool's own exactly when the window's
maximum rises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...network.neurons import (
    Given,
    Integrate,
    IntegrateAndFire,
    LargestCount,
    Retracting,
    Silent,
)
from ...network.population import Population

NEVER = 1e30  # a potential that no neuron reaches

NEURON_FIELDS = (
    "threshold",
    "bias",
    "start_step",
    "stop_step",
    "late_step",
    "doubling",
    "retracts",
    "cap",
    "resets_to_zero",
    "counts_maximum",
    "repeats",
    "lowest",
    "highest",
    "initial",
    "first_gain",
)
OBSERVER_FIELDS = (
    "keeps",
    "bias",
    "start_step",
    "stop_step",
    "lowest",
    "highest",
    "initial",
)

STEPS = ("start_step", "stop_step", "late_step")  # whole numbers, also to ANNarchy

Parameters = dict[str, float | np.ndarray]

# Equations


@dataclass(frozen=True)
class Model:
    """What ANNarchy is told of a neuron.

    Parameters
    ----------
    held : str, the variable that is held within a narrow width.
    fields : names of all parameters that there are; those are declared that the equations use.
    used : parameters that are used beside those.
    equations, spike : str, as ANNarchy reads them. A spike resets nothing: equations do, for many
        neurons at once.
    """

    held: str
    fields: tuple[str, ...]
    used: tuple[str, ...]
    equations: str
    spike: str

    @property
    def sends_values(self) -> bool:
        """Whether a spike may be worth more than 1, or less."""
        return "gain" in self.equations

    @property
    def compares(self) -> bool:
        """Whether it hears the windows of max pools."""
        return "g_window" in self.equations

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters in use."""
        words = set(re.findall(r"\w+", self.equations + self.spike))
        words.update(self.used)
        return tuple(field for field in self.fields if field in words)

    @property
    def arguments(self) -> dict[str, str]:
        """Of an ANNarchy neuron."""
        return dict(
            parameters="\n".join(_declared(name) for name in self.parameters),
            equations=self.equations,
            spike=self.spike,
            reset="",
        )

    def narrow(self) -> Model:
        """The same, held within its width."""
        lines = self.equations.splitlines()
        assignment = f"{self.held} = "
        (at,) = [i for i, line in enumerate(lines) if line.strip().startswith(assignment)]

        unheld = lines[at].replace(assignment, "sum_ = ", 1)
        held = "        " + HELD.format(held=self.held)
        lines[at : at + 1] = [unheld, held]
        return replace(self, equations="\n".join(lines))


def _declared(parameter: str) -> str:
    return f"{parameter} = 0 : int" if parameter in STEPS else f"{parameter} = 0.0"


# The step as an integer of the population: a loop over neurons that reads ANNarchy's own t, which
# might be one of the numbers that it writes, is not turned into vector instructions.
NOW = "now = t : population, int, init = 0"
OPEN = "ite(now >= start_step, 1.0, 0.0) * ite(now < stop_step, 1.0, 0.0)"
RISES = "ite(g_window > 0.5, 1.0, 0.0)"
REACHES = "ite(reached >= threshold, 1.0, 0.0)"
REACHES_GAIN = "ite(reached >= threshold * gain, 1.0, 0.0)"
AWAKE = "ite(n > 0.0, 1.0, ite(now < late_step, 1.0, 0.0))"
BELOW = "ite(reached < 0.0, 1.0, 0.0)"

NEURON = Model(
    held="reached",
    fields=NEURON_FIELDS,
    used=("initial", "first_gain"),
    equations=f"""
        {NOW}
        gain = ite(now > start_step, 1.0 - 0.5 * doubling, 1.0) * gain : init = 1.0
        open = {OPEN} : init = 0.0
        reached = g_exc + v + bias * open : init = 0.0
        up = ite(counts_maximum > 0.5, {RISES}, {REACHES_GAIN}) : init = 0.0
        down = retracts * {BELOW} * ite(n > 0.0, 1.0, 0.0) : init = 0.0
        sent = ite(repeats > 0.5, reached, gain * (ite(n < cap, up, 0.0) - down)) : init = 0.0
        value = open * sent : init = 0.0
        fires = ite(value * value > 0.0, 1.0, 0.0) : init = 0.0
        v = (reached - threshold * value) * (1.0 - resets_to_zero * fires) : init = 0.0
        n = n + value : init = 0.0
    """,
    spike="fires > 0.5",
)

# The same neuron where some wake in time, or not at all: from `late_step` on only those fire that
# have fired.
WAKING_NEURON = replace(
    NEURON,
    equations=NEURON.equations.replace(REACHES_GAIN, f"{AWAKE} * {REACHES_GAIN}"),
)

# The same neuron where every spike is worth 1 and none is taken back or held back, as in most
# networks of the rate code: less to compute and to read per step.
PLAIN_NEURON = Model(
    held="reached",
    fields=NEURON_FIELDS,
    used=("initial",),
    equations=f"""
        {NOW}
        open = {OPEN} : init = 0.0
        reached = g_exc + v + bias * open : init = 0.0
        value = open * {REACHES} : init = 0.0
        v = reached - threshold * value : init = 0.0
    """,
    spike="value > 0.5",
)

# The plain neuron in networks with max pools.
POOLING_NEURON = replace(
    PLAIN_NEURON,
    equations=f"""
        {NOW}
        open = {OPEN} : init = 0.0
        reached = g_exc + v + bias * open : init = 0.0
        value = open * ite(counts_maximum > 0.5, {RISES}, {REACHES}) : init = 0.0
        v = reached - threshold * value : init = 0.0
        n = n + value : init = 0.0
    """,
)

# One row per count or read-out neuron: it adds, and never fires.
OBSERVER = Model(
    held="c",
    fields=OBSERVER_FIELDS,
    used=("initial",),
    equations=f"""
        {NOW}
        open = {OPEN} : init = 0.0
        c = g_exc + g_count + keeps * c + bias * open : init = 0.0
    """,
    spike=f"c < -{NEVER}",
)

SPECIAL = ("doubling", "retracts", "resets_to_zero", "repeats")  # fields of NEURON alone

# A narrow potential: while open it is held within lowest..highest, and `lost` counts how often. It
# costs a sixth of the time of a run, so that only networks whose potentials can saturate are
# compiled with it.
HELD = """{held} = ite(open > 0.5, clip(sum_, lowest, highest), sum_) : init = 0.0
        above = ite(sum_ > highest, 1.0, 0.0) : init = 0.0
        below = ite(sum_ < lowest, 1.0, 0.0) : init = 0.0
        lost = lost + open * (above + below) : init = 0.0"""


def model_of(neurons: np.ndarray) -> Model:
    """The least that does what NEURON does, for all neurons.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters.
    """
    field = dict(zip(NEURON_FIELDS, neurons, strict=True))
    if (field["late_step"] < field["stop_step"]).any():
        return WAKING_NEURON
    special = any(field[name].any() for name in SPECIAL)
    limited = (field["cap"] < NEVER).any()
    worth_more = (field["first_gain"] != 1).any()
    if special or limited or worth_more:
        return NEURON
    return POOLING_NEURON if field["counts_maximum"].any() else PLAIN_NEURON


# Parameters of each firing rule, beside those of the window


def _integrate_and_fire(p: Population) -> Parameters:
    return {
        "threshold": p.per_neuron("threshold"),
        "bias": p.per_neuron("bias"),
        "resets_to_zero": float(p.reset == "zero"),
    }


def _retracting(p: Population) -> Parameters:
    return {
        **_integrate_and_fire(p),
        "retracts": 1.0,
        "cap": float(p.levels),
    }


def _largest_count(p: Population) -> Parameters:
    return {"counts_maximum": 1.0}


def _given(p: Population) -> Parameters:
    return {"threshold": 1.0, "repeats": 1.0}


def _silent(p: Population) -> Parameters:
    """Its window is empty."""
    return _integrate_and_fire(p)


def _integrate(p: Population) -> Parameters:
    """Of an observer."""
    return {"keeps": 1.0, "bias": p.per_neuron("bias")}


RULES: dict[type, Callable[[Population], Parameters]] = {
    IntegrateAndFire: _integrate_and_fire,
    Retracting: _retracting,
    LargestCount: _largest_count,
    Given: _given,
    Silent: _silent,
    Integrate: _integrate,
}
RELAY: Parameters = {"threshold": 1.0, "repeats": 1.0}  # repeats what it hears
