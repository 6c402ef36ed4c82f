"""What the knobs of a page do to card values: voltage or supply, and clock of a device.

A page scales the values of a card at its home voltage V_0, with r = max(V / V_0, V_0 / V):

    v(V) = v · S(V)^s,   S(V) = (V / V_0)^e · N(V) / N(V_0)
    low(V) = low · S(V)^s / W(V),   high(V) = high · S(V)^s · W(V),   W(V) = c · r^w, W(V_0) = 1

Of a parametric core e is 2 and N the factor of its node, a ratio of two polynomials (1 at 28 nm);
of a microcontroller e is 1 and N is 1. What s, w and c of a value are is read off the card at two
other voltages, so that the laws are said once, in `energy.cards`. At another clock the ranges of a
microcontroller widen by powers of f / f_0, which are exported as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ....energy.cards.card import Card
from ....energy.cards.microcontroller_laws import (
    CLOCK_LAWS,
    LOWEST_CLOCK_HZ,
    highest_priced_hz,
    supply_limits_v,
)
from ....energy.cards.operating_point import at_operating_point
from ....energy.cards.parametric_core import RANGES, is_parametric, parse_choices
from ....energy.cards.scaling_laws import (
    FULL_AT_V,
    NODE_NM,
    NODES,
    VOLTAGE_V,
    highest_clock_hz,
)
from ....energy.devices.registry import device_kind
from ....errors import SpikewattError
from .coefficients import ends

_, HIGHEST_V = RANGES["voltage_v"]
LOWEST_CORE_CLOCK_HZ, _ = RANGES["clock_hz"]
KNEES_V = (VOLTAGE_V, FULL_AT_V, HIGHEST_V)  # between which the highest clock is a straight line
CLOCK, SUPPLY = "clock_hz", "supply_voltage_v"
NEARLY = 1e-9
Polynomial = Sequence[float]
ONE: tuple[Polynomial, Polynomial] = ((1.0,), (1.0,))


def knobs(card: Card) -> dict:
    """What a page can turn on a device: nothing, its clock, or voltage and clock.

    Parameters
    ----------
    card : Card
        As it comes, at its home voltage or another.

    Returns
    -------
    dict
        Empty, or ``lowest_clock_hz`` and ``fastest``: one clock, or pairs of voltage and highest
        clock; where there is a law of the voltage also ``home_v``, ``lowest_v``, ``highest_v``,
        ``exponent`` (e), ``node`` (N), and ``scaled``: key -> value, low, high and measurement at
        the home voltage, s, w, c. Of a microcontroller also ``home_hz`` and ``clocked``: key ->
        value, low, high and measurement there, exponents of the low and high end below and above.
    """
    if is_parametric(card.name):
        return _of_a_core(card)
    if CLOCK not in card.values or not (card.kind.runs_kernels or device_kind(card).places_neurons):
        return {}
    found = {"lowest_clock_hz": LOWEST_CLOCK_HZ, "fastest": card[CLOCK].high}
    return found | (_of_a_microcontroller(card) if card.kind.runs_kernels else {})


def home_voltage_v(card: Card) -> float | None:
    """The voltage that the name of a parametric core says; of others the supply, if they say it."""
    if is_parametric(card.name):
        return _choices(card).get("voltage_v", VOLTAGE_V)
    return card[SUPPLY].value if SUPPLY in card.values else None


def _choices(card: Card) -> dict[str, float]:
    """What was chosen of a parametric core, by its name."""
    return parse_choices(card.name) if ":" in card.name else {}


def _of_a_core(card: Card) -> dict:
    """The knobs of the parametric core."""
    from ....energy.cards.load import odin_style

    size = {key: value for key, value in _choices(card).items() if key not in ("voltage_v", CLOCK)}
    home = odin_style(**size)
    law = _Law(home, VOLTAGE_V, HIGHEST_V, 2, _node(int(size.get("node_nm", NODE_NM))))
    return {
        "lowest_clock_hz": LOWEST_CORE_CLOCK_HZ,
        "fastest": [[volt, highest_clock_hz(volt)] for volt in KNEES_V],
        "lowest_v": VOLTAGE_V,
        "highest_v": HIGHEST_V,
        **law.exported(),
    }


def _of_a_microcontroller(card: Card) -> dict:
    """Its supply, and its clock."""
    own = card[SUPPLY]
    lowest, highest = supply_limits_v(card)
    farther = max(lowest, highest, key=lambda volt: abs(math.log(volt / own.value)))
    law = _Law(card, own.value, farther, 1, ONE)
    return {
        "lowest_v": lowest,
        "highest_v": highest,
        "home_hz": card[CLOCK].value,
        "fastest": highest_priced_hz(card[CLOCK]),
        "clocked": {
            key: [*ends(card[key]), *found.slower, *found.faster]
            for key, found in CLOCK_LAWS.items()
        },
        **law.exported(),
    }


class _Law:
    """The law of the voltage of a card, read off it at two voltages.

    Parameters
    ----------
    home : Card
    home_v, away_v : float
        V, of the card, and the farthest from there.
    exponent : int
        e.
    node : tuple of two polynomials
        N, numerator and denominator in V, highest power first.
    """

    def __init__(
        self,
        home: Card,
        home_v: float,
        away_v: float,
        exponent: int,
        node: tuple[Polynomial, Polynomial],
    ):
        self.home, self.home_v, self.exponent, self.node = home, home_v, exponent, node
        half_v = math.sqrt(home_v * away_v)
        self.away = [(volt, at_operating_point(home, None, volt)) for volt in (half_v, away_v)]

    def exported(self) -> dict:
        """For the page."""
        scaled = {}
        for key in self.home.values:
            if key in (CLOCK, SUPPLY):
                continue
            powers = self._powers(key)
            if powers != (0, 0, 1.0):
                scaled[key] = [*ends(self.home[key]), *powers]
        return {
            "home_v": self.home_v,
            "exponent": self.exponent,
            "node": self.node,
            "scaled": scaled,
        }

    def scale(self, volt: float) -> float:
        """S(V)."""

        def factor(v: float) -> float:
            above, below = self.node
            return _at(above, v) / _at(below, v)

        return (volt / self.home_v) ** self.exponent * factor(volt) / factor(self.home_v)

    def _powers(self, key: str) -> tuple[int, int, float]:
        """s, w and c of a value."""
        here = self.home[key]
        there = [(volt, card[key]) for volt, card in self.away]
        if not here.value:
            return 0, 0, 1.0

        found = [(volt, own.value / here.value) for volt, own in there]
        scales = self._holds(found, self.scale)
        if not scales and not self._holds(found, lambda volt: 1.0):
            raise SpikewattError(f"page: {key}", "scales with the voltage, or not at all", found)

        s = int(scales)
        widths = [(volt, own.high / here.high / self.scale(volt) ** s) for volt, own in there]
        (near, less), (far, more) = widths
        reach = math.log(self._reach(far) / self._reach(near))
        w = round(math.log(more / less) / reach)
        c = round(less / self._reach(near) ** w, 12)
        if not self._holds(widths, lambda v: c * self._reach(v) ** w):
            law = "its range widens by a power of the voltage"
            raise SpikewattError(f"page: {key}", law, widths)
        return s, w, c

    def _reach(self, volt: float) -> float:
        """r."""
        return max(volt / self.home_v, self.home_v / volt)

    @staticmethod
    def _holds(found, law) -> bool:
        return all(math.isclose(ratio, law(volt), rel_tol=NEARLY) for volt, ratio in found)


def _node(node_nm: int) -> tuple[Polynomial, Polynomial]:
    """Factor of the node over that of 28 nm, which is interpolated, as two polynomials in V."""
    if node_nm == NODE_NM:
        return ONE
    share = (NODE_NM - 20) / (32 - 20)
    at_28 = [low + share * (high - low) for low, high in zip(NODES[20], NODES[32], strict=True)]
    return NODES[node_nm], at_28


def _at(polynomial: Polynomial, x: float) -> float:
    total = 0.0
    for coefficient in polynomial:
        total = total * x + coefficient
    return total
