"""With which assumption the verdicts go, in words; and which change of one turns them.

Rules that assume a value are taken to say one thing, all others the opposite; the verdicts go with
the value that has the fewest exceptions, of equals that of the column with the fewest values, and
the other columns are named as ties. One with as many exceptions as no value at all goes with
nothing. That compares labels; what a change of an assumption does is computed (`turns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .assumptions import COLUMNS, SAID
from .rule import Ruling, Verdict
from .turns import Turns

OPPOSITE = {Verdict.WINS: Verdict.LOSES, Verdict.LOSES: Verdict.WINS}
SAY = {Verdict.WINS: "win", Verdict.LOSES: "lose"}


@dataclass(frozen=True)
class Deciding:
    """The assumption with which the verdicts go.

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
    ties : tuple of str
        Other columns of which a value parts the rules with as few exceptions.
    """

    column: str
    value: str
    verdict: Verdict
    exceptions: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()


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
    if best is None or best[0] >= without:
        return None
    fewest, _, decides = best
    equal = dict.fromkeys(each.column for count, _, each in found if count == fewest)
    return replace(decides, ties=tuple(name for name in equal if name != decides.column))


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


def sentence(rulings: Sequence[Ruling], what: str, turns: Sequence[Turns] = ()) -> str:
    """Who says what, with which assumption the verdicts go, and which change turns them.

    Parameters
    ----------
    rulings : sequence of Ruling
    what : str
        The trace in a few words.
    turns : sequence of Turns, optional
    """
    parts = [
        f"{word} by {_listed(names)}"
        for verdict, word in SAY.items()
        if (names := _names(rulings, verdict))
    ]
    said = [f"spikes {' and '.join(parts)}"] if parts else []
    if undecided := _names(rulings, Verdict.OPEN):
        said.append(f"{_listed(undecided)} {'leave' if undecided[1:] else 'leaves'} it open")
    return f"{what}, {', while '.join(said)}; {_goes_with(rulings)}.{_turns(turns)}"


def _goes_with(rulings: Sequence[Ruling]) -> str:
    found = deciding_assumption(rulings)
    verdicts = {ruling.verdict for ruling in rulings} - {Verdict.OPEN}
    if len(verdicts) < 2:
        return "all that give a verdict agree"
    if found is None:
        return "no single assumption parts them"
    exceptions = f" (all but {_listed(found.exceptions)})" if found.exceptions else ""
    others = SAY[OPPOSITE[found.verdict]]
    said = (
        f"this goes with {SAID[found.column]}: spikes {SAY[found.verdict]} where it is "
        f"“{found.value}”, and {others} elsewhere{exceptions}"
    )
    if found.ties:
        said += f"; as well with {_listed([SAID[column] for column in found.ties])}"
    return said


def _turns(turns: Sequence[Turns]) -> str:
    """Which verdicts turn, each assumption changed alone."""
    if not turns:
        return ""
    said = [
        f"{SAID[each.column]} turns {len(each.papers)} of {len(each.asked)} "
        f"({_listed(each.papers)})"
        for each in turns
        if each.turned
    ]
    none = [SAID[each.column] for each in turns if not each.turned]
    if none:
        said.append(f"{_listed(none)} {'turn' if none[1:] else 'turns'} none")
    return f" Evaluated again with one assumption changed: {'; '.join(said)}."


def _names(rulings: Sequence[Ruling], verdict: Verdict) -> list[str]:
    return [ruling.paper for ruling in rulings if ruling.verdict == verdict]


def _listed(names: Sequence[str]) -> str:
    """Names with “and” before the last; those of Yan have a comma of their own."""
    marked = [name.replace(", ", " (") + (")" if ", " in name else "") for name in names]
    return " and ".join([", ".join(marked[:-1]), marked[-1]] if marked[1:] else marked)
