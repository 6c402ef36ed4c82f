"""Traces on chips that no clock drives: as their counts, after laws that counts do not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.report.devices import card_findings
from spikewatt.analysis.report.page import charts
from spikewatt.analysis.report.page.laws import knobs
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.energy.cards.card_file import save_card
from spikewatt.energy.cards.operating_point import at_clock
from spikewatt.energy.devices.chip.table import cores_in_use
from spikewatt.energy.devices.fit_network import fit
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate

from ...helpers.cards import chip, exactly
from ...helpers.random_networks import random_input, random_network

WIDTHS = {"weight_bits": 16, "state_bits": 32}
SUBTRACTS = {"resets": ("subtract",)}


def trace_of(seed=1, steps=6, **options):
    network = random_network(seed, **{**SUBTRACTS, "kinds": ("dense",), **options})
    steps = steps if network.code.streaming else None
    return simulate(network, random_input(network, 2, seed), "reference", steps)


def able(**options):
    """A chip that says how wide its weights and potentials are."""
    limits = {**WIDTHS, **options.pop("limits", {})}
    return chip(limits=limits, **options)


@pytest.mark.parametrize("timing", ["tick", "barrier"])
@pytest.mark.parametrize("kinds", [("dense",), ("conv2d", "depthwise", "pool")])
def test_a_trace_costs_what_its_counts_do(timing, kinds):
    trace, card = trace_of(kinds=kinds), able(timing=timing, energy_per_event_j=1e-10)
    of_trace, of_counts = price(trace, card), price(counts_of(trace), card)
    assert of_trace.totals()["energy_j"][0] > 0
    pd.testing.assert_frame_equal(of_trace.frame, of_counts.frame)


@pytest.mark.parametrize(
    ("options", "limits", "law"),
    [
        ({}, {"weight_bits": 2}, "weights fit into its synapses"),
        ({}, {"state_bits": 2}, "potentials fit"),
        ({"resets": ("zero",)}, {}, "a reset to zero is not a subtraction"),
        ({}, {"resets_by_subtraction": 0}, "a subtraction is not a reset to zero"),
        ({"kinds": ("max_pool", "dense"), "layers": 3}, {}, "max pooling"),
        ({"input_code": "analog"}, {}, "needs a host that multiplies"),
        ({"code": "radix", "input_code": "bitplane"}, {}, "radix doubles the accumulator"),
    ],
    ids=str,
)
def test_what_a_chip_cannot_execute_is_refused(options, limits, law):
    with pytest.raises(DoesNotFitError, match=law):
        price(trace_of(**options), able(limits=limits), host=None)


def test_a_card_without_widths_prices_counts_alone():
    trace, card = trace_of(), chip()
    assert price(counts_of(trace), card).totals()["energy_j"][0] > 0
    with pytest.raises(SpikewattError, match="must say the limit 'weight_bits', which a trace is"):
        price(trace, card)


def test_a_chip_is_priced_alone():
    found = price(trace_of(), able(), "odin_style", "stm32l4r5")
    assert [bill.device for bill in found.bills] == [
        "mine",
        "odin_style",
        "odin_style+stm32l4r5",
        "stm32l4r5",
    ]
    assert not found.does_not_fit


def test_it_has_no_clock_to_be_given():
    with pytest.raises(SpikewattError, match="clock_hz: is that of a device with a clock"):
        at_clock(able(), 1e6)
    assert knobs(able()) == {}


def test_fit_gives_cores_and_chips():
    trace = trace_of(layers=3)
    limits = {"layers_share_cores": 0, "cores_per_chip": 2, "chips_per_board": 3}
    found = fit(trace, able(limits=limits), max_cores="any")
    row = found.frame.iloc[0]
    layers = len(trace.neurons)
    assert (row["fits"], row["cores"]) == ("yes", layers)
    assert f"mine: {layers} cores on {-(-layers // 2)} chips" in " ".join(found.notes)
    assert row["cores"] == price(trace, able(limits=limits)).totals()["cores"][0]

    assert fit(trace, able(limits=limits)).frame["cores"][0] == layers
    few = fit(trace, able(limits={**limits, "chips_per_board": 1}))
    assert few.frame["fits"][0] == "no"
    assert "cores_per_chip * chips_per_board" in few.frame["why_not"][0]
    narrow = fit(trace, able(limits={"weight_bits": 2}))
    assert "weights fit into its synapses" in narrow.frame["why_not"][0]


def test_which_neurons_sit_where_is_a_table_and_a_chart():
    trace = trace_of(layers=3)
    rows, words, area_m2 = cores_in_use(trace, able(limits={"layers_share_cores": 0}))
    assert [row["neurons"] for row in rows] == list(trace.neurons.values())
    assert area_m2 is None
    assert words[0].startswith(f"{len(rows)} cores on 1 chip; ")
    assert charts.cores(pd.DataFrame(rows))


def test_area_where_the_card_says_it():
    areas = {"area_per_synapse_bit_m2": 1e-13, "area_besides_synapses_m2": 1e-8}
    card = able(limits={"axons_per_core": 512}, **areas)
    totals = price(trace_of(), card).totals().iloc[0]
    core_m2 = 1e-13 * 128 * 512 * 16 + 1e-8 * 128 / 256
    assert totals["mm2"] == pytest.approx(totals["cores"] * core_m2 * 1e6)
    assert totals["memory_bytes"] == totals["cores"] * (128 * 512 * 16 // 8 + 128 * 16)


def test_a_battery_is_asked_only_where_a_converter_is_known():
    trace = trace_of()
    unknown = price(trace, able(), period_s=1.0).battery_life()
    assert unknown["device"][0] == "mine"
    assert unknown["battery_life_s"].isna().all()
    known = price(trace, able(regulator_efficiency=0.8), period_s=1.0).battery_life()
    assert known["battery_life_s"][0] > 0


def test_a_card_says_its_words():
    notes = " ".join(card_findings(able(updates="touched")).notes)
    assert "timing barrier: " in notes
    assert "updates touched: those that an operation reached" in notes


def test_break_even_steps_and_spikes_of_a_chip():
    trace = trace_of(steps=8)
    card = able(energy_per_event_j=1e-10)
    card = replace(card, values={**card.values, "barrier_time_s": exactly(1e-7)})
    rows = price(trace, card, "stm32l4r5").break_evens(trace)
    assert rows["device"].tolist() == ["mine"]
    assert rows["factor_on_spikes"].notna().all()


def test_a_sweep_prices_a_chip_as_price_does(tmp_path, mlp, monkeypatch):
    from spikewatt import files

    monkeypatch.setattr(files, "cache_folder", lambda *parts: tmp_path.joinpath("cache", *parts))
    mlp.save(tmp_path / "mlp.keras")
    card = able(energy_per_event_j=1e-10, limits={"layers_share_cores": 0})
    save_card(card, tmp_path / "mine.yaml")
    shared = {"calibration_samples": 100, "engine": "event", "test_samples": 20}
    space = {
        "base": {"network": str(tmp_path / "mlp.keras"), **shared},
        "network": {"steps": [4]},
        "hardware": {
            "device": [str(tmp_path / "mine.yaml"), "odin_style"],
            "energy_per_event_j": {"factor": [1, 3]},
            "period_s": [1.0],
        },
    }
    rows = sweep(space, tmp_path / "s", workers=0).frame
    of_chip = rows[rows["device"].str.contains("mine")].sort_values("energy_j")
    assert rows["reason"].eq("").all()
    assert len(of_chip) == 2
    assert len(rows[rows["device"] == "odin_style"]) == 1
    ratio = np.diff(of_chip["energy_j"])[0]
    assert ratio > 0
    assert of_chip["cores"].gt(1).all()  # one, which nobody asked for, does not bind them
    assert of_chip["mm2"].isna().all()


def test_a_period_shorter_than_the_inference_is_refused():
    with pytest.raises(DoesNotFitError, match="one inference fits into the period"):
        bill_of(trace_of(steps=6), able(timing="tick"), period_s=1e-3)
