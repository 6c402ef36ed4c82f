"""Ranges: what the low and high ends of card values imply for a sum, which matter, and who wins.

A value has the median v, P5 = low and P95 = high, and is log-normal on either side of v (linear
and cut at 0 where low or v is 0). Values of one measurement move together. With T(g±) the sum
with the measurement g at its P95 (P5) end and all else nominal,

    ln(P95 / T) = sqrt(Σ_g max(0, ln T(g+)/T, ln T(g−)/T)²)
    ln(T / P5)  = sqrt(Σ_g max(0, −ln T(g+)/T, −ln T(g−)/T)²)

which is exact for a product of such values and for one that dominates; `monte_carlo` draws them
for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import whole_number
from ..bill import Bill, Term
from ..cards.card import Quantity

if TYPE_CHECKING:
    import pandas as pd

P95 = 1.6448536269514722  # standard deviations between the median and the 95th percentile
TORNADO_COLUMNS = [
    "measurement",
    "values",
    "energy_at_low_j",
    "energy_at_high_j",
    "share_of_variance",
]
Side = tuple[Bill, str]  # a bill and one of its workloads
Swing = tuple[float, float]  # logarithms of the sum at either end over the nominal one


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
        if quantity.is_uncertain:
            groups.setdefault(quantity.measurement, []).append(key)
    return groups


def estimate(bill: Bill, terms: Sequence[Term]) -> Estimate:
    """Nominal sum of `terms` with P5 and P95 in closed form.

    Parameters
    ----------
    bill : Bill
        Whose card values the terms name.
    terms : sequence of Term
        Of one unit, J or s or cycles.
    """
    terms = list(terms)
    nominal = float(bill.evaluate(terms))
    if nominal <= 0:
        return Estimate(nominal, nominal, nominal)

    used = {key for term in terms for key, _ in term.powers}
    groups = measurements({key: q for key, q in bill.values.items() if key in used})
    swings = []
    for keys in groups.values():
        low, high = _at_both_ends(bill, terms, keys)
        swings.append(_swing(low, high, nominal))
    return _combine(swings, nominal)


def tornado(bill: Bill, workload: str, idle: bool = True) -> pd.DataFrame:
    """What matters most: one row per measurement, largest swing first.

    Parameters
    ----------
    bill : Bill
    workload : str
    idle : bool, default True
        Whether what is used between inferences counts.

    Returns
    -------
    DataFrame
        Columns measurement, values (the keys that move with it), energy_at_low_j and
        energy_at_high_j (the workload's energy with the measurement at its end and all else
        nominal), share_of_variance.
    """
    import pandas as pd

    terms = bill.select(workload, idle=idle)
    nominal = float(bill.evaluate(terms))
    rows = []
    for measurement, keys in measurements(bill.values).items():
        low, high = _at_both_ends(bill, terms, keys)
        if low == high == nominal:
            continue  # a value that this workload does not use
        down, up = _swing(low, high, nominal)
        swing = max(abs(down), abs(up))
        row = (measurement, ", ".join(keys), low, high, swing**2)
        rows.append(row)

    table = pd.DataFrame(rows, columns=TORNADO_COLUMNS)
    table["share_of_variance"] /= table["share_of_variance"].sum() or 1.0
    return table.sort_values("share_of_variance", ascending=False, ignore_index=True)


def draw(values: Mapping[str, Quantity], samples: int, seed: int) -> dict[str, np.ndarray]:
    """Values drawn from their ranges; those of one measurement with one and the same deviate.

    A measurement has the same deviates in every bill that is drawn with the same seed.

    Parameters
    ----------
    values : mapping of Quantity
    samples : int
        100 to 10⁸.
    seed : int

    Returns
    -------
    dict
        Key -> (samples,) values.

    Raises
    ------
    SpikewattError
        Too few samples.
    """
    whole_number("monte_carlo.samples", "must be a number of draws", samples, 100, 10**8)
    drawn = {}
    for measurement, keys in measurements(values).items():
        stream = np.random.default_rng([seed, *measurement.encode()])
        deviate = stream.standard_normal(samples) / P95
        for key in keys:
            drawn[key] = at_deviate(values[key], deviate)
    return drawn


def monte_carlo(
    bill: Bill, workload: str, samples: int = 100_000, seed: int = 0, idle: bool = True
) -> np.ndarray:
    """(samples,) energies of a workload in J, with every card value drawn from its range.

    Parameters
    ----------
    bill : Bill
    workload : str
    samples : int, default 100 000
    seed : int, default 0
    idle : bool, default True
        Whether what is used between inferences counts.
    """
    energies = bill.total(workload, idle=idle, changed=draw(bill.values, samples, seed))
    return np.broadcast_to(np.asarray(energies, float), (samples,))


def ratio(first: Side, second: Side, idle: bool = True) -> Estimate:
    """Energy of the first (bill, workload) over that of the second, with P5 and P95.

    What both share moves both.

    Parameters
    ----------
    first, second : tuple
        A bill and one of its workloads.
    idle : bool, default True
        Whether what is used between inferences counts.
    """
    numerator, denominator = _Moving.of(first, idle), _Moving.of(second, idle)

    def quotient(measurement: str = "", end: str = "value") -> float:
        above = numerator.energy_j(measurement, end)
        below = denominator.energy_j(measurement, end)
        return above / below

    nominal = quotient()
    swings = []
    for measurement in {**numerator.groups, **denominator.groups}:
        low = quotient(measurement, "low")
        high = quotient(measurement, "high")
        swings.append(_swing(low, high, nominal))
    return _combine(swings, nominal)


def verdict(first: Side, second: Side, idle: bool = True) -> str:
    """``wins``, ``loses`` or ``undecided``.

    Whether the first uses less energy over the whole 5 % to 95 % range of the ratio.
    """
    return verdict_of(ratio(first, second, idle))


def verdict_of(found: Estimate) -> str:
    """What a ratio says of the first of two."""
    if found.high < 1:
        return "wins"
    return "loses" if found.low > 1 else "undecided"


class _Moving(NamedTuple):
    """A workload, with the measurements that move it."""

    bill: Bill
    terms: Sequence[Term]
    groups: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, side: Side, idle: bool) -> _Moving:
        bill, workload = side
        terms = bill.select(workload, idle=idle)
        return cls(bill, terms, measurements(bill.values))

    def energy_j(self, measurement: str, end: str) -> float:
        """With a measurement, which may be another device's, at one of its ends."""
        keys = self.groups.get(measurement, ())
        changed = _at_end(self.bill.values, keys, end)
        return float(self.bill.evaluate(self.terms, changed))


