"""The best points of each side: searched on validation images, confirmed on test images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...energy.bill import INT8, SPIKING
from ...energy.pricing.prices import Prices
from ...progress import Progress, silent
from ...sim.trace.trace import Trace
from .deciding import deciding
from .front import on_front
from .points import GOALS, Measured, Point, Points
from .search import SLACK, Bench, Sample, Search, Tried

if TYPE_CHECKING:
    import pandas as pd

    from ..job.config import RunConfig

FRONT_SAMPLES = 1000  # test images at most, on which a point is confirmed that nobody chose


@dataclass(frozen=True, eq=False)
class Int8:
    """What the int8 network answers.

    Parameters
    ----------
    validation, test : ndarray of bool, (samples,), optional
        Which answers are right; None where it cannot be executed.
    why_not : str, default ""
        Why it cannot.
    """

    validation: np.ndarray | None = None
    test: np.ndarray | None = None
    why_not: str = ""


def seek_points(
    config: RunConfig,
    model,
    bench: Bench,
    validation: Sample,
    test: Sample,
    int8: Int8,
    progress: Progress = silent,
) -> Points:
    """Search the spiking side, execute the int8 side, choose within each tolerance, and confirm.

    Parameters
    ----------
    config : RunConfig
        What was asked for; `accuracy_loss` are the tolerances.
    model : Keras model
    bench : Bench
        The steps of a job.
    validation, test : Sample
        Validation images choose, test images confirm.
    int8 : Int8
        Answers of the int8 network on both.
    progress : Progress, default silent
        Called with ("search", ladders done, all).
    """
    search = Search(config, model, bench, validation, progress)
    tried = search.run()
    tolerances = tuple(config.accuracy_loss)

    points = [*_spiking(tried, validation, tolerances), *_int8(tried, int8, validation, tolerances)]
    able = deciding(point.bill for point in points)
    points = [replace(point, decides=point.bill.device in able) for point in points]
    points = chosen(points, tolerances)
    confirmed = _Confirmation(bench, test, int8).of(points)

    notes = []
    if search.refused:
        notes.append(f"executed by none of the devices: {'; '.join(search.refused)}")
    if int8.why_not:
        notes.append(f"the int8 network has no accuracy: {int8.why_not}")
    notes += _not_confirmed(confirmed)
    return Points(
        tuple(confirmed),
        tolerances,
        test.keras_accuracy,
        len(validation),
        len(test),
        config.period_s,
        tuple(notes),
        _refused(tried),
        _too_slow(tried),
    )


def _too_slow(tried: Iterable[Tried]) -> frozenset[str]:
    """Devices that execute something of what was tried, but not within the period."""
    return frozenset(device for network in tried for device in network.prices.too_slow)


def _refused(tried: Iterable[Tried]) -> tuple[str, ...]:
    """Devices that execute nothing of what was tried within the period."""
    priced: set[str] = set()
    refused: dict[str, None] = {}
    for network in tried:
        priced |= {bill.card.name for bill in network.prices.bills}
        refused |= dict.fromkeys(network.prices.does_not_fit)
    return tuple(device for device in refused if device not in priced)


# ------------------------------------------------------------------ validation images


def _spiking(
    tried: Sequence[Tried], validation: Sample, tolerances: tuple[float, ...]
) -> Iterable[Point]:
    """A point per network, number of steps and device."""
    losses = [validation.loss(network.accuracy) for network in tried]
    ladder = [network.ladder for network in tried]
    keeps = [kept(ladder, losses, tolerance) for tolerance in tolerances]
    for number, network in enumerate(tried):
        keeping = tuple(bool(mask[number]) for mask in keeps)
        for bill in network.bills:
            yield Point(bill, SPIKING, network, network.accuracy, losses[number], keeping)


def kept(ladder: Sequence[int], losses: Sequence[float], tolerance: float) -> np.ndarray:
    """Which points keep within a tolerance, and all longer ones of their ladder with them.

    A number of steps that is right by luck is none to build on.

    Parameters
    ----------
    ladder : sequence of int
        Number of the ladder of each point; a ladder's points follow each other, from few steps to
        many.
    losses : sequence of float
        Points of percent.
    tolerance : float
        Points of percent.

    Examples
    --------
    >>> kept([0, 0, 0, 0, 1], [0.4, 0.7, 0.3, 0.0, 0.2], 0.5).tolist()
    [False, False, True, True, True]
    """
    found = np.zeros(len(losses), bool)
    holds, at = True, None
    for number in reversed(range(len(losses))):
        if ladder[number] != at:
            holds, at = True, ladder[number]
        holds = holds and losses[number] <= tolerance + SLACK
        found[number] = holds
    return found


def _int8(
    tried: Sequence[Tried], int8: Int8, validation: Sample, tolerances: tuple[float, ...]
) -> Iterable[Point]:
    """The int8 network on each microcontroller; it does not depend on the spiking one."""
    accuracy = loss = np.nan
    if int8.validation is not None:
        accuracy = float(int8.validation.mean())
        loss = validation.loss(accuracy)
    keeps = tuple(loss <= tolerance + SLACK for tolerance in tolerances)
    for bill in _first_with_int8([network.prices for network in tried]):
        yield Point(bill, INT8, None, accuracy, loss, keeps)


def _first_with_int8(prices: Iterable[Prices]) -> list:
    for price in prices:
        if bills := [bill for bill in price.bills if INT8 in bill.workloads]:
            return bills
    return []


def chosen(points: Sequence[Point], tolerances: tuple[float, ...]) -> list[Point]:
    """The same points, each of which knows at which tolerances it is chosen.

    The cheapest that keeps within the tolerance on validation images, of its side on its device.
    """
    energy_j = [point.energy_j for point in points]
    cheapest: list[set[int]] = []
    for number in range(len(tolerances)):
        best: dict[tuple[str, str], int] = {}
        for index, point in enumerate(points):
            place = (point.bill.device, point.workload)
            if point.keeps[number] and (
                place not in best or energy_j[index] < energy_j[best[place]]
            ):
                best[place] = index
        cheapest.append(set(best.values()))

    return [
        replace(point, chosen=tuple(index in found for found in cheapest))
        for index, point in enumerate(points)
    ]


# ------------------------------------------------------------------ test images


@dataclass(frozen=True, eq=False)
class _Confirmation:
    """Runs on test images what was chosen, and a part of them what is on a front."""

    bench: Bench
    test: Sample
    int8: Int8

    def of(self, points: Sequence[Point]) -> list[Point]:
        """The points, those that count with their accuracy and price on test images."""
        whole = {id(p.network) for p in points if p.network and (any(p.chosen) or p.asked)}
        whole |= {id(p.network) for p in _nearest_of_each(points)}
        some = {id(p.network) for p in _front(points)}
        networks = {id(p.network): p.network for p in points if p.network is not None}

        found: dict[int, tuple[Measured, Prices]] = {}
        by_network: dict[int, list[Tried]] = {}
        for key in whole | some:
            by_network.setdefault(id(networks[key].network), []).append(networks[key])
        for group in by_network.values():
            all_of_them = any(id(tried) in whole for tried in group)
            sample = self.test if all_of_them else self.test.first(FRONT_SAMPLES)
            found |= self._measured(group, sample)

        return [self._confirmed(point, found.get(id(point.network))) for point in points]

    def _measured(
        self, group: Sequence[Tried], sample: Sample
    ) -> dict[int, tuple[Measured, Prices]]:
        """Accuracy and price of all points of one network, from one run."""
        longest = max(group, key=lambda tried: tried.steps)
        config = longest.config
        if config.spike_code.bias_each_step:
            config = config.model_copy(update={"steps": longest.steps})
        run = self.bench.simulate(config, longest.network, sample.x)

        found = {}
        for tried in group:
            trace: Trace = tried.trace_of(run)
            right = trace.predictions() == sample.labels
            measured = Measured.of(right, sample.keras_accuracy)
            found[id(tried)] = (measured, self.bench.priced(trace, config.period_s))
        return found

    def _confirmed(self, point: Point, found: tuple[Measured, Prices] | None) -> Point:
        if point.network is None:
            if self.int8.test is None:
                return point
            return replace(point, test=Measured.of(self.int8.test, self.test.keras_accuracy))
        if found is None:
            return point
        measured, prices = found
        for bill in prices.bills:
            if bill.device == point.bill.device and SPIKING in bill.workloads:
                return replace(point, test=measured, bill=bill)
        return replace(point, unconfirmed=_why_not(prices, point.bill.device))


def _why_not(prices: Prices, device: str) -> str:
    """Why a device has no price of the spiking network."""
    for bill in prices.bills:
        if bill.device == device:  # of the int8 network alone
            return " ".join(said for said in bill.assumptions if f"{SPIKING} " in said)
    reasons = "; ".join(prices.does_not_fit.values())
    return prices.does_not_fit.get(device) or reasons or "it has no price"


def _not_confirmed(points: Iterable[Point]) -> list[str]:
    """A note on each chosen point that its device does not execute on test images."""
    return [
        f"not confirmed on test images: {point.network.config.spike_code} {point.network.steps} "
        f"on {point.bill.device}: {point.unconfirmed}"
        for point in points
        if point.unconfirmed and point.network is not None and (any(point.chosen) or point.asked)
    ]


def _nearest_of_each(points: Sequence[Point]) -> list[Point]:
    """The nearest of those on cores, and of all."""
    found = (nearest([p for p in points if p.on_a_core]), nearest(points))
    return [point for point in found if point is not None]


def nearest(points: Sequence[Point]) -> Point | None:
    """Of the spiking points that decide, the one with the least loss on validation images.

    The cheaper one of equals; None where there are no points.
    """
    able = [p for p in points if p.network is not None and p.decides]
    return min(able, key=lambda p: (round(p.loss_validation, 9), p.energy_j), default=None)


def _front(points: Sequence[Point]) -> list[Point]:
    """Those of the spiking points that no other beats, on any device, on validation images."""
    frame = _accuracy_and_energy(points)
    found = []
    for _, rows in frame.groupby("device"):
        mask = on_front(rows, GOALS)
        found += [points[index] for index in rows.loc[mask, "index"]]
    return found


def _accuracy_and_energy(points: Sequence[Point]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (index, p.bill.device, p.accuracy_validation, p.energy_j)
        for index, p in enumerate(points)
        if p.network is not None
    ]
    return pd.DataFrame(rows, columns=["index", "device", "accuracy", "energy_j"])
