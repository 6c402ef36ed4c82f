"""Which assumption decides: the one value of one column that parts the verdicts best.

Rules that assume the value are taken to say one thing, all others the opposite; the value with the
fewest exceptions decides, of equals that of the column with the fewest values. One with as many
exceptions as no value at all would leave decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .assumptions import COLUMNS, SAID
from .rule import Ruling, Verdict

OPPOSITE = {Verdict.WINS: Verdict.LOSES, Verdict.LOSES: Verdict.WINS}
SAY = {Verdict.WINS: "win", Verdict.LOSES: "lose"}


@dataclass(frozen=True)
class Deciding:
    """The assumption that decides.

    Parameters
    ----------
    column : str
        Of `Assumptions`.
    value : str
        That parts the rules.
    verdict : Verdict
        Of the rules that assume it; the others say the opposite.
    exceptions : tuple of str
        Rules that do not.
    """

    column: str
    value: str
    verdict: Verdict
    exceptions: tuple[str, ...] = ()


def deciding_assumption(rulings: Sequence[Ruling]) -> Deciding | None:
    """What parts those that say win from those that say lose; None where nothing does.

    Parameters
    ----------
    rulings : sequence of Ruling
        Those that are open do not count.
    """
    decided = [ruling for ruling in rulings if ruling.verdict in OPPOSITE]
    verdicts = [ruling.verdict for ruling in decided]
    without = min(verdicts.count(verdict) for verdict in OPPOSITE)

    found = []
    for column in COLUMNS:
        values = dict.fromkeys(assumed(ruling, column) for ruling in decided)
        for value in values:
            for verdict in OPPOSITE:
                exceptions = _exceptions(decided, column, value, verdict)
                decides = Deciding(column, value, verdict, exceptions)
                found.append((len(exceptions), len(values), decides))
    best = min(found, key=lambda each: each[:2], default=None)
    return best[2] if best and best[0] < without else None


def assumed(ruling: Ruling, column: str) -> str:
    """What a ruling assumes in a column of `Assumptions`."""
    return str(getattr(ruling.assumptions, column))


def _exceptions(
    rulings: Sequence[Ruling], column: str, value: str, verdict: Verdict
) -> tuple[str, ...]:
    """Rules that do not say what the value makes them say."""
    return tuple(
        ruling.paper
        for ruling in rulings
        if ruling.verdict != (verdict if assumed(ruling, column) == value else OPPOSITE[verdict])
    )


# ------------------------------------------------------------------ in words


def sentence(rulings: Sequence[Ruling], what: str) -> str:
    """Who says what, and which assumption decides.

    Parameters
    ----------
    rulings : sequence of Ruling
    what : str
        The trace in a few words.
    """
    parts = [
        f"{word} by {_listed(names)}"
        for verdict, word in SAY.items()
        if (names := _names(rulings, verdict))
    ]
    said = [f"spikes {' and '.join(parts)}"] if parts else []
    if undecided := _names(rulings, Verdict.OPEN):
        said.append(f"{_listed(undecided)} {'leave' if undecided[1:] else 'leaves'} it open")
    return f"{what}, {', while '.join(said)}; {_decides(rulings)}."


def _decides(rulings: Sequence[Ruling]) -> str:
    found = deciding_assumption(rulings)
    verdicts = {ruling.verdict for ruling in rulings} - {Verdict.OPEN}
    if len(verdicts) < 2:
        return "no assumption decides, since all that give a verdict agree"
    if found is None:
        return "no single assumption parts them"
    exceptions = f" (all but {_listed(found.exceptions)})" if found.exceptions else ""
    others = SAY[OPPOSITE[found.verdict]]
    return (
        f"what decides is {SAID[found.column]}: spikes {SAY[found.verdict]} where it is "
        f"“{found.value}”, and {others} elsewhere{exceptions}"
    )


def _names(rulings: Sequence[Ruling], verdict: Verdict) -> list[str]:
    return [ruling.paper for ruling in rulings if ruling.verdict == verdict]


def _listed(names: Sequence[str]) -> str:
    """Names with “and” before the last; those of Yan have a comma of their own."""
    marked = [name.replace(", ", " (") + (")" if ", " in name else "") for name in names]
    return " and ".join([", ".join(marked[:-1]), marked[-1]] if marked[1:] else marked)
