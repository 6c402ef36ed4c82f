"""Where the energy of an inference goes, component by component."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ....energy.bill import Bill
from ....energy.pricing.prices import Prices
from ....energy.pricing.uncertainty import estimate
from ..findings import Column, Table
from ..units import JOULES, PERCENT

COLUMNS = (
    "device",
    "workload",
    "component",
    "energy_j",
    "share",
    "energy_low_j",
    "energy_high_j",
)
LEAKAGE = "leakage"
IDLE_CHIP = "chip_static_power_w"
OF_THE_CHIP = "leakage of {devices}: idle power of the chip, used or not."


def component_frame(prices: Prices) -> pd.DataFrame:
    """One row per device, workload and component that takes energy in an inference.

    Parameters
    ----------
    prices : Prices

    Returns
    -------
    DataFrame
        Columns COLUMNS, the largest component of a workload first; share = energy / the sum of the
        workload, what is used between inferences left out of both. The ranges of components do
        not add up to that of their sum.
    """
    rows = [row for bill, workload in prices.workloads for row in _rows(bill, workload)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def component_table(prices: Prices) -> Table:
    """`component_frame` as it is shown; a footnote names chips whose idle power is in it."""
    columns = [
        Column("device", ("device",)),
        Column("workload", ("workload",), leave_out=1),
        Column("component", ("component",)),
        Column("energy", ("energy_j",), unit=JOULES),
        Column("share", ("share",), unit=PERCENT),
        Column("low to high", ("energy_low_j", "energy_high_j"), unit=JOULES, leave_out=2),
    ]
    idle = [bill.device for bill in prices.bills if _draws_idle_power(bill)]
    footnotes = (OF_THE_CHIP.format(devices=", ".join(idle)),) if idle else ()
    title = "Energy by component"
    return Table("components", title, component_frame(prices), columns, footnotes=footnotes)


def _rows(bill: Bill, workload: str) -> Iterable[tuple]:
    """The components of one workload, the largest first."""
    terms = bill.select(workload, "energy_j", idle=False)
    total_j = float(bill.evaluate(terms))
    found = []
    for component in dict.fromkeys(term.component for term in terms):
        range_j = estimate(bill, [term for term in terms if term.component == component])
        share = range_j.value / total_j if total_j else 0.0
        energies = (range_j.value, share, range_j.low, range_j.high)
        found.append((bill.device, workload, component, *energies))
    return sorted(found, key=lambda row: -row[COLUMNS.index("energy_j")])


def _draws_idle_power(bill: Bill) -> bool:
    """Whether the leakage of an inference holds what a whole chip draws."""
    return any(
        term.component == LEAKAGE and key == IDLE_CHIP
        for term in bill.terms
        for key, _ in term.powers
    )
