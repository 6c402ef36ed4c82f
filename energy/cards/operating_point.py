"""A device at another clock, supply or regulator than its card's.

Microcontrollers follow `microcontroller_laws`, a core the laws of the parametric core.
"""

from __future__ import annotations

from dataclasses import replace
from numbers import Real

from ...errors import SpikewattError
from .any_chip.figures import check_figures, device_text, is_described, parse
from .card import Card
from .kinds import POWER_KEY
from .load import load_card, odin_style
from .microcontroller_laws import (
    ASLEEP,
    CLOCK_LAWS,
    LOWEST_CLOCK_HZ,
    REGULATORS,
    SUPPLY,
    at_clock_of,
    highest_priced_hz,
    regulators_of,
    supply_limits_v,
)
from .parametric_core import PARAMETRIC, parse_choices


def at_operating_point(
    card: Card,
    clock_hz: float | None = None,
    supply_v: float | None = None,
    regulator: str | None = None,
) -> Card:
    """`card` at another clock and supply, by another regulator; its name stays.

    Parameters
    ----------
    card : Card
        Of a microcontroller or a neuromorphic core.
    clock_hz : float, optional
        Hz.
    supply_v : float, optional
        V; of a core, which must be the parametric one, that of its logic and memories.
    regulator : str, optional
        ``ldo`` or ``dcdc``, of a microcontroller that has it.

    Raises
    ------
    SpikewattError
        A clock or supply that the device does not reach, or a device that has none.

    Examples
    --------
    >>> at_operating_point(load_card("odin_style"), supply_v=0.8).title
    'ODIN-style core, 256 neurons, 256 axons, 8-bit weights, 28 nm FDSOI at 0.8 V'
    """
    if supply_v is not None or regulator is not None:
        card = _said_where_left_open(card, supply_v, regulator)
    if regulator is not None:
        card = behind(card, regulator)
    if clock_hz is None and supply_v is None:
        return card
    if card.name.partition(":")[0] == PARAMETRIC:
        return _of_the_parametric_core(card, clock_hz, supply_v)
    if supply_v is not None:
        card = at_supply(card, supply_v)
    return card if clock_hz is None else at_clock(card, clock_hz)


def _said_where_left_open(card: Card, supply_v: float | None, regulator: str | None) -> Card:
    """`card` with what its text leaves open and a setting says, as if the text said it.

    A supply that nobody knew makes the range of the energy per cycle wide; a law for another
    supply would leave it so.
    """
    if not (is_described(card.name) and ":" in card.name):
        return card
    core, figures = parse(card.name)
    said = None if regulator is None else str(regulator).lower()
    given = {"supply_v": supply_v, "regulator": said}
    more = {key: value for key, value in given.items() if value is not None and key not in figures}
    if not more or card != load_card(card.name, card.about["library"]):
        return card
    if supply_v is not None and not _is_number(supply_v):
        return card  # which `at_supply` refuses
    check_figures(f"device {card.name!r}", core, {**figures, **more})
    other = load_card(device_text(core, {**figures, **more}), card.about["library"])
    return replace(other, name=card.name)


def at_clock(card: Card, clock_hz: float) -> Card:
    """`card` at another clock.

    Parameters
    ----------
    card : Card
    clock_hz : float
        Hz; of a microcontroller up to twice that of its card.

    Raises
    ------
    SpikewattError
        A clock below that of a watch crystal or beyond the device's own.

    Examples
    --------
    >>> at_clock(load_card("stm32u575"), 40e6).title
    'STM32U575, Cortex-M33 at 160 MHz, 1.8 V, SMPS, here at 40 MHz'
    """
    if "clock_hz" not in card.values:
        law = "is that of a device with a clock"
        raise SpikewattError(f"device {card.name!r}: clock_hz", law, _in_hertz(clock_hz))
    own = card["clock_hz"]
    follows = card.kind.runs_kernels
    highest = highest_priced_hz(own) if follows else own.high
    if not _is_number(clock_hz) or not LOWEST_CLOCK_HZ <= clock_hz <= highest:
        raise SpikewattError(
            f"device {card.name!r}: clock_hz",
            "must be a clock of the device, in hertz",
            _in_hertz(clock_hz),
            f"{LOWEST_CLOCK_HZ:,} to {highest:,.0f}",
            _as_another_chip(card, clock_hz) if follows else None,
        )
    clock_hz = float(clock_hz)
    values = {**card.values, "clock_hz": own.exactly(clock_hz, conditions="as given")}
    if clock_hz == own.value:
        return replace(card, values=values)

    about = dict(card.about)
    if follows:
        ratio = clock_hz / own.value
        values |= {key: at_clock_of(card, key, ratio) for key in CLOCK_LAWS}
        said = _of_another_clock(own.value, ratio)
        about["caution"] = "; ".join(filter(None, (card.about.get("caution"), said)))
    title = f"{card.title}, here at {clock_hz / 1e6:g} MHz"
    return replace(card, title=title, values=values, about=about)


