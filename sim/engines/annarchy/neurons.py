"""The neurons of the ANNarchy engine.

Equations, and the parameters with which they follow each firing rule.

One neuron serves all codes. Between `start_step` and `stop_step` it fires when v reaches threshold
· gain, and gain halves at each step under `doubling`; it takes a spike back when v is below 0 if it
`retracts`. A spike delivers weight · value. A neuron that `repeats` sends what it is given, at
once. n sums the values sent, so that an input's n exceeds the pool's own exactly when the window's
maximum rises.
"""

from __future__ import annotations

from collections.abc import Callable

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

NEVER = 1e300  # threshold of a padding neuron, cap of one that may fire at will

NEURON_FIELDS = (
    "threshold",
    "bias",
    "start_step",
    "stop_step",
    "doubling",
    "retracts",
    "cap",
    "resets_to_zero",
    "counts_maximum",
    "repeats",
    "lowest",
    "highest",
)
OBSERVER_FIELDS = ("keeps", "bias", "start_step", "stop_step", "lowest", "highest")

Parameters = dict[str, float | np.ndarray]

# Equations


def _declared(fields: tuple[str, ...]) -> str:
    return "\n".join(f"{field} = 0.0" for field in fields)


RISES = "ite(g_window > 0.5, 1.0, 0.0)"
REACHES = "ite(v >= threshold, 1.0, 0.0)"
REACHES_GAIN = "ite(v >= threshold * gain, 1.0, 0.0)"

NEURON = dict(
    parameters=_declared(NEURON_FIELDS),
    equations=f"""
        gain = ite(t > start_step, ite(doubling > 0.5, 0.5 * gain, gain), gain) : init = 1.0
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        v = g_exc + v + bias * open : init = 0.0
        up = ite(counts_maximum > 0.5, {RISES}, {REACHES_GAIN}) : init = 0.0
        down = ite(retracts > 0.5, ite(v < 0.0, ite(n > 0.0, 1.0, 0.0), 0.0), 0.0) : init = 0.0
        value = open * ite(repeats > 0.5, v, gain * (ite(n < cap, up, 0.0) - down)) : init = 0.0
        n = n : init = 0.0
    """,
    spike="value * value > 0.0",
    reset="""
        v = ite(resets_to_zero > 0.5, 0.0, v - threshold * value)
        n += value
    """,
)

# The same neuron where every spike is worth 1 and none is taken back or held back, as in most
# networks of the rate code: less to compute and to read per step, a third faster.
PLAIN_NEURON = dict(
    parameters=NEURON["parameters"],
    equations=f"""
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        v = g_exc + v + bias * open : init = 0.0
        value = open * ite(counts_maximum > 0.5, {RISES}, {REACHES}) : init = 0.0
        n = n : init = 0.0
    """,
    spike="value > 0.5",
    reset="""
        v -= threshold
        n += 1.0
    """,
)

# One row per count or read-out neuron: it adds, and never fires.
OBSERVER = dict(
    parameters=_declared(OBSERVER_FIELDS),
    equations="""
        open = ite(t >= start_step, ite(t < stop_step, 1.0, 0.0), 0.0) : init = 0.0
        c = g_exc + g_count + keeps * c + bias * open : init = 0.0
    """,
    spike="c < -1.0e300",
    reset="",
)

WEIGHTED = dict(pre_spike="g_target += w * pre.value")
WINDOW = dict(pre_spike="g_target += ite(pre.n > post.n, 1.0, 0.0)")

# A narrow potential: while open it is held within lowest..highest, and `lost` counts how often. It
# costs a sixth of the time of a run, so that only networks whose potentials can saturate are
# compiled with it.
HELD = """{state} = ite(open > 0.5, clip(sum_, lowest, highest), sum_) : init = 0.0
        lost = lost + open * ite(sum_ > highest, 1.0, ite(sum_ < lowest, 1.0, 0.0)) : init = 0.0"""


def narrow(model: dict, state: str) -> dict:
    """The neuron `model` with its `state` held within its width."""
    lines = model["equations"].splitlines()
    assignment = f"{state} = "
    (at,) = [i for i, line in enumerate(lines) if line.strip().startswith(assignment)]

    unheld = lines[at].replace(assignment, "sum_ = ", 1)
    held = "        " + HELD.format(state=state)
    lines[at : at + 1] = [unheld, held]
    return {**model, "equations": "\n".join(lines)}


def is_plain(neurons: np.ndarray, gain: np.ndarray) -> bool:
    """Whether PLAIN_NEURON does what NEURON does, for all neurons whose potentials cannot saturate.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters.
    gain : (neurons,) worth of the first spike.
    """
    field = dict(zip(NEURON_FIELDS, neurons, strict=True))
    for name in ("doubling", "retracts", "resets_to_zero", "repeats"):
        if field[name].any():
            return False

    used = field["threshold"] < NEVER
    caps = field["cap"][used]
    limited = (caps < NEVER).any()
    return not limited and bool((gain == 1).all())


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
