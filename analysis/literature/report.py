"""Tables of the literature's rules: what each says of a trace, and what it takes for granted."""

from __future__ import annotations

from ..report.findings import Column, Findings, Table
from ..report.units import significant
from .assumptions import COLUMNS
from .rules import Rulings

TITLE = "Do spikes win? The literature's rules on this trace"
ASSUMED = "What each rule takes for granted"
STATUS = (
    "status: how the rule is known here; read: in its source; abstract: in the abstract only; "
    "secondary: in a text about it. Formulas and sources: docs/RULES.md and --json."
)


def rule_tables(rulings: Rulings) -> tuple[Table, Table]:
    """Verdicts, and assumptions with the verdicts beside them; below them what decides.

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
        Column("counts", ("unit",)),
        Column("weight fetch", ("weight_fetch",)),
        Column("ANN reuses", ("reuse",)),
        Column("bits", ("bits",)),
        Column("also charged", ("state",)),
        Column("silicon", ("silicon",), leave_out=1),
    ]
    return (
        Table("rules", TITLE, frame, verdicts, footnotes=(_zeros(rulings), STATUS)),
        Table(
            "rule_assumptions",
            ASSUMED,
            frame[["rule", "paper", "verdict", *COLUMNS]],
            assumed,
            footnotes=(rulings.sentence,),
        ),
    )


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
