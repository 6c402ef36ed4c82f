"""Cards of measured chips. Second implementation: their bills are the formulas of their fits."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.energy.silicon.loihi_fit import (
    COMPANION_W,
    cores_of,
    event_energy_j,
    fit_loihi,
    series,
)
from spikewatt.energy.silicon.random_networks import BRANCHES
from spikewatt.energy.silicon.workloads import scaling_series
from spikewatt.sim.counts.counts import Counts


@pytest.mark.parametrize("branches", BRANCHES)
def test_the_bill_of_loihi_is_the_formula_of_its_fit(branches):
    """P_companion t + T (E_barrier + E_core cores) + E_events, values as the card rounds them."""
    time_s = series(branches).time_s
    counts = scaling_series(branches, time_s=time_s)
    frame = price(counts, "loihi").frame
    found = frame[frame["component"] != "leakage"]["energy_j"].sum()
    values = fit_loihi().values
    per_core = values["barrier_energy_per_core_j"].value
    per_step = values["barrier_energy_j"].value + per_core * cores_of(counts)
    expected = COMPANION_W.value * time_s + event_energy_j(counts) + counts.steps * per_step
    assert found == pytest.approx(expected, rel=1e-3)


def test_idle_power_of_loihi_stands_apart_as_leakage():
    time_s = series(0).time_s
    counts = scaling_series(0, time_s=time_s)
    frame = price(counts, "loihi").frame
    leakage = frame[frame["component"] == "leakage"]["energy_j"].sum()
    assert leakage == pytest.approx(series(0).idle_w * time_s, rel=0.01)


def test_truenorth_gives_back_a_point_that_its_line_was_drawn_through():
    """Consistency, no check of the card: Akopyan et al., Fig. 17, 71 mW.

    A million neurons that fire at 20 Hz, each spike at 128 synapses, for one second.
    """
    neurons, spikes = 2**20, 20 * 2**20
    cells = {"name": "cells", "neurons": neurons, "fan_out": 128, "spikes": spikes}
    counts = Counts([{**cells, "synaptic_operations": 128 * spikes}], 1000)
    row = price(counts, "truenorth").totals().iloc[0]
    assert row["time_s"] == pytest.approx(1.0)
    assert row["energy_j"] == pytest.approx(71e-3, rel=0.01)


@pytest.mark.parametrize(("name", "idle_w"), [("spinnaker1", 2.671), ("spinnaker1_48", 23.05)])
def test_a_board_of_spinnaker_idles_whole_however_small_the_network(name, idle_w):
    cell = {"name": "cell", "neurons": 1, "fan_out": 0, "spikes": 0, "synaptic_operations": 0}
    row = price(Counts([cell], 1000), name).totals().iloc[0]
    assert row["energy_j"] == pytest.approx(idle_w, rel=1e-4)


@pytest.mark.parametrize("name", ["xylo_like", "speck_like"])
def test_what_was_not_published_is_assumed_and_wide(name):
    card = load_card(name)
    energy = card["energy_per_sop_j"]
    assert energy.status == "assumed"
    assert energy.high / energy.low > 10
    assert "order of magnitude" in card.about["caution"]


def test_every_value_of_a_measured_chip_names_its_source():
    for name in ("loihi", "loihi2", "spinnaker1", "spinnaker1_48", "truenorth"):
        values = load_card(name).values
        assert len(values) >= 4
        for key, found in values.items():
            assert len(found.source) > 12, (name, key)
            assert found.conditions, (name, key)
