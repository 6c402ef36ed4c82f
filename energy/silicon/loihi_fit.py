"""What a step of Loihi costs beside its events, fitted to the keyword spotter's scaling series.

Per inference of T steps that lasts t, above idle power,

    E = P_companion t + T (E_barrier + E_core · cores) + E_events

E_events are Davies et al.'s constants (2018, Table 2, pre-silicon) times simulated spikes,
P_companion is the paper's "approximately 70 mW" of the embedded x86 processors. E_barrier and
E_core are fitted by least squares to the seven networks of the series, time t as measured; the
keyword spotter itself is not among them. The series always had eight input cores, so what part of a
step's time grows with them cannot be told from it: a share of 0.2 to 0.85, median half, is
assumed, by people who had seen the keyword spotter's throughput, which asks for 0.81.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...sim.counts.counts import Counts
from .fitted import Fitted, hull, least_squares
from .measurements import LOIHI, Run, mean_run, runs
from .random_networks import BRANCHES, INPUT_RATES, STEPS, USUAL_RATE
from .workloads import SUB_LAYERS, scaling_series

# Davies et al., IEEE Micro 38(1), 2018, doi:10.1109/MM.2018.112130359, Table 2.
OPERATION_J, ACTIVE_J, IDLE_J, SPIKE_J = 23.6e-12, 81e-12, 52e-12, 1.7e-12
# Blouw et al., section 2.2: idle after a first run less idle after boot, "approximately 70 mW",
# which says tens: 65 to 75.
COMPANION_W = Fitted(0.070, 0.065, 0.075)
INPUT_SHARE = Fitted(0.5, 0.2, 0.85)  # of a step's time with eight input cores
FIT_KEYS = ("barrier_energy_j", "barrier_energy_per_core_j")


class LoihiFit(NamedTuple):
    """The fit.

    Parameters
    ----------
    values : dict of Fitted
        Key of the card -> value and range, SI.
    residuals : dict of float
        Case -> predicted / measured - 1 of the dynamic energy, at the measured time.
    """

    values: dict[str, Fitted]
    residuals: dict[str, float]


def series(branches: int) -> Run:
    """The mean of the runs with N branches."""
    return mean_run(LOIHI, f"scaling N={branches}")


def event_energy_j(counts: Counts) -> float:
    """Energy of operations, updates and spikes, in J, by Davies et al.'s constants alone."""
    energy = 0.0
    for layer in counts.layers:
        energy += layer.synaptic_operations * OPERATION_J
        if not layer.is_input:
            idle = layer.neurons * counts.steps - layer.spikes
            energy += idle * IDLE_J + layer.spikes * (ACTIVE_J + SPIKE_J)
    return energy


def cores_of(counts: Counts) -> int:
    """Cores in use, which all layers of these counts say but the input."""
    return sum(layer.cores or 0 for layer in counts.layers if not layer.is_input)


def fit_loihi(branches: Sequence[int] = BRANCHES) -> LoihiFit:
    """Fit barrier, cores, time and idle power to networks of the scaling series.

    Parameters
    ----------
    branches : sequence of int
        N of those to use; three at least.

    Examples
    --------
    >>> fit = fit_loihi()
    >>> per_core = fit.values["barrier_energy_per_core_j"]
    >>> f"{per_core.value * 1e9:.0f} nJ per core and step"
    '131 nJ per core and step'
    """
    by_rate = [_energies(branches, rate) for rate in INPUT_RATES]
    middle = INPUT_RATES.index(USUAL_RATE)
    energies = []
    for number in range(len(FIT_KEYS)):
        found = [values[number] for values, _ in by_rate]
        errors = [spread[number] for _, spread in by_rate]
        energies.append(hull(found, errors, middle))
    barrier, per_core = energies

    measured = [run for number in branches for run in runs(LOIHI, f"scaling N={number}")]
    times = [run.time_s / STEPS for run in measured]
    step = Fitted(float(np.mean(times)), min(times), max(times))
    idle = [run.idle_w for run in measured]
    # Another power of the x86 processors would leave more or less for the barrier.
    companion = (COMPANION_W.high - COMPANION_W.value) * step.value
    values = {
        "barrier_energy_j": barrier.wider(companion),
        "barrier_energy_per_core_j": per_core,
        "barrier_time_s": step,
        "barrier_time_per_input_core_s": _per_input_core(step.value),
        "chip_static_power_w": Fitted(float(np.mean(idle)), min(idle), max(idle)),
    }
    residuals = {}
    for number in branches:
        counts = scaling_series(number)
        per_step = barrier.value + per_core.value * cores_of(counts)
        predicted = companion_j(series(number)) + event_energy_j(counts) + STEPS * per_step
        residuals[series(number).case] = predicted / series(number).dynamic_j - 1
    return LoihiFit(values, residuals)


def companion_j(run: Run) -> float:
    """What the companion processors take in the measured time."""
    return COMPANION_W.value * run.time_s


def _per_input_core(step_s: float) -> Fitted:
    return Fitted(*(step_s * share / SUB_LAYERS for share in INPUT_SHARE))


def _energies(branches: Sequence[int], rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Barrier and core, and their standard errors, with inputs at one rate."""
    counts = [scaling_series(number, rate) for number in branches]
    rows = np.array([(STEPS, STEPS * cores_of(each)) for each in counts], float)
    left = [
        series(number).dynamic_j - companion_j(series(number)) - event_energy_j(each)
        for number, each in zip(branches, counts, strict=True)
    ]
    return least_squares(rows, np.array(left))


def slope_j(branches: Sequence[int], energies_j: Sequence[float]) -> float:
    """J per neuron and step by which energy grows with N, without N = 0, which took other time.

    >>> measured = [series(number).dynamic_j for number in BRANCHES]
    >>> f"{slope_j(BRANCHES, measured) * 1e12:.0f} pJ"
    '661 pJ'
    """
    neurons = [10 * 256 * number for number in branches if number]
    energies = [energy for number, energy in zip(branches, energies_j, strict=True) if number]
    return float(np.polyfit(neurons, energies, 1)[0]) / STEPS
