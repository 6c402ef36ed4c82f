"""Frames as the tables of a page: one unit per column, shares in percent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..findings import UNITS, Column, Table
from ..numbers import cell
from ..units import BINARY_BYTES, PERCENT, Prefixed, Unit

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
SHARES = ("accuracy", "sparsity", "firing_rate", "share", "precision", "recall", "_used")
BYTES = "_bytes"


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
    columns = [_column(str(key), shown[key]) for key in frame.columns if key not in leave_out]
    drawn = Table("", title, shown, columns).shown()
    grey = [False] * len(shown) if faded is None else list(faded)
    cells = zip(*([cell(value) for value in column.cells] for column in drawn), strict=True)
    more = len(frame) - len(shown)
    return {
        "title": title,
        "heads": [{"title": column.head, "number": column.number} for column in drawn],
        "rows": [{"cells": row, "faded": grey[i]} for i, row in enumerate(cells)],
        "more": f"{more:,} more rows are in the CSV file." if more > 0 else "",
    }


def _column(key: str, values: pd.Series) -> Column:
    """A column under its name in words, in the unit that its name ends in."""
    if values.dtype.kind not in "fiu":
        return Column(key.replace("_", " "), (key,))
    if any(word in key for word in SHARES):
        return Column(key.replace("_", " ").strip(), (key,), unit=PERCENT)

    end = next((end for end in UNITS if key.endswith(end)), "")
    unit: Unit | None = BINARY_BYTES if end == BYTES else Prefixed(UNITS[end]) if end else None
    return Column(key.removesuffix(end).replace("_", " "), (key,), unit=unit)
