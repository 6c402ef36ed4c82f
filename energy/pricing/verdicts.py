"""Who wins, by how much, and where that changes, of the bills of a price."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError
from ...sim.counts.counts import Counts
from ...sim.trace.guard import check_trace
from ...sim.trace.trace import Trace
from ..bill import INT8_WORKLOADS, SPIKING, Bill
from ..devices.registry import device_kind
from .break_even import break_even_period_s, break_even_spikes, break_even_steps
from .uncertainty import Side, ratio, tornado, verdict_of

if TYPE_CHECKING:
    import pandas as pd

FEW = 4  # up to so many workloads without a host all pairs are shown


def workloads(bills: Iterable[Bill]) -> list[Side]:
    """Every (bill, workload) of a price."""
    return [(bill, workload) for bill in bills for workload in bill.workloads]


def label(side: Side) -> str:
    """``device workload``."""
    return f"{side[0].device} {side[1]}"


def side_of(bill: Bill, workload: str | None = None) -> Side:
    """`bill` with `workload`, or with its first; raises SpikewattError if it has no such one."""
    if workload is not None and workload not in bill.workloads:
        raise SpikewattError(
            "price --workload",
            f"{bill.device} has the workload",
            workload,
            ", ".join(bill.workloads),
        )
    return bill, workload or bill.workloads[0]


def verdicts(
    bills: Sequence[Bill], period_s: float | None = None, everything: bool = True
) -> pd.DataFrame:
    """One row per pair: ratio of the energies of an inference with its ends, and who wins.

    Parameters
    ----------
    bills : sequence of Bill
        Those of devices without a range, rules, decide nothing.
    period_s : float, optional
        Adds what is used from one inference to the next.
    everything : bool, default True
        Else, where there is a host or more than FEW workloads, only each spiking workload against
        the int8 networks that it is `compared_with`; where there is none, the pairs with the first.

    Returns
    -------
    DataFrame
        Columns first, second, ratio, ratio_low, ratio_high (5 % and 95 %), verdict: ``wins``, the
        first uses less over the whole range; ``loses``, more; else ``undecided``. With a period
        also break_even_period_s, at which the average powers are equal (empty if one uses less at
        every period), and ratio_at_period and verdict_at_period.
    """
    import pandas as pd

    sides = [side for side in workloads(bills) if device_kind(side[0].card).has_range]
    pairs = list(combinations(sides, 2))
    many = len(sides) > FEW or any(bill.host for bill, _ in sides)
    if not everything and many:
        pairs = _telling(sides) or [(sides[0], other) for other in sides[1:]]

    rows = []
    for first, second in pairs:
        row = _of_an_inference(first, second)
        if period_s is not None:
            row |= _of_a_period(first, second)
        rows.append(row)
    return pd.DataFrame(rows)


def compared_with(bill: Bill, int8: Sequence[Side]) -> list[Side]:
    """Of the int8 networks, those that a spiking workload is compared with.

    On a microcontroller, or with one as its host, that of the same microcontroller; else all.

    Parameters
    ----------
    bill : Bill
        Of the spiking workload.
    int8 : sequence of Side
    """
    own = (bill.host or bill.card).name
    same = [side for side in int8 if side[0].device == own]
    return same or list(int8)


def _telling(sides: Sequence[Side]) -> list[tuple[Side, Side]]:
    """Each spiking workload against what it is compared with."""
    spiking = [side for side in sides if side[1] == SPIKING]
    int8 = [side for side in sides if side[1] in INT8_WORKLOADS]
    return [(side, other) for side in spiking for other in compared_with(side[0], int8)]


def tornadoes(bills: Iterable[Bill], rows: int = 5) -> pd.DataFrame:
    """The measurements that matter most for the energy of an inference.

    Parameters
    ----------
    bills : iterable of Bill
    rows : int, default 5
        Per device and workload.
    """
    import pandas as pd

    parts = []
    for bill, workload in workloads(bills):
        table = tornado(bill, workload, idle=False).head(rows)
        table.insert(0, "device", bill.device)
        table.insert(1, "workload", workload)
        if len(table):
            parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def break_evens(work: Trace | Counts, bills: Sequence[Bill]) -> pd.DataFrame:
    """Each spiking workload on a core against what it is `compared_with`: what draws level.

    Parameters
    ----------
    work : Trace or Counts
        What was priced.
    bills : sequence of Bill

    Returns
    -------
    DataFrame
        Columns device, against, factor_on_spikes (None if the steps alone cost more, or if no
        spike costs anything); for a trace of a streaming code also steps, at most the
        simulated_steps. Counts do not say what happened in fewer steps.
    """
    import pandas as pd

    if not isinstance(work, Counts):
        check_trace("break_evens", work)
    spiking: list[Bill] = []
    against: list[Side] = []
    for bill, workload in workloads(bills):
        kind = device_kind(bill.card)
        if workload == SPIKING and kind.places_neurons:
            spiking.append(bill)
        if workload in INT8_WORKLOADS and kind.has_range:
            against.append((bill, workload))

    rows = [
        _break_even(work, bill, other) for bill in spiking for other in compared_with(bill, against)
    ]
    return pd.DataFrame(rows)


def _of_an_inference(first: Side, second: Side) -> dict[str, Any]:
    found = ratio(first, second, idle=False)
    return {
        "first": label(first),
        "second": label(second),
        "ratio": found.value,
        "ratio_low": found.low,
        "ratio_high": found.high,
        "verdict": verdict_of(found),
    }


def _of_a_period(first: Side, second: Side) -> dict[str, Any]:
    """What holds from one inference to the next; nothing where a side has no period."""
    if first[0].period_s is None or second[0].period_s is None:
        return dict.fromkeys(("break_even_period_s", "ratio_at_period", "verdict_at_period"))
    found = ratio(first, second)
    return {
        "break_even_period_s": break_even_period_s(first, second),
        "ratio_at_period": found.value,
        "verdict_at_period": verdict_of(found),
    }


def _break_even(work: Trace | Counts, bill: Bill, other: Side) -> dict[str, Any]:
    """One spiking workload against one int8 network."""
    energy_j = float(other[0].total(other[1], idle=False))
    grows = any(term.by_spikes and term.count for term in bill.select("snn", idle=False))
    factor = break_even_spikes(bill, energy_j) if grows else 0.0
    row: dict[str, Any] = {
        "device": bill.device,
        "against": label(other),
        "factor_on_spikes": factor if factor > 0 else None,
    }
    if isinstance(work, Trace) and not work.settings.code.limited:
        row["steps"] = break_even_steps(work, bill.card, energy_j, bill.host)
        row["simulated_steps"] = work.steps
    return row
