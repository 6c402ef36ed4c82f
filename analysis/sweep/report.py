"""What a reader sees of a sweep: the answer, the front, what failed, what matters most."""

from __future__ import annotations

from collections.abc import Callable

from ...progress import in_words
from ..report.findings import Column, Findings, Table
from ..report.numbers import percent, three_digits, with_prefix
from .results import Sweep
from .sweep import Plan, estimated

MOST_SHOWN = 20  # rows of the front


def sweep_findings(found: Sweep, sensitivity: bool = False) -> Findings:
    """The front below the answer; reasons of points that have none; on wish what matters most."""
    counts = found.counts()
    tables = [
        _front_table(found),
        Table("failed", "Points without a price", counts.failed),
    ]
    if sensitivity:
        title = "What matters most over the space: Sobol's indices of ln E"
        tables.append(Table("sensitivity", title, found.sensitivity()))
    facts: dict[str, object] = {
        "store": str(found.path),
        "rows": counts.rows,
        "priced": counts.priced,
        "simulated": found.simulated,
        "reused": found.reused,
    }
    notes = (
        f"{counts.rows:,} rows, {counts.priced:,} of them with a price, in {found.path}/; "
        f"{found.simulated} simulations, {found.reused} known from before",
    )
    shown = [table for table in tables if len(table) or table.name == "front"]
    return Findings(tuple(shown), facts=facts, notes=notes, sentence=found.sentence())


def _front_table(found: Sweep) -> Table:
    front = found.front
    more = f", the first {MOST_SHOWN} of {len(front)}" if len(front) > MOST_SHOWN else ""
    title = f"The front{more}"
    shown = front.head(MOST_SHOWN)
    names = found.names
    named = shown.assign(point=[names.described(row) for row in shown.to_dict("records")])
    return Table("front", title, front, _columns(), brief=named)


def _columns() -> list[Column]:
    def prefixed(unit: str) -> Callable[[float], str]:
        return lambda value: with_prefix(value, unit)

    return [
        Column("point", ("point",)),
        Column("workload", ("workload",)),
        Column("validation", ("accuracy_validation",), percent),
        Column("test", ("accuracy",), percent),
        Column("energy", ("energy_j",), prefixed("J")),
        Column("time", ("time_s",), prefixed("s")),
        Column("cores", ("cores",), three_digits),
        Column("mm²", ("mm2",), three_digits),
        Column("memory", ("memory_bytes",), prefixed("B")),
    ]


def plan_findings(plan: Plan) -> Findings:
    """What a sweep would have to do, and about how long it would take."""
    import pandas as pd

    cost = estimated(plan)
    rows = {
        "network points": len(plan.wanted),
        "simulations": cost.simulations,
        "known from before": cost.known,
        "networks to train": cost.trainings,
        "hardware points": plan.hardware.size or plan.rows,
        "points": plan.rows,
        "about": in_words(cost.seconds),
    }
    frame = pd.DataFrame({"what": list(rows), "how much": list(map(str, rows.values()))})
    facts = {**{key.replace(" ", "_"): value for key, value in rows.items()}}
    facts["seconds"] = cost.seconds
    sentence = f"{plan.rows:,} points, about {in_words(cost.seconds)}."
    return Findings((Table("plan", "What there is to do", frame),), facts=facts, sentence=sentence)
