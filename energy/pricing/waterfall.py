"""Why two prices differ: a waterfall from one bill to another, each step with a name; the steps add up exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bill import Bill

if TYPE_CHECKING:
    import pandas as pd

OPERATIONS = ("synaptic operations", "multiply-accumulates")


def _by_component(bill: Bill, workload: str) -> dict[str, tuple[float, float]]:
    """Component -> (energy, operations that it counts)."""
    found: dict[str, tuple[float, float]] = {}
    for term in bill.select(workload):
        energy, count = found.get(term.component, (0.0, 0.0))
        found[term.component] = (energy + float(bill.evaluate([term])), count + term.count)
    return found


def explain(first: tuple[Bill, str], second: tuple[Bill, str]) -> pd.DataFrame:
    """Rows from the first price to the second: what is counted, what an operation costs, and each component that only one has.

    With n operations at p each, n₂p₂ − n₁p₁ = (n₂ − n₁) p₁ + n₂ (p₂ − p₁): first the count, then the price. Other components differ by
    what they cost.

    Returns
    -------
    DataFrame with the columns ``step``, ``change_j``, ``energy_j`` (after the step), ``because``; the first and last rows are the prices.
    """
    import pandas as pd

    (bill_1, workload_1), (bill_2, workload_2) = first, second
    before, after = _by_component(bill_1, workload_1), _by_component(bill_2, workload_2)
    total = float(bill_1.total(workload_1))
    rows: list[tuple[str, float, float, str]] = [
        (f"{bill_1.device} {workload_1}", 0.0, total, bill_1.card.title)
    ]

    def step(name: str, change: float, because: str) -> None:
        nonlocal total
        if change:
            total += change
            rows.append((name, change, total, because))

    for component in dict.fromkeys([*before, *after]):
        (energy_1, count_1), (energy_2, count_2) = (
            before.get(component, (0.0, 0.0)),
            after.get(component, (0.0, 0.0)),
        )
        if component in OPERATIONS and count_1 and count_2:
            price_1, price_2 = energy_1 / count_1, energy_2 / count_2
            step(
                f"{component}: count",
                (count_2 - count_1) * price_1,
                f"{count_1:,.0f} to {count_2:,.0f} operations",
            )
            step(
                f"{component}: price",
                count_2 * (price_2 - price_1),
                f"{price_1 * 1e12:.3g} to {price_2 * 1e12:.3g} pJ each",
            )
        else:
            only = (
                bill_2.device
                if not count_1
                else bill_1.device
                if not count_2
                else "both, at another price"
            )
            step(component, energy_2 - energy_1, f"charged by {only}")
    rows.append(
        (f"{bill_2.device} {workload_2}", 0.0, float(bill_2.total(workload_2)), bill_2.card.title)
    )
    return pd.DataFrame(rows, columns=["step", "change_j", "energy_j", "because"])
