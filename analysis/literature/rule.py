"""A rule of the literature, and its ruling on one trace."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from ...sim.network.named import Named
from .assumptions import Assumptions
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
    OURS = "ours"


EQUAL = "nothing: both sides are equal"
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


class Rule(Named):
    """Spikes win where what the trace has lies below a threshold.

    Facts
    -----
    paper : authors and year.
    quantity : what is compared.
    formula : the condition, in symbols that docs/RULES.md explains.
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

    def ruling(self, quantities: Quantities) -> Ruling:
        """What the rule says of the trace that `quantities` are of.

        It wins below the whole threshold, it loses above the whole of it; between is open.
        """
        has, threshold = self.has(quantities), self.threshold(quantities)
        verdict, depends_on = Verdict.OPEN, self.depends_on
        if has.high < threshold.low * (1 - ROUNDING):
            verdict, depends_on = Verdict.WINS, ""
        elif has.low > threshold.high * (1 + ROUNDING):
            verdict, depends_on = Verdict.LOSES, ""
        elif has.is_known and threshold.is_known:
            depends_on = EQUAL
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
