"""Distribution: what single inferences cost, and the tail of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import SpikewattError, whole_number
from ...sim.staged.dynamic_trace import DynamicTrace
from ...sim.staged.part import Part
from ...sim.trace.trace import Trace
from ..bill import SPIKING, Bill
from ..cards.card import Card
from ..pricing.order import NONE
from ..pricing.prices import Prices
from .price import checked_work, merged_bill, price_dynamic

if TYPE_CHECKING:
    import pandas as pd

WHERE = "price_distribution"
WHAT = ("energy_j", "time_s")
SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "largest": 1.0}
COLUMNS = ("device", "what", "mean", *SHARES, "inferences")


@dataclass(frozen=True, eq=False)
class Spread:
    """What single inferences cost on one device.

    Parameters
    ----------
    device : str
    energy_j, time_s : (n,) of the inferences that were priced.
    weights : (n,) share of all inferences that each stands for; they add up to 1.
    mean_energy_j, mean_time_s : float, over all inferences, priced as a whole.
    """

    device: str
    energy_j: np.ndarray
    time_s: np.ndarray
    weights: np.ndarray
    mean_energy_j: float
    mean_time_s: float

    def at(self, what: str, share: float) -> float:
        """The least amount that this share of the inferences does not exceed."""
        values = getattr(self, what)
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(self.weights[order])
        first = int(np.searchsorted(reached, share - 1e-9))
        return float(values[order[min(first, len(order) - 1)]])


@dataclass(frozen=True, eq=False)
class Distribution:
    """Energy and time of single inferences on each device.

    Parameters
    ----------
    spreads : tuple of Spread
    prices : Prices
        The means, with their ranges.
    """

    spreads: tuple[Spread, ...]
    prices: Prices

    @property
    def asked_for(self) -> dict[str, Spread]:
        """Device, as it was asked for, -> its spread: of a refusal that of what is in its place."""
        bills = zip(self.prices.bills, self.spreads, strict=True)
        return {bill.instead_of or bill.device: spread for bill, spread in bills}

    def spread(self, device: str) -> Spread:
        """That of a device, by its name or by what was asked for.

        Raises
        ------
        SpikewattError
            No such device was priced.
        """
        named = {spread.device: spread for spread in self.spreads} | self.asked_for
        if device in named:
            return named[device]
        law = "must name a device that was priced"
        known = ", ".join(spread.device for spread in self.spreads)
        raise SpikewattError("Distribution.spread", law, repr(device), known)

    @property
    def table(self) -> pd.DataFrame:
        """One row per device and amount: mean, median, 95th and 99th percentile, largest; SI."""
        import pandas as pd

        rows = []
        for spread in self.spreads:
            for what in WHAT:
                tail = [spread.at(what, share) for share in SHARES.values()]
                mean = getattr(spread, f"mean_{what}")
                rows.append((spread.device, what, mean, *tail, len(spread.weights)))
        return pd.DataFrame(rows, columns=list(COLUMNS))


def price_distribution(
    work: DynamicTrace | Trace,
    *devices: str | Card,
    inferences: int = 200,
    host: str | Card | None = NONE,
    skip_unfit: bool = False,
    max_cores: int | None = None,
) -> Distribution:
    """Price single inferences: median, tail and largest of energy and time.

    Samples that went through the same parts are a group. Of each group at least five are priced,
    and of all about `inferences`: those at evenly spaced ranks of their operations, from the fewest
    to the most, each of which stands for its neighbours.

    Parameters
    ----------
    work, *devices, host, skip_unfit, max_cores
        As of `price_dynamic`.
    inferences : int, default 200
        That are priced, at least one per group.

    Raises
    ------
    SpikewattError
        As `price_dynamic`.

    Examples
    --------
    >>> found = price_distribution(run_staged(staged, x_test), "stm32l4r5")  # doctest: +SKIP
    >>> found.table  # doctest: +SKIP
    """
    whole_number(f"{WHERE}.inferences", "is a number of inferences", inferences, 1, 10**6)
    work = checked_work(WHERE, work)
    options = {"host": host, "max_cores": max_cores}
    prices = price_dynamic(work, *devices, skip_unfit=skip_unfit, **options)
    chosen, weights = representatives(work, inferences)
    singles = [one_inference(work, sample) for sample in chosen]

    spreads = []
    for bill in prices.bills:
        whole = (bill.card, bill.host, max_cores, bill.footprints.get(SPIKING))
        found = [merged_bill(single, *whole) for single in singles]
        energy_j, time_s = (_totals(found, what) for what in WHAT)
        means = [float(bill.total(SPIKING, what)) for what in WHAT]
        spreads.append(Spread(bill.device, energy_j, time_s, weights, *means))
    return Distribution(tuple(spreads), prices)


def _totals(bills: Sequence[Bill], what: str) -> np.ndarray:
    return np.array([float(bill.total(SPIKING, what)) for bill in bills])


def representatives(work: DynamicTrace, inferences: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples that are priced, and the share of all samples that each stands for."""
    operations = work.operations()
    ways = np.zeros(work.samples, np.int64)
    for i, part in enumerate(work.parts):
        ways[part.samples] = ways[part.samples] * 31 + i + 1

    chosen, weights = [], []
    for way in np.unique(ways):
        group = np.flatnonzero(ways == way)
        group = group[np.argsort(operations[group], kind="stable")]
        share = len(group) / work.samples
        number = min(len(group), max(5, round(inferences * share)))
        ranks = np.unique(np.round(np.linspace(0, len(group) - 1, number)).astype(int))
        chosen.append(group[ranks])
        weights.append(_stands_for(ranks, len(group)) / work.samples)
    return np.concatenate(chosen), np.concatenate(weights)


def _stands_for(ranks: np.ndarray, size: int) -> np.ndarray:
    """Of `size` samples in order, how many are nearest to each of the ranks."""
    between = (ranks[1:] + ranks[:-1]) / 2
    edges = np.concatenate(([-0.5], between, [size - 0.5]))
    return np.diff(edges)


def one_inference(work: DynamicTrace, sample: int) -> DynamicTrace:
    """The run of one sample alone, in memories that hold what all of them need."""
    parts = []
    for part in work.parts:
        (where,) = np.nonzero(part.samples == sample)
        if len(where):
            own = part.only(where)
            parts.append(Part(own.trace, np.zeros(1, np.int64), own.updates))
    return replace(work, parts=tuple(parts), outputs=work.outputs[sample : sample + 1])
