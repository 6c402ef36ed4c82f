"""Spiking networks measured on real chips, beside what their cards say.

Each row names the boundary of its measurement and what it is worth: *fitted* rows only show that
the card holds what it was fitted to; *left out* rows are predicted by a fit without them; *held
out* rows never took part in any fit. Spikes of networks on Loihi were not logged: they are
simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ...energy.bill import Bill, Term
from ...energy.cards.card import Card
from ...energy.cards.load import load_card
from ...energy.pricing.bills import bill_of
from ...energy.pricing.uncertainty import Estimate, estimate
from ...energy.silicon import measurements as measured
from ...energy.silicon.fitted import with_values
from ...energy.silicon.loihi_fit import FIT_KEYS, fit_loihi, series, slope_j
from ...energy.silicon.random_networks import BRANCHES, STEPS
from ...energy.silicon.workloads import (
    LOADS,
    keyword_spotter,
    pilotnet,
    scaling_series,
    spinnaker_load,
)

if TYPE_CHECKING:
    import pandas as pd

SILICON = "silicon"
# What a row is worth.
FITTED = "fitted: no validation"
SAME_BOARD = "consistency: events and idle power are this board's"
LEFT_OUT = "left out of the fit"
HELD_OUT = "held out: no fit saw it"
CONSTANTS = "published constants alone, nothing fitted"

STATIC = "leakage"  # component of power that flows without an inference, too
WORKLOAD = "snn"


class SiliconRow(NamedTuple):
    """One measured value beside its prediction.

    Parameters
    ----------
    what : str
    boundary : str
        What was measured: cores, ``chip``, ``board`` or ``host``.
    measured : float
    predicted, low, high : float
        Median, 5th and 95th percentile; the ends are nan where nothing says them.
    unit : str
    worth : str
        One of the above.
    source : str
    """

    what: str
    boundary: str
    measured: float
    predicted: float
    low: float
    high: float
    unit: str
    worth: str
    source: str

    @property
    def error(self) -> float:
        """predicted / measured - 1."""
        return self.predicted / self.measured - 1

    @property
    def inside(self) -> bool:
        """Whether the measured value lies within the range."""
        return self.low <= self.measured <= self.high


@cache
def silicon_rows() -> tuple[SiliconRow, ...]:
    """Every measured value, in the order of chips.

    Examples
    --------
    >>> rows = silicon_rows()
    >>> {row.boundary for row in rows} == {"chip", "board", "host"}
    True
    """
    return (*_keyword_spotter(), *_series(), *_slope(), *_pilotnet(), *_spinnaker())


def _row(
    what: str, run: measured.Run, value: float, found: Estimate, unit: str, worth: str
) -> SiliconRow:
    ends = found.value, found.low, found.high
    return SiliconRow(what, run.boundary, value, *ends, unit, worth, run.source)


# Bills


def _dynamic(bill: Bill) -> list[Term]:
    """Terms of energy above idle power."""
    return [term for term in bill.select(WORKLOAD) if term.component != STATIC]


@cache
def _scaling_bill(branches: int, measured_time: bool) -> Bill:
    time_s = series(branches).time_s if measured_time else None
    return bill_of(scaling_series(branches, time_s=time_s), load_card("loihi"))


@cache
def _card_without(left_out: int) -> Card:
    """Loihi's card, fitted without the networks of N branches."""
    return with_values(load_card("loihi"), fit_loihi(_others(left_out)).values)


def _others(left_out: int) -> list[int]:
    return [number for number in BRANCHES if number != left_out]


def _with(bill: Bill, card: Card) -> Bill:
    """`bill` with the values of another card of the same chip."""
    return replace(bill, card=card, values=card.values)


def _weighted(bills: Sequence[Bill], weights: Sequence[float]) -> list[Term]:
    """Terms of a weighted sum of dynamic energies."""
    return [
        replace(term, count=weight * term.count)
        for bill, weight in zip(bills, weights, strict=True)
        for term in _dynamic(bill)
    ]


# Loihi


