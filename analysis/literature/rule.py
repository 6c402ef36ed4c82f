"""A rule of the literature, and its ruling on one trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from ...sim.network.named import Named
from .assumptions import Assumptions, Unit
from .quantities.quantities import Quantities
from .quantities.span import Span


class Verdict(StrEnum):
    """What a rule says of spikes."""

    WINS = "wins"
    LOSES = "loses"
    OPEN = "open"


class Status(StrEnum):
    """How the rule is known here."""

    READ = "read"
    ABSTRACT = "abstract"
    SECONDARY = "secondary"
    CONSTANTS_OURS = "secondary, constants ours"
    OURS = "ours"


EQUAL = "nothing: both sides are equal"
UNIT = "the unit: per neuron or per synapse"
ROUNDING = 1e-12  # by which two equal values may differ


@dataclass(frozen=True)
class Ruling:
    """What a rule says of one trace.

    Parameters
    ----------
    rule : str
        Its name.
    paper : str
        Authors and year.
    quantity : str
        What is compared.
    has : Span
        What the trace has.
    threshold : Span
        Below which spikes win.
    verdict : Verdict
    depends_on : str
        On what an open verdict depends; else "".
    assumptions : Assumptions
    formula : str
    status : Status
    source : str
        With DOI or address.
    """

    rule: str
    paper: str
    quantity: str
    has: Span
    threshold: Span
    verdict: Verdict
    depends_on: str
    assumptions: Assumptions
    formula: str
    status: Status
    source: str


@dataclass(frozen=True)
class Swap:
    """A rule with one of its assumptions changed.

    Parameters
    ----------
    column : str
        Of `Assumptions`.
    value : StrEnum
        In place of what the rule assumes.
    has, threshold : Span
        What is compared then.
    """

    column: str
    value: StrEnum
    has: Span
    threshold: Span


class Rule(Named):
    """Spikes win where what the trace has lies below a threshold.

    Facts
    -----
    paper : authors and year.
    quantity : what is compared.
    formula : the condition, in symbols that docs/explanation/rules.md explains.
    depends_on : on what the verdict depends where the threshold is not one value.
    assumptions, status, source : see `Ruling`.
    """

    paper: ClassVar[str]
    quantity: ClassVar[str]
    formula: ClassVar[str]
    depends_on: ClassVar[str]
    assumptions: ClassVar[Assumptions]
    status: ClassVar[Status]
    source: ClassVar[str]

    def has(self, quantities: Quantities) -> Span:
        """What the trace has."""
        raise NotImplementedError

    def threshold(self, quantities: Quantities) -> Span:
        """Below which spikes win: one value, or its ends."""
        raise NotImplementedError

    def not_met(self, quantities: Quantities) -> str:
        """The condition of the rule that the trace does not meet; "" where it applies."""
        del quantities
        return ""

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """The rule with one assumption changed, for each that its formula can say."""
        del quantities
        return iter(())

    def ruling(self, quantities: Quantities) -> Ruling:
        """What the rule says of the trace that `quantities` are of.

        It wins below the whole threshold, it loses above the whole of it; between is open, as is a
        rule whose condition is not met.
        """
        has, threshold = self.has(quantities), self.threshold(quantities)
        verdict, depends_on = verdict_of(has, threshold), self.not_met(quantities)
        if depends_on:
            verdict = Verdict.OPEN
        elif verdict == Verdict.OPEN:
            depends_on = self._open_on(has, threshold)
        return Ruling(
            self.name,
            self.paper,
            self.quantity,
            has,
            threshold,
            verdict,
            depends_on,
            self.assumptions,
            self.formula,
            self.status,
            self.source,
        )

    def swapped(self, quantities: Quantities) -> tuple[tuple[Swap, Ruling], ...]:
        """Its rulings with one assumption changed; none where it does not apply."""
        if self.not_met(quantities):
            return ()
        own = self.ruling(quantities)
        return tuple((swap, self._with(swap, own)) for swap in self.swaps(quantities))

    def _with(self, swap: Swap, own: Ruling) -> Ruling:
        verdict = verdict_of(swap.has, swap.threshold)
        is_open = verdict == Verdict.OPEN
        return replace(
            own,
            has=swap.has,
            threshold=swap.threshold,
            verdict=verdict,
            depends_on=self._open_on(swap.has, swap.threshold) if is_open else "",
            assumptions=replace(self.assumptions, **{swap.column: swap.value}),
        )

    def _open_on(self, has: Span, threshold: Span) -> str:
        """On what an open verdict depends."""
        if has.is_known and threshold.is_known:
            return EQUAL
        ends = {verdict_of(Span.of(end), threshold) for end in (has.low, has.high)}
        found = [UNIT] if len(ends) > 1 else []
        if Verdict.OPEN in ends and not threshold.is_known:
            found.append(self.depends_on)
        return "; ".join(found)


def verdict_of(has: Span, threshold: Span) -> Verdict:
    """Wins below the whole threshold, loses above the whole of it, open between."""
    if has.high < threshold.low * (1 - ROUNDING):
        return Verdict.WINS
    if has.low > threshold.high * (1 + ROUNDING):
        return Verdict.LOSES
    return Verdict.OPEN


def units(quantities: Quantities, threshold: Span, steps: int = 1) -> Iterator[Swap]:
    """Each reading of a rate alone: per neuron, and per synapse."""
    for unit, value in (
        (Unit.NEURON, quantities.spikes_per_neuron),
        (Unit.SYNAPSE, quantities.spikes_per_synapse),
    ):
        yield Swap("unit", unit, Span.of(value / steps), threshold)
