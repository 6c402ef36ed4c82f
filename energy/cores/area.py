"""Area and memory of neuromorphic cores, used or not, from their geometry and card."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from ..cards.cacti import ODIN_NEURONS, neuron_word_bits
from ..cards.card import Card, Quantity
from ..footprint import Footprint

# What the card of a chip may leave out.
MEMORY_LIMITS = {"neurons_per_core", "axons_per_core", "weight_bits"}
AREAS = {"area_per_synapse_bit_m2", "area_besides_synapses_m2"}
ROUTER = "area_of_router_m2"


def synapse_bits(card: Card, cores: int = 1) -> int:
    """Synapse memory of all cores: n · N · A · bits of a synapse."""
    limits = card.limits
    bits = limits["weight_bits"] + limits["bits_beside_weight"]
    return cores * limits["neurons_per_core"] * limits["axons_per_core"] * bits


def memory_bytes(card: Card, cores: int = 1) -> int:
    """Memory of all cores: synapses, and a word of 128 bits per neuron, as ODIN has it.

    With gates for neurons that wake late the word has a bit more.

    Parameters
    ----------
    card : Card
        Of a neuromorphic core.
    cores : int, default 1

    Examples
    --------
    >>> from spikewatt.energy.cards.load import load_card
    >>> memory_bytes(load_card("odin_style")) // 1024
    68
    """
    words = cores * card.limits["neurons_per_core"]
    gates = card.limit("neuron_gates") or 0
    return synapse_bits(card, cores) // 8 + ceil(words * neuron_word_bits(gates) / 8)


def area_m2(card: Card, cores: int = 1) -> Quantity:
    """Area of all cores: n (A_besides · N / 256 + A_bit · bits), in m² with its range.

    Of more than one core, n routers beside them.

    Parameters
    ----------
    card : Card
        Of a neuromorphic core.
    cores : int, default 1
        n.

    Examples
    --------
    >>> from spikewatt.energy.cards.load import load_card
    >>> f"{area_m2(load_card('odin')).value * 1e6:.4f} mm²"
    '0.0864 mm²'
    """
    per_bit = card["area_per_synapse_bit_m2"]
    besides = card["area_besides_synapses_m2"]
    share = cores * card.limits["neurons_per_core"] / ODIN_NEURONS

    routers = cores if cores > 1 and ROUTER in card.values else 0

    def area(end: str) -> float:
        of_the_cores = share * getattr(besides, end)
        of_synapses = synapse_bits(card, cores) * getattr(per_bit, end)
        of_routers = routers * getattr(card[ROUTER], end) if routers else 0
        return of_the_cores + of_synapses + of_routers

    return replace(
        per_bit,
        value=area("value"),
        low=area("low"),
        high=area("high"),
        conditions="synapse memory, the rest of the cores, and routers between several",
        measurement="area",
    )


def footprint_of(card: Card, cores: int = 1) -> Footprint:
    """What `cores` of this card take up, as far as the card says it."""
    known = set(card.limits) >= MEMORY_LIMITS
    return Footprint(
        memory_bytes(card, cores) if known else None,
        cores,
        area_m2(card, cores) if known and set(card.values) >= AREAS else None,
    )
