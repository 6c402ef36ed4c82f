"""Spiking networks measured on real chips, beside what their cards say.

Each row names the boundary of its measurement and what it is worth (`silicon_row.MEANT`): *fitted*
rows only show that the card holds what it was fitted to; *left out* rows are predicted by a fit
without them; *held out* rows never took part in any fit. Spikes of networks on Loihi were not
logged: they are simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

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
from .silicon_row import (
    ABOVE_IDLE,
    CONSTANTS,
    DYNAMIC,
    EVENT,
    FITTED,
    GIVEN,
    HELD_OUT,
    IDENTITY,
    IN_PART,
    LEFT_OUT,
    OWN_IDLE,
    PER_UPDATE,
    POWER,
    PRIOR,
    SAME_BOARD,
    TIME,
    TIME_GIVEN,
    TOTAL,
    SiliconRow,
)

STATIC = "leakage"  # component of power that flows without an inference, too
WORKLOAD = "snn"
PACKET, OPERATION = "energy_per_event_j", "energy_per_sop_j"
UPDATE, SPIKE = "energy_per_neuron_update_j", "energy_per_spike_j"


@cache
def silicon_rows() -> tuple[SiliconRow, ...]:
    """Every measured value, in the order of chips.

    Examples
    --------
    >>> rows = silicon_rows()
    >>> {row.boundary for row in rows} == {"chip", "board", "host"}
    True
    """
    return (*_keyword_spotter(), *_series(), *_slope(), *_pilotnet(), *_spinnaker(), *_events())


def _row(
    what: str,
    quantity: str,
    run: measured.Run,
    value: float,
    found: Estimate,
    unit: str,
    worth: str,
) -> SiliconRow:
    ends = found.value, found.low, found.high
    return SiliconRow(what, quantity, run.boundary, value, *ends, unit, worth, run.source)


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
    name = "Loihi, keyword spotter"
    for given, time_s in (("", None), (GIVEN, run.time_s)):
        bill = bill_of(keyword_spotter(time_s=time_s), card)
        dynamic = estimate(bill, _dynamic(bill))
        total = estimate(bill, bill.select(WORKLOAD))
        worth = TIME_GIVEN if given else PRIOR
        yield _row(name, DYNAMIC + given, run, run.dynamic_j, dynamic, "J", worth)
        yield _row(name, TOTAL + given, run, run.total_j, total, "J", worth)
        if time_s is None:
            time = estimate(bill, bill.select(WORKLOAD, "time_s"))
            yield _row(name, TIME, run, run.time_s, time, "s", PRIOR)


def _series() -> Iterator[SiliconRow]:
    """Each network of the scaling series, by a fit without it."""
    for given in ("", GIVEN):
        for number in BRANCHES:
            run = series(number)
            bill = _with(_scaling_bill(number, given == GIVEN), _card_without(number))
            found = estimate(bill, _dynamic(bill))
            what = f"Loihi, scaling N={number}"
            worth = TIME_GIVEN if given else LEFT_OUT
            yield _row(what, DYNAMIC + given, run, run.dynamic_j, found, "J", worth)


def _slope() -> Iterator[SiliconRow]:
    """Slope and intercept of the series: by fits without each network, and by constants alone.

    A fit without one network has fitted the slope to the others.
    """
    run = series(BRANCHES[-1])._replace(case="scaling series")
    energies = [series(number).dynamic_j for number in BRANCHES]
    slope, weights = slope_j(BRANCHES, energies), _slope_weights()
    bills = [_scaling_bill(number, False) for number in BRANCHES]
    for number in BRANCHES:
        card = _card_without(number)
        found = estimate(_with(bills[0], card), _weighted(bills, weights))
        what = f"Loihi, slope without N={number}"
        yield _row(what, PER_UPDATE, run, slope, found, "J", IN_PART)

    bare = _without_barrier(load_card("loihi"))
    alone = estimate(_with(bills[0], bare), _weighted(bills, weights))
    yield _row("Loihi, slope, nothing fitted", PER_UPDATE, run, slope, alone, "J", CONSTANTS)

    at_zero = _intercept_weights()
    intercept = sum(weight * energy for weight, energy in zip(at_zero, energies, strict=True))
    timed = [_scaling_bill(number, True) for number in BRANCHES]
    alone = estimate(_with(timed[0], bare), _weighted(timed, at_zero))
    what = "Loihi, intercept, nothing fitted"
    yield _row(what, DYNAMIC + GIVEN, run, intercept, alone, "J", CONSTANTS)


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
    """What the card was fitted to, static power of another version of the network included."""
    card = load_card("loihi2")
    run = measured.mean_run(measured.LOIHI_2, "PilotNet SNN")
    bill = bill_of(pilotnet(), card)
    dynamic = estimate(bill, _dynamic(bill))
    total = estimate(bill, bill.select(WORKLOAD))
    yield _row("Loihi 2, PilotNet", DYNAMIC, run, run.dynamic_j, dynamic, "J", FITTED)
    yield _row("Loihi 2, PilotNet", TOTAL, run, run.total_j, total, "J", FITTED)

    other = measured.mean_run(measured.LOIHI_2, "PilotNet SDNN")
    on_chip = other._replace(boundary="chip")
    static = card["chip_static_power_w"]
    ends = [getattr(static, end) for end in ("value", "low", "high")]
    what = "Loihi 2, PilotNet sigma-delta"
    yield _row(what, "static power", on_chip, other.idle_w, Estimate(*ends), "W", FITTED)
    # Input and output by the host set its pace, and it drew less than while idle: most of the
    # 16.3 mJ, power over rate, is waiting. Reported per inference are 0.09 mJ, 1.26 mJ with input
    # and output, which this table of powers does not give.
    waiting = Estimate(*(end * other.time_s for end in ends))
    yield _row(what, "static, time given", other, other.total_j, waiting, "J", IDENTITY)


# SpiNNaker


def _spinnaker() -> Iterator[SiliconRow]:
    """Power of the board for each load; events were fitted on SpiNN-3."""
    for board, chip in measured.BOARDS.items():
        fitted = board == measured.SPINN_3
        for load in LOADS:
            run = measured.mean_run(chip, load)
            bill = bill_of(spinnaker_load(load), load_card(chip))
            name = f"{board}, {load.removesuffix('_non_rec')}"
            power = estimate(bill, _per_second(bill.select(WORKLOAD), run.time_s))
            yield _row(
                name, POWER, run, run.running_w, power, "W", SAME_BOARD if fitted else OWN_IDLE
            )
            above_w = run.running_w - run.idle_w
            power = estimate(bill, _per_second(_dynamic(bill), run.time_s))
            worth = SAME_BOARD if fitted else HELD_OUT
            yield _row(name, ABOVE_IDLE, run, above_w, power, "W", worth)


def _per_second(terms: Iterable[Term], time_s: float) -> list[Term]:
    """Terms of power in W, of terms of energy that is used in so many s."""
    return [replace(term, count=term.count / time_s) for term in terms]


def _events() -> Iterator[SiliconRow]:
    """What the authors derived for single events, of which those of SpiNN-3 were fitted."""
    for board, chip in measured.BOARDS.items():
        worth = FITTED if board == measured.SPINN_3 else HELD_OUT
        load = next(iter(LOADS))
        bill = bill_of(spinnaker_load(load), load_card(chip))
        run = measured.mean_run(chip, load)
        for event in measured.event_energies(board).values():
            found = estimate(bill, _of_one(event))
            what = f"{board}, {event.quantity.removeprefix('event: ')}"
            yield _row(what, EVENT, run, event.energy_j, found, "J", worth)


def _of_one(event: measured.EventEnergy) -> list[Term]:
    """The energy of one update or spike; of one synapse of an event with its share of the row."""
    counts = {"neuron update": {UPDATE: 1.0}, "spike": {SPIKE: 1.0}}.get(event.quantity)
    if counts is None:
        assert event.row_length is not None
        counts = {PACKET: 1 / event.row_length, OPERATION: 1.0}
    return [
        Term(WORKLOAD, "all", EVENT, "energy_j", count, ((key, 1),))
        for key, count in counts.items()
    ]
