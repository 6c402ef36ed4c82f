"""Chips of one's own, from a template to a price: cards that only clocked cores could not be."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.files.template import write_template
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts.counts import Counts

from ...helpers.filled import fill

STEPS = 16
COUNTS = Counts(
    layers=[
        {
            "name": "input",
            "neurons": 196,
            "fan_out": 128,
            "spikes": 900,
            "synaptic_operations": 115_200,
            "is_input": True,
        },
        {
            "name": "hidden",
            "neurons": 128,
            "fan_out": 10,
            "spikes": 300,
            "synaptic_operations": 3_000,
        },
        {"name": "output", "neurons": 10, "fan_out": 0, "spikes": 20, "synaptic_operations": 0},
    ],
    steps=STEPS,
)
OPERATIONS, FIRED, NEURONS = 118_200, 320, 138
WORDS = {"title": "By hand", "includes": "a chip", "excludes": "its board"}


def made(tmp_path, timing: str, updates: str, values, limits, without=()):
    """The card of a template that is filled in, and its price by component."""
    path = tmp_path / "mine.yaml"
    write_template(path, "neuromorphic_core", timing=timing)
    with pytest.raises(SpikewattError, match="mine.yaml:.*: must be filled in; got FILL_IN"):
        load_card(path)
    fill(path, {**WORDS, "updates": updates}, values, limits, without)
    frame = price(COUNTS, str(path)).frame
    return load_card(path), frame.groupby("component")[["energy_j", "time_s"]].sum()


def test_a_chip_like_loihi(tmp_path):
    """A barrier ends each step; the chip and the processors beside it draw power all the time."""
    values = {
        "energy_per_sop_j": (23.6, 23.6, 36, "pJ"),
        "energy_per_neuron_update_j": (52, 45, 80, "pJ"),
        "energy_per_active_update_j": (81, 70, 120, "pJ"),
        "energy_per_spike_j": (1.7, 1.7, 1.7, "pJ"),
        "barrier_energy_j": (1, 0.5, 2, "uJ"),
        "barrier_time_s": (0.6, 0.4, 0.9, "ms"),
        "chip_static_power_w": (29.5, 29, 30, "mW"),
        "companion_power_w": (70, 60, 80, "mW"),
    }
    limits = {"neurons_per_core": 1024, "cores_per_chip": 128, "layers_share_cores": 0, "leaks": 1}
    _, found = made(tmp_path, "barrier", "used", values, limits, ["leakage_power_w"])
    time_s = STEPS * 0.6e-3
    idle = NEURONS * STEPS - FIRED
    assert found["time_s"].sum() == pytest.approx(time_s)
    assert found["energy_j"].to_dict() == pytest.approx(
        {
            "synaptic operations": OPERATIONS * 23.6e-12,
            "neuron updates": idle * 52e-12 + FIRED * 81e-12,
            "output spikes": FIRED * 1.7e-12,
            "leakage": time_s * 29.5e-3,
            "companion processor": time_s * 70e-3,
            "barrier": STEPS * 1e-6,
        }
    )


def test_a_chip_like_truenorth(tmp_path):
    """Ticks of a millisecond, in which all 256 neurons of a core are updated."""
    values = {
        "energy_per_sop_j": (2.3, 2.3, 2.3, "pJ"),
        "energy_per_neuron_update_j": (1, 0, 2, "pJ"),
        "energy_per_routed_event_j": (2.3, 2, 3, "pJ"),
        "energy_per_spike_j": (0, 0, 0, "pJ"),
        "step_time_s": (1, 1, 1, "ms"),
        "chip_static_power_w": (64.4, 60, 68, "mW"),
    }
    limits = {"neurons_per_core": 256, "axons_per_core": 256, "cores_per_chip": 4096}
    _, found = made(tmp_path, "tick", "slots", values, limits, ["leakage_power_w"])
    cores = 2  # 324 axons
    assert found["time_s"].to_dict()["steps"] == pytest.approx(STEPS * 1e-3)
    energy = found["energy_j"]
    assert energy["synaptic operations"] == pytest.approx(OPERATIONS * 2.3e-12)
    assert energy["neuron updates"] == pytest.approx(cores * 256 * STEPS * 1e-12)
    assert energy["leakage"] == pytest.approx(STEPS * 1e-3 * 64.4e-3)
    assert energy["routing"] == pytest.approx(300 * 2.3e-12)


def test_a_chip_like_xylo(tmp_path):
    """One core that leaks and spikes several times in a tick, of which only a trace asks widths."""
    values = {
        "energy_per_sop_j": (50, 10, 200, "pJ"),
        "energy_per_neuron_update_j": (40, 10, 200, "pJ"),
        "energy_per_spike_j": (1, 0, 2, "pJ"),
        "step_time_s": (10, 10, 10, "ms"),
        "leakage_power_w": (200, 150, 300, "uW"),
    }
    limits = {"neurons_per_core": 1000, "leaks": 1, "spikes_per_step": 31, "cores_per_chip": 1}
    card, found = made(tmp_path, "tick", "touched", values, limits)
    touched = NEURONS * STEPS  # fewer than the operations that reach each layer
    assert card.limit("spikes_per_step") == 31
    assert found["energy_j"]["neuron updates"] == pytest.approx(touched * 40e-12)
    assert found["energy_j"]["leakage"] == pytest.approx(STEPS * 10e-3 * 200e-6)
    assert found["energy_j"]["output spikes"] == pytest.approx(FIRED * 1e-12)
    components = {"synaptic operations", "neuron updates", "output spikes", "leakage", "steps"}
    assert set(found.index) == components


def test_what_counts_ask_for_and_the_card_does_not_say_is_told_with_a_remedy(tmp_path):
    values = {
        "energy_per_sop_j": (50, 10, 200, "pJ"),
        "energy_per_neuron_update_j": (40, 10, 200, "pJ"),
        "step_time_s": (10, 10, 10, "ms"),
        "leakage_power_w": (200, 150, 300, "uW"),
    }
    with pytest.raises(SpikewattError, match="have 320 spikes .*hint: write it with value 0"):
        made(tmp_path, "tick", "used", values, {"neurons_per_core": 1000})
    template = (tmp_path / "mine.yaml").read_text("utf-8")
    assert "counts that have any ask for it (0 where another value includes it)" in template
