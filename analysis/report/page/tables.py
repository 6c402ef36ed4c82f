"""Frames as the tables of a page: one unit per column, shares in percent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..findings import UNITS, Column, Table
from ..numbers import cell
from ..times import ENDS as TIME_ENDS
from ..times import NARROW
from ..units import BINARY_BYTES, PERCENT, PLAIN, Prefixed, Unit

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
SHARES = ("accuracy", "sparsity", "firing_rate", "share", "precision", "recall", "_used")
BYTES = "_bytes"
LOW, HIGH = "_low", "_high"  # in the names of columns of both ends of a range


def table(
    frame: pd.DataFrame,
    title: str = "",
    leave_out: Sequence[str] = (),
    faded: Sequence[bool] | None = None,
) -> dict[str, Any]:
    """What the template shows of a frame.

    Parameters
    ----------
    frame : DataFrame
        SI units, with the unit in the name of a column.
    title : str, default ""
    leave_out : sequence of str, default ()
        Columns that are not shown.
    faded : sequence of bool, default None
        Rows that are shown in grey.

    Returns
    -------
    dict
        ``title``; ``heads``: title, number; ``rows``: cells, faded; ``more``.
    """
    shown = frame.head(MOST_ROWS)
    keys = [str(key) for key in frame.columns if key not in leave_out]
    highs = [_high(key, keys) for key in keys]
    pairs = [(key, high) for key, high in zip(keys, highs, strict=True) if key not in highs]
    columns = [_range(*pair) if pair[1] else _column(pair[0], shown[pair[0]]) for pair in pairs]
    found = as_shown(Table("", title, shown, columns), faded)
    more = len(frame) - len(shown)
    return {**found, "more": f"{more:,} more rows are in the CSV file." if more > 0 else ""}


def as_shown(found: Table, faded: Sequence[bool] | None = None) -> dict[str, Any]:
    """What the template shows of a table that has columns of its own.

    Parameters
    ----------
    found : Table
    faded : sequence of bool, default None
        Rows that are shown in grey.
    """
    drawn = found.shown()
    cells = list(zip(*([cell(value) for value in column.cells] for column in drawn), strict=True))
    grey = [False] * len(cells) if faded is None else list(faded)
    return {
        "title": found.title,
        "heads": [{"title": column.head, "number": column.number} for column in drawn],
        "rows": [{"cells": row, "faded": grey[i]} for i, row in enumerate(cells)],
        "more": "",
    }


def _high(low: str, keys: Sequence[str]) -> str:
    """The column of the high ends, where `low` is one of low ends that has one; else ""."""
    high = HIGH.join(low.rsplit(LOW, 1)) if LOW in low else ""
    return high if high in keys else ""


def _range(low: str, high: str) -> Column:
    """Both ends in one column, in the unit that their names end in."""
    title, unit = _title_and_unit(low)
    narrow = NARROW if low == TIME_ENDS[0] else 0.0
    title = " low to high".join(title.rsplit(" low", 1))
    return Column(title, (low, high), unit=unit or PLAIN, narrow=narrow)


def _column(key: str, values: pd.Series) -> Column:
    """A column under its name in words, in the unit that its name ends in."""
    if values.dtype.kind not in "fiu":
        return Column(key.replace("_", " "), (key,))
    title, unit = _title_and_unit(key)
    return Column(title, (key,), unit=unit)


def _title_and_unit(key: str) -> tuple[str, Unit | None]:
    if any(word in key for word in SHARES):
        return key.replace("_", " ").strip(), PERCENT

    end = next((end for end in UNITS if key.endswith(end)), "")
    unit: Unit | None = BINARY_BYTES if end == BYTES else Prefixed(UNITS[end]) if end else None
    return key.removesuffix(end).replace("_", " "), unit
