"""Ranges: what the low and high ends of card values imply for a sum, which of them matter, and who wins.

A value has the median v, P5 = low and P95 = high, and is log-normal on either side of v (linear and cut at 0 where low or v is 0).
Values of one measurement move together. With T(g±) the sum with the measurement g at its P95 (P5) end and all else nominal,

    ln(P95 / T) = sqrt(Σ_g max(0, ln T(g+)/T, ln T(g−)/T)²)        ln(T / P5) = sqrt(Σ_g max(0, −ln T(g+)/T, −ln T(g−)/T)²)

which is exact for a product of such values and for one that dominates; `monte_carlo` draws them for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import whole_number
from ..bill import Bill, Term
from ..cards.card import Quantity

if TYPE_CHECKING:
    import pandas as pd

P95 = 1.6448536269514722  # standard deviations between the median and the 95th percentile


@dataclass(frozen=True)
class Estimate:
    """A nominal value with its 5th and 95th percentile."""

    value: float
    low: float
    high: float


def measurements(values: Mapping[str, Quantity]) -> dict[str, list[str]]:
    """Measurement -> keys of the values that come from it; only those that are uncertain."""
    groups: dict[str, list[str]] = {}
    for key, quantity in values.items():
        if quantity.low < quantity.high:
            groups.setdefault(quantity.measurement, []).append(key)
    return groups


def _at_end(values: Mapping[str, Quantity], keys: Sequence[str], end: str) -> dict[str, float]:
    return {key: getattr(values[key], end) for key in keys}


def _log(ratio: float) -> float:
    return -math.inf if ratio <= 0 else math.log(ratio)


def _combine(swings: Sequence[tuple[float, float]], nominal: float) -> Estimate:
    """P5 and P95 around `nominal` from the logarithmic swings of each measurement."""
    up = math.sqrt(sum(max(0.0, *pair) ** 2 for pair in swings))
    down = math.sqrt(sum(min(0.0, *pair) ** 2 for pair in swings))
    return Estimate(nominal, nominal * math.exp(-down), nominal * math.exp(up))


def estimate(bill: Bill, terms: Sequence[Term]) -> Estimate:
    """Nominal sum of `terms` with P5 and P95 in closed form."""
    terms = list(terms)
    used = {key for term in terms for key, _ in term.powers}
    nominal = float(bill.evaluate(terms))
    if nominal <= 0:
        return Estimate(nominal, nominal, nominal)
    groups = measurements({key: bill.values[key] for key in bill.values if key in used})
    swings = [
        tuple(
            _log(float(bill.evaluate(terms, _at_end(bill.values, keys, end))) / nominal)
            for end in ("low", "high")
        )
        for keys in groups.values()
    ]
    return _combine(swings, nominal)  # type: ignore[arg-type]


def tornado(bill: Bill, workload: str, idle: bool = True) -> pd.DataFrame:
    """What matters most: one row per measurement, largest swing first.

    Columns: ``measurement``, ``values`` (the keys that move with it), ``energy_at_low_j``, ``energy_at_high_j`` (the workload's energy
    with the measurement at its end and all else nominal), ``share_of_variance``.
    """
    import pandas as pd

    terms = bill.select(workload, idle=idle)
    nominal = float(bill.evaluate(terms))
    rows = []
    for measurement, keys in measurements(bill.values).items():
        low, high = (
            float(bill.evaluate(terms, _at_end(bill.values, keys, end))) for end in ("low", "high")
        )
        if low == high == nominal:
            continue
        swing = max(abs(_log(low / nominal)), abs(_log(high / nominal)))
        rows.append(
            {
                "measurement": measurement,
                "values": ", ".join(keys),
                "energy_at_low_j": low,
                "energy_at_high_j": high,
                "share_of_variance": swing**2,
            }
        )
    columns = ["measurement", "values", "energy_at_low_j", "energy_at_high_j", "share_of_variance"]
    table = pd.DataFrame(rows, columns=columns)
    table["share_of_variance"] /= table["share_of_variance"].sum() or 1.0
    return table.sort_values("share_of_variance", ascending=False, ignore_index=True)


def draw(values: Mapping[str, Quantity], samples: int, seed: int) -> dict[str, np.ndarray]:
    """key -> (samples,) values drawn from the ranges; those of one measurement with one and the same deviate.

    A measurement has the same deviates in every bill that is drawn with the same seed.
    """
    drawn = {}
    for measurement, keys in measurements(values).items():
        stream = np.random.default_rng([seed, *measurement.encode()])
        deviate = (
            stream.standard_normal(
                whole_number(
                    "monte_carlo.samples", "must be a number of draws", samples, 100, 10**8
                )
            )
            / P95
        )
        for key in keys:
            q = values[key]
            if q.low > 0:
                drawn[key] = q.value * np.where(
                    deviate > 0, (q.high / q.value) ** deviate, (q.value / q.low) ** deviate
                )
            else:
                drawn[key] = np.maximum(
                    0.0,
                    q.value + deviate * np.where(deviate > 0, q.high - q.value, q.value - q.low),
                )
    return drawn


def monte_carlo(
    bill: Bill, workload: str, samples: int = 100_000, seed: int = 0, idle: bool = True
) -> np.ndarray:
    """(samples,) energies of a workload in J, with every card value drawn from its range."""
    energies = bill.total(workload, idle=idle, changed=draw(bill.values, samples, seed))
    return np.broadcast_to(np.asarray(energies, float), (samples,))


def ratio(first: tuple[Bill, str], second: tuple[Bill, str], idle: bool = True) -> Estimate:
    """Energy of the first (bill, workload) over that of the second, with P5 and P95; what both share moves both."""
    bills = [bill for bill, _ in (first, second)]
    moving = [measurements(bill.values) for bill in bills]
    terms = [bill.select(workload, idle=idle) for bill, workload in (first, second)]

    def quotient(measurement: str = "", end: str = "value") -> float:
        energies = [
            float(bill.evaluate(chosen, _at_end(bill.values, groups.get(measurement, ()), end)))
            for bill, groups, chosen in zip(bills, moving, terms, strict=True)
        ]
        return energies[0] / energies[1]

    nominal = quotient()
    swings = [
        tuple(_log(quotient(m, end) / nominal) for end in ("low", "high"))
        for m in dict.fromkeys([*moving[0], *moving[1]])
    ]
    return _combine(swings, nominal)  # type: ignore[arg-type]


def verdict(first: tuple[Bill, str], second: tuple[Bill, str], idle: bool = True) -> str:
    """``wins``, ``loses`` or ``undecided``: whether the first uses less energy over the whole 5 % to 95 % range of the ratio."""
    found = ratio(first, second, idle)
    return "wins" if found.high < 1 else "loses" if found.low > 1 else "undecided"
