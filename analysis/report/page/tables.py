"""Frames as the tables of a page: one unit per column, with an SI prefix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...report.findings import unit_of
from ...report.numbers import PREFIXES, cell, is_missing

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
SHARES = ("accuracy", "sparsity", "firing_rate", "share", "precision", "recall", "f1", "loss")


def table(
    frame: pd.DataFrame,
    title: str = "",
    leave_out: Sequence[str] = (),
    heads: Mapping[str, str] | None = None,
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
    heads : mapping, default None
        Column -> its head, where that is not its name in words.
    faded : sequence of bool, default None
        Rows that are shown in grey.

    Returns
    -------
    dict
        ``title``; ``heads``: title, unit, number; ``rows``: cells, faded; ``more``.
    """
    shown = frame.head(MOST_ROWS)
    columns = []
    for key in map(str, frame.columns):
        if key not in leave_out:
            columns.append(_column(key, shown[key].tolist(), (heads or {}).get(key)))

    cells = zip(*(column["cells"] for column in columns), strict=True)
    grey = [False] * len(shown) if faded is None else list(faded)
    more = len(frame) - len(shown)
    return {
        "title": title,
        "heads": [{key: column[key] for key in ("title", "unit", "number")} for column in columns],
        "rows": [
            {"cells": row, "faded": is_grey} for row, is_grey in zip(cells, grey, strict=False)
        ],
        "more": f"{more:,} more rows are in the CSV file." if more > 0 else "",
    }


def _column(key: str, values: list, head: str | None) -> dict[str, Any]:
    """Head, unit and cells of a column."""
    unit = unit_of(key)
    title = head or _in_words(key, unit)
    numbers = [value for value in values if _is_number(value)]
    is_number = bool(numbers) and all(_is_number(v) or is_missing(v) or v == "" for v in values)
    if not is_number:
        return {"title": title, "unit": "", "number": False, "cells": [_text(v) for v in values]}
    if unit:
        size, prefix = prefix_for(numbers)
        cells = [digits(v / size) if _is_number(v) else "" for v in values]
        return {"title": title, "unit": f"{prefix}{unit}", "number": True, "cells": cells}
    if any(word in key for word in SHARES) and max(map(abs, numbers)) <= 1:
        cells = [f"{100 * v:.1f}" if _is_number(v) else "" for v in values]
        return {"title": title, "unit": "%", "number": True, "cells": cells}
    cells = [cell(v) if _is_number(v) else "" for v in values]
    return {"title": title, "unit": "", "number": True, "cells": cells}


def _in_words(key: str, unit: str) -> str:
    """``energy_low_j`` as ``energy low``."""
    stem = key.rsplit("_", 1)[0] if unit else key
    return stem.replace("_", " ")


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not is_missing(value)
        and math.isfinite(value)
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if is_missing(value) else cell(value)


def prefix_for(numbers: Sequence[float]) -> tuple[float, str]:
    """Size and SI prefix in which the middle one of `numbers` has one to three digits.

    >>> prefix_for([2e-6, 3e-6, 1.5e-4])
    (1e-06, 'µ')
    """
    positive = sorted(abs(number) for number in numbers if number)
    middle = positive[(len(positive) - 1) // 2] if positive else 1.0
    for exponent, prefix in PREFIXES.items():
        size = 10.0**exponent
        if middle >= size and exponent <= 0:
            return size, prefix
    return 1.0, ""


def digits(value: float) -> str:
    """Three digits, without an exponent.

    >>> digits(3.2716), digits(0.012), digits(15123.0)
    ('3.27', '0.0120', '15,123')
    """
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)) + 1e-9)
    return f"{value:,.{min(max(places, 0), 6)}f}"
