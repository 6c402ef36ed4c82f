"""Why two prices differ: from one bill to another, each step with a name; they add up exactly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..bill import Bill
from .uncertainty import Side

if TYPE_CHECKING:
    import pandas as pd

OPERATIONS = ("synaptic operations", "multiply-accumulates")
COLUMNS = ["step", "change_j", "energy_j", "because"]


class Charged(NamedTuple):
    """What one component costs: energy [J], and how many operations it counts."""

    energy_j: float = 0.0
    operations: float = 0.0


class Step(NamedTuple):
    """One step of the waterfall: its name, what it adds [J], and why."""

    name: str
    change_j: float
    because: str


def explain(first: Side, second: Side) -> pd.DataFrame:
    """From the first price to the second.

    What is counted, what an operation costs, and each component that only one has. With n
    operations at p each, n₂p₂ − n₁p₁ = (n₂ − n₁) p₁ + n₂ (p₂ − p₁): first the count, then the
    price. Other components differ by what they cost.

    Parameters
    ----------
    first, second : tuple
        A bill and one of its workloads.

    Returns
    -------
    DataFrame
        Columns step, change_j, energy_j (after the step), because; the first and last rows are
        the prices.
    """
    import pandas as pd

    rows = [_end(first)]
    _, _, energy_j, _ = rows[0]
    for step in _all_steps(first, second):
        if step.change_j:
            energy_j += step.change_j
            row = (step.name, step.change_j, energy_j, step.because)
            rows.append(row)
    rows.append(_end(second))
    return pd.DataFrame(rows, columns=COLUMNS)


def _end(side: Side) -> tuple[str, float, float, str]:
    """The row of a price itself."""
    bill, workload = side
    energy_j = float(bill.total(workload))
    return f"{bill.device} {workload}", 0.0, energy_j, bill.card.title


def _all_steps(first: Side, second: Side) -> Iterable[Step]:
    """The steps of every component that either side has."""
    before = _by_component(first)
    after = _by_component(second)
    for component in {**before, **after}:
        own = before.get(component, Charged())
        other = after.get(component, Charged())
        yield from _steps(component, own, other, first[0], second[0])


def _by_component(side: Side) -> dict[str, Charged]:
    bill, workload = side
    found: dict[str, Charged] = {}
    for term in bill.select(workload):
        so_far = found.get(term.component, Charged())
        own = float(bill.evaluate([term]))
        found[term.component] = Charged(
            energy_j=so_far.energy_j + own,
            operations=so_far.operations + term.count,
        )
    return found


def _steps(component: str, own: Charged, other: Charged, first: Bill, second: Bill) -> list[Step]:
    """How the cost of one component changes from the first bill to the second."""
    both_count = component in OPERATIONS and own.operations and other.operations
    if not both_count:
        because = f"charged by {_who(own, other, first, second)}"
        return [Step(component, other.energy_j - own.energy_j, because)]

    price_before = own.energy_j / own.operations
    price_after = other.energy_j / other.operations
    more = other.operations - own.operations
    dearer = price_after - price_before
    return [
        Step(
            name=f"{component}: count",
            change_j=more * price_before,
            because=f"{own.operations:,.0f} to {other.operations:,.0f} operations",
        ),
        Step(
            name=f"{component}: price",
            change_j=other.operations * dearer,
            because=f"{price_before * 1e12:.3g} to {price_after * 1e12:.3g} pJ each",
        ),
    ]


def _who(own: Charged, other: Charged, first: Bill, second: Bill) -> str:
    if not own.energy_j:
        return second.device
    return first.device if not other.energy_j else "both, at another price"
