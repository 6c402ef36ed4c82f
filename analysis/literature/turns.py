"""Which verdicts turn if one assumption is changed: the rules evaluated again, not their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .assumptions import COLUMNS, Silicon
from .own import NAME, ONE_CHIP
from .quantities.quantities import Quantities
from .rule import Rule, Ruling, Verdict


@dataclass(frozen=True)
class Turned:
    """A verdict that turned.

    Parameters
    ----------
    paper : str
    value : str
        What is assumed in place of what the rule assumes.
    verdict : Verdict
        Then; never open.
    """

    paper: str
    value: str
    verdict: Verdict


@dataclass(frozen=True)
class Turns:
    """What a change of one assumption does.

    Parameters
    ----------
    column : str
        Of `Assumptions`.
    asked : tuple of str
        Rules whose formula can say it.
    turned : tuple of Turned
        Wins that lose, losses that win, and open verdicts that close.
    """

    column: str
    asked: tuple[str, ...]
    turned: tuple[Turned, ...]

    @property
    def papers(self) -> tuple[str, ...]:
        """Rules of which a verdict turned, each once."""
        return tuple(dict.fromkeys(each.paper for each in self.turned))


def turns_of(
    rules: Iterable[Rule], rulings: Sequence[Ruling], quantities: Quantities
) -> tuple[Turns, ...]:
    """One for each assumption that a rule can say otherwise; that which turns most first.

    Parameters
    ----------
    rules : iterable of Rule
    rulings : sequence of Ruling
        Theirs, and our own: where both were priced, one chip in place of two devices.
    quantities : Quantities
    """
    before = {ruling.rule: ruling.verdict for ruling in rulings}
    asked: dict[str, dict[str, None]] = {column: {} for column in COLUMNS}
    turned: dict[str, list[Turned]] = {column: [] for column in COLUMNS}
    swapped = [
        (swap.column, str(swap.value), rule.name, ruling)
        for rule in rules
        if rule.name in before
        for swap, ruling in rule.swapped(quantities)
    ]
    swapped += [
        ("silicon", str(Silicon.ONE), NAME, ruling)
        for ruling in rulings
        if ruling.rule == ONE_CHIP and NAME in before
    ]
    named = {ruling.rule: ruling.paper for ruling in rulings}
    for column, value, name, ruling in swapped:
        asked[column][named[name]] = None
        if ruling.verdict not in (Verdict.OPEN, before[name]):
            turned[column].append(Turned(named[name], value, ruling.verdict))

    found = [Turns(column, tuple(asked[column]), tuple(turned[column])) for column in COLUMNS]
    return tuple(sorted((each for each in found if each.asked), key=lambda each: -len(each.papers)))
