"""Prices of counts. Law: on a microcontroller those of a trace's counts are those of the trace."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.counts import Counts
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate

from ...helpers.random_networks import random_input, random_network

RULES = [name for name in card_names() if load_card(name).kind == "rule"]
LAYERS = [
    {"name": "in", "neurons": 50, "fan_out": 20, "spikes": 400, "synaptic_operations": 7000},
    {"name": "mid", "neurons": 20, "fan_out": 6, "spikes": 60, "synaptic_operations": 360},
    {"name": "out", "neurons": 10, "fan_out": 0, "spikes": 5, "synaptic_operations": 0},
]
INPUT = {**LAYERS[0], "is_input": True}
STEPS = 16


def counts(*changed: dict, **settings) -> Counts:
    """The layers of the example, of which some were changed."""
    layers = {layer["name"]: layer for layer in (INPUT, *LAYERS[1:])}
    for layer in changed:
        layers[layer["name"]] = {**layers[layer["name"]], **layer}
    return Counts(list(layers.values()), **{"steps": STEPS, **settings})


def trace_of(**options):
    network = random_network(3, layers=2, **options)
    steps = 6 if network.code.streaming else None
    return simulate(network, random_input(network, 3, 3), "reference", steps)


def rows(prices, workload):
    """(layer, component) -> (J, s, cycles) on the one device."""
    frame = prices.frame
    frame = frame[frame["workload"] == workload].set_index(["layer", "component"])
    return frame[["energy_j", "time_s", "cycles"]]


# Where the price is the same


def test_counts_of_dense_layers_cost_what_their_trace_costs():
    """Every row: rows of weights, neurons that integrate their pixels, each layer at each step."""
    trace = trace_of(kinds=("dense",))
    by_trace, by_counts = price(trace, "stm32l4r5"), price(counts_of(trace), "stm32l4r5")
    for workload in ("snn", "int8_ann"):
        expected, found = rows(by_trace, workload), rows(by_counts, workload)
        assert len(expected) > 3
        assert set(expected.index) == set(found.index)
        for row in expected.index:
            assert found.loc[row].tolist() == pytest.approx(expected.loc[row].tolist()), row


def test_counts_of_convolutions_cost_as_spikes_what_their_trace_costs():
    """As int8 they lack the taps on padding, which kernels multiply and no spike meets."""
    trace = trace_of(kinds=("conv2d",))
    assert any(layer.kind.name == "conv2d" for layer in trace.layers)
    by_trace, by_counts = price(trace, "stm32l4r5"), price(counts_of(trace), "stm32l4r5")
    expected, found = rows(by_trace, "snn"), rows(by_counts, "snn")
    assert found.sum().tolist() == pytest.approx(expected.sum().tolist())
    macs = sum(layer.macs for layer in trace.layers) - sum(each.synapses for each in trace.layers)
    fewer = rows(by_trace, "int8_ann").sum()["cycles"] - rows(by_counts, "int8_ann").sum()["cycles"]
    assert macs >= 0
    assert (fewer > 0) == (macs > 0)


@pytest.mark.parametrize(
    ("options", "component"),
    [
        ({"kinds": ("dense",), "input_code": "constant"}, "neuron updates"),
        ({"kinds": ("dense",), "code": "radix", "input_code": "bitplane"}, "step overhead"),
    ],
    ids=("encoder", "windows"),
)
def test_where_counts_cost_something_else_than_their_trace(options, component):
    """Making events is no part of counts; neither are windows, outside of which nothing is done."""
    trace = trace_of(**options)
    differs = rows(price(trace, "stm32l4r5"), "snn").groupby("component").sum()["cycles"]
    found = rows(price(counts_of(trace), "stm32l4r5"), "snn").groupby("component").sum()["cycles"]
    same = {"synaptic operations", "spike handling"}
    assert found[list(same)].tolist() == pytest.approx(differs[list(same)].tolist())
    assert found[component] != pytest.approx(differs[component])


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_of_counts_what_it_says_of_their_trace(rule):
    """Where inputs are made outside, and all synapses are counted."""
    network = random_network(5, layers=3, kinds=("dense",), input_code="constant")
    trace = simulate(network, random_input(network, 2, 5), "reference", 6)
    by_trace, by_counts = price(trace, rule).totals(), price(counts_of(trace), rule).totals()
    all_synapses = load_card(rule).about["ledger"] == "synapses"
    assert by_trace["workload"].tolist() == by_counts["workload"].tolist()
    if all_synapses:
        energies = by_trace["energy_j"].tolist()
        assert by_counts["energy_j"].tolist() == pytest.approx(energies)
    else:  # counts hold those of weight 0, too
        assert (by_counts["energy_j"] >= by_trace["energy_j"] * (1 - 1e-9)).all()


# By hand


def test_a_microcontroller_is_charged_counts_times_its_card():
    card = load_card("stm32l4r5")
    cycles = price(counts(), card).frame.groupby(["workload", "component"])["cycles"].sum()
    value = {key: quantity.value for key, quantity in card.values.items()}

    gathers = (20 + 10) * STEPS
    updates = (20 + 10) * STEPS
    expected = {
        ("snn", "synaptic operations"): 7000 * value["cycles_per_synapse_dense"]
        + 360 * value["cycles_per_synapse_sparse"],
        ("snn", "spike handling"): 460 * value["cycles_per_spike"],
        ("snn", "neuron updates"): updates * value["cycles_per_neuron_update"]
        + gathers * value["cycles_per_neuron_gather"],
        ("snn", "step overhead"): 2 * STEPS * value["cycles_per_step"],
        ("int8_ann", "multiply-accumulates"): 1000 * value["cycles_per_mac_dense"]
        + 120 * value["cycles_per_mac_conv"],
        ("int8_ann", "outputs"): 30 * value["cycles_per_output"],
        ("int8_ann", "overhead"): 2 * value["cycles_per_layer"] + value["cycles_per_inference"],
    }
    assert set(cycles.index) == set(expected)
    for row, number in expected.items():
        assert cycles[row] == pytest.approx(number), row


def test_weights_lie_in_flash_and_potentials_in_ram():
    """A weight for each synapse and 12 bytes for each neuron that is fed, or what was counted."""
    memory = price(counts(), "stm32l4r5").totals()["memory_bytes"]
    less = price(
        counts({"name": "in", "parameters": 100}, {"name": "mid", "parameters": 40}), "stm32l4r5"
    ).totals()["memory_bytes"]
    weights = 1000 + 12 * 20 + 120 + 12 * 10
    assert memory.tolist() == [65536 + weights + 8192 + 4 * 30, 65536 + weights + 8192 + 70]
    assert (memory - less).tolist() == [weights - 140] * 2


def test_updates_that_were_counted_are_taken():
    few = counts({"name": "mid", "active_updates": 60, "idle_updates": 40})
    value = load_card("stm32l4r5")["cycles_per_neuron_update"].value
    fewer = price(counts(), "stm32l4r5").frame["cycles"].sum()
    fewer -= price(few, "stm32l4r5").frame["cycles"].sum()
    assert fewer == pytest.approx((20 * STEPS - 100) * value)


def test_what_is_assumed_is_said():
    said = " ".join(price(counts(leaks=True, time_s=0.1), "stm32l4r5").assumptions)
    for text in (
        "a row of weights after in; indexed targets after mid",
        "its multiply-accumulates are neurons * fan-out",
        "A weight is stored for each synapse.",
        "Making the spikes of in is not included",
        "the loops were counted without a leak",
        "The time that was measured elsewhere is not taken",
    ):
        assert text in said
    silent = counts({"name": "in", "spikes": 0, "synaptic_operations": 0})
    said = " ".join(price(silent, "stm32l4r5").assumptions)
    law = "No spikes come from in: values that are multiplied in their place are not included"
    assert law in said


def test_layers_without_synapses_have_no_int8_network():
    alone = Counts([LAYERS[2]], STEPS)
    assert price(alone, "stm32l4r5").totals()["workload"].tolist() == ["snn"]
    with pytest.raises(DoesNotFitError, match="counts synapses, of which there must be some"):
        price(alone, "rule_ac_mac_45nm")


# Refused


def test_synapses_to_nowhere_are_refused():
    last = {"name": "out", "fan_out": 3, "spikes": 5, "synaptic_operations": 15}
    match = "device 'stm32l4r5': the synapses of the last layer lead to a layer of the counts; got"
    with pytest.raises(DoesNotFitError, match=match):
        price(counts(last), "stm32l4r5")
    prices = price(counts(last), "stm32l4r5", "rule_ac_mac_45nm", skip_unfit=True)
    assert list(prices.does_not_fit) == ["stm32l4r5"]


def test_a_host_and_a_network_belong_to_a_trace(mlp_network):
    match = "price.host: stands beside a core that runs a trace.*; got nrf54l15; allowed: none"
    with pytest.raises(SpikewattError, match=match):
        price(counts(), "stm32l4r5", host="nrf54l15")
    with pytest.raises(SpikewattError, match="price.host: .*got nrf54l15"):
        price(counts(), "stm32l4r5", host=load_card("nrf54l15"))
    with pytest.raises(SpikewattError, match="price.network: belongs to a trace"):
        price(counts(), "stm32l4r5", network=mlp_network)
    for host in ("none", None, "compared"):
        assert price(counts(), "stm32l4r5", host=host).bills


def test_what_computes_nothing_does_not_price_counts():
    with pytest.raises(SpikewattError, match="must be devices that compute; got cr2032"):
        price(counts(), "cr2032")


def test_too_little_flash_is_said():
    large = counts({"name": "in", "neurons": 10**6, "synaptic_operations": 0})
    with pytest.raises(DoesNotFitError, match="needs 20,0.* flash_bytes"):
        price(large, "stm32l4r5")


# Beside each other


def test_prices_of_counts_have_verdicts_and_a_period():
    prices = price(counts(), "stm32l4r5", "nrf54l15", period_s=1.0)
    pairs = prices.verdicts()
    assert len(pairs) == 6
    assert pairs["ratio"].gt(0).all()
    assert {"between inferences", "waking"} <= set(prices.frame["component"])
    assert prices.break_evens(counts()).empty  # no core among them
