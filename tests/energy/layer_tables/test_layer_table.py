"""Tables of int8 layers: counts, memory, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.law import Int8Layer, work
from spikewatt.energy.layer_tables.layer_table import LAYERS, read_layers, read_networks
from spikewatt.energy.layer_tables.memory import arena_bytes, flash_bytes
from spikewatt.energy.pricing.price import price_layers
from spikewatt.errors import SpikewattError


def test_published_macs_of_the_mlperf_tiny_networks():
    """MACs of the int8 files of mlcommons/tiny, benchmark/training/*/trained_models."""
    macs = {name: sum(layer.macs for layer in layers) for name, layers in read_networks().items()}
    assert macs == {"AD": 264192, "IC": 12501632, "KWS": 2656768, "VWW": 7489664, "SWW": 826368}
    assert all(
        sum(work(layers)[key] for key in ("mac_dense", "mac_conv")) == macs[name]
        for name, layers in read_networks().items()
    )


def test_published_live_macs_of_the_mlperf_tiny_networks():
    """971 pointwise channels of VWW (layers 10 to 26) have weights of zero alone.

    So says its int8 file, mlcommons/tiny, vww_96_int8.tflite; the other networks are all alive.
    """
    for name, layers in read_networks().items():
        live = {layer.name: layer.live_macs for layer in layers if layer.live_macs != layer.macs}
        macs = sum(layer.macs for layer in layers)
        if name == "VWW":
            assert sum(layer.computed_macs(prunes=True) for layer in layers) == 3_742_091
            assert min(int(each.split("_")[0]) for each in live) == 10
        else:
            assert not live
        done, pruned = work(layers), work(layers, prunes=True)
        assert done["mac_conv"] + done["mac_dense"] == macs
        gone = macs - pruned["mac_conv"] - pruned["mac_dense"]
        assert gone == (3_747_573 if name == "VWW" else 0)


def test_a_table_without_live_macs_has_all_of_them_alive():
    frame = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    empty = frame.assign(live_macs="")
    for table in (frame.drop(columns="live_macs"), empty):
        assert all(layer.live_macs == layer.macs for layer in read_layers(table, "VWW"))


def test_more_live_macs_than_macs_are_refused():
    with pytest.raises(SpikewattError, match="layer a: live_macs: are MACs of the layer; got 11"):
        Int8Layer("a", "dense", 10, 2, 0, 10, 2, 5, 2, live_macs=11)


def test_counts_of_one_network_by_hand():
    layers = read_layers(LAYERS, "IC")
    assert layers[3] == Int8Layer("3_add", "add", 0, 0, 16384, 0, 0, 16384, 16384)
    assert layers[12].kind == "pool"
    assert (layers[12].elements, layers[12].output_elements) == (4096, 64)
    assert work(layers) == {
        "mac_dense": 640,
        "mac_conv": 12500992,
        "outputs": 86026,
        "elements": 16384 + 8192 + 4096 + 4096,
        "layers": 9 + 3 + 3,  # convolutions; adds; pool, dense and softmax: a reshape is none
        "inferences": 1,
    }
    weights, biases = 77360, 346
    assert flash_bytes(layers) == weights + 12 * biases
    assert weights + biases == 77706  # parameters of the int8 file


def test_arena_keeps_the_skip_of_an_add_alive():
    assert (
        arena_bytes(read_layers(LAYERS, "IC")) == 3 * 16384
    )  # block input, second convolution's input and output
    assert arena_bytes(read_layers(LAYERS, "AD")) == 640 + 128
    assert arena_bytes(read_layers(LAYERS, "VWW")) == 48 * 48 * (8 + 16)
    chain = [
        Int8Layer(str(i), "conv", 10, 50, 0, 10, 5, 100 if i == 0 else 50, 50) for i in range(3)
    ]
    assert arena_bytes(chain) == 150
    with pytest.raises(
        SpikewattError, match="layer lost: its input must be a tensor made before; got 7 elements"
    ):
        arena_bytes([*chain, Int8Layer("lost", "pool", 0, 0, 7, 0, 0, 7, 1)])
    with pytest.raises(SpikewattError, match="an add needs two tensors"):
        arena_bytes([Int8Layer("sum", "add", 0, 0, 7, 0, 0, 7, 7)])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "op",
            "LSTM",
            "row 2: op: must be an int8 operator.*'LSTM'; allowed: ADD, AVERAGE_POOL_2D",
        ),
        ("live_macs", "81921", "row 1: live_macs: is at most macs.*got 81921; allowed: <= 81920"),
        ("live_macs", "-1", "row 1: live_macs: must be a whole number of at least 0; got '-1'"),
        ("macs", "-5", "layers.csv: row 2: macs: must be a whole number of at least 0; got '-5'"),
        ("weights", "1.5", "layers.csv: row 2: weights: must be a whole number"),
        ("bias", "", "layers.csv: row 2: bias: must be a whole number"),
        (
            "out_elems",
            "7",
            "layers.csv: row 2: out_elems: must be the product of out_shape; got 7; allowed: 128",
        ),
        ("macs", "0", "layers.csv: row 2: macs: must be above 0 for a layer with weights"),
        ("in_shape", "1x-3", "layers.csv: row 2: in_shape: must be a shape"),
        ("benchmark", "", "layers.csv: row 2: benchmark: must name the network"),
    ],
)
def test_a_wrong_layer_table_is_refused(tmp_path, column, value, message):
    frame = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)[:10]
    frame.loc[0 if column == "live_macs" else 1, column] = value
    frame.to_csv(tmp_path / "layers.csv", index=False)
    with pytest.raises(SpikewattError, match=message):
        read_layers(tmp_path / "layers.csv")


def test_a_layer_table_without_columns_rows_or_choice_is_refused(tmp_path):
    with pytest.raises(SpikewattError, match="network: must be chosen.*AD, IC, KWS, VWW, SWW"):
        read_layers(LAYERS)
    with pytest.raises(
        SpikewattError,
        match="must be a benchmark of the layer table; got 'resnet'; allowed: AD, IC",
    ):
        read_layers(LAYERS, "resnet")
    with pytest.raises(SpikewattError, match="must have the column macs, bias"):
        read_layers(pd.read_csv(LAYERS).drop(columns=["macs", "bias"]), "AD")
    with pytest.raises(SpikewattError, match="at least one row"):
        read_layers(pd.read_csv(LAYERS)[:0])
    with pytest.raises(SpikewattError, match="must be a CSV file; got no such file"):
        read_layers(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("idx", "0", "row 2: idx: must be there once in network 'AD'; got 0"),
        (
            "macs",
            "16385",
            "row 2: macs: is weights times positions of out_shape, those at padded borders in "
            "full; got 16385; allowed: 16384",
        ),
        ("macs", "7", "row 2: macs: is weights times .* got 7; allowed: 16384"),
    ],
)
def test_a_layer_twice_or_with_other_macs_than_its_weights_make_is_refused(column, value, match):
    table = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    table.loc[1, column] = value
    with pytest.raises(SpikewattError, match=match):
        read_networks(table)


def test_counts_may_be_written_as_floats_and_operators_in_small_letters():
    table = pd.read_csv(LAYERS)
    other = table.astype({"macs": float, "idx": float}).assign(op=table["op"].str.lower())
    assert read_networks(other) == read_networks(table)


def test_layers_that_cost_nothing_are_named_and_do_not_make_a_network():
    table = pd.read_csv(LAYERS).query("benchmark == 'IC'")
    lines = price_layers(table, "stm32l4r5").assumptions
    assert any(
        "beyond its call counted as nothing: 13_reshape, 15_softmax." in line for line in lines
    )

    free = table[table["op"].isin(("RESHAPE", "SOFTMAX"))]
    match = "must have a layer that computes; got 13_reshape, 15_softmax"
    with pytest.raises(SpikewattError, match=match):
        price_layers(free, "stm32l4r5")
    with pytest.raises(SpikewattError, match="must be a table; got list"):
        price_layers([1, 2], "stm32l4r5")


def test_elementwise_layers_cost_their_outputs():
    columns = ("benchmark", "idx", "op", "in_shape", "out_shape", "out_elems")
    rows = [("N", 0, "PAD", "1x4x4x2", "1x6x6x2", 72), ("N", 1, "MEAN", "1x6x6x2", "1x2", 2)]
    table = pd.DataFrame(rows, columns=columns).assign(macs=0, weights=0, bias=0)
    priced = price_layers(table, "stm32l4r5")
    card = load_card("stm32l4r5")
    each = 72 * card["cycles_per_pool_element"].value
    call, begin = card["cycles_per_layer"].value, card["cycles_per_inference"].value
    expected = [each, call, each, call, begin]
    assert priced.frame["cycles"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("name", ["live_mac", "livemacs", "Live MACs", "macs_live", "live-macs"])
def test_a_slip_in_the_column_that_may_be_missing_is_refused(name):
    table = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    with pytest.raises(SpikewattError, match="nearly called live_macs"):
        read_layers(table.rename(columns={"live_macs": name}), "AD")


def test_other_columns_are_left_alone():
    table = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    more = table.drop(columns="live_macs").assign(remark="", pruned="", mac_units="")
    assert len(read_layers(more, "AD")) == len(read_layers(LAYERS, "AD"))


@pytest.mark.parametrize("network", [5, ["KWS"], 1.5])
def test_a_network_is_a_name(network):
    with pytest.raises(SpikewattError, match="network: must be a name"):
        read_layers(LAYERS, network)