def _keyword_spotter() -> Iterator[SiliconRow]:
    run = measured.mean_run(measured.LOIHI, measured.KEYWORD_SPOTTER)
    card = load_card("loihi")
    for said, time_s in (("time predicted", None), ("time as measured", run.time_s)):
        bill = bill_of(keyword_spotter(time_s=time_s), card)
        name = "Loihi, keyword spotter"
        dynamic = estimate(bill, _dynamic(bill))
        total = estimate(bill, bill.select(WORKLOAD))
        yield _row(f"{name}, dynamic, {said}", run, run.dynamic_j, dynamic, "J", HELD_OUT)
        yield _row(f"{name}, total, {said}", run, run.total_j, total, "J", HELD_OUT)
        if time_s is None:
            time = estimate(bill, bill.select(WORKLOAD, "time_s"))
            yield _row(f"{name}, time", run, run.time_s, time, "s", HELD_OUT)


def _series() -> Iterator[SiliconRow]:
    """Each network of the scaling series, by a fit without it."""
    for measured_time, said in ((False, "time predicted"), (True, "time as measured")):
        for number in BRANCHES:
            run = series(number)
            bill = _with(_scaling_bill(number, measured_time), _card_without(number))
            found = estimate(bill, _dynamic(bill))
            what = f"Loihi, scaling N={number}, dynamic, {said}"
            yield _row(what, run, run.dynamic_j, found, "J", LEFT_OUT)


def _slope() -> Iterator[SiliconRow]:
    """Slope and intercept of the series: by fits without each network, and by constants alone."""
    run = series(BRANCHES[-1])._replace(case="scaling series")
    truth = slope_j(BRANCHES, [series(number).dynamic_j for number in BRANCHES])
    name = "Loihi, slope per neuron and step"
    weights = _slope_weights()
    bills = [_scaling_bill(number, False) for number in BRANCHES]
    for number in BRANCHES:
        card = _card_without(number)
        found = estimate(_with(bills[0], card), _weighted(bills, weights))
        yield _row(f"{name}, N={number} left out", run, truth, found, "J", LEFT_OUT)

    bare = _without_barrier(load_card("loihi"))
    alone = estimate(_with(bills[0], bare), _weighted(bills, weights))
    yield _row(f"{name}, nothing fitted to it", run, truth, alone, "J", CONSTANTS)

    energies = [series(number).dynamic_j for number in BRANCHES]
    at_zero = _intercept_weights()
    intercept = sum(weight * energy for weight, energy in zip(at_zero, energies, strict=True))
    timed = [_scaling_bill(number, True) for number in BRANCHES]
    alone = estimate(_with(timed[0], bare), _weighted(timed, at_zero))
    what = "Loihi, intercept of N >= 1, time as measured, nothing fitted to it"
    yield _row(what, run, intercept, alone, "J", CONSTANTS)


def _without_barrier(card: Card) -> Card:
    """`card` with events and companion processors only."""
    silent = {key: card[key].exactly(0.0) for key in FIT_KEYS}
    return replace(card, values={**card.values, **silent})


def _slope_weights() -> list[float]:
    """What each network's energy counts in the slope, which is linear in them."""
    units = [[float(number == other) for other in BRANCHES] for number in BRANCHES]
    return [slope_j(BRANCHES, unit) for unit in units]


def _intercept_weights() -> list[float]:
    """Likewise, in the energy that the line of N >= 1 has at N = 0."""
    beyond = [number for number in BRANCHES if number]
    mean = sum(beyond) / len(beyond)
    per_branch = [2560 * STEPS * weight for weight in _slope_weights()]
    return [
        (1 / len(beyond) if number else 0.0) - mean * weight
        for number, weight in zip(BRANCHES, per_branch, strict=True)
    ]


# Loihi 2


