"""Microcontrollers. Law: cycles of the int8 network and of the spiking network in software."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pandas as pd
import pytest
from spikewatt.energy.bill import IDLE_COMPONENTS
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.cards.operating_point import at_clock
from spikewatt.energy.devices.microcontroller import uncounted
from spikewatt.energy.devices.software_work import (
    CODE_BYTES,
    STACK_BYTES,
    int8_work,
    priced_by,
    software_needs,
)
from spikewatt.energy.kernels.law import ELEMENT, LAYER, OPERATORS, PRICED_BY
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.layer_tables.layer_table import KNOWN, LAYERS
from spikewatt.energy.layer_tables.memory import BYTES_BEYOND_PARAMETERS, REQUANTISATION_BYTES
from spikewatt.energy.pricing.price import price, price_layers
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.connection import ExecutedLayer
from spikewatt.sim.network.connection_kinds import CONNECTION_KINDS
from spikewatt.sim.trace.layer_summary import LayerSummary


def workload(prices, name: str) -> pd.DataFrame:
    """The rows of one workload."""
    return prices.frame[prices.frame["workload"] == name]


# From a trace


def test_int8_network_is_macs_times_cycles(trace):
    card = load_card("stm32l4r5")
    ann = workload(price(trace, card), "int8_ann")
    macs, outputs = 64 * 48 + 48 * 10, 48 + 10
    cycles = (
        card["cycles_per_mac_dense"].value * macs
        + card["cycles_per_output"].value * outputs
        + card["cycles_per_layer"].value * 2
        + card["cycles_per_inference"].value
    )
    assert ann["cycles"].sum() == pytest.approx(cycles)
    assert ann["energy_j"].sum() == pytest.approx(cycles * card["energy_per_cycle_j"].value)


def test_software_spiking_network_is_the_closed_form(trace):
    snn = workload(price(trace, "stm32l4r5"), "snn")
    synapses, spikes = trace.mean_operations(), trace.mean_spikes()
    card = load_card("stm32l4r5")
    per_step = {"neuron_update": 64 + 48 + 10, "neuron_gather": 48 + 10, "step": 3}
    counts = {"synapse_dense": synapses, "spike": spikes}
    counts |= {key: number * trace.steps for key, number in per_step.items()}
    cycles = sum(card[f"cycles_per_{key}"].value * number for key, number in counts.items())
    assert snn["cycles"].sum() == pytest.approx(cycles)


def test_idle_is_the_rest_of_the_period(trace):
    prices, card = price(trace, "stm32l4r5", period_s=3.0), load_card("stm32l4r5")
    for name in ("snn", "int8_ann"):
        rows = workload(prices, name)
        busy_s = rows[~rows["component"].isin(IDLE_COMPONENTS)]["time_s"].sum()
        asleep_j = rows[rows["component"] == "between inferences"]["energy_j"].sum()
        assert asleep_j == pytest.approx((3.0 - busy_s) * card["sleep_power_w"].value)


def test_libraries_change_int8_networks_only(trace):
    own, other = price(trace, "stm32l4r5"), price(trace, "stm32l4r5", library="tflm")
    before, after = (p.totals().set_index("workload")["energy_j"] for p in (own, other))
    assert before["snn"] == after["snn"]
    assert after["int8_ann"] > 1.05 * before["int8_ann"]


def test_one_workload_that_does_not_fit_is_named_and_the_other_priced(trace):
    card = load_card("stm32l4r5")
    potentials = 4 * sum(trace.neurons.values())
    small = dataclasses.replace(card, limits={**card.limits, "ram_bytes": 8_192 + potentials - 1})
    prices = price(trace, small)
    assert set(prices.frame["workload"]) == {"int8_ann"}
    why = "snn does not fit: needs 8,680 of 8,679 ram_bytes, 1 too many."
    assert any(why in line for line in prices.assumptions)


# What Keras executes


def merged(*executed: ExecutedLayer | tuple, **changes) -> LayerSummary:
    """A 5 x 5 convolution that was made of other layers."""
    values = {
        "pre": "input",
        "post": "conv",
        "kind": "conv2d",
        "post_kind": "integrate_and_fire",
        "pre_shape": (16, 16, 8),
        "post_shape": (16, 16, 16),
        "geometry": [[3, 3], [1, 1], [[1, 1], [1, 1]]],
        "synapses": 1,
        "nonzero_synapses": 1,
        "macs": sum(layer.macs for layer in executed),
        "parameters": sum(layer.parameters for layer in executed),
        "fan_in": 72,
        "executed": tuple(executed),
    }
    return LayerSummary(**{**values, **changes})


SEPARABLE = (
    ExecutedLayer("depthwise", "depthwise", 18_432, 2048, 72 + 8),
    ExecutedLayer("pointwise", "conv2d", 32_768, 4096, 128 + 16),
)


def test_a_separable_convolution_is_priced_as_depthwise_and_pointwise():
    """9 · 2048 + 8 · 4096 MACs, where the merged map would have 294,912."""
    assert int8_work(merged(*SEPARABLE)) == {
        "cycles_per_mac_conv": 18_432 + 32_768,
        "cycles_per_output": 2048 + 4096,
        "cycles_per_layer": 2,
    }


def test_two_dense_layers_are_priced_as_two():
    first = ExecutedLayer("a", "dense", 640, 10, 650)
    second = ExecutedLayer("b", "dense", 50, 5, 55)
    layer = merged(first, second, kind="dense", geometry=None, post_shape=(5,), fan_in=64)
    expected = {"cycles_per_mac_dense": 690, "cycles_per_output": 15, "cycles_per_layer": 2}
    assert int8_work(layer) == expected


def test_a_pool_before_merged_layers_touches_its_inputs():
    layer = merged(*SEPARABLE, pooled=[[2, 2], [2, 2], [[0, 0], [0, 0]]])
    done = int8_work(layer)
    assert done[ELEMENT] == 16 * 16 * 8
    assert done[LAYER] == 3  # the pool is one, too


def test_a_connection_that_is_counted_elsewhere_costs_nothing():
    assert int8_work(merged()) == {}


def test_a_connection_that_is_one_layer_counts_itself():
    layer = merged(executed=None, macs=1000)
    assert int8_work(layer) == {"cycles_per_mac_conv": 1000, "cycles_per_output": 4096, LAYER: 1}
    pool = merged(executed=None, macs=1000, kind="pool")
    assert int8_work(pool) == {ELEMENT: 1000, LAYER: 1}


def test_merged_layers_are_priced_and_stored_as_they_are(trace):
    """The price of a trace whose second layer was two Dense layers, 48-20-10."""
    first = ExecutedLayer("a", "dense", 48 * 20, 20, 48 * 20 + 20)
    second = ExecutedLayer("b", "dense", 20 * 10, 10, 20 * 10 + 10)
    parameters = first.parameters + second.parameters
    last = dataclasses.replace(trace.layers[-1], executed=(first, second), parameters=parameters)
    two = dataclasses.replace(trace, layers=(*trace.layers[:-1], last))

    card = load_card("stm32l4r5")
    before, after = (workload(price(t, card), "int8_ann")["cycles"].sum() for t in (trace, two))
    more_macs, more_outputs = 48 * 20 + 20 * 10 - 48 * 10, 20
    expected = (
        card["cycles_per_mac_dense"].value * more_macs
        + card["cycles_per_output"].value * more_outputs
        + card["cycles_per_layer"].value
    )
    assert after - before == pytest.approx(expected)

    own, other = software_needs(trace), software_needs(two)
    assert own["snn"] == other["snn"]  # which stores the merged weights
    more = parameters - (48 * 10 + 10) + BYTES_BEYOND_PARAMETERS * 20
    assert other["int8_ann"].flash_bytes - own["int8_ann"].flash_bytes == more


def test_channels_of_merged_convolutions_are_stored_once(trace):
    """8 of the depthwise and 16 of the pointwise layer, at 256 positions each."""
    neurons = {"input": 16 * 16 * 8, "conv": 16 * 16 * 16}
    alone = dataclasses.replace(trace, layers=(merged(*SEPARABLE),), neurons=neurons)
    flash = software_needs(alone)["int8_ann"].flash_bytes - CODE_BYTES
    assert flash == (80 + 144) + BYTES_BEYOND_PARAMETERS * (8 + 16)


def test_activations_between_merged_layers_live_at_once(trace):
    wide = ExecutedLayer("a", "dense", 48 * 900, 900, 48 * 900 + 900)
    narrow = ExecutedLayer("b", "dense", 900 * 10, 10, 900 * 10 + 10)
    last = dataclasses.replace(trace.layers[-1], executed=(wide, narrow))
    two = dataclasses.replace(trace, layers=(*trace.layers[:-1], last))
    assert software_needs(two)["int8_ann"].ram_bytes == 48 + 900 + STACK_BYTES


def test_what_no_loop_was_counted_of_is_said(trace):
    """Max pools and signed spikes have no C that was executed."""
    assert uncounted(trace) == []
    pool = dataclasses.replace(trace.layers[-1], kind=CONNECTION_KINDS["max_pool"])
    settings = dataclasses.replace(trace.settings, code=CODES["signed"])
    other = SimpleNamespace(layers=(*trace.layers[:-1], pool), settings=settings)
    assert uncounted(other) == [
        "no loop was counted of max_pool, code signed: taken to cost as other layers do."
    ]


def test_every_kind_of_connection_is_priced():
    card = load_card("stm32l4r5")
    dense = []
    for kind in CONNECTION_KINDS.values():
        keys = priced_by(kind)
        assert {keys.mac, keys.synapse} <= set(card.values)
        if keys.mac == "cycles_per_mac_dense":
            dense.append(kind.name)
            assert keys.synapse == "cycles_per_synapse_dense"
    assert dense == ["dense"]


# From a layer table


def test_layer_tables_are_priced_by_the_published_cycles():
    """Published: MLPerf Tiny latencies of stacks that were fitted, so residuals."""
    boards = {
        "NUCLEO_L4R5ZI": "stm32l4r5",
        "NUCLEO-U575ZI-Q": "stm32u575",
        "NUCLEO_G0B1RE": "stm32g0b1",
        "NUCLEO_H7A3ZI_Q": "stm32h7a3",
    }
    rows = pd.read_csv(MEASURED)
    rows = rows[rows["board"].isin(boards)]
    assert len(rows) >= 32
    inside = 0
    for row in rows.itertuples():
        totals = price_layers(
            LAYERS,
            boards[row.board],
            library=row.software,
            clock_hz=row.clock_mhz * 1e6,
            network=row.benchmark,
        ).totals()
        latency_s = row.latency_ms * 1e-3
        inside += totals["time_low_s"][0] < latency_s < totals["time_high_s"][0]
        assert totals["time_s"][0] == pytest.approx(latency_s, rel=0.2)
    assert inside >= 0.9 * len(rows)


def test_clock_of_a_microcontroller_moves_time_and_not_cycles():
    def at(clock_hz):
        return price_layers(
            LAYERS, "stm32u575", library="x-cube-ai", clock_hz=clock_hz, network="KWS"
        )

    fast, slow = at(160e6), at(40e6)
    assert slow.frame["time_s"].sum() == pytest.approx(4 * fast.frame["time_s"].sum())
    assert slow.frame["cycles"].sum() == pytest.approx(fast.frame["cycles"].sum())
    assert any("at 60 of 160 MHz" in line for line in slow.assumptions)
    assert not any("at 60 of 160 MHz" in line for line in fast.assumptions)


def test_a_clock_that_the_device_does_not_have_is_refused():
    match = (
        "clock_hz: must be a clock of the device, in hertz; "
        "got 400000000.0 .400 MHz.; allowed: 32,768 to 320,000,000"
    )
    with pytest.raises(SpikewattError, match=match):
        at_clock(load_card("stm32u575"), 4e8)


def test_bad_layer_pricing():
    match = "must be a microcontroller; got odin_style is a neuromorphic_core"
    with pytest.raises(SpikewattError, match=match):
        price_layers(LAYERS, "odin_style", network="KWS")
    match = "library: must be a kernel library with known cycle counts; got 'tengine'"
    with pytest.raises(SpikewattError, match=match):
        price_layers(LAYERS, "stm32l4r5", library="tengine", network="KWS")
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        price_layers(LAYERS, "stm32g0b1", network="IC", period_s=0.5)


def test_a_layer_table_that_needs_too_much_ram():
    card = load_card("stm32g0b1")
    small = dataclasses.replace(card, limits={**card.limits, "ram_bytes": 20_000})
    match = r"the network fits; got needs 57,344 of 20,000 ram_bytes, 37,344 too many"
    with pytest.raises(DoesNotFitError, match=match):
        price_layers(LAYERS, small, network="IC")
    prices = price_layers(LAYERS, small, "stm32l4r5", network="IC", skip_unfit=True)
    assert [bill.device for bill in prices.bills] == ["stm32l4r5"]
    assert list(prices.does_not_fit) == ["stm32g0b1"]


# Tables that have to be complete


def test_every_operator_is_known_by_a_name_and_priced():
    assert set(KNOWN.values()) == set(OPERATORS.values())
    for operator in OPERATORS.values():
        assert not operator.macs or operator.macs in PRICED_BY


def test_bytes_of_a_channel_have_two_names():
    """11 beyond the one byte of the bias that a count of parameters holds; 8 beyond int32 bias."""
    assert (BYTES_BEYOND_PARAMETERS, REQUANTISATION_BYTES, CODE_BYTES) == (11, 8, 65_536)
