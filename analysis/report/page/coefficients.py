"""Bills as coefficients: what a page needs to price again without Python.

A bill is a sum of count · Π value^power. Terms of one component that share the product are added
up; the count of a streaming code is kept for each number of steps, and what is used between
inferences is kept per second of the period. The page multiplies, and adds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from ....energy.bill import Bill, Powers
from ....energy.cards.card import ENDS, Quantity
from ....energy.devices.registry import device_kind
from ....energy.pricing.break_even import first_steps
from ....energy.pricing.prices import Prices
from ....sim.trace.trace import Trace

MOST_STEPS, FEWEST_STEPS = 64, 8  # numbers of steps that a page offers
NEURONS_PRICED = 2_000_000  # over all of them: a large network is priced at fewer
EXPORTED = ("energy_j", "time_s")
PERIOD_S = 2.0**40  # longer than any inference; a power of two, so that nothing is rounded

Pricing = Callable[[Trace, float], Prices]  # of a trace, at a period in s
Key = tuple[str, str, Powers]  # component, what, powers


def offered_steps(trace: Trace) -> list[int]:
    """Numbers of steps that a page can price: every one, or a selection that grows by a factor.

    Of an exact code the one that it has.
    """
    if trace.settings.code.limited:
        return [trace.steps]
    most = NEURONS_PRICED // sum(trace.neurons.values())
    most = min(max(most, FEWEST_STEPS), MOST_STEPS)
    if trace.steps <= most:
        return list(range(1, trace.steps + 1))
    spread = np.geomspace(1, trace.steps, most)
    return sorted({*(int(step) for step in spread.round()), trace.steps})


def sides(trace: Trace, pricing: Pricing, steps: Sequence[int]) -> list[dict]:
    """Every workload on every device as coefficients, for JSON.

    Parameters
    ----------
    trace : Trace
    pricing : callable
        What prices it: (trace, period in s) -> Prices.
    steps : sequence of int
        As of `offered_steps`.

    Returns
    -------
    list of dict
        ``device``, ``card``, ``host`` (or None), ``instead_of``, ``workload``; facts of its kind,
        ``ranged``, ``timed``, ``idles``; ``values``: key -> value, low, high, measurement;
        ``terms``: rows of component, what, powers, counts (one, or one per number of
        steps), count per second of the period.
    """
    by_steps = []
    for count in steps:
        shorter = trace if count == trace.steps else first_steps(trace, count)
        by_steps.append({bill.device: bill for bill in pricing(shorter, PERIOD_S).bills})

    found = []
    for name, bill in by_steps[-1].items():
        if not all(name in bills for bills in by_steps):
            continue  # it fits at some numbers of steps only
        for workload in bill.workloads:
            counts = [_counts(bills[name], workload) for bills in by_steps]
            found.append(_side(bill, workload, counts))
    return found


def _counts(bill: Bill, workload: str) -> dict[Key, tuple[float, float]]:
    """(component, what, powers) -> the count that is fixed, and that per second of the period."""
    found: dict[Key, tuple[float, float]] = {}
    for term in bill.terms:
        if term.workload != workload or term.what not in EXPORTED:
            continue
        key = (term.component, term.what, term.powers)
        fixed, per_s = found.get(key, (0.0, 0.0))
        if term.by_period:
            found[key] = (fixed, per_s + term.count / PERIOD_S)
        else:
            found[key] = (fixed + term.count, per_s)
    return found


def _side(bill: Bill, workload: str, counts: Sequence[dict[Key, tuple[float, float]]]) -> dict:
    """One workload on one device."""
    keys = dict.fromkeys(key for found in counts for key in found)
    terms = []
    for key in keys:
        fixed = [found.get(key, (0.0, 0.0))[0] for found in counts]
        _, per_s = counts[-1].get(key, (0.0, 0.0))
        if any(fixed) or per_s:
            component, what, powers = key
            terms.append([component, what, powers, _shortest(fixed), per_s])

    kind = device_kind(bill.card)
    used = {name for _, _, powers, _, _ in terms for name, _ in powers}
    return {
        "device": bill.device,
        "card": bill.card.name,
        "host": bill.host.name if bill.host else None,
        "instead_of": bill.instead_of,
        "workload": workload,
        "ranged": kind.has_range,
        "timed": kind.has_time,
        "idles": kind.takes_period,
        "values": {name: ends(bill.values[name]) for name in bill.values if name in used},
        "terms": terms,
    }


def _shortest(counts: list[float]) -> float | list[float]:
    """One number where all are the same."""
    return counts[0] if all(one == other for one, other in pairwise(counts)) else counts


def ends(quantity: Quantity) -> list:
    """A card value as the page takes it: value, low, high, measurement."""
    return [*(getattr(quantity, end) for end in ENDS), quantity.measurement]
