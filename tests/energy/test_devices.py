"""Law: mappings, the parametric core, systems of host and core, layer tables, other people's rules, and their refusals."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from spikewatt.energy.bill import IDLE_COMPONENTS
from spikewatt.energy.cards.card import card_names, load_card, save_card
from spikewatt.energy.cards.parametric_core import highest_clock_hz, odin_style
from spikewatt.energy.devices.core_mapping import core_table, map_network
from spikewatt.energy.kernels.fit import MEASURED
from spikewatt.energy.kernels.layer_table import LAYERS
from spikewatt.energy.pricing.price import at_clock, price, price_layers, totals
from spikewatt.energy.pricing.waterfall import explain
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ..helpers.random_networks import random_input, random_network

RULES = [name for name in card_names() if load_card(name).kind == "rule"]


def with_limits(**limits):
    card = load_card("odin_style")
    return dataclasses.replace(card, limits={**card.limits, **limits})


def test_one_sign_per_axon_doubles_axons_and_events(trace):
    two, one = load_card("odin_style"), with_limits(signs_per_axon=1)
    mixed = {layer.pre: layer.mixed_axons for layer in trace.layers}
    assert mixed["hidden1"] > 0.9 * 48  # of random signs nearly all
    plain, doubled = map_network(trace, two), map_network(trace, one)
    assert doubled.axons == plain.axons + sum(mixed.values())
    operations = [
        price(trace, card).query("component == 'synaptic operations'")["energy_j"].to_numpy()
        for card in (two, one)
    ]
    for i, layer in enumerate(trace.layers):
        assert operations[1][i] / operations[0][i] == pytest.approx(
            1 + mixed[layer.pre] / trace.neurons[layer.pre]
        )
    with pytest.raises(
        DoesNotFitError,
        match=r"\(axons with weights of both signs count twice\); got .*axons_per_core=128",
    ):
        map_network(trace, with_limits(signs_per_axon=1, axons_per_core=70))


def test_zero_skipping_pays_for_weights_that_are_not_zero(trace):
    frame = price(trace, with_limits(zero_skipping=1))
    rows = frame[frame["component"] == "synaptic operations"]
    nonzero = sum(float(counts.sum(axis=1).mean()) for counts in trace.ledger("nonzero").values())
    card = load_card("odin_style")
    assert rows["energy_j"].sum() == pytest.approx(card["energy_per_sop_j"].value * nonzero)
    events = sum(float(counts.sum(axis=1).mean()) for counts in trace.spikes.values())
    assert rows["cycles"].sum() == pytest.approx(2 * nonzero + events)
    assert frame["energy_j"].sum() < price(trace, card)["energy_j"].sum()


def test_events_between_cores_are_routed(trace):
    """Law: on cores of 16 neurons every core hears all of its inputs; a spike is routed to each core but its own."""
    card = with_limits(neurons_per_core=16)
    mapping = map_network(trace, card)
    assert len(mapping.cores) == 8  # 122 neurons
    (routed,) = price(trace, card).query("component == 'routing'")["energy_j"]
    expected = 0.0
    for pre, counts in trace.spikes.items():
        spikes = float(counts.sum(axis=1).mean())
        listeners = [core for core in mapping.cores if pre in core.axons]
        own = sum(
            (last - first) / trace.neurons[pre]
            for core in listeners
            for name, first, last in core.residents
            if name == pre
        )
        expected += spikes * (len(listeners) - own)
    assert routed == pytest.approx(expected * card["energy_per_routed_event_j"].value)
    assert "routing" not in set(price(trace, "odin_style")["component"])


def test_area_loading_and_table_of_a_mapping(trace):
    card = load_card("odin_style")
    mapping = map_network(trace, card)
    assert mapping.memory_bits == 256 * 256 * 8
    assert mapping.area_m2(card).value == pytest.approx(65536 * 8 * 0.17e-12 + 41835e-12)
    odin = load_card("odin")
    bits = 65536 * 4
    assert bits * odin["area_per_synapse_bit_m2"].value + odin[
        "area_besides_synapses_m2"
    ].value == pytest.approx(0.0864e-6, rel=0.01)
    (row,) = core_table(mapping)
    assert (row["neurons"], row["axons"], row["neurons_used"]) == (122, 112, 122 / 256)
    assert "64 KiB of weights" in mapping.loading(card)


def test_radix_needs_a_doubling_accumulator_and_analog_a_host():
    network = random_network(
        1, code="radix", input_code="if", kinds=("dense",), resets=("subtract",)
    )
    trace = simulate(network, random_input(network, 2, 0), "reference")
    with pytest.raises(DoesNotFitError, match="radix doubles the accumulator"):
        price(trace, "odin_style")
    assert price(trace, with_limits(doubling_accumulator=1))["energy_j"].sum() > 0
    network = random_network(
        1, code="rate", input_code="analog", kinds=("dense",), resets=("subtract",)
    )
    trace = simulate(network, random_input(network, 2, 0), "reference", 6)
    with pytest.raises(DoesNotFitError, match="needs a host that multiplies"):
        price(trace, "odin_style")
    frame = price(trace, "odin_style", host="stm32u575")
    analog = frame[frame["component"] == "host analog layer"]
    host = load_card("stm32u575")
    macs, outputs = (
        sum(layer.host_macs for layer in trace.layers),
        sum(la.post_neurons for la in trace.layers if la.host_macs),
    )
    cycles = macs * host["cycles_per_mac_dense"].value + outputs * host["cycles_per_output"].value
    assert macs > 0
    assert analog["energy_j"].sum() == pytest.approx(cycles * host["energy_per_cycle_j"].value)


def test_narrow_potentials_do_not_fit(trace):
    with pytest.raises(DoesNotFitError, match=r"potentials fit; got \d+ bits; allowed: <= 9"):
        price(trace, with_limits(state_bits=9))


def test_a_system_is_core_and_host_and_nothing_twice(trace):
    alone = price(trace, "odin_style", period_s=1.0)
    system = price(trace, "odin_style", host="stm32u575", period_s=1.0)
    assert set(system["device"]) == {"odin_style+stm32u575"}
    host = load_card("stm32u575")
    own = system[system["component"].str.startswith("host") | (system["component"] == "waking")][
        "energy_j"
    ].sum()
    bill = system.attrs["bills"][0]
    waking = host["wake_time_s"].value * host["clock_hz"].value * host["energy_per_cycle_j"].value
    awake_s = bill.total("snn", "time_s") - alone.attrs["bills"][0].total("snn", "time_s")
    cycles = 64 * host["cycles_per_event_output"].value + 10 * host["cycles_per_result_read"].value
    computing = cycles * host["energy_per_cycle_j"].value
    asleep = (1.0 - awake_s) * host["sleep_power_w"].value
    assert awake_s == pytest.approx(cycles / host["clock_hz"].value + host["wake_time_s"].value)
    # Cores leak for the whole second either way; the host computes, wakes twice and sleeps for the rest.
    assert system["energy_j"].sum() - alone["energy_j"].sum() == pytest.approx(
        computing + 2 * waking + asleep
    )
    assert own > computing
    with pytest.raises(
        SpikewattError,
        match="price.host: must be a microcontroller; got odin_style is a neuromorphic_core",
    ):
        price(trace, "odin_style", host="odin_style")


def test_idle_is_the_rest_of_the_period(trace):
    frame = price(trace, "stm32l4r5", period_s=3.0)
    card = load_card("stm32l4r5")
    for workload in ("snn", "int8_ann"):
        part = frame[(frame["workload"] == workload) & (frame["component"] == "between inferences")]
        time_s = frame[(frame["workload"] == workload) & ~frame["component"].isin(IDLE_COMPONENTS)][
            "time_s"
        ].sum()
        assert part["energy_j"].sum() == pytest.approx((3.0 - time_s) * card["sleep_power_w"].value)


def test_the_parametric_core_keeps_its_laws():
    base = load_card("odin_style")
    assert odin_style() == base
    doubled = odin_style(voltage_v=0.55 * 2**0.5)
    assert doubled["energy_per_sop_j"].value == pytest.approx(2 * base["energy_per_sop_j"].value)
    for card in (doubled, odin_style(node_nm=65), odin_style(voltage_v=1.0)):
        for key in (
            "energy_per_sop_j",
            "leakage_power_w",
        ):  # away from what was measured the range is wider
            assert card[key].high / card[key].low > 1.5 * base[key].high / base[key].low
    sizes = [odin_style(neurons_per_core=n, axons_per_core=1024) for n in (64, 256, 512)]
    assert all(
        a["energy_per_sop_j"].value < b["energy_per_sop_j"].value for a, b in pairwise(sizes)
    )
    assert all(a["leakage_power_w"].value < b["leakage_power_w"].value for a, b in pairwise(sizes))
    assert odin_style(weight_bits=4)["energy_per_sop_j"].value < base["energy_per_sop_j"].value
    assert odin_style(cycles_per_sop=1)["cycles_per_sop"].value == 1
    assert highest_clock_hz(0.8) == 100e6
    assert load_card("odin_style:weight_bits=4,voltage_v=0.7") == odin_style(
        weight_bits=4, voltage_v=0.7
    )
    assert odin_style(node_nm=45)["energy_per_sop_j"].value > base["energy_per_sop_j"].value


BAD_CORES = {
    "odin_style:colour=1": "must be given what it has; got 'colour'",
    "odin_style:voltage_v=0.3": "voltage_v: must be within its limits; got 0.3; allowed: 0.55..1",
    "odin_style:neurons_per_core=0": "neurons_per_core: must be a size of the core; got 0; allowed: 16..4096",
    "odin_style:neurons_per_core=300.5": "neurons_per_core: must be a size of the core; got 300.5",
    "odin_style:node_nm=7": "must be a planar node of the scaling table; got 7; allowed: 28, 32, 45, 65",
    "odin_style:clock_hz=90e6": r"the core reaches it at 0.55 V; got 9e\+07; allowed: <= 7.5e\+07",
    "odin_style:neurons_per_core=4096,axons_per_core=4096": "must have a size that CACTI's table holds; got 16,777,216 bytes",
    "odin_style:fast": "parts are name=number; got 'fast'",
    "odin_style:clock_hz=quick": "parts are name=number; got 'clock_hz=quick'",
    "stm32l4r5:clock_hz=1": "only the parametric core takes values of your own",
}


@pytest.mark.parametrize("text", BAD_CORES)
def test_bad_parametric_cores(text):
    with pytest.raises(SpikewattError, match=BAD_CORES[text]):
        load_card(text)


def test_layer_tables_are_priced_by_the_published_cycles():
    """Published: MLPerf Tiny latencies of the stacks that were fitted, so residuals and no validation: within 13 %."""
    import pandas as pd

    rows = pd.read_csv(MEASURED)
    stacks = {
        "X-CUBE-AI v7.3.0": "x-cube-ai",
        "microTVM+CMSIS-NN": "cmsis-nn",
        "Bosch HALE version 1.0": "hale",
    }
    boards = {"NUCLEO_L4R5ZI": "stm32l4r5", "microtvm_cmsis_nn/NUCLEO_L4R5ZI": "stm32l4r5"}
    boards |= {"NUCLEO-U575ZI-Q": "stm32u575", "NUCLEO_G0B1RE": "stm32g0b1"}
    compared = 0
    for row in rows.itertuples():
        if row.software in stacks and row.board in boards:
            frame = price_layers(
                LAYERS, boards[row.board], stacks[row.software], row.clock_mhz * 1e6, row.benchmark
            )
            assert totals(frame)["time_s"][0] * 1e3 == pytest.approx(row.latency_ms, rel=0.13)
            compared += 1
    assert compared >= 16


def test_clock_of_a_microcontroller_moves_time_and_not_cycles():
    fast, slow = (
        price_layers(LAYERS, "stm32u575", "x-cube-ai", clock, "KWS") for clock in (160e6, 40e6)
    )
    assert slow["time_s"].sum() == pytest.approx(4 * fast["time_s"].sum())
    assert slow["cycles"].sum() == pytest.approx(fast["cycles"].sum())
    assert any("at 60 of 160 MHz" in line for line in slow.attrs["assumptions"])
    assert not any("at 60 of 160 MHz" in line for line in fast.attrs["assumptions"])
    with pytest.raises(
        SpikewattError,
        match=r"clock_hz: must be a clock of the device, in hertz; got 300000000.0; allowed: 32,768 to 160,000,000",
    ):
        at_clock(load_card("stm32u575"), 3e8)


def test_bad_layer_pricing(tmp_path):
    with pytest.raises(
        SpikewattError, match="must be a microcontroller; got odin_style is a neuromorphic_core"
    ):
        price_layers(LAYERS, "odin_style", network="KWS")
    with pytest.raises(
        SpikewattError,
        match="library: must be a kernel library with fitted coefficients; got 'tengine'",
    ):
        price_layers(LAYERS, "stm32l4r5", "tengine", network="KWS")
    card = load_card("stm32g0b1")
    small = dataclasses.replace(card, limits={**card.limits, "ram_bytes": 20_000})
    with pytest.raises(
        DoesNotFitError, match=r"the network fits; got needs 57,344 of 20,000 ram_bytes"
    ):
        price_layers(LAYERS, small, network="IC")
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        price_layers(LAYERS, "stm32g0b1", network="IC", period_s=0.5)


def test_cards_are_written_and_read_back(tmp_path):
    for name in ("stm32u575", "odin_style", "cr2032", "rule_loihi_davies"):
        card = load_card(name)
        save_card(card, tmp_path / f"{name}.yaml")
        again = load_card(str(tmp_path / f"{name}.yaml"))
        assert again.values == card.values
        assert dataclasses.replace(again, values={}) == dataclasses.replace(card, values={})


def test_libraries_change_int8_networks_only(trace):
    own, other = price(trace, "stm32l4r5"), price(trace, "stm32l4r5", library="tflm")
    energies = [totals(frame).set_index("workload")["energy_j"] for frame in (own, other)]
    assert energies[0]["snn"] == energies[1]["snn"]
    assert energies[1]["int8_ann"] > 1.05 * energies[0]["int8_ann"]
    borrowed = load_card("stm32h7a3")["cycles_per_mac_conv"]
    assert "borrowed from" in borrowed.source
    with pytest.raises(SpikewattError, match="is that of a microcontroller"):
        load_card(load_card("odin_style"), "tflm")


def test_rules_are_their_constants_times_the_ledger(digits):
    from spikewatt.models.networks import build_network

    model = build_network("mlp-64-20-20-10", digits.input_shape, 10)
    network = convert(model, digits.scaled("train")[:100], input_levels=16)
    trace = simulate(network, digits.scaled("test")[:4], "reference", 8)
    frame = totals(price(trace, *RULES)).set_index(["device", "workload"])["energy_j"]
    assert len(RULES) >= 9
    sops = {name: float(counts.sum(axis=1).mean()) for name, counts in trace.sops.items()}
    spikes = sum(
        float(counts.sum(axis=1).mean()) for name, counts in trace.spikes.items() if name != "input"
    )
    updates = (20 + 20 + 10) * 8
    assert frame["rule_ac_mac_45nm", "snn"] == pytest.approx(0.9e-12 * sum(sops.values()))
    assert frame["rule_ac_mac_45nm", "int8_ann"] == pytest.approx(
        4.6e-12 * (64 * 20 + 20 * 20 + 20 * 10)
    )
    assert frame["rule_mac_is_3_operations", "snn"] == pytest.approx(
        0.9e-12 * sops["hidden1->hidden2"]
    )
    assert frame["rule_mac_is_3_operations", "int8_ann"] == pytest.approx(3 * 0.9e-12 * 20 * 20)
    assert frame["rule_keras_spiking_loihi", "snn"] == pytest.approx(
        27.1e-12 * sum(sops.values()) + 81e-12 * updates
    )
    assert frame["rule_loihi_davies", "snn"] == pytest.approx(
        23.6e-12 * sum(sops.values()) + 52e-12 * updates + 30.7e-12 * spikes
    )
    assert frame["rule_truenorth_marginal", "snn"] == pytest.approx(
        2.3e-12 * sum(sops.values()) + 64.4e-3 * 8e-3
    )
    assert ("rule_loihi_davies", "int8_ann") not in frame.index


def test_a_rule_that_leaves_all_layers_out_says_so(trace):
    with pytest.raises(
        DoesNotFitError, match="counts the layers between the first and the last; got none"
    ):
        price(trace, "rule_mac_is_3_operations")


def test_a_waterfall_adds_up_exactly(trace):
    frame = price(trace, "odin_style", "rule_ac_mac_45nm", "stm32l4r5", "rule_loihi_sana_fe")
    bills = frame.attrs["bills"]
    compared = 0
    for first in bills:
        for second in bills:
            table = explain((first, "snn"), (second, "snn"))
            assert table["energy_j"].iloc[0] == pytest.approx(first.total("snn"))
            np.testing.assert_allclose(
                table["energy_j"].iloc[0] + table["change_j"].sum(), second.total("snn"), rtol=1e-9
            )
            compared += len(table)
    assert compared > 60
    names = list(explain((bills[1], "snn"), (bills[0], "snn"))["step"])
    assert {
        "synaptic operations: count",
        "synaptic operations: price",
        "clock",
        "leakage",
        "neuron updates",
    } <= set(names)


def test_odin_itself_prices_no_other_network(trace):
    with pytest.raises(
        DoesNotFitError, match="device 'odin': executes what was trained for its 3-bit weights"
    ):
        price(trace, "odin")
