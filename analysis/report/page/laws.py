"""What the knobs of a page do to card values: the voltage of a core, the clock of a device.

A page scales the values of a card at its home voltage V_0:

    v(V) = v · S(V)^s,   S(V) = (V / V_0)² · N(V) / N(V_0)
    low(V) = low · S(V)^s / (V / V_0)^w,   high(V) = high · S(V)^s · (V / V_0)^w

N is the factor of the node, a ratio of two polynomials (1 at 28 nm); s and w are read off the
card at two voltages, so that the laws of the parametric core are said once, in its module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ....energy.cards.card import Card
from ....energy.cards.load import load_card, odin_style
from ....energy.cards.parametric_core import PARAMETRIC, RANGES, parse_choices
from ....energy.cards.scaling_laws import (
    FULL_AT_V,
    NODE_NM,
    NODES,
    VOLTAGE_V,
    highest_clock_hz,
)
from ....energy.devices.registry import device_kind
from ....energy.pricing.price import LOWEST_CLOCK_HZ
from ....errors import SpikewattError
from .coefficients import ends

_, HIGHEST_V = RANGES["voltage_v"]
LOWEST_CORE_CLOCK_HZ, _ = RANGES["clock_hz"]
KNEES_V = (VOLTAGE_V, FULL_AT_V, HIGHEST_V)  # between which the highest clock is a straight line
NEARLY = 1e-9
Polynomial = Sequence[float]


def knobs(card: Card) -> dict:
    """What a page can turn on a device: nothing, its clock, or voltage and clock.

    Parameters
    ----------
    card : Card

    Returns
    -------
    dict
        Empty, or ``clock_hz``: the present one; ``lowest_clock_hz``; ``fastest``: pairs of
        voltage and highest clock, or one clock; of a parametric core also ``voltage_v``: the
        present one, ``home_v``, ``highest_v``, ``node``: two polynomials, and ``scaled``: key ->
        value, low, high and measurement at the home voltage, s, w.
    """
    if card.kind.runs_kernels:
        clock = card["clock_hz"]
        return {
            "clock_hz": clock.value,
            "lowest_clock_hz": LOWEST_CLOCK_HZ,
            "fastest": load_card(card.name)["clock_hz"].high if _ships(card) else clock.high,
        }
    if not device_kind(card).places_neurons or not _is_parametric(card):
        return {}
    return _of_a_core(card)


def _ships(card: Card) -> bool:
    try:
        load_card(card.name)
    except SpikewattError:
        return False
    return True


def _choices(card: Card) -> dict[str, float]:
    """What was chosen of a parametric core, by its name."""
    return parse_choices(card.name) if ":" in card.name else {}


def _is_parametric(card: Card) -> bool:
    """Whether the card is the one that its name says, and follows the laws."""
    if card.name.partition(":")[0] != PARAMETRIC:
        return False
    return dict(odin_style(**_choices(card)).values) == dict(card.values)


def _of_a_core(card: Card) -> dict:
    """The knobs of a parametric core."""
    choices = _choices(card)
    size = {key: value for key, value in choices.items() if key not in ("voltage_v", "clock_hz")}
    home = odin_style(**size, voltage_v=VOLTAGE_V)
    away = odin_style(**size, voltage_v=HIGHEST_V)

    node = _node(int(choices.get("node_nm", NODE_NM)))
    scale = _scale(node, HIGHEST_V)
    return {
        "clock_hz": card["clock_hz"].value,
        "lowest_clock_hz": LOWEST_CORE_CLOCK_HZ,
        "fastest": [[volt, highest_clock_hz(volt)] for volt in KNEES_V],
        "voltage_v": choices.get("voltage_v", VOLTAGE_V),
        "home_v": VOLTAGE_V,
        "highest_v": HIGHEST_V,
        "node": node,
        "scaled": _scaled(home, away, scale),
    }


def _scaled(home: Card, away: Card, scale: float) -> dict[str, list]:
    """The values that depend on the voltage: key -> value, low, high, measurement, s, w."""
    found = {}
    for key in home.values:
        if key == "clock_hz":
            continue
        powers = _powers(home, away, key, scale)
        if any(powers):
            found[key] = [*ends(home[key]), *powers]
    return found


def _node(node_nm: int) -> tuple[Polynomial, Polynomial]:
    """Factor of the node over that of 28 nm, which is interpolated, as two polynomials in V."""
    if node_nm == NODE_NM:
        return (1.0,), (1.0,)
    share = (NODE_NM - 20) / (32 - 20)
    at_28 = [low + share * (high - low) for low, high in zip(NODES[20], NODES[32], strict=True)]
    return NODES[node_nm], at_28


def _at(polynomial: Polynomial, x: float) -> float:
    total = 0.0
    for coefficient in polynomial:
        total = total * x + coefficient
    return total


def _scale(node: tuple[Polynomial, Polynomial], voltage_v: float) -> float:
    """S(V)."""

    def factor(volt: float) -> float:
        above, below = node
        return _at(above, volt) / _at(below, volt)

    return (voltage_v / VOLTAGE_V) ** 2 * factor(voltage_v) / factor(VOLTAGE_V)


def _powers(home: Card, away: Card, key: str, scale: float) -> tuple[int, int]:
    """s and w of a value, from the card at both voltages."""
    here, there = home[key], away[key]
    by_scale = there.value / here.value if here.value else 1.0
    for power in (0, 1):
        if math.isclose(by_scale, scale**power, rel_tol=NEARLY):
            break
    else:
        raise SpikewattError(f"page: {key}", "scales with the voltage, or not", by_scale)

    if not here.high:
        return power, 0
    wider = there.high / here.high / by_scale
    exponent = round(math.log(wider) / math.log(HIGHEST_V / VOLTAGE_V))
    if not math.isclose(wider, (HIGHEST_V / VOLTAGE_V) ** exponent, rel_tol=NEARLY):
        raise SpikewattError(f"page: {key}", "its range widens by a power of the voltage", wider)
    return power, exponent
