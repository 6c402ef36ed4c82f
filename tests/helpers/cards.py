"""Cards with other limits and values than those that come with spikewatt, and what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.energy.cards.card import Card, Quantity
from spikewatt.energy.cards.kinds import CARD_KINDS
from spikewatt.energy.cards.load import load_card
from spikewatt.errors import ManyFaults, SpikewattError

LEAST_OF_A_CHIP = {
    "energy_per_sop_j": 20e-12,
    "energy_per_neuron_update_j": 50e-12,
    "leakage_power_w": 1e-3,
}
NO_SPIKE = {"energy_per_spike_j": 0.0}
STEP_OF_A_CHIP = {
    "barrier": {"barrier_time_s": 1e-4, "barrier_energy_j": 0.0, **NO_SPIKE},
    "tick": {"step_time_s": 1e-3, **NO_SPIKE},
}


def with_limits(**limits: int) -> Card:
    """The card ``odin_style`` with other limits."""
    card = load_card("odin_style")
    return replace(card, limits={**card.limits, **limits})


def with_value(card: Card, key: str, **changes: float) -> Card:
    """`card` with another value, low or high of one quantity."""
    return replace(card, values={**card.values, key: replace(card[key], **changes)})


def exactly(value: float) -> Quantity:
    """A value without a range."""
    return Quantity(value, value, value, "assumed", "", "a test")


def chip(timing="barrier", limits=None, updates="used", **values) -> Card:
    """A chip whose cores hold 128 neurons."""
    numbers = {**LEAST_OF_A_CHIP, **STEP_OF_A_CHIP[timing], **values}
    return Card(
        name="mine",
        kind=CARD_KINDS["neuromorphic_core"],
        title="Mine",
        includes="everything",
        excludes="",
        about={"timing": timing, "updates": updates},
        values={key: exactly(number) for key, number in numbers.items()},
        limits={
            "neurons_per_core": 128,
            "zero_skipping": 1,
            "reset_to_zero": 0,
            "signs_per_axon": 2,
            "doubling_accumulator": 0,
            "bits_beside_weight": 0,
            **(limits or {}),
        },
    )


# A card of two values, text by text.
HEAD = """\
name: mine
kind: battery
title: Mine
includes: a charge
excludes: all else
values:
"""
ENTRY = '{value: 3, low: 2.7, high: 3, unit: V, status: assumed, conditions: "", source: here}'


def faults(tmp_path, text: str | bytes) -> list[str]:
    """What is wrong with a card, line by line, without the folder."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpikewattError) as refused:
        load_card(path)
    many = isinstance(refused.value, ManyFaults)
    found = refused.value.faults if many else (refused.value,)
    assert str(refused.value).splitlines() == [str(fault) for fault in found]
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in found]
