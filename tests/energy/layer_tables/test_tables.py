"""Which networks of int8 layers are meant: shipped tables, CSV files, trained networks."""

from __future__ import annotations

import dataclasses

import pytest
from keras import Model, Sequential, layers, utils
from spikewatt.energy.layer_tables.layer_table import LAYERS, read_layers
from spikewatt.energy.layer_tables.memory import arena_bytes
from spikewatt.energy.layer_tables.tables import layers_in, networks_in
from spikewatt.energy.layer_tables.trained_network import layers_of_model
from spikewatt.energy.pricing.price import price, price_layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.network.connection import ExecutedLayer


def test_a_shipped_table_is_known_by_its_name():
    assert layers_in("MLPerf Tiny", "ic") == read_layers(LAYERS, "IC")
    assert list(networks_in("mlperf_tiny", "KWS")) == ["KWS"]
    priced = price_layers("mlperf_tiny", "stm32l4r5", library="X-CUBE-AI v9.0", network="IC")
    assert priced.totals()["time_s"].iloc[0] > 0.05


def test_what_is_no_table_says_which_there_are():
    match = "layer table: must come with spikewatt, or be a file; got 'mlperf'; allowed: mlperf_ti"
    with pytest.raises(SpikewattError, match=match):
        networks_in("mlperf")
    match = "network: must be a benchmark of the layer table; got 'XX'; allowed: AD, IC, KWS, SWW"
    with pytest.raises(SpikewattError, match=match):
        price_layers("mlperf_tiny", "stm32l4r5", network="XX")
    with pytest.raises(SpikewattError, match="network: must be chosen from a table of several"):
        layers_in("mlperf_tiny")
    with pytest.raises(SpikewattError, match=r"none\.keras: the network's file must exist"):
        layers_in("none.keras")


def keyword_spotter():
    """The network KWS of MLPerf Tiny, DS-CNN, with weights of its own."""
    utils.set_random_seed(1)
    rest = [
        layers.Conv2D(64, (10, 4), 2, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.2),
    ]
    for _ in range(4):
        rest += [layers.DepthwiseConv2D(3, padding="same"), layers.BatchNormalization()]
        rest += [layers.ReLU(), layers.Conv2D(64, 1), layers.BatchNormalization(), layers.ReLU()]
    rest += [layers.AveragePooling2D((25, 5)), layers.Flatten()]
    return Sequential([layers.Input((49, 10, 1)), *rest, layers.Dense(12, "softmax")])


def test_published_layers_are_those_of_the_trained_network(tmp_path):
    """KWS of MLPerf Tiny: as its int8 file has them, layer by layer."""
    keyword_spotter().save(tmp_path / "kws.keras")
    read = networks_in(tmp_path / "kws.keras")
    assert list(read) == ["kws"]
    without_names = [dataclasses.replace(layer, name="") for layer in read["kws"]]
    published = read_layers(LAYERS, "KWS")
    assert without_names == [dataclasses.replace(layer, name="") for layer in published]
    assert arena_bytes(read["kws"]) == arena_bytes(published)


def test_sums_separable_layers_and_pads_are_layers():
    x = layers.Input((8, 8, 3))
    first = layers.SeparableConv2D(4, 3, padding="same", activation="relu", name="two")(x)
    second = layers.Conv2D(4, 3, activation="relu")(layers.ZeroPadding2D(1)(first))
    pooled = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.Add()([first, second])))
    found = layers_of_model(Model(x, layers.Dense(2)(pooled)))
    kinds = [layer.kind for layer in found]
    assert kinds == ["depthwise", "conv", "elementwise", "conv", "add", "pool", "dense"]
    assert [layer.macs for layer in found] == [
        64 * 9 * 3,
        64 * 12,
        0,
        64 * 9 * 16,
        0,
        0,
        8,
    ]
    assert [layer.elements for layer in found if layer.elements] == [400, 256, 256]


def of_int8(prices) -> tuple[float, str]:
    rows = prices.frame[prices.frame["workload"] == "int8_ann"]
    return rows["cycles"].sum(), " ".join(prices.assumptions)


def test_a_library_that_prunes_is_charged_live_macs_only(trace):
    """Of a trace, and of a table, where there are dead channels; and the lines say so."""
    layer = trace.layers[0]
    part = ExecutedLayer("a", "dense", layer.macs, 48, layer.parameters, live_macs=1000)
    dead = dataclasses.replace(
        trace, layers=(dataclasses.replace(layer, executed=(part,)), *trace.layers[1:])
    )
    for library, prunes in (("x-cube-ai-8.0", False), ("x-cube-ai-9.0", True)):
        whole, says_nothing = of_int8(price(trace, "stm32l4r5", library=library))
        found, said = of_int8(price(dead, "stm32l4r5", library=library))
        each = price(trace, "stm32l4r5", library=library).bill("stm32l4r5").card
        saved = (layer.macs - 1000) * each["cycles_per_mac_dense"].value if prunes else 0.0
        assert whole - found == pytest.approx(saved)
        assert "ead channels" not in says_nothing
        does = "are not computed" if prunes else "are computed"
        assert f"Dead channels {does} by this library: 2,072 of 3,552 multiply-acc" in said

        table = price_layers("mlperf_tiny", "stm32l4r5", library=library, network="VWW")
        assert f"Dead channels {does} by this library: 3,747,573 of 7,489,664" in of_int8(table)[1]


def test_a_small_layer_costs_its_call():
    """4 x 4: its numbers are a few hundred cycles; its call a thousand where it is interpreted."""
    utils.set_random_seed(2)
    tiny = layers_of_model(Sequential([layers.Input((4,)), layers.Dense(4)]))
    for library, calls in (("tflm-cmsis-nn", 1000 + 500), ("cmsis-nn", 86.2 + 10)):
        priced = price_layers(tiny, "stm32l4r5", library=library).frame
        cycles = priced.groupby("component")["cycles"].sum()
        assert cycles["overhead"] == pytest.approx(calls)
        assert 200 < cycles.sum() - cycles["overhead"] < 400
