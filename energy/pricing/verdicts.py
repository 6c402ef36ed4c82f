"""Who wins, by how much, and where that changes: verdicts, break-even points and what matters most, of the bills of a price."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from ...errors import SpikewattError
from ...sim.trace.trace import Trace
from ..bill import Bill
from .break_even import break_even_period_s, break_even_spikes, break_even_steps
from .uncertainty import ratio, tornado, verdict

FEW = 4  # up to so many workloads all pairs are shown, beyond only those with the first


def workloads(frame: pd.DataFrame) -> list[tuple[Bill, str]]:
    """Every (bill, workload) of a price."""
    return [(bill, workload) for bill in frame.attrs["bills"] for workload in bill.workloads]


def label(side: tuple[Bill, str]) -> str:
    """``device workload``."""
    return f"{side[0].device} {side[1]}"


def verdicts(frame: pd.DataFrame, everything: bool = True) -> pd.DataFrame:
    """One row per pair: ratio of the energies of an inference with its 5 % and 95 % end, and who wins.

    ``wins``: the first uses less over the whole range; ``loses``: more; else ``undecided``. Without `everything` only the pairs with
    the first, where there are more than FEW workloads. With a period there is ``break_even_period_s``, at which the average powers are
    equal (empty if one uses less at every period), and ratio and verdict of what is used from one inference to the next at that period.
    """
    sides = [
        side for side in workloads(frame) if side[0].card.kind != "rule"
    ]  # an estimate without a range decides nothing
    pairs = list(combinations(sides, 2))
    if not everything and len(sides) > FEW:
        pairs = [(sides[0], other) for other in sides[1:]]
    rows = []
    for first, second in pairs:
        found = ratio(first, second, idle=False)
        row: dict[str, object] = {"first": label(first), "second": label(second)}
        row |= {
            "ratio": found.value,
            "ratio_low": found.low,
            "ratio_high": found.high,
            "verdict": verdict(first, second, idle=False),
        }
        if frame.attrs["period_s"] is not None:
            both = all(bill.period_s is not None for bill, _ in (first, second))
            row["break_even_period_s"] = break_even_period_s(first, second) if both else None
            row["ratio_at_period"] = ratio(first, second).value if both else None
            row["verdict_at_period"] = verdict(first, second) if both else None
        rows.append(row)
    return pd.DataFrame(rows)


def tornadoes(frame: pd.DataFrame, rows: int = 5) -> pd.DataFrame:
    """The `rows` measurements that matter most, per device and workload, for the energy of an inference."""
    parts = []
    for bill, workload in workloads(frame):
        table = tornado(bill, workload, idle=False).head(rows)
        table.insert(0, "device", bill.device)
        table.insert(1, "workload", workload)
        parts.append(table)
    return (
        pd.concat([part for part in parts if len(part)], ignore_index=True)
        if any(len(p) for p in parts)
        else pd.DataFrame()
    )


def break_evens(trace: Trace, frame: pd.DataFrame) -> pd.DataFrame:
    """Each spiking workload on a core against each int8 network: what draws level.

    ``factor_on_spikes``, None if the steps alone cost more; under ``rate`` ``steps``, at most the ``simulated_steps``.
    """
    rows = []
    sides = workloads(frame)
    for bill, workload in sides:
        if workload != "snn" or bill.card.kind != "neuromorphic_core":
            continue
        for other, against in sides:
            if against != "int8_ann" or other.card.kind == "rule":
                continue
            energy_j = float(other.total(against, idle=False))
            factor = break_even_spikes(bill, energy_j)
            row = {
                "device": bill.device,
                "against": label((other, against)),
                "factor_on_spikes": factor if factor > 0 else None,
            }
            if trace.settings.code == "rate" and not any(
                key.startswith("host.") for key in bill.values
            ):
                row |= {
                    "steps": break_even_steps(trace, bill.card, energy_j),
                    "simulated_steps": trace.steps,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def side_of(frame: pd.DataFrame, device: str, workload: str | None) -> tuple[Bill, str]:
    """The bill of `device`, and `workload` or its first; raises SpikewattError if it has no such workload."""
    (bill,) = [bill for bill in frame.attrs["bills"] if bill.device.split("+")[0] == device]
    if workload is not None and workload not in bill.workloads:
        raise SpikewattError(
            "price --workload",
            f"{bill.device} has the workload",
            workload,
            ", ".join(bill.workloads),
        )
    return bill, workload or bill.workloads[0]
