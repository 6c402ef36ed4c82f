"""A device at another clock or supply than its card's.

Microcontroller, clock: cycles and energy per cycle stay. Supply V in place of V_0: behind an LDO
the current stays, so that energy per cycle and power asleep go with V / V_0; behind a switching
regulator the energy stays, to within its efficiency. Core: by the laws of the parametric core.
"""

from __future__ import annotations

from dataclasses import replace
from numbers import Real

from ...errors import SpikewattError
from .card import Card, Quantity
from .load import load_card, odin_style
from .parametric_core import PARAMETRIC, parse_choices

LOWEST_CLOCK_HZ = 32_768  # of a watch crystal: below it somebody meant megahertz
SLOWER = "energy per cycle as at full clock: at 60 of 160 MHz a STM32U575 measured 9 % more"
SUPPLY_V = (1.7, 3.6)  # of every microcontroller that has a card here, by its data sheet
ASLEEP = "sleep_power_w"
CURRENT_STAYS = "MLPerf Tiny v1.0: a STM32L4R5 took 44.8 mW at 1.8 V and 74.2 mW at 3.0 V"
LDO_WIDER = 1.05  # that pair of readings holds the law to 1 %; assumed for other parts
CONVERTER_WIDER = 1.1  # efficiency of a converter over its input voltage; assumed


def at_operating_point(
    card: Card, clock_hz: float | None = None, supply_v: float | None = None
) -> Card:
    """`card` at another clock and supply; its name stays.

    Parameters
    ----------
    card : Card
        Of a microcontroller or a neuromorphic core.
    clock_hz : float, optional
        Hz.
    supply_v : float, optional
        V; of a core, which must be the parametric one, that of its logic and memories.

    Raises
    ------
    SpikewattError
        A clock or supply that the device does not reach, or a device that has none.

    Examples
    --------
    >>> at_operating_point(load_card("odin_style"), supply_v=0.8).title
    'ODIN-style core, 256 neurons, 256 axons, 8-bit weights, 28 nm FDSOI at 0.8 V'
    """
    if clock_hz is None and supply_v is None:
        return card
    if card.name.partition(":")[0] == PARAMETRIC:
        return _of_the_parametric_core(card, clock_hz, supply_v)
    if supply_v is not None:
        card = at_supply(card, supply_v)
    return card if clock_hz is None else at_clock(card, clock_hz)


def at_clock(card: Card, clock_hz: float) -> Card:
    """`card` at another clock.

    Parameters
    ----------
    card : Card
    clock_hz : float
        Hz.

    Raises
    ------
    SpikewattError
        A clock below that of a watch crystal or beyond the device's own.

    Examples
    --------
    >>> at_clock(load_card("stm32u575"), 40e6).title
    'STM32U575, Cortex-M33 at 160 MHz, 1.8 V, SMPS, here at 40 MHz'
    """
    own = card["clock_hz"]
    if not _is_number(clock_hz) or not LOWEST_CLOCK_HZ <= clock_hz <= own.high:
        raise SpikewattError(
            f"device {card.name!r}: clock_hz",
            "must be a clock of the device, in hertz",
            repr(clock_hz),
            f"{LOWEST_CLOCK_HZ:,} to {own.high:,.0f}",
        )
    clock_hz = float(clock_hz)
    values = {**card.values, "clock_hz": own.exactly(clock_hz, conditions="as given")}
    if clock_hz == own.value:
        return replace(card, values=values)

    about = dict(card.about)
    if card.kind.runs_kernels:  # the power of a core was measured at two clocks
        about["caution"] = "; ".join(filter(None, (card.about.get("caution"), SLOWER)))
    title = f"{card.title}, here at {clock_hz / 1e6:g} MHz"
    return replace(card, title=title, values=values, about=about)


def at_supply(card: Card, supply_v: float) -> Card:
    """A microcontroller at another supply.

    Parameters
    ----------
    card : Card
    supply_v : float
        V.

    Raises
    ------
    SpikewattError
        No microcontroller, or a supply that it does not run at.

    Examples
    --------
    >>> ldo = load_card("stm32l4r5")
    >>> at_supply(ldo, 3.6)["energy_per_cycle_j"].value / ldo["energy_per_cycle_j"].value
    2.0
    """
    if not card.kind.runs_kernels:
        raise SpikewattError(
            f"device {card.name!r}: supply_v",
            "is that of a microcontroller, or of the parametric core",
            f"a {card.kind}",
            PARAMETRIC,
        )
    own = card["supply_voltage_v"]
    lowest, highest = min(SUPPLY_V[0], own.low), max(SUPPLY_V[1], own.high)
    if not _is_number(supply_v) or not lowest <= supply_v <= highest:
        raise SpikewattError(
            f"device {card.name!r}: supply_v",
            "must be a supply of the device, in volts",
            repr(supply_v),
            f"{lowest:g} to {highest:g}",
        )
    supply_v = float(supply_v)
    values = {**card.values, "supply_voltage_v": own.exactly(supply_v, conditions="as given")}
    if supply_v == own.value:
        return replace(card, values=values)

    behind = BEHIND[card.about["regulator"]]
    energy, asleep = behind(card, "energy_per_cycle_j", supply_v), behind(card, ASLEEP, supply_v)
    values |= {"energy_per_cycle_j": energy, ASLEEP: asleep}
    title = f"{card.title}, here at {supply_v:g} V"
    return replace(card, title=title, values=values)


def _behind_an_ldo(card: Card, key: str, supply_v: float) -> Quantity:
    """The current stays."""
    at_first = card["supply_voltage_v"].value
    return card[key].scaled(
        supply_v / at_first,
        LDO_WIDER,
        status="estimated",
        source=f"{card[key].source}; current as at {at_first:g} V behind an LDO ({CURRENT_STAYS})",
    )


def _behind_a_converter(card: Card, key: str, supply_v: float) -> Quantity:
    """The energy stays; asleep, a converter may be by-passed, and then it is the current."""
    at_first = card["supply_voltage_v"].value
    ratio = max(supply_v / at_first, at_first / supply_v)
    return card[key].scaled(
        1.0,
        CONVERTER_WIDER * (ratio if key == ASLEEP else 1.0),
        status="estimated",
        source=f"{card[key].source}; power as at {at_first:g} V behind a converter, assumed",
    )


BEHIND = {"ldo": _behind_an_ldo, "dcdc": _behind_a_converter}


def _of_the_parametric_core(card: Card, clock_hz: float | None, supply_v: float | None) -> Card:
    """The core that the name of `card` says, with another voltage or clock."""
    law = "the voltage or clock of a core is changed as the card comes"
    if card != load_card(card.name):
        remedy = "values in its name: odin_style:voltage_v=0.8"
        raise SpikewattError(f"device {card.name!r}", law, "a changed card", remedy)

    chosen = parse_choices(card.name) if ":" in card.name else {}
    given = {"voltage_v": supply_v, "clock_hz": clock_hz}
    for key, value in given.items():
        if value is None:
            continue
        if key in chosen and chosen[key] != value:
            raise SpikewattError(
                f"device {card.name!r}: {key}", "is said once", f"{value!r} beside its name"
            )
        if not _is_number(value):
            raise SpikewattError(f"device {card.name!r}: {key}", "must be a number", repr(value))
        chosen[key] = float(value)

    other = odin_style(**chosen)
    title = other.title if clock_hz is None else f"{other.title}, here at {clock_hz / 1e6:g} MHz"
    return replace(other, name=card.name, title=title)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
