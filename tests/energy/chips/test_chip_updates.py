"""Which neurons a chip updates: by the rule of its card, or as they were counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price

from ...helpers.cards import chip as card
from ...helpers.chip_network import (
    ACTIVE,
    CORES,
    HIDDEN,
    OPERATIONS,
    OUT,
    SENT,
    STEPS,
    counts,
    of,
    rows,
)

UPDATES = {
    "slots": CORES * 128 * STEPS,
    "used": (HIDDEN + OUT) * STEPS,
    "touched": HIDDEN * STEPS + OUT * STEPS,
}


@pytest.mark.parametrize("updates", UPDATES)
def test_which_neurons_are_updated(updates):
    found = price(counts(), card(updates=updates))
    assert of("neuron updates", found) == pytest.approx(UPDATES[updates] * 50e-12, rel=1e-12)
    assert of("synaptic operations", found) == pytest.approx(OPERATIONS * 20e-12, rel=1e-12)


def test_where_little_happens_few_neurons_are_touched():
    quiet = counts({"in": 2.0, "hidden": 1.0, "out": 0.0})
    found = price(quiet, card(updates="touched"))
    touched = 2 * HIDDEN + 1 * OUT
    assert of("neuron updates", found) == pytest.approx(touched * 50e-12, rel=1e-12)


COUNTED = {"active_updates": 300, "idle_updates": 700}  # of the hidden layer


@pytest.mark.parametrize("updates", ["used", "touched"])
def test_updates_that_were_counted_are_what_happened(updates):
    chip = card(updates=updates, energy_per_active_update_j=8e-11)
    found = price(counts(layers={"hidden": COUNTED}), chip)
    of_hidden = rows(found)["hidden", "neuron updates"]
    assert of_hidden == pytest.approx(300 * 8e-11 + 700 * 5e-11, rel=1e-12)
    assert "updates of hidden as counted, else " in found.assumptions[0]

    every = {name: {"idle_updates": 30} for name in ("hidden", "out")}
    found = price(counts(layers=every), chip)
    assert of("neuron updates", found) == pytest.approx(60 * 5e-11 + ACTIVE * 8e-11, rel=1e-12)
    assert "updates as counted: 380 updates in 10 steps, 320 of" in found.assumptions[0]


def test_a_core_that_sweeps_its_slots_pays_for_idle_ones_besides():
    chip = card(updates="slots", energy_per_active_update_j=8e-11)
    found = price(counts(layers={"hidden": COUNTED}), chip)
    active = 300 + SENT["out"]
    idle = CORES * 128 * STEPS - active
    assert of("neuron updates", found) == pytest.approx(active * 8e-11 + idle * 5e-11, rel=1e-12)
    assert "idle slots besides the updates that the counts say" in found.assumptions[0]
    assert "besides" not in price(counts(), chip).assumptions[0]


def test_several_spikes_in_a_step_are_one_update():
    sent = {"in": 0.0, "hidden": 0.0, "out": 4.0 * OUT * STEPS}
    chip = card(limits={"spikes_per_step": 4}, energy_per_active_update_j=8e-11)
    several = counts(sent, spikes_per_step=4)
    of_out = rows(price(several, chip))["out", "neuron updates"]
    assert of_out == pytest.approx(OUT * STEPS * 8e-11, rel=1e-12)

    fewer = {**sent, "out": 3.0 * OUT * STEPS}
    some_idle = counts(fewer, spikes_per_step=4, layers={"out": {"idle_updates": 100}})
    of_out = rows(price(some_idle, chip))["out", "neuron updates"]
    assert of_out == pytest.approx((OUT * STEPS - 100) * 8e-11 + 100 * 5e-11, rel=1e-12)


def test_a_core_with_a_clock_takes_counted_updates_too():
    style = load_card("odin_style:axons_per_core=512")
    used = replace(style, about={**style.about, "updates": "used"})
    few = counts(layers={name: {"idle_updates": 0} for name in ("hidden", "out")})
    found = price(few, used)
    update_j = style["energy_per_neuron_update_j"].value
    assert of("neuron updates", found) == pytest.approx(ACTIVE * update_j, rel=1e-12)
    assert "updates as counted." in " ".join(found.assumptions)
