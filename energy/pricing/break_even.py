"""Where two devices cost the same: the number of steps, the spike rate and the period at which the winner changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError, whole_number
from ...sim.trace.trace import Trace
from ..bill import IDLE_COMPONENTS, Bill
from ..cards.card import Card
from .price import bill_of


def first_steps(trace: Trace, steps: int) -> Trace:
    """The trace as it was after `steps` steps; one run of a streaming code gives every shorter one.

    Raises
    ------
    SpikewattError : an exact code, whose number of steps is fixed, or more steps than were simulated.
    """
    if trace.settings.code != "rate":
        raise SpikewattError(
            "first_steps",
            "a network of an exact code has its number of steps",
            trace.settings.code,
            "rate",
        )
    whole_number("first_steps.steps", "must be a number of simulated steps", steps, 1, trace.steps)
    windows = {
        name: (min(w.start, steps), min(w.stop, steps))
        for name, w in trace.settings.schedule.windows.items()
    }
    return replace(
        trace,
        spikes={name: counts[:, :steps] for name, counts in trace.spikes.items()},
        synaptic_operations={
            column: {name: counts[:, :steps] for name, counts in table.items()}
            for column, table in trace.synaptic_operations.items()
        },
        outputs=trace.outputs[:, :steps],
        settings={**trace.settings, "windows": windows},
        rasters={name: raster[:, :steps] for name, raster in trace.rasters.items()},
    )


def break_even_steps(trace: Trace, device: Card, energy_j: float, host: Card | None = None) -> int:
    """Largest number of steps at which the spiking network on `device` uses no more than `energy_j` per inference; 0 if none.

    Raises
    ------
    SpikewattError : as `first_steps`. DoesNotFitError : as `price`.
    """
    low, high = 0, trace.steps
    while low < high:  # energy grows with every step
        middle = (low + high + 1) // 2
        fits = bill_of(first_steps(trace, middle), device, None, host).total("snn") <= energy_j
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def break_even_spikes(bill: Bill, energy_j: float, workload: str = "snn") -> float:
    """Factor on all spikes at which the inference uses `energy_j`: below 1 the network fires too much, negative if no rate is low enough.

    E(s) = E_steps + s E_spikes is linear in the spikes, the steps being as they are.
    """
    terms = bill.select(workload, idle=False)
    by_spikes = float(bill.evaluate(t for t in terms if t.by_spikes))
    if by_spikes == 0:
        raise SpikewattError(
            "break_even_spikes", "the workload must cost something per spike", workload, "snn"
        )
    return (energy_j - float(bill.evaluate(t for t in terms if not t.by_spikes))) / by_spikes


def break_even_period_s(first: tuple[Bill, str], second: tuple[Bill, str]) -> float | None:
    """The period at which both use the same average power; None if one uses less at every period that both can keep.

    With E_i + P_i T each, T = (E_1 − E_2) / (P_2 − P_1). Both bills must hold what is used between inferences.

    Raises
    ------
    SpikewattError : a bill without a period.
    """
    fixed, idle, latency = [], [], []
    for bill, workload in (first, second):
        terms = bill.select(workload)
        resting = [t for t in terms if t.component in IDLE_COMPONENTS]
        if not resting:
            raise SpikewattError(
                "break_even_period_s",
                "needs bills with a period",
                bill.device,
                "price(…, period_s=…)",
            )
        # what grows with the period: its terms have the period itself as their count, and a single power
        growing = [t for t in resting if t.component == "between inferences" and len(t.powers) == 1]
        period_s = max(bill.period_s or 0.0, 1e-300)
        power = float(bill.evaluate(growing)) / period_s
        idle.append(power)
        fixed.append(float(bill.evaluate(terms)) - power * period_s)
        latency.append(float(bill.total(workload, "time_s")))
    if np.isclose(idle[0], idle[1], rtol=1e-12, atol=0):
        return None
    period = (fixed[0] - fixed[1]) / (idle[1] - idle[0])
    return period if period >= max(latency) else None
