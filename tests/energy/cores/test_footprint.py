"""Footprints: cores, area and memory of every price, and what has none."""

from __future__ import annotations

import math

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.cores.area import area_m2, memory_bytes
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.energy.pricing.price import price, price_layers


def test_a_core_counts_all_of_its_memory_and_area(trace):
    bill = price(trace, "odin_style").bill("odin_style")
    footprint = bill.footprint
    assert footprint is not None
    assert footprint.cores == 1
    assert footprint.memory_bytes == 256 * 256 + 256 * 16  # 8-bit synapses, 128-bit neuron words
    area = footprint.area_m2
    assert area is not None
    expected = 41835e-12 + 0.17e-12 * 256 * 256 * 8
    assert area.value == pytest.approx(expected, rel=1e-12)
    assert area.low < area.value < area.high


def test_totals_say_what_each_workload_takes_up_and_nothing_of_a_rule(trace):
    devices = ("odin_style", "stm32l4r5", "rule_ac_mac_45nm")
    totals = price(trace, *devices, host=None).totals()
    core, snn, int8, *rules = totals.to_dict("records")
    assert (core["cores"], core["memory_bytes"]) == (1, 69632)
    assert core["mm2"] == pytest.approx(0.131, abs=5e-4)

    for row in (snn, int8):
        assert row["device"] == "stm32l4r5"
        assert math.isnan(row["cores"])
        assert math.isnan(row["mm2"])
        assert row["memory_bytes"] > 65_536 + 8_192  # code and stack
    assert snn["memory_bytes"] > int8["memory_bytes"]  # int32 potentials, int8 activations

    assert len(rules) == 2
    for row in rules:
        assert all(math.isnan(row[key]) for key in ("cores", "mm2", "memory_bytes"))


def test_a_layer_table_has_a_footprint(trace):
    (row,) = price_layers(LAYERS, "stm32l4r5", network="KWS").totals().to_dict("records")
    assert 100_000 < row["memory_bytes"] < 200_000


def test_area_and_memory_grow_with_cores():
    card = load_card("odin_style")
    assert memory_bytes(card, 7) == 7 * memory_bytes(card)
    routers = 7 * card["area_of_router_m2"].value  # one core has none
    assert area_m2(card, 7).value == pytest.approx(7 * area_m2(card).value + routers)


def test_the_footprint_of_odin_is_that_of_the_chip():
    """Published: 0.086 mm², 32 kB of synapses and 4 kB of neurons (Frenkel et al. 2019)."""
    odin = load_card("odin")
    assert area_m2(odin).value == pytest.approx(0.086e-6, rel=0.01)
    assert memory_bytes(odin) == (32 + 4) * 1024


def test_a_gate_is_a_bit_of_each_neuron_word():
    """Memory, accesses and the neuron's part of an operation grow with the word, a clock not."""
    plain, gated = (load_card(f"odin_style:neuron_gates={gates}") for gates in (0, 1))
    assert memory_bytes(gated, 3) - memory_bytes(plain, 3) == 3 * 256 // 8
    wider = {
        key: gated[key].value / plain[key].value
        for key in plain.values
        if gated[key].value != plain[key].value
    }
    update, operation = wider["energy_per_neuron_update_j"], wider["energy_per_sop_j"]
    assert 129 / 128 < update < 130 / 128
    assert 1 < operation < update
    assert set(wider) == {
        "energy_per_neuron_update_j",
        "energy_per_neuron_access_j",
        "energy_per_sop_j",
    }
