"""All rows of the studies as one table: ours beside theirs, and what falls short."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import SpikewattError
from ..report.findings import Column, Findings, Table
from ..report.numbers import count_of
from ..report.units import JOULES
from .cells.prices import CORE
from .kinds.registry import kind_of
from .outcome import Outcome, Shortfall, Side
from .results import Results
from .study import Study, read_study, study_names

# Device and workload of the two energies that the printed table shows.
SPIKING = (CORE, "snn")
INT8 = ("stm32l4r5", "int8_ann")
ENERGY_NOTE = "core: the spiking network on cores that hold it; int8: the ANN on a Cortex-M4"


def studies(names: Iterable[str] | None = None) -> list[Study]:
    """The studies of these names; None for all."""
    return [read_study(name) for name in (study_names() if names is None else names)]


def outcomes(study: Study) -> list[Outcome]:
    """Each row of a study, judged by its committed files."""
    committed = study.committed()
    return [kind_of(row).outcome(row, committed) for row in study.rows]


def chosen_outcomes(
    chosen: Iterable[Study], rows: Iterable[str] | None = None, short: bool = False
) -> list[tuple[Study, list[Outcome]]]:
    """The rows of the studies, those of some names alone, or those alone that fall short.

    Raises
    ------
    SpikewattError : a name that no row of these studies has.
    """
    chosen = list(chosen)
    asked_for = None if rows is None else set(rows)
    known = {row.row for study in chosen for row in study.rows}
    if asked_for and (unknown := sorted(asked_for - known)):
        names = ", ".join(study.name for study in chosen)
        raise SpikewattError(
            f"rows of {names}", "must name a row", unknown[0], ", ".join(sorted(known))
        )

    def wanted(outcome: Outcome) -> bool:
        named = asked_for is None or outcome.row in asked_for
        return named and (outcome.falls_short or not short)

    return [(study, list(filter(wanted, outcomes(study)))) for study in chosen]


def as_objects(found: Iterable[tuple[Study, list[Outcome]]]) -> list[dict[str, Any]]:
    """One object per row, as ``study table --json`` prints them."""
    return [
        {
            "study": study.name,
            "row": outcome.row,
            "title": outcome.title,
            "different": study.row(outcome.row).different,
            "published": outcome.published,
            "own": outcome.own,
            "falls_short": outcome.falls_short,
            "shortfalls": [
                {"cell": each.cell, "law": each.law, "by": each.by, "explained": each.explained}
                for each in outcome.shortfalls
            ],
        }
        for study, of_study in found
        for outcome in of_study
    ]


def short_and_not_run(of_study: Iterable[Outcome]) -> tuple[int, int]:
    """How many rows were run and fall short, and how many were not run."""
    short = [outcome for outcome in of_study if outcome.falls_short]
    not_run = sum(outcome.was_not_run for outcome in short)
    return len(short) - not_run, not_run


def studies_findings(found: Iterable[tuple[Study, list[Outcome]]]) -> Findings:
    """A table per study, and below it a line for each thing that falls short."""
    tables, notes = [], []
    for study, of_study in found:
        rows = len(study.rows)
        short, not_run = short_and_not_run(of_study)
        whole = len(of_study) == rows
        which = f"of {count_of(rows, 'row', 'rows')}" if whole else "of these rows"
        fall = "falls" if 1 in (short, rows) else "fall"
        others = f", {count_of(not_run, 'was', 'were')} not run" if not_run else ""
        notes.append(f"{study.name}: {short} {which} {fall} short{others}")
        if of_study:
            tables.append(_table(study, of_study))
    if any(table.frame["core_j"].notna().any() for table in tables):
        notes.append(ENERGY_NOTE)
    return Findings(tuple(tables), notes=tuple(notes))


def _table(study: Study, found: list[Outcome]) -> Table:
    import pandas as pd

    energy_j = _energies(study.committed())
    rows = [
        _record(outcome, side, energy_j, first=which == 0)
        for outcome in found
        for which, side in enumerate(outcome.sides or (Side("not run"),))
    ]
    columns = (
        Column("row", ("row",)),
        Column("cell", ("cell",)),
        Column("steps", ("steps",), _whole, number=True),
        Column("theirs (%)", ("published_percent",), _percent, number=True),
        Column("ours (%)", ("own_percent",), _percent, number=True),
        Column("short by", ("short_by",)),
        Column("our ANN (%)", ("ann_percent",), _percent, number=True, leave_out=2),
        Column("images", ("images",), _whole, number=True, leave_out=3),
        Column("their images", ("published_images",), _whole, number=True, leave_out=7),
        Column("SOPs", ("operations",), _whole, number=True, leave_out=4),
        Column("core", ("core_j",), unit=JOULES, leave_out=5),
        Column("int8", ("int8_j",), unit=JOULES, leave_out=6),
        *([Column("note", ("note",), leave_out=1)] if any(row["note"] for row in rows) else []),
    )
    lines = [f"{outcome.row}: {each}" for outcome in found for each in outcome.shortfalls]
    return Table(study.name, study.title, pd.DataFrame(rows), columns, footnotes=lines)


def _energies(committed: Results) -> Callable[[str, Side, tuple[str, str]], float | None]:
    """Finds the energy of a row's cell, J, on a device."""
    known = {
        (line["row"], line["cell"], line["steps"], line["device"], line["workload"]): line
        for line in committed.prices
    }

    def energy_j(row: str, side: Side, priced: tuple[str, str]) -> float | None:
        line: Mapping[str, Any] = known.get((row, side.cell, side.steps, *priced), {})
        return line.get("energy_j")

    return energy_j


def _record(
    outcome: Outcome,
    side: Side,
    energy_j: Callable[[str, Side, tuple[str, str]], float | None],
    *,
    first: bool,
) -> dict[str, Any]:
    last = side is outcome.sides[-1] if outcome.sides else True
    short = [each for each in outcome.shortfalls if _belongs(each, outcome, side, first, last)]
    return {
        "row": outcome.row if first else "",
        "cell": side.cell,
        "steps": side.steps,
        "published_percent": side.published_percent,
        "own_percent": side.own_percent,
        "short_by": ", ".join(dict.fromkeys(each.by for each in short)),
        "ann_percent": side.ann_percent,
        "images": side.images,
        "published_images": side.published_images,
        "operations": side.operations,
        "core_j": energy_j(outcome.row, side, SPIKING),
        "int8_j": energy_j(outcome.row, side, INT8),
        "note": side.note,
    }


def _belongs(short: Shortfall, outcome: Outcome, side: Side, first: bool, last: bool) -> bool:
    """Whether a shortfall is marked at this line.

    That of a cell at the line of its steps, or at its last; that of the row at the first line; that
    of a cell without a line at the last one of the row.
    """
    if not short.cell:
        return first
    lines = [each for each in outcome.sides if each.cell == short.cell]
    if not lines:
        return last
    if short.steps is None:
        return side is lines[-1]
    return side.cell == short.cell and side.steps == short.steps


def _percent(value: float) -> str:
    return f"{value:.2f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"
