"""What a reader sees of a sweep: the answer, the front, what failed, what matters most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...progress import in_words
from ..report.findings import Column, Findings, Table
from ..report.numbers import three_digits
from ..report.times import time_columns
from ..report.units import BINARY_BYTES, JOULES, PERCENT
from .results import Sweep
from .sweep import Plan, estimated

if TYPE_CHECKING:
    import pandas as pd

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
        indices = found.sensitivity()
        columns = [_of_indices(str(key), place) for place, key in enumerate(indices.columns)]
        tables.append(Table("sensitivity", title, indices, columns))
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


def _of_indices(key: str, place: int) -> Column:
    """Names of factors as they are, shares with three digits after the point."""
    words = key in ("factor", "kind")
    write = None if words else lambda share: f"{share + 0.0:.3f}"
    return Column(key.replace("_", " "), (key,), write, leave_out=place, number=not words)


def _front_table(found: Sweep) -> Table:
    front = found.front
    more = f", the first {MOST_SHOWN} of {len(front)}" if len(front) > MOST_SHOWN else ""
    title = f"The front{more}"
    shown = front.head(MOST_SHOWN)
    names = found.names
    named = shown.assign(point=[names.described(row) for row in shown.to_dict("records")])
    return Table("front", title, front, _columns(named), brief=named)


def _columns(shown: pd.DataFrame) -> list[Column]:
    return [
        Column("point", ("point",)),
        Column("workload", ("workload",), leave_out=1),
        Column("validation", ("accuracy_validation",), unit=PERCENT),
        Column("test", ("accuracy",), unit=PERCENT),
        Column("energy", ("energy_j",), unit=JOULES),
        *time_columns(shown, leave_out=2),
        Column("cores", ("cores",), three_digits, leave_out=5, number=True),
        Column("mm²", ("mm2",), three_digits, leave_out=4, number=True),
        Column("memory", ("memory_bytes",), unit=BINARY_BYTES, leave_out=6),
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