def _at_end(values: Mapping[str, Quantity], keys: Sequence[str], end: str) -> dict[str, float]:
    return {key: getattr(values[key], end) for key in keys}


def _at_both_ends(bill: Bill, terms: Sequence[Term], keys: Sequence[str]) -> tuple[float, float]:
    """The sum of `terms` with one measurement at its low and at its high end."""
    low = float(bill.evaluate(terms, _at_end(bill.values, keys, "low")))
    high = float(bill.evaluate(terms, _at_end(bill.values, keys, "high")))
    return low, high


def _log(ratio: float) -> float:
    return -math.inf if ratio <= 0 else math.log(ratio)


def _swing(low: float, high: float, nominal: float) -> Swing:
    """Logarithms of a sum at either end of a measurement."""
    return _log(low / nominal), _log(high / nominal)


def _combine(swings: Sequence[Swing], nominal: float) -> Estimate:
    """P5 and P95 around `nominal` from the logarithmic swings of each measurement."""
    upward = [max(0.0, *pair) for pair in swings]
    downward = [min(0.0, *pair) for pair in swings]
    up = _root_of_squares(upward)
    down = _root_of_squares(downward)
    return Estimate(
        value=nominal,
        low=nominal * math.exp(-down),
        high=nominal * math.exp(up),
    )


def _root_of_squares(values: Sequence[float]) -> float:
    return math.sqrt(sum(value**2 for value in values))


def at_deviate(quantity: Quantity, deviate: np.ndarray) -> np.ndarray:
    """A value at standard deviates (in units of P95), log-normal on either side of the median."""
    value, low, high = quantity.value, quantity.low, quantity.high
    above = deviate > 0
    if low > 0:
        up = (high / value) ** deviate
        down = (value / low) ** deviate
        return value * np.where(above, up, down)

    # Linear where there is no logarithm of the low end.
    width = np.where(above, high - value, value - low)
    return np.maximum(0.0, value + deviate * width)
