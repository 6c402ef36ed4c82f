"""Published and measured values beside predictions: what `spikewatt validate` says."""

from __future__ import annotations

import pandas as pd
from spikewatt.analysis.checks.silicon import silicon_rows
from spikewatt.analysis.checks.silicon_asked import silicon_lines
from spikewatt.analysis.checks.validation import (
    left_out_summary,
    of_silicon,
    summary_lines,
    validate,
)
from spikewatt.analysis.report.numbers import cell, with_prefix
from spikewatt.analysis.report.tables import left_out, silicon, validation

from .markdown import bullets, of_table, page, sentence, table, text

INTRODUCTION = """What was published or measured beside what spikewatt predicts, row by row. This
page is computed by `spikewatt validate` when the site is built; `spikewatt validate -o rows.csv`
writes all rows as CSV. A number that was used to fit is never its own check: each row says what was
left out, or that it checks nothing."""
HEADS = ("what", "measured", "predicted", "low", "high", "error (%)", "inside", "what it is worth")


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    frame = validate()
    summed = left_out_summary(frame)
    rows = frame[frame["scheme"].notna()]
    others = frame[frame["scheme"].isna() & frame["boundary"].isna()]
    parts = [
        INTRODUCTION,
        "## Spiking networks on neuromorphic chips",
        of_table(silicon(of_silicon(frame))),
        bullets(map(sentence, silicon_lines(silicon_rows()))),
        "## Int8 networks on microcontrollers, summed up",
        of_table(left_out(summed)),
        bullets(map(sentence, summary_lines(summed))),
        "## Chips' published constants",
        of_table(validation(others)),
        "## Int8 networks on microcontrollers, row by row",
        table(HEADS, [_row(row) for row in rows.to_dict("records")], "lrrrrrll"),
        "## Sources",
        bullets(text(source) for source in dict.fromkeys(frame["source"])),
    ]
    return {"validation.md": page("Validation", *parts)}


def _row(row: dict) -> tuple[str, ...]:
    values = [
        _with_unit(row[key], row["unit"]) for key in ("published", "predicted", "low", "high")
    ]
    inside = "yes" if row["low"] <= row["published"] <= row["high"] else "no"
    return text(row["what"]), *values, f"{100 * row['error']:+.1f}", inside, text(row["kind"])


def _with_unit(value: float, unit: str) -> str:
    if pd.isna(value):
        return ""
    return with_prefix(value, unit) if unit else str(cell(value))