def _pilotnet() -> Iterator[SiliconRow]:
    card = load_card("loihi2")
    run = measured.mean_run(measured.LOIHI_2, "PilotNet SNN")
    name = "Loihi 2, PilotNet"
    bill = bill_of(pilotnet(), card)
    dynamic = estimate(bill, _dynamic(bill))
    total = estimate(bill, bill.select(WORKLOAD))
    yield _row(f"{name}, dynamic, activity assumed", run, run.dynamic_j, dynamic, "J", FITTED)
    yield _row(f"{name}, total, activity assumed", run, run.total_j, total, "J", FITTED)

    other = measured.mean_run(measured.LOIHI_2, "PilotNet SDNN")
    static = card["chip_static_power_w"]
    ends = [getattr(static, end) for end in ("value", "low", "high")]
    what = "Loihi 2, PilotNet sigma-delta, static power"
    yield _row(what, other, other.idle_w, Estimate(*ends), "W", HELD_OUT)._replace(boundary="chip")
    waiting = Estimate(*(end * other.time_s for end in ends))
    what = "Loihi 2, PilotNet sigma-delta at the host's pace, static energy only"
    yield _row(what, other, other.total_j, waiting, "J", HELD_OUT)


# SpiNNaker


def _spinnaker() -> Iterator[SiliconRow]:
    """Power of the board for each load; events were fitted on SpiNN-3."""
    for board, chip in measured.BOARDS.items():
        worth = SAME_BOARD if board == measured.SPINN_3 else HELD_OUT
        for load in LOADS:
            run = measured.mean_run(chip, load)
            bill = bill_of(spinnaker_load(load), load_card(chip))
            per_second = [
                replace(term, count=term.count / run.time_s) for term in bill.select(WORKLOAD)
            ]
            found = estimate(bill, per_second)
            yield _row(f"{board}, {load}", run, run.running_w, found, "W", worth)


# What came of it


class Asked(NamedTuple):
    """A promise, and the rows that it is about.

    Parameters
    ----------
    what : str
    beginning, ending : str
        Of the names of its rows.
    most : float
        Largest error, or inf where lying in the range is asked.
    """

    what: str
    beginning: str
    ending: str
    most: float


IN_RANGE = float("inf")
WIDEST = 2.5
ASKED = (
    Asked("keyword spotter's energy in range", "Loihi, keyword", "time predicted", IN_RANGE),
    Asked("each network of the series left out, 10 %", "Loihi, scaling", "time predicted", 0.10),
    Asked("slope left out, 15 %", "Loihi, slope", "left out", 0.15),
    Asked("SpiNNaker's board power, 10 %", "SpiNN-", "", 0.10),
)


def asked_rows(rows: Iterable[SiliconRow], asked: Asked) -> list[SiliconRow]:
    """The rows that a promise is about."""
    return [
        row
        for row in rows
        if row.what.startswith(asked.beginning) and row.what.endswith(asked.ending)
    ]


def silicon_frame(rows: Sequence[SiliconRow]) -> pd.DataFrame:
    """One line per row: its fields, ``error``, ``inside`` and ``high_over_low``."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(SiliconRow._fields))
    frame["error"] = [row.error for row in rows]
    frame["inside"] = [row.inside for row in rows]
    frame["high_over_low"] = frame["high"] / frame["low"]
    return frame


def silicon_lines(rows: Sequence[SiliconRow]) -> list[str]:
    """What the rows say together: how many lie inside, the worst, and what was asked and missed."""
    unseen = [row for row in rows if row.worth in (LEFT_OUT, HELD_OUT)]
    inside = sum(row.inside for row in unseen)
    worst = max(unseen, key=lambda row: abs(row.error))
    lines = [
        f"silicon: {inside} of {len(unseen)} rows that no fit saw lie in their range; the worst is "
        f"off by {worst.error:+.0%} ({worst.what}); spikes on Loihi are simulated."
    ]
    misses = []
    for asked in ASKED:
        about = asked_rows(rows, asked)
        off = max(abs(row.error) for row in about)
        wide = max(row.high / row.low for row in about)
        if off > asked.most or not (asked.most < IN_RANGE or all(row.inside for row in about)):
            misses.append(f"{asked.what} (off by {off:.1%})")
        if wide > WIDEST:
            misses.append(f"{asked.what}: high / low {wide:.2f}, not {WIDEST:g}")
    if misses:
        lines.append(f"silicon, asked and missed: {'; '.join(misses)}.")
    return lines