def _in_hertz(clock_hz: object) -> str:
    """As given, and in megahertz where it is some."""
    if not _is_number(clock_hz) or not clock_hz >= 1e6:  # type: ignore[operator]
        return repr(clock_hz)
    return f"{clock_hz!r} ({float(clock_hz) / 1e6:g} MHz)"  # type: ignore[arg-type]


def _as_another_chip(card: Card, clock_hz: object) -> str | None:
    """How to price what is faster than a card: as another chip with its core."""
    if not _is_number(clock_hz) or not clock_hz > card["clock_hz"].high:  # type: ignore[operator]
        return None
    return f"a faster chip by its core: {card.about['core'].lower()}:clock_mhz=…"


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
    own = card[SUPPLY]
    lowest, highest = supply_limits_v(card)
    if not _is_number(supply_v) or not lowest <= supply_v <= highest:
        raise SpikewattError(
            f"device {card.name!r}: supply_v",
            "must be a supply of the device, in volts",
            repr(supply_v),
            f"{lowest:g} to {highest:g}",
        )
    supply_v = float(supply_v)
    values = {**card.values, SUPPLY: own.exactly(supply_v, conditions="as given")}
    if supply_v == own.value:
        return replace(card, values=values)

    regulator = REGULATORS[card.about["regulator"]]
    for key in (POWER_KEY, ASLEEP):
        values[key] = regulator.at_supply(card, key, supply_v)
    title = f"{card.title}, here at {supply_v:g} V"
    return replace(card, title=title, values=values)


def behind(card: Card, regulator: str) -> Card:
    """A microcontroller that runs by the other of its regulators, at the supply of its card.

    Parameters
    ----------
    card : Card
    regulator : str
        ``ldo`` or ``dcdc``.

    Raises
    ------
    SpikewattError
        No microcontroller, or a regulator that the chip does not have.

    Examples
    --------
    >>> card = load_card("nrf52840")  # at 3 V
    >>> more = behind(card, "ldo")["energy_per_cycle_j"].value / card["energy_per_cycle_j"].value
    >>> round(more, 2)
    1.91
    """
    where = f"device {card.name!r}: regulator"
    if not card.kind.runs_kernels:
        law = "is that of a microcontroller"
        raise SpikewattError(where, law, f"a {card.kind}")
    regulator = str(regulator).lower()
    there = regulators_of(card)
    if regulator not in there:
        law = "must be one that the chip has"
        raise SpikewattError(where, law, repr(regulator), " or ".join(there))
    if regulator == card.about["regulator"]:
        return card

    chosen = REGULATORS[regulator]
    values = {**card.values, **chosen.in_place_of_another(card)}
    title = f"{card.title}, here behind {chosen.title}"
    return replace(card, title=title, values=values, about={**card.about, "regulator": regulator})


def _of_another_clock(own_hz: float, ratio: float) -> str:
    """What is assumed at `ratio` times the clock of a card."""
    if ratio < 1:
        return (
            f"energy per cycle as at {own_hz / 1e6:g} MHz, its range wider: at 60 of 160 MHz a "
            "STM32U575 measured 9 % more, other chips less"
        )
    law = CLOCK_LAWS[POWER_KEY], CLOCK_LAWS["cycles_per_mac_conv"]
    energy, cycles = (ratio**each.faster.high for each in law)
    return (
        f"beyond the {own_hz / 1e6:g} MHz of its card: cycles and energy per cycle as there, their "
        f"high ends up by {cycles:.2f} (wait states of the flash that no cache hides) and "
        f"{energy:.2f} (a higher core voltage), assumed"
    )


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
