"""What the literature's rules say, for the verb that prices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...analysis.literature.rules import Rulings
    from ...analysis.report.findings import Findings
    from ...energy.pricing.prices import Prices
    from ...sim.counts.counts import Counts
    from ...sim.trace.trace import Trace


def rules_alone(work: Trace | Counts, zeros: list[str] | None) -> Findings:
    """What the rules say of work that is not priced."""
    from ...analysis.literature.report import rule_findings

    return rule_findings(_ruled(work, None, zeros))


def with_rules(
    findings: Findings, work: Trace | Counts, prices: Prices, zeros: list[str] | None
) -> Findings:
    """The findings of a price, with what the rules say below them."""
    from ...analysis.literature.report import rule_facts, rule_tables

    found = _ruled(work, prices, zeros)
    tables, facts = (*findings.tables, *rule_tables(found)), rule_facts(found)
    return replace(findings, tables=tables, facts={**findings.facts, **facts})


def _ruled(work: Trace | Counts, prices: Prices | None, zeros: list[str] | None) -> Rulings:
    from ...analysis.literature.rules import rules
    from ...sim.zeros.activation_zeros import MATCHED_NETWORK
    from ...sim.zeros.given import read_zeros

    given = read_zeros(zeros, MATCHED_NETWORK) if zeros else None
    return rules(work, prices, zeros=given)
