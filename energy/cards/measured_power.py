"""Measured rows are of one chip, at one clock and supply: a card that names them must be, too."""

from __future__ import annotations

from math import isclose
from typing import Any

from ...errors import SpikewattError
from ..kernels import library as kernel_library
from .card import Card
from .kinds import POWER_KEY

SAME = 1e-6  # of a clock or a supply
WITHOUT_ROWS = f"remove power_fit and give {POWER_KEY}: µA/MHz of the data sheet times V, in uW/MHz"


def check_power_fit(where: str, name: str, card: Card) -> None:
    """Raise SpikewattError where the rows called `name` are of another chip than `card`.

    Parameters
    ----------
    where : str
        File and key, for messages.
    name : str
        Such as ``"stm32l4r5 1.8 V"``.
    card : Card
    """
    rows = kernel_library.measured_conditions(name)
    if rows.chip != card.chip:
        raise SpikewattError(
            where,
            "names rows of the card's own chip",
            f"rows of {rows.chip} in the card of {card.chip}",
            hint=f"{WITHOUT_ROWS}; or say chip: {rows.chip}, if that is the chip",
        )
    if rows.core != card.about["core"]:
        _raise(where, "core", rows.core, card.about["core"])
    clock_mhz = card["clock_hz"].value / 1e6
    if not isclose(rows.clock_hz / 1e6, clock_mhz, rel_tol=SAME):
        hint = f"keep clock_hz at {rows.clock_hz / 1e6:g} MHz and price with clock_hz (--clock-hz)"
        _raise(where, "clock", f"{rows.clock_hz / 1e6:g} MHz", f"{clock_mhz:g} MHz", hint)
    supply = card["supply_voltage_v"]
    if rows.supply_v is not None and not supply.low <= rows.supply_v <= supply.high:
        hint = f"keep supply_voltage_v at {rows.supply_v:g} V and price with supply_v (--supply-v)"
        _raise(where, "supply", f"{rows.supply_v:g} V", f"{supply.value:g} V", hint)


def _raise(where: str, what: str, of_rows: Any, of_card: Any, hint: str = "") -> None:
    raise SpikewattError(
        where,
        f"names rows at the card's own {what}",
        f"rows at {of_rows} in a card of {of_card}",
        hint=f"{hint}; or {WITHOUT_ROWS}" if hint else WITHOUT_ROWS,
    )
