"""Tables of the literature's rules: what each says of a trace, and what it takes for granted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..report.findings import Column, Findings, Table
from ..report.units import significant
from .assumptions import COLUMNS, SAID
from .rules import Rulings

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Do spikes win? The literature's rules on this trace"
ASSUMED = "What each rule takes for granted"
TURNED = "Which verdicts turn, each rule evaluated again with one assumption changed"
STATUS = (
    "status: how the rule is known here; read: in its source; abstract: in the abstract only; "
    "secondary: in a text about it; constants ours: some are in no text at hand. Formulas and "
    "sources: docs/explanation/rules.md and --json."
)
UNITS = (
    "of a rate two values: per neuron and per synapse, the smaller first; a rule is open where "
    "they disagree."
)
INFERRED = "?: not said in what was read; inferred from the form of the rule."


def rule_tables(rulings: Rulings) -> tuple[Table, Table, Table]:
    """Verdicts; assumptions with the verdicts beside them; which change of one turns verdicts.

    Parameters
    ----------
    rulings : Rulings
    """
    frame = rulings.frame
    verdicts = [
        Column("rule", ("paper",)),
        Column("spikes", ("verdict",)),
        Column("this trace", ("has_low", "has_high"), _span, number=True),
        Column("spikes win below", ("threshold_low", "threshold_high"), _span, number=True),
        Column("compares", ("quantity",), leave_out=2),
        Column("open on", ("depends_on",), leave_out=3),
        Column("status", ("status",), leave_out=1),
    ]
    assumed = [
        Column("rule", ("paper",)),
        Column("spikes", ("verdict",)),
        Column("counts", ("unit", "inferred"), _marked("unit")),
        Column("weight fetch", ("weight_fetch", "inferred"), _marked("weight_fetch")),
        Column("ANN reuses", ("reuse", "inferred"), _marked("reuse")),
        Column("bits", ("bits", "inferred"), _marked("bits")),
        Column("also charged", ("state", "inferred"), _marked("state")),
        Column("silicon", ("silicon",), leave_out=1),
    ]
    turned = [
        Column("assumption", ("said",)),
        Column("turns", ("turned", "asked"), lambda turned, asked: f"{turned} of {asked}"),
        Column("which", ("which",)),
    ]
    notes = (_zeros(rulings), UNITS, STATUS)
    return (
        Table("rules", TITLE, frame, verdicts, footnotes=notes),
        Table(
            "rule_assumptions",
            ASSUMED,
            frame[["rule", "paper", "verdict", *COLUMNS, "inferred"]],
            assumed,
            footnotes=(INFERRED,),
        ),
        Table("rule_turns", TURNED, _turns(rulings), turned, footnotes=(rulings.sentence,)),
    )


def _turns(rulings: Rulings) -> pd.DataFrame:
    """One row per assumption that some rule can say otherwise."""
    import pandas as pd

    rows = [
        {
            "assumption": each.column,
            "said": SAID[each.column],
            "turned": len(each.papers),
            "asked": len(each.asked),
            "which": "; ".join(
                f"{turned.paper}: {turned.verdict} if “{turned.value}”" for turned in each.turned
            )
            or "none",
        }
        for each in rulings.turns
    ]
    columns = ["assumption", "said", "turned", "asked", "which"]
    return pd.DataFrame(rows, columns=columns)


def _marked(column: str) -> Callable[[str, str], str]:
    """Writes what a rule assumes, with a mark where that was inferred."""

    def write(value: str, inferred: str) -> str:
        return f"{value} ?" if column in inferred.split(", ") else value

    return write


def rule_findings(rulings: Rulings) -> Findings:
    """The same without a price."""
    return Findings(rule_tables(rulings), facts=rule_facts(rulings))


def rule_facts(rulings: Rulings) -> dict[str, object]:
    """What JSON says beside the tables."""
    found = rulings.deciding
    zeros = rulings.quantities.zeros
    return {
        "rules_sentence": rulings.sentence,
        "deciding_assumption": "" if found is None else found.column,
        "deciding_ties": [] if found is None else list(found.ties),
        "zeros_low": zeros.low,
        "zeros_high": zeros.high,
    }


def _zeros(rulings: Rulings) -> str:
    """How many activations of the ANN are zero, and how that is known."""
    quantities = rulings.quantities
    how = "as given" if quantities.knows_zeros else "bounds from the spikes"
    share = _span(100 * quantities.zeros.low, 100 * quantities.zeros.high)
    return f"zeros of the ANN: {share} % of its multiply-accumulates, {how}."


def _span(low: float, high: float) -> str:
    """One value, or its ends."""
    if low == high:
        return significant(low)
    return f"{significant(low)} to {significant(high)}"
