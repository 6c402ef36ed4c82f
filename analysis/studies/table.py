"""All rows of the studies as one table: ours beside theirs, and what falls short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..report.findings import Column, Findings, Table
from .kinds.registry import kind_of
from .outcome import Outcome, Side
from .study import Study, read_study, study_names


def studies(names: Iterable[str] | None = None) -> list[Study]:
    """The studies of these names; None for all."""
    return [read_study(name) for name in (study_names() if names is None else names)]


def outcomes(study: Study) -> list[Outcome]:
    """Each row of a study, judged by its committed files."""
    committed = study.committed()
    return [kind_of(row).outcome(row, committed) for row in study.rows]


def as_objects(chosen: Iterable[Study]) -> list[dict[str, Any]]:
    """One object per row, as ``study table --json`` prints them."""
    return [
        {
            "study": study.name,
            "row": found.row,
            "title": found.title,
            "published": found.published,
            "own": found.own,
            "falls_short": found.falls_short,
            "shortfalls": [str(each) for each in found.shortfalls],
        }
        for study in chosen
        for found in outcomes(study)
    ]


def studies_findings(chosen: Iterable[Study]) -> Findings:
    """A table per study, and a note per row that falls short."""
    tables, notes = [], []
    for study in chosen:
        found = outcomes(study)
        tables.append(_table(study, found))
        notes.extend(
            f"{study.name} {outcome.row}: {each}"
            for outcome in found
            for each in outcome.shortfalls
        )
        short = sum(outcome.falls_short for outcome in found)
        notes.append(f"{study.name}: {short} of {len(found)} rows fall short")
    return Findings(tuple(tables), notes=tuple(notes))


def _table(study: Study, found: Iterable[Outcome]) -> Table:
    import pandas as pd

    rows = [
        _record(outcome, side, first=which == 0)
        for outcome in found
        for which, side in enumerate(outcome.sides or (Side("not run"),))
    ]
    columns = (
        Column("row", ("row",)),
        Column("cell", ("cell",)),
        Column("steps", ("steps",), _whole, number=True),
        Column("theirs (%)", ("published_percent",), _percent, number=True),
        Column("ours (%)", ("own_percent",), _percent, number=True),
        Column("our ANN (%)", ("ann_percent",), _percent, number=True, leave_out=2),
        Column("images", ("images",), _whole, number=True, leave_out=3),
        Column("SOPs", ("operations",), _whole, number=True, leave_out=4),
        Column("short", ("falls_short",), leave_out=0),
        *([Column("note", ("note",), leave_out=1)] if any(row["note"] for row in rows) else []),
    )
    return Table(study.name, study.title, pd.DataFrame(rows), columns)


def _record(outcome: Outcome, side: Side, *, first: bool) -> dict[str, Any]:
    short = {each.cell for each in outcome.shortfalls}
    marked = side.cell in short or (first and "" in short)
    return {
        "row": outcome.row if first else "",
        "cell": side.cell,
        "steps": side.steps,
        "published_percent": side.published_percent,
        "own_percent": side.own_percent,
        "ann_percent": side.ann_percent,
        "images": side.images,
        "operations": side.operations,
        "note": side.note,
        "falls_short": "short" if marked else "",
    }


def _percent(value: float) -> str:
    return f"{value:.2f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"
