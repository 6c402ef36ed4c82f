"""Tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

RULES = {"l": "---", "r": "---:"}


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    """A table; of `sides` each letter is ``l`` or ``r``, where the text of a column stands.

    Examples
    --------
    >>> print(markdown_table(["row", "ours (%)"], [["a|b", "99.5"]], "lr"))
    | row | ours (%) |
    |---|---:|
    | a\\|b | 99.5 |
    """
    rule = "|".join(RULES[side] for side in sides)
    lines = [_line(heads), f"|{rule}|", *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def percent(value: float | None) -> str:
    """Two digits after the point; "" of nothing."""
    return "" if value is None else f"{value:.2f}"


def whole(value: float | None) -> str:
    """Thousands apart; "" of nothing."""
    return "" if value is None else f"{value:,.0f}"
