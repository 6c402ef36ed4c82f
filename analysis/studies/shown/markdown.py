"""Tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> str:
    """A table whose last `numbers` columns are aligned at the right.

    Examples
    --------
    >>> print(markdown_table(["row", "ours (%)"], [["a|b", "99.5"]], numbers=1))
    | row | ours (%) |
    |---|---:|
    | a\\|b | 99.5 |
    """
    words = len(heads) - numbers
    rule = "|".join(["---"] * words + ["---:"] * numbers)
    lines = [_line(heads), f"|{rule}|", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def percent(value: float | None) -> str:
    """Two digits behind the point; "" of nothing."""
    return "" if value is None else f"{value:.2f}"


def whole(value: float | None) -> str:
    """Thousands apart; "" of nothing."""
    return "" if value is None else f"{value:,.0f}"
