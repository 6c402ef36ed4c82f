"""Hardware points priced in bulk: one bill per structure, arrays of points in, arrays out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ....energy.bill import IDLE_COMPONENTS, Bill, Term
from ....energy.cards.card import Quantity
from ....energy.pricing.prices import ENERGIES, SIZES, TIMES
from ....energy.pricing.uncertainty import measurements
from ....sim.trace.trace import Trace
from .bills import PERIOD, Made, make
from .operating import CLOCK, TOO_LATE, Points, ends_of_host, given_keys, laws_of, points_of
from .points import Batch, Structure

ENDS = ("low", "high")
ROUNDING = 1e-9  # by which an inference may last longer than its period
MM2 = 1e6  # in a square metre
AMOUNTS = (*ENERGIES, *TIMES, *SIZES)


@dataclass(frozen=True, eq=False)
class Priced:
    """One workload of a batch.

    Parameters
    ----------
    batch : Batch
    workload : str
    columns : dict
        Name -> (points,) numbers, or one number or text for all.
    """

    batch: Batch
    workload: str
    columns: dict[str, Any] = field(repr=False)


class Ranges:
    """Ends of the ranges of card values, over the values: at another voltage laws widen them.

    Parameters
    ----------
    made, batch, points
        What is priced, and what it is priced at.
    """

    def __init__(self, made: Made, batch: Batch, points: Points):
        assert made.bill is not None
        self.values = made.bill.values
        laws = laws_of(made, batch)
        clock = points.changed.get(CLOCK, points.clock_hz)
        names = ("value", *ENDS)
        self.by_law = {
            end: laws.values(points.voltage_v, clock, end)
            | ends_of_host(made.bill, points.changed, end)
            for end in names
        }

    def share(self, key: str, end: str) -> np.ndarray | float:
        """Of one end, ``low`` or ``high``."""
        if key in self.by_law[end] and key != CLOCK:
            middle = self.by_law["value"].get(key, self.values[key].value or 1.0)
            return self.by_law[end][key] / middle
        return getattr(self.values[key], end) / (self.values[key].value or 1.0)

    def at(self, key: str, end: str, middle: np.ndarray | float | None = None):
        """One end of a value whose `middle` is at the points; of a value of 0 the end itself."""
        own = self.values[key].value
        share = self.share(key, end)
        if middle is None and not own:
            return share
        return (own if middle is None else middle) * share

    def uncertain(self) -> dict[str, Quantity]:
        """Values that have a range somewhere, be it by a law alone."""
        found = dict(self.values)
        for key in self.by_law["low"]:
            own = found[key]
            if key != CLOCK and not own.is_uncertain:
                least, most = np.min(self.share(key, "low")), np.max(self.share(key, "high"))
                found[key] = replace(own, low=own.value * least, high=own.value * most)
        return {key: quantity for key, quantity in found.items() if quantity.is_uncertain}

    def drawn(self, key: str, deviate: np.ndarray) -> np.ndarray:
        """Of a draw, at standard deviates in units of P95: see `uncertainty.at_deviate`."""
        low, high = (np.asarray(self.share(key, end), float) for end in ENDS)
        above = deviate > 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            by_ratio = np.where(above, high, 1 / low) ** deviate
        by_width = np.maximum(0.0, 1 + deviate * np.where(above, high - 1, 1 - low))
        return np.where(low > 0, by_ratio, by_width)


class Pricer:
    """Prices one trace on many hardware points.

    Parameters
    ----------
    trace : Trace
    ranges : bool
        Whether low and high energies and times are asked for, which takes some twenty times as
        long.
    max_cores : int, optional
        Cores that the network may take; by default as many as it takes.
    """

    def __init__(self, trace: Trace, ranges: bool = True, max_cores: int | None = None):
        self.trace, self.ranges, self.max_cores = trace, ranges, max_cores
        self.made: dict[Structure, Made] = {}

    def price(self, batch: Batch) -> Iterator[Priced]:
        """Each workload of a batch."""
        made = self.bill_of(batch.structure)
        for workload, reason in made.refused.items():
            yield Priced(batch, workload, {"reason": reason})
        if made.bill is None:
            return
        for workload in made.bill.workloads:
            yield Priced(batch, workload, self._columns(made, batch, workload))

    def bill_of(self, structure: Structure) -> Made:
        """The bill of a structure, made once."""
        if structure not in self.made:
            self.made[structure] = make(self.trace, structure, self.max_cores)
        return self.made[structure]

    def energies(
        self, batch: Batch, workload: str, deviates: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """(points,) energies with measurements away from their medians; NaN where none fits.

        Parameters
        ----------
        batch : Batch
        workload : str
        deviates : mapping of ndarray
            Measurement -> (points,) standard deviates, in units of P95.
        """
        made = self.bill_of(batch.structure)
        if made.bill is None or workload in made.refused:
            return np.full(len(batch), np.nan)
        points = points_of(made, batch, workload)
        ranges = Ranges(made, batch, points)
        moved = dict(points.changed)
        given = given_keys(made, batch)
        for measurement, keys in measurements(ranges.uncertain()).items():
            if measurement not in deviates:
                continue
            for key in set(keys) - given:
                if not made.bill.values[key].value and key not in moved:
                    moved[key] = np.maximum(0.0, deviates[measurement]) * ranges.at(key, "high")
                    continue
                drawn = ranges.drawn(key, deviates[measurement])
                moved[key] = moved.get(key, made.bill.values[key].value) * drawn
        idle = PERIOD in moved
        energy_j = made.bill.total(workload, "energy_j", idle, moved)
        fits = _reasons(self._refused(made, workload, points), len(batch))[1]
        return np.where(fits, energy_j, np.nan)

    def bill_at(self, batch: Batch, workload: str) -> Bill | None:
        """The bill of the first point of a batch, with its own values and their ranges."""
        made = self.bill_of(batch.structure)
        if made.bill is None or workload in made.refused:
            return None
        points = points_of(made, batch, workload)
        ranges = Ranges(made, batch, points)
        given = given_keys(made, batch)
        values = dict(made.bill.values)
        moved = {key: float(np.ravel(each)[0]) for key, each in points.changed.items()}
        by_law_alone = set(ranges.by_law["low"]) - set(moved)
        moved |= {key: values[key].value for key in by_law_alone}
        for key, value in moved.items():
            quantity = values[key]
            if key in given or (not quantity.value and key not in by_law_alone):
                values[key] = quantity.exactly(value)
                continue
            if not quantity.value:
                ends = {end: float(np.ravel(ranges.at(key, end))[0]) for end in ENDS}
                values[key] = replace(quantity, **ends)
                continue
            ends = {end: value * float(np.ravel(ranges.share(key, end))[0]) for end in ENDS}
            values[key] = replace(quantity.scaled(value / quantity.value), **ends)
        terms = made.bill.terms
        if PERIOD not in points.changed:  # there is nothing between inferences
            terms = tuple(term for term in terms if term.component not in IDLE_COMPONENTS)
        return replace(made.bill, terms=terms, values=values)

    def why_not(self, batch: Batch, workload: str) -> str:
        """The first reason why a point of a batch has no energy."""
        for priced in self.price(batch):
            reasons = np.ravel(np.asarray(priced.columns["reason"], object))
            broken = [reason for reason in reasons if reason]
            if priced.workload == workload and broken:
                return f"{batch.structure.device}: {broken[0]}"
        return f"{batch.structure.device} has no {workload}"

    def _refused(self, made: Made, workload: str, points: Points) -> dict[str, np.ndarray]:
        """Reason -> points that cannot be, those that miss their period among them."""
        refused = dict(points.refused)
        if PERIOD in points.changed:
            assert made.bill is not None
            time_s = made.bill.total(workload, "time_s", True, points.changed)
            late = points.changed[PERIOD] < time_s * (1 - ROUNDING)
            refused[TOO_LATE] = refused.get(TOO_LATE, False) | late
        return refused

    def _columns(self, made: Made, batch: Batch, workload: str) -> dict[str, Any]:
        bill = made.bill
        assert bill is not None
        points = points_of(made, batch, workload)
        idle = PERIOD in points.changed
        size = len(batch)
        reason, fits = _reasons(self._refused(made, workload, points), size)
        columns = {
            "voltage_v": points.voltage_v,
            "clock_hz": points.clock_hz,
            "reason": reason,
            **_footprint(bill, workload),
        }
        for names, idles in ((ENERGIES, idle), (TIMES, True)):
            terms = bill.select(workload, names[0], idles)
            found = [np.broadcast_to(bill.evaluate(terms, points.changed), size)]
            if self.ranges:
                found += _range(made, batch, bill, terms, points, found[0])
            for name, numbers in zip(names, found, strict=False):
                columns[name] = np.where(fits, numbers, np.nan)
        return columns


def _reasons(refused: dict[str, np.ndarray], size: int) -> tuple[Any, np.ndarray]:
    """A reason for each point, or "" for all; and which points there are none against."""
    reason = np.full(size, "", object)
    for why, where in refused.items():
        reason[where & (reason == "")] = why
    fits = reason == ""
    return ("" if fits.all() else reason), fits


def _footprint(bill: Bill, workload: str) -> dict[str, float]:
    found = bill.footprints.get(workload)
    if found is None:
        return {}
    columns = {}
    if found.memory_bytes is not None:
        columns["memory_bytes"] = float(found.memory_bytes)
    if found.cores is not None:
        columns["cores"] = float(found.cores)
    if found.area_m2 is not None:
        columns["mm2"] = found.area_m2.value * MM2
    return columns


def _range(
    made: Made,
    batch: Batch,
    bill: Bill,
    terms: Sequence[Term],
    points: Points,
    nominal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """P5 and P95 of every point, as `uncertainty.estimate` has them; what is given has no range."""
    used = {key for term in terms for key, _ in term.powers}
    given = given_keys(made, batch)
    ranges = Ranges(made, batch, points)
    of_all = ranges.uncertain()
    uncertain = {key: of_all[key] for key in of_all if key in used - given}

    def at(end: str, keys: Sequence[str]) -> np.ndarray:
        moved: dict[str, Any] = dict(points.changed)
        for key in keys:
            moved[key] = ranges.at(key, end, moved.get(key))
        return np.log(np.maximum(bill.evaluate(terms, moved), 1e-300) / nominal)

    up = down = np.zeros(len(batch))
    with np.errstate(divide="ignore", invalid="ignore"):
        for keys in measurements(uncertain).values():
            swings = np.stack([at("low", keys), at("high", keys)])
            up = up + np.maximum(0.0, swings.max(axis=0)) ** 2
            down = down + np.minimum(0.0, swings.min(axis=0)) ** 2
        low, high = nominal * np.exp(-np.sqrt(down)), nominal * np.exp(np.sqrt(up))
    is_something = nominal > 0  # a rule says no time
    return np.where(is_something, low, nominal), np.where(is_something, high, nominal)
