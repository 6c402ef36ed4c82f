"""Operating points: voltage, clock and period of many points at once, and what is done between.

Race to idle: at the highest clock of the voltage, then the clock stands still, the core leaks, a
microcontroller sleeps. Just in time: at the slowest clock that meets the period, and the lowest
voltage that reaches it,

    f = A / (T − B),    V = min {v: f_max(v) >= f}

with the latency A / f + B of the bill: A its cycles, B what another clock does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....energy.bill import Bill
from ....energy.cards.card import Quantity
from ....energy.cards.microcontroller_laws import (
    CLOCK_LAWS,
    LOWEST_CLOCK_HZ,
    at_clock_ratio,
    highest_priced_hz,
)
from ....energy.cards.parametric_core import RANGES, ROUNDING, at_operating_points
from ....energy.cards.scaling_laws import VOLTAGE_V, highest_clock_hz, lowest_voltage_v
from ....energy.devices.host_and_core import PREFIX
from .bills import PERIOD, Made, base_core
from .points import Batch

CLOCK = "clock_hz"
VOLTAGE = "voltage_v"
HOST_CLOCK = PREFIX + CLOCK
TOO_FAST = "clock_hz: the device reaches it, at its voltage"
HOST_TOO_FAST = "clock_hz: the host reaches it"
TOO_LATE = "period_s: one inference fits into the period"
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Points:
    """What a batch is priced at, for one workload.

    Parameters
    ----------
    changed : dict of ndarray or float
        Card value -> values, for the bill.
    voltage_v, clock_hz : ndarray, (points,)
        NaN of a device that has none.
    refused : dict of ndarray of bool
        Reason -> points that cannot be.
    """

    changed: Arrays
    voltage_v: np.ndarray
    clock_hz: np.ndarray
    refused: dict[str, np.ndarray]


class Laws:
    """How a device follows voltage and clock: not at all, but for a clock that is given."""

    def __init__(self, made: Made, batch: Batch):
        self.made, self.batch = made, batch
        self.size = len(batch)

    @property
    def default_voltage_v(self) -> float:
        """V; not a number where it says nothing."""
        return np.nan

    def fastest_hz(self, voltage_v: np.ndarray) -> np.ndarray:
        """The highest clock."""
        values = self.made.card.values
        highest = values[CLOCK].high if CLOCK in values else np.nan
        return np.full(self.size, highest)

    def highest_hz(self, voltage_v: np.ndarray) -> np.ndarray:
        """The highest clock that may be given; what is not given stays below `fastest_hz`."""
        return self.fastest_hz(voltage_v)

    def own_clock_hz(self, voltage_v: np.ndarray) -> np.ndarray:
        """The clock where none is given."""
        values = self.made.card.values
        return np.full(self.size, values[CLOCK].value if CLOCK in values else np.nan)

    slowest_hz: ClassVar[float] = 0.0

    def voltage_for(self, clock_hz: np.ndarray, voltage_v: np.ndarray) -> np.ndarray:
        """The lowest voltage that reaches a clock."""
        return voltage_v

    def values(self, voltage_v: np.ndarray, clock_hz: np.ndarray, end: str = "value") -> Arrays:
        """Card values there."""
        return {} if np.isnan(clock_hz).all() else {CLOCK: clock_hz}


class AnyClock(Laws):
    """Of a core that somebody described: a given clock is taken as it is."""

    def fastest_hz(self, voltage_v):
        """Nobody says."""
        return np.full(self.size, np.inf)


class MicrocontrollerLaws(Laws):
    """Cycles and energy per cycle at every clock the same, and less sure away from its own."""

    slowest_hz = LOWEST_CLOCK_HZ

    def highest_hz(self, voltage_v):
        """Beyond the clock of the card, too."""
        return np.full(self.size, highest_priced_hz(self.made.card[CLOCK]))

    def values(self, voltage_v, clock_hz, end="value"):
        """Of the ends of ranges more than the clock."""
        found = {CLOCK: clock_hz}
        return found if end == "value" else found | _at_clock(self.made.card.values, clock_hz, end)


class ParametricLaws(Laws):
    """Those of the parametric core."""

    slowest_hz = RANGES[CLOCK][0]

    @property
    def default_voltage_v(self):
        """Of its text, else that of the card."""
        return self.made.at.get(VOLTAGE, VOLTAGE_V)

    def fastest_hz(self, voltage_v):
        """By its law."""
        return np.asarray(highest_clock_hz(voltage_v))

    def own_clock_hz(self, voltage_v):
        """Of its text, else the highest."""
        given = self.made.at.get(CLOCK)
        return self.fastest_hz(voltage_v) if given is None else np.full(self.size, given)

    def voltage_for(self, clock_hz, voltage_v):
        """By its law, whatever was given."""
        return np.asarray(lowest_voltage_v(np.minimum(clock_hz, RANGES[CLOCK][1])))

    def values(self, voltage_v, clock_hz, end="value"):
        """By its laws."""
        found = at_operating_points(base_core(), voltage_v, clock_hz, end, **self.made.sizes)
        # Areas are those of the card.
        return {key: np.asarray(each) for key, each in found.items() if "area" not in key}


def _at_clock(
    values: Mapping[str, Quantity], clock_hz: np.ndarray, end: str, prefix: str = ""
) -> Arrays:
    """Ends of the values of a microcontroller at another clock; none at its own."""
    ratio = clock_hz / values[prefix + CLOCK].value
    if np.all(ratio == 1):
        return {}
    return {
        prefix + key: np.asarray(at_clock_ratio(values[prefix + key], law, ratio, end))
        for key, law in CLOCK_LAWS.items()
    }


def ends_of_host(bill: Bill, changed: Arrays, end: str) -> Arrays:
    """Ends of the values of a host at the clock that it was given."""
    if HOST_CLOCK not in changed or end == "value":
        return {}
    return _at_clock(bill.values, np.asarray(changed[HOST_CLOCK]), end, PREFIX)


def laws_of(made: Made, batch: Batch) -> Laws:
    """The laws that a device follows."""
    if made.parametric:
        return ParametricLaws(made, batch)
    if made.card.kind.runs_kernels:
        return MicrocontrollerLaws(made, batch)
    return AnyClock(made, batch)


def points_of(made: Made, batch: Batch, workload: str) -> Points:
    """Voltage, clock and card values of every point of a batch."""
    assert made.bill is not None
    laws = laws_of(made, batch)
    given = batch.arrays
    period_s = given.get(PERIOD)
    voltage_v = given.get(VOLTAGE, np.full(len(batch), laws.default_voltage_v))
    others = {key: each for key, each in given.items() if key not in (PERIOD, VOLTAGE, CLOCK)}

    refused: dict[str, np.ndarray] = {}
    if batch.structure.strategy == "race_to_idle":
        clock_hz = laws.fastest_hz(voltage_v)
    elif batch.structure.strategy == "just_in_time":
        clock_hz, late = _just_in_time(made, laws, workload, others, batch, period_s)
        voltage_v = laws.voltage_for(clock_hz, voltage_v)
        refused[TOO_LATE] = late
    else:
        clock_hz = given.get(CLOCK, laws.own_clock_hz(voltage_v))
        if CLOCK in given and CLOCK in batch.factors:
            clock_hz = clock_hz * laws.own_clock_hz(voltage_v)

    highest_hz = laws.highest_hz(voltage_v)
    reaches = ~(clock_hz > highest_hz * (1 + ROUNDING)) & ~(clock_hz < laws.slowest_hz)
    refused[TOO_FAST] = ~reaches
    safe_hz = np.where(reaches, clock_hz, laws.fastest_hz(voltage_v))
    changed = laws.values(voltage_v, safe_hz)
    changed |= card_values(made, others, batch.factors, changed)
    if CLOCK in given and HOST_CLOCK in made.bill.values:
        changed[HOST_CLOCK], refused[HOST_TOO_FAST] = _clock_of_host(made.bill, batch)
    if period_s is not None:
        changed[PERIOD] = period_s
    return Points(changed, voltage_v, clock_hz, refused)


def _clock_of_host(bill: Bill, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """The clock that is given is that of the host, too; and where the host does not reach it."""
    own = bill.values[HOST_CLOCK]
    clock_hz = batch.arrays[CLOCK]
    if CLOCK in batch.factors:
        clock_hz = clock_hz * own.value
    highest_hz = highest_priced_hz(own)
    cannot = (clock_hz > highest_hz * (1 + ROUNDING)) | (clock_hz < LOWEST_CLOCK_HZ)
    return np.where(cannot, own.value, clock_hz), cannot


def value_of_axis(bill: Bill, name: str) -> str:
    """The value of a bill that an axis is: of the device, else of the host beside it."""
    of_host = PREFIX + name
    return of_host if name not in bill.values and of_host in bill.values else name


def given_keys(made: Made, batch: Batch) -> set[str]:
    """Values of a bill that are given, and have no range."""
    assert made.bill is not None
    given = {key for key in batch.arrays if key not in batch.factors}
    keys = {value_of_axis(made.bill, key) for key in given}
    return keys | {HOST_CLOCK} if CLOCK in given else keys


def card_values(made: Made, given: Arrays, factors: frozenset[str], at: Arrays) -> Arrays:
    """Values that are axes: in SI units, or times what the card, or its laws, say."""
    assert made.bill is not None
    found = {}
    for name, each in given.items():
        key = value_of_axis(made.bill, name)
        if name in factors:
            each = each * at.get(key, made.bill.values[key].value)
        found[key] = each
        follows = "cycles_per_neuron_update"  # as in the text of a core
        if key == "cycles_per_sop" and made.parametric and follows not in given:
            found[follows] = each
    return found


def _just_in_time(
    made: Made,
    laws: Laws,
    workload: str,
    others: Arrays,
    batch: Batch,
    period_s: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The slowest clock that meets the period, and where none does."""
    assert made.bill is not None
    assert period_s is not None
    terms = made.bill.select(workload, "time_s")
    clocked = [term for term in terms if (CLOCK, -1) in term.powers]
    fixed = [term for term in terms if (CLOCK, -1) not in term.powers]
    # Counts of cycles depend on no voltage.
    changed = card_values(made, others, batch.factors, {}) | {CLOCK: np.ones(len(batch))}
    cycles = made.bill.evaluate(clocked, changed)
    left_s = period_s - made.bill.evaluate(fixed, changed)

    highest_v = np.full(len(batch), RANGES[VOLTAGE][1])
    fastest_hz = laws.fastest_hz(highest_v)
    with np.errstate(divide="ignore"):
        needed_hz = np.where(left_s > 0, cycles / np.where(left_s > 0, left_s, 1.0), np.inf)
    late = needed_hz > fastest_hz * (1 + ROUNDING)
    return np.clip(needed_hz, laws.slowest_hz, fastest_hz), late
