"""Why two prices differ: from one bill to another, each step with a name; they add up exactly."""

from __future__ import annotations

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
    count: float = 0.0


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

    before, after = _by_component(first), _by_component(second)
    energy_j = float(first[0].total(first[1]))
    rows = [_end(first, energy_j)]
    for component in dict.fromkeys([*before, *after]):
        own, other = before.get(component, Charged()), after.get(component, Charged())
        for step in _steps(component, own, other, first[0], second[0]):
            if step.change_j:
                energy_j += step.change_j
                rows.append((step.name, step.change_j, energy_j, step.because))
    rows.append(_end(second, float(second[0].total(second[1]))))
    return pd.DataFrame(rows, columns=COLUMNS)


def _end(side: Side, energy_j: float) -> tuple[str, float, float, str]:
    """The row of a price itself."""
    bill, workload = side
    return f"{bill.device} {workload}", 0.0, energy_j, bill.card.title


def _by_component(side: Side) -> dict[str, Charged]:
    bill, workload = side
    found: dict[str, Charged] = {}
    for term in bill.select(workload):
        energy_j, count = found.get(term.component, Charged())
        own = float(bill.evaluate([term]))
        found[term.component] = Charged(energy_j + own, count + term.count)
    return found


def _steps(component: str, own: Charged, other: Charged, first: Bill, second: Bill) -> list[Step]:
    """How the cost of one component changes from the first bill to the second."""
    if component not in OPERATIONS or not own.count or not other.count:
        because = f"charged by {_who(own, other, first, second)}"
        return [Step(component, other.energy_j - own.energy_j, because)]

    before, after = own.energy_j / own.count, other.energy_j / other.count
    return [
        Step(
            f"{component}: count",
            (other.count - own.count) * before,
            f"{own.count:,.0f} to {other.count:,.0f} operations",
        ),
        Step(
            f"{component}: price",
            other.count * (after - before),
            f"{before * 1e12:.3g} to {after * 1e12:.3g} pJ each",
        ),
    ]


def _who(own: Charged, other: Charged, first: Bill, second: Bill) -> str:
    if not own.count:
        return second.device
    return first.device if not other.count else "both, at another price"
