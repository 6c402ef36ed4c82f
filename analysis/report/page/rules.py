"""The part of a page that says what the literature's rules say of the trace."""

from __future__ import annotations

from ....energy.pricing.prices import Prices
from ....sim.trace.trace import Trace
from ....sim.zeros.activation_zeros import ActivationZeros
from ...literature.quantities.quantities import can_be_ruled
from ...literature.report import rule_tables
from ...literature.rules import rules
from .model import Page
from .tables import as_shown


def add_rules(
    page: Page, trace: Trace, prices: Prices | None, zeros: ActivationZeros | None
) -> None:
    """Verdicts, assumptions, and which of these decides; from the trace, so of earlier runs, too.

    Parameters
    ----------
    page : Page
    trace : Trace
    prices : Prices or None
        For our own verdict.
    zeros : ActivationZeros or None
        Of the ANN of equal capacity.
    """
    if not can_be_ruled(trace):
        return
    found = rules(trace, prices, zeros=zeros)
    tables = rule_tables(found)
    page.parts["rules"] = {
        "sentence": found.sentence,
        "tables": [as_shown(each) for each in tables],
        "notes": tables[0].footnotes,
    }
