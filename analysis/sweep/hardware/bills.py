"""The bill of a structure, in which the period is a value like any other."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

from ....energy.bill import INT8, SPIKING, Bill, powers_of
from ....energy.cards.card import Card, Quantity
from ....energy.cards.load import load_card, with_library
from ....energy.cards.operating_point import at_operating_point
from ....energy.cards.parametric_core import PARAMETRIC, is_parametric, parse_choices, scaled_core
from ....energy.devices.core.count import most_cores
from ....energy.devices.registry import device_kind
from ....energy.devices.software_limits import why_not
from ....energy.devices.software_work import software_needs
from ....energy.pricing.bills import bill_of
from ....errors import SpikewattError
from ....sim.trace.trace import Trace
from .axes import HARDWARE_AXES, Geometry
from .points import Structure

PERIOD = "period_s"
OF_THE_POINT = ("voltage_v", "clock_hz")  # choices of the parametric core that are no size


@dataclass(frozen=True, eq=False)
class Made:
    """What a structure is priced by.

    Parameters
    ----------
    card : Card
        At the voltage that the card is written for.
    sizes : dict
        Of the parametric core: size and node; empty of others.
    at : dict
        Voltage and clock that its text names.
    bill : Bill, optional
        None where nothing fits.
    refused : dict of str
        Workload -> why it does not run there.
    """

    card: Card
    sizes: dict[str, float]
    at: dict[str, float]
    bill: Bill | None
    refused: dict[str, str]

    @classmethod
    def refused_as(
        cls,
        card: Card,
        why: str,
        sizes: dict[str, float] | None = None,
        at: dict[str, float] | None = None,
    ) -> Made:
        """Nothing of it runs."""
        return cls(card, sizes or {}, at or {}, None, dict.fromkeys(workloads_of(card), why))

    @property
    def parametric(self) -> bool:
        """Whether voltage and clock follow the laws of the parametric core."""
        return is_parametric(self.card.name)


def workloads_of(card: Card) -> tuple[str, ...]:
    """What a device can run: a core only spikes."""
    return (SPIKING, INT8) if card.kind.runs_kernels else (SPIKING,)


@functools.cache
def base_core() -> Card:
    """The card that the laws of the parametric core begin from."""
    return load_card(PARAMETRIC)


def make(trace: Trace, structure: Structure, max_cores: int | None = None) -> Made:
    """The bill of a trace on a structure, or why there is none."""
    try:
        card, sizes, at = _card(structure)
    except SpikewattError as error:  # values that are allowed each, and not together
        return Made.refused_as(load_card(structure.device), str(error))
    try:
        host = None if structure.host is None else _as_run(load_card(structure.host), structure)
        card = _as_run(card, structure)
        bill = bill_of(trace, card, None, host, most_cores(max_cores, card))
        if device_kind(card).takes_period:
            bill = _with_period(trace, card, host, bill)
    except SpikewattError as error:
        return Made.refused_as(card, str(error), sizes, at)

    refused = {}
    for workload in workloads_of(card):
        if workload not in bill.workloads:
            why = why_not(software_needs(trace)[workload], card)
            refused[workload] = f"device {card.name!r}: the network fits; got {why}"
    return Made(card, sizes, at, bill, refused)


def _card(structure: Structure) -> tuple[Card, dict[str, float], dict[str, float]]:
    """The card, its sizes, and the operating point that its text names."""
    card = load_card(structure.device)
    sizes: dict[str, float] = {}
    at: dict[str, float] = {}
    if is_parametric(card.name):
        chosen = parse_choices(card.name) if ":" in card.name else {}
        at = {key: chosen.pop(key) for key in OF_THE_POINT if key in chosen}
        sizes = chosen | _structural(structure)
        card = scaled_core(base_core(), **sizes)

    values = dict(card.values)
    for name, value in structure.values:
        if name in values and not isinstance(HARDWARE_AXES[name], Geometry):
            values[name] = values[name].exactly(float(value), source="as given")
    return replace(card, values=values), sizes, at


def _structural(structure: Structure) -> dict[str, Any]:
    return {
        name: value for name, value in structure.values if isinstance(HARDWARE_AXES[name], Geometry)
    }


def _as_run(card: Card, structure: Structure) -> Card:
    """A microcontroller, a host like any, with library, regulator and supply; a core as it is."""
    if not card.kind.runs_kernels:
        return card
    if library := structure.get("library"):
        card = with_library(card, library)
    regulator, supply_v = structure.get("regulator"), structure.get("supply_v")
    return at_operating_point(card, supply_v=supply_v, regulator=regulator)


def _with_period(trace: Trace, card: Card, host: Card | None, alone: Bill) -> Bill:
    """The bill with what is used between inferences, whose period is a value to be changed.

    What is between them is (period − time) · power; the terms of the first part know that they
    are.
    """
    latency_s = max(float(alone.total(workload, "time_s")) for workload in alone.workloads)
    long_s = 2.0 ** math.ceil(math.log2(max(2 * latency_s, 1e-6)))  # divides without rounding
    bill = bill_of(trace, card, long_s, host)

    terms = []
    for term in bill.terms:
        if term.by_period:
            powers = powers_of(term.powers, PERIOD)
            term = replace(term, count=term.count / long_s, powers=powers)
        terms.append(term)
    period = Quantity(long_s, long_s, long_s, "assumed", "", "as given")
    values = {**bill.values, PERIOD: period}
    return replace(bill, terms=tuple(terms), values=values, period_s=None)
