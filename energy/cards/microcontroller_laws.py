"""How a microcontroller follows its clock, its supply and its regulator: laws with their sources.

Clock f in place of f_0, r = max(f / f_0, f_0 / f): cycles and energy per cycle stay, and are less
sure,

    low / r^a,   high · r^b

Supply V in place of V_0: behind an LDO the current stays, E(V) = E_0 V / V_0; behind a converter
the power stays. At the supply V_= both draw the same, so that a chip that has both can change:

    E_converter = E_ldo(V_=) = E_ldo(V) V_= / V
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np

from ...sim.network.named import Named, by_name
from ..kernels.power import energy_ratio
from .card import Card, Quantity
from .kinds import (
    EQUAL_SUPPLY,
    HIGHEST_SUPPLY,
    KERNEL_KEYS,
    LOOP_KEYS,
    LOWEST_SUPPLY,
    OVERHEAD_KEYS,
    POWER_KEY,
)

Number = float | np.ndarray

ASLEEP = "sleep_power_w"
SUPPLY = "supply_voltage_v"
SUPPLY_V = (1.7, 3.6)  # of a card that states none: what most data sheets allow
CURRENT_STAYS = "MLPerf Tiny v1.0: a STM32L4R5 took 44.8 mW at 1.8 V and 74.2 mW at 3.0 V"
POWER_STAYS = "DS13086, Tables 39 and 40: a STM32U585 takes 13 % more at 3.0 V than at 1.8 V"
LDO_WIDER = 1.05  # that pair of readings holds the law to 1 %; assumed for other parts
CONVERTER_WIDER = 1.15  # the efficiency of a converter falls with its input; assumed for others

LOWEST_CLOCK_HZ = 32_768  # of a watch crystal: below it somebody meant megahertz
FASTEST = 2.0  # times the clock of the card; what runs faster is another chip


# Clock


class Ends(NamedTuple):
    """Exponents of r by which the ends of a range move away."""

    low: float
    high: float


class ClockLaw(NamedTuple):
    """How much less sure a value is below the clock of its card, and above it."""

    slower: Ends
    faster: Ends


# Energy per cycle of three chips that ran the same network at two clocks: +9 % at 60 of 160 MHz
# (STM32U575), about -8 % at 70 of 120 (STM32L4R5) and -4 % at 40 of 280 (STM32H7A3; the last two
# from the power of a whole frame, most of it active). What is fixed per second counts more below,
# a lower core voltage makes up for it; above, the core voltage rises with the clock, and E with its
# square: assumed, two thirds of a square.
# Cycles did not depend on the clock in any of them: caches hide the flash. Above the card's clock
# there are more wait states; a program that waits for flash half of its time takes r^0.5.
OF_ENERGY = ClockLaw(slower=Ends(0.2, 0.2), faster=Ends(0.2, 0.7))
OF_CYCLES = ClockLaw(slower=Ends(0.0, 0.0), faster=Ends(0.0, 0.5))
COUNTED_CYCLES = (*KERNEL_KEYS, *OVERHEAD_KEYS, *LOOP_KEYS)
CLOCK_LAWS: dict[str, ClockLaw] = {
    POWER_KEY: OF_ENERGY,
    **dict.fromkeys(COUNTED_CYCLES, OF_CYCLES),
}


def highest_priced_hz(own: Quantity) -> float:
    """The highest clock that a card of the clock `own` is priced at."""
    return FASTEST * own.high


def at_clock_ratio(quantity: Quantity, law: ClockLaw, ratio: Number, end: str) -> Number:
    """One end of the range of a value at `ratio` times the clock of its card.

    Parameters
    ----------
    quantity : Quantity
    law : ClockLaw
    ratio : float or ndarray
        f / f_0.
    end : str
        ``value``, ``low`` or ``high``.
    """
    number = getattr(quantity, end)
    if end == "value":
        return number * np.ones_like(ratio)
    slower, faster = getattr(law.slower, end), getattr(law.faster, end)
    wider = np.where(np.less(ratio, 1), np.power(ratio, -slower), np.power(ratio, faster))
    return number / wider if end == "low" else number * wider


def at_clock_of(card: Card, key: str, ratio: float) -> Quantity:
    """A value of `card` at `ratio` times its clock."""
    own = card[key]
    ends = {end: float(at_clock_ratio(own, CLOCK_LAWS[key], ratio, end)) for end in ("low", "high")}
    return replace(own, **ends)


# Supply and regulator


def supply_limits_v(card: Card) -> tuple[float, float]:
    """Lowest and highest supply of a chip: those of its card, else the usual ones."""
    own = card[SUPPLY]
    usual = min(SUPPLY_V[0], own.low), max(SUPPLY_V[1], own.high)
    stated = (card.values.get(LOWEST_SUPPLY), card.values.get(HIGHEST_SUPPLY))
    lowest, highest = (
        limit if found is None else found.value for found, limit in zip(stated, usual, strict=True)
    )
    return lowest, highest


class Regulator(Named):
    """What makes the voltage of the core from the supply.

    Facts
    -----
    title : what a reader calls it.
    """

    title: ClassVar[str]

    def at_supply(self, card: Card, key: str, supply_v: float) -> Quantity:
        """An energy or power of `card`, which has this regulator, at another supply."""
        raise NotImplementedError

    def in_place_of_another(self, card: Card) -> dict[str, Quantity]:
        """What changes where a chip that has both runs by this one, at the same supply."""
        raise NotImplementedError


class Ldo(Regulator):
    """Linear: the current stays."""

    name = "ldo"
    title = "an LDO"

    def at_supply(self, card, key, supply_v):
        """In proportion to the supply."""
        at_first = card[SUPPLY].value
        found = f"current as at {at_first:g} V behind an LDO ({CURRENT_STAYS})"
        return card[key].scaled(
            energy_ratio(self.name, at_first, supply_v),
            LDO_WIDER,
            status="estimated",
            source=f"{card[key].source}; {found}",
        )

    def in_place_of_another(self, card):
        """More, by V / V_=; asleep perhaps."""
        supply, equal = card[SUPPLY].value, card[EQUAL_SUPPLY]
        more = replace(
            equal, value=supply / equal.value, low=supply / equal.high, high=supply / equal.low
        )
        asleep = card[ASLEEP]
        most = asleep.high * max(1.0, more.value)
        efficiency = card["regulator_efficiency"].exactly(1.0, source="definition: of an LDO")
        return {
            POWER_KEY: _by_another_regulator(card, more, self),
            ASLEEP: replace(asleep, high=most, status="estimated"),
            "regulator_efficiency": efficiency,
        }


class Converter(Regulator):
    """Switching: the power stays."""

    name = "dcdc"
    title = "a DC/DC converter"

    def at_supply(self, card, key, supply_v):
        """The same; asleep, a converter may be by-passed, and then it is the current."""
        at_first = card[SUPPLY].value
        ratio = max(supply_v / at_first, at_first / supply_v)
        found = f"power as at {at_first:g} V behind a converter ({POWER_STAYS})"
        return card[key].scaled(
            energy_ratio(self.name, at_first, supply_v),
            CONVERTER_WIDER * (ratio if key == ASLEEP else 1.0),
            status="estimated",
            source=f"{card[key].source}; {found}",
        )

    def in_place_of_another(self, card):
        """Less, by V_= / V; asleep perhaps."""
        supply = card[SUPPLY].value
        less = card[EQUAL_SUPPLY].scaled(1 / supply)
        asleep = card[ASLEEP]
        least = asleep.low * min(1.0, less.value)
        inside = "inside of the energy per cycle"
        efficiency = replace(
            card["regulator_efficiency"], value=1.0, low=0.9, high=1.0, status="assumed"
        )
        return {
            POWER_KEY: _by_another_regulator(card, less, self),
            ASLEEP: replace(asleep, low=least, status="estimated"),
            "regulator_efficiency": replace(efficiency, conditions=inside, source="definition"),
        }


REGULATORS: dict[str, Regulator] = by_name((Ldo(), Converter()))


def regulators_of(card: Card) -> tuple[str, ...]:
    """Names of the regulators that a chip has."""
    return tuple(REGULATORS) if EQUAL_SUPPLY in card.values else (card.about["regulator"],)


def _by_another_regulator(card: Card, factor: Quantity, regulator: Regulator) -> Quantity:
    """Energy per cycle, times what the source of V_= says."""
    own, equal = card[POWER_KEY], card[EQUAL_SUPPLY]
    found = (
        f"times {factor.value:.2g} behind {regulator.title}: both draw the same at "
        f"{equal.value:.3g} V ({equal.source})"
    )
    return own.times(factor, status="estimated", source=f"{own.source}; {found}")
