"""Which assumption decides: the column that parts the rules that say win from those that say lose.

    separation = P(two rules differ in it | they disagree) − P(they differ in it | they agree)

A column in which no two rules agree explains nothing, and has 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from .assumptions import COLUMNS, SAID
from .rule import Ruling, Verdict


def separations(rulings: Sequence[Ruling]) -> dict[str, float]:
    """Column of the assumptions -> how well it parts the verdicts, −1..1; {} where all agree.

    Parameters
    ----------
    rulings : sequence of Ruling
        Those that are open do not count.
    """
    decided = [ruling for ruling in rulings if ruling.verdict != Verdict.OPEN]
    pairs = list(combinations(decided, 2))
    opposed = [pair for pair in pairs if pair[0].verdict != pair[1].verdict]
    alike = [pair for pair in pairs if pair[0].verdict == pair[1].verdict]
    if not opposed:
        return {}
    return {column: _differ(opposed, column) - _differ(alike, column) for column in COLUMNS}


def deciding_assumption(rulings: Sequence[Ruling]) -> str:
    """The column that separates best, the first of equals; "" where no rule disagrees."""
    found = separations(rulings)
    return max(found, key=lambda column: found[column]) if found else ""


def _differ(pairs: Sequence[tuple[Ruling, Ruling]], column: str) -> float:
    """Share of the pairs whose two rules assume different things."""
    if not pairs:
        return 0.0
    return sum(_assumed(one, column) != _assumed(other, column) for one, other in pairs) / len(
        pairs
    )


def _assumed(ruling: Ruling, column: str) -> str:
    return str(getattr(ruling.assumptions, column))


# ------------------------------------------------------------------ in words


def sentence(rulings: Sequence[Ruling], what: str) -> str:
    """Who says what, and which assumption decides.

    Parameters
    ----------
    rulings : sequence of Ruling
    what : str
        The trace in a few words.
    """
    wins = _names(rulings, lambda ruling: ruling.verdict == Verdict.WINS)
    loses = _names(rulings, lambda ruling: ruling.verdict == Verdict.LOSES)
    undecided = _names(rulings, lambda ruling: ruling.verdict == Verdict.OPEN)
    said = [
        f"spikes {word} by {', '.join(names)}"
        for word, names in (("win", wins), ("lose", loses))
        if names
    ]
    if undecided:
        said.append(f"{', '.join(undecided)} {'leave' if undecided[1:] else 'leaves'} it open")
    return f"{what}: {'; '.join(said)}; {_decides(rulings)}."


def _decides(rulings: Sequence[Ruling]) -> str:
    column = deciding_assumption(rulings)
    if not column:
        return "no assumption decides, since no two of the rules that decide disagree"

    by_value: dict[str, set[Verdict]] = {}
    for ruling in rulings:
        if ruling.verdict != Verdict.OPEN:
            by_value.setdefault(_assumed(ruling, column), set()).add(ruling.verdict)
    parts = []
    for words, verdicts in (
        ("spikes win where it is", {Verdict.WINS}),
        ("they lose where it is", {Verdict.LOSES}),
        ("it leaves both where it is", {Verdict.WINS, Verdict.LOSES}),
    ):
        values = [f"“{value}”" for value, found in by_value.items() if found == verdicts]
        if values:
            parts.append(f"{words} {' or '.join(values)}")
    return f"what decides is {SAID[column]}: {', '.join(parts)}"


def _names(rulings: Sequence[Ruling], asked: Callable[[Ruling], bool]) -> list[str]:
    return [ruling.rule for ruling in rulings if asked(ruling)]
