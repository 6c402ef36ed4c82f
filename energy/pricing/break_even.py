"""Where two devices cost the same: the number of steps, the spike rate and the period."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...errors import SpikewattError
from ...sim.trace.first_steps import first_steps
from ...sim.trace.trace import Trace
from ..bill import IDLE_COMPONENTS, Bill
from ..cards.card import Card
from .bills import bill_of
from .uncertainty import Side


class AveragePower(NamedTuple):
    """A workload over a period T: energy_j + power_w · T, for any T of at least latency_s."""

    energy_j: float
    power_w: float
    latency_s: float


def break_even_steps(trace: Trace, device: Card, energy_j: float, host: Card | None = None) -> int:
    """Largest number of steps at which the spiking network uses no more than `energy_j`.

    Parameters
    ----------
    trace : Trace
        Of a streaming code.
    device : Card
    energy_j : float
        Per inference, J.
    host : Card, optional
        Beside a core.

    Returns
    -------
    int
        0 if even one step uses more.

    Raises
    ------
    SpikewattError
        As `first_steps`.
    DoesNotFitError
        As `price`.
    """
    low, high = 0, trace.steps
    while low < high:  # energy grows with every step
        middle = (low + high + 1) // 2
        bill = bill_of(first_steps(trace, middle), device, None, host)
        if bill.total("snn") <= energy_j:
            low = middle
        else:
            high = middle - 1
    return low


def break_even_spikes(bill: Bill, energy_j: float, workload: str = "snn") -> float:
    """Factor on all spikes at which the inference uses `energy_j`.

    Below 1 the network fires too much, negative if no rate is low enough. E(s) = E_steps + s
    E_spikes is linear in the spikes, the steps being as they are.

    Parameters
    ----------
    bill : Bill
    energy_j : float
        Per inference, J.
    workload : str, default "snn"

    Raises
    ------
    SpikewattError
        A workload that costs nothing per spike.
    """
    terms = bill.select(workload, idle=False)
    by_spikes = float(bill.evaluate(t for t in terms if t.by_spikes))
    by_steps = float(bill.evaluate(t for t in terms if not t.by_spikes))
    if by_spikes == 0:
        raise SpikewattError(
            "break_even_spikes", "the workload must cost something per spike", workload, "snn"
        )
    return (energy_j - by_steps) / by_spikes


def break_even_period_s(first: Side, second: Side) -> float | None:
    """The period at which both use the same average power.

    With E_i + P_i T each, T = (E_1 − E_2) / (P_2 − P_1).

    Parameters
    ----------
    first, second : tuple
        A bill, which holds what is used between inferences, and one of its workloads.

    Returns
    -------
    float or None
        s; None if one uses less at every period that both can keep.

    Raises
    ------
    SpikewattError
        A bill without a period.
    """
    one, other = _average_power(first), _average_power(second)
    if np.isclose(one.power_w, other.power_w, rtol=1e-12, atol=0):
        return None
    period_s = (one.energy_j - other.energy_j) / (other.power_w - one.power_w)
    shortest_s = max(one.latency_s, other.latency_s)
    return period_s if period_s >= shortest_s else None


def _average_power(side: Side) -> AveragePower:
    """Energy as a straight line over the period."""
    bill, workload = side
    terms = bill.select(workload)
    resting = [t for t in terms if t.component in IDLE_COMPONENTS]
    if not resting:
        raise SpikewattError(
            "break_even_period_s", "needs bills with a period", bill.device, "price(…, period_s=…)"
        )
    growing = [t for t in resting if t.by_period]
    period_s = max(bill.period_s or 0.0, 1e-300)
    power_w = float(bill.evaluate(growing)) / period_s
    return AveragePower(
        energy_j=float(bill.evaluate(terms)) - power_w * period_s,
        power_w=power_w,
        latency_s=float(bill.total(workload, "time_s")),
    )
