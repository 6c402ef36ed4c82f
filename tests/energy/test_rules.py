"""Other people's rules. Law: their constants times the ledger, and a waterfall that adds up."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.pricing.price import price
from spikewatt.energy.pricing.waterfall import explain
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

RULES = [name for name in card_names() if load_card(name).kind == "rule"]


@pytest.fixture(scope="module")
def deep(digits):
    """A 64-20-20-10 network on four images."""
    from spikewatt.models.networks import build_network

    model = build_network("mlp-64-20-20-10", digits.input_shape, 10)
    network = convert(model, digits.scaled("train")[:100], input_levels=16)
    return simulate(network, digits.scaled("test")[:4], "reference", 8)


def test_rules_are_their_constants_times_the_ledger(deep):
    totals = price(deep, *RULES).totals()
    found = totals.set_index(["device", "workload"])["energy_j"]
    assert len(RULES) >= 9

    sops, spikes = deep.mean_operations(), deep.mean_spikes() - deep.mean_spikes("input")
    updates = (20 + 20 + 10) * 8
    middle = deep.mean_operations("hidden1->hidden2")
    expected = {
        ("rule_ac_mac_45nm", "snn"): 0.9e-12 * sops,
        ("rule_ac_mac_45nm", "int8_ann"): 4.6e-12 * (64 * 20 + 20 * 20 + 20 * 10),
        ("rule_mac_is_3_operations", "snn"): 0.9e-12 * middle,
        ("rule_mac_is_3_operations", "int8_ann"): 3 * 0.9e-12 * 20 * 20,
        ("rule_keras_spiking_loihi", "snn"): 27.1e-12 * sops + 81e-12 * updates,
        ("rule_loihi_davies", "snn"): 23.6e-12 * sops + 52e-12 * updates + 30.7e-12 * spikes,
        ("rule_truenorth_marginal", "snn"): 2.3e-12 * sops + 64.4e-3 * 8e-3,
    }
    for side, energy_j in expected.items():
        assert found[side] == pytest.approx(energy_j), side
    assert ("rule_loihi_davies", "int8_ann") not in found.index


def test_a_rule_that_leaves_all_layers_out_says_so(trace):
    match = "counts the layers between the first and the last; got none"
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "rule_mac_is_3_operations")


def test_a_rule_takes_no_period_and_decides_nothing(trace):
    devices = ("odin_style", "rule_ac_mac_45nm", "stm32l4r5")
    prices = price(trace, *devices, period_s=1.0, host=None)
    assert prices.bill("rule_ac_mac_45nm").period_s is None
    pairs = prices.verdicts()
    assert len(pairs) == 3
    assert not pairs[["first", "second"]].stack().str.contains("rule").any()


# Why two prices differ


def test_a_waterfall_adds_up_exactly(trace):
    devices = ("odin_style", "rule_ac_mac_45nm", "stm32l4r5", "rule_loihi_sana_fe")
    bills = price(trace, *devices).bills
    compared = 0
    for first in bills:
        for second in bills:
            table = explain((first, "snn"), (second, "snn"))
            start, change = table["energy_j"].iloc[0], table["change_j"].sum()
            assert start == pytest.approx(first.total("snn"))
            np.testing.assert_allclose(start + change, second.total("snn"), rtol=1e-9)
            compared += len(table)
    assert compared > 60


def test_a_waterfall_names_what_only_one_charges(trace):
    prices = price(trace, "odin_style", "rule_ac_mac_45nm")
    table = prices.explain("rule_ac_mac_45nm", "odin_style")
    assert {
        "synaptic operations: count",
        "synaptic operations: price",
        "clock",
        "leakage",
        "neuron updates",
    } <= set(table["step"])
    with pytest.raises(SpikewattError, match="odin_style has the workload; got int8_ann"):
        prices.explain("rule_ac_mac_45nm", "odin_style", "int8_ann")
