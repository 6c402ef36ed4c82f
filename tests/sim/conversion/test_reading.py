"""Law: a graph is read by object and node, never by name; what Keras executes stays known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.graph.nodes import ReluNode
from spikewatt.sim.conversion.reading.reader import read, supported_layers
from spikewatt.sim.conversion.reading.registry import READERS
from spikewatt.sim.conversion.reading.rules import ReadingRules
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.input_codes import INPUT_CODES
from spikewatt.sim.trace.layer_summary import summarise

FINE = {"code": "radix", "steps": 10, "weight_bits": 16, "input_code": "bitplane"}
RADIX = ReadingRules.of(CODES["radix"], INPUT_CODES["bitplane"])


def values(*shape, samples=12):
    random = np.random.default_rng(0)
    kept = random.random((samples, *shape)) > 0.3
    return random.integers(0, 256, (samples, *shape)) * kept / 255


def with_biases(model: keras.Model) -> keras.Model:
    random = np.random.default_rng(0)
    for layer in model.layers:
        if getattr(layer, "use_bias", False):
            layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
    return model


def error_of(model, x) -> float:
    """Largest error of the logits in units of their spread, at fine quantisation."""
    network = convert(with_biases(model), x, **FINE)
    trace = simulate(network, x, "reference")
    expected = model(x, training=False).numpy()
    found = trace.outputs[:, -1] * network.output_unit
    return float(np.abs(found - expected).max() / expected.std())


# Identity.


def test_names_that_meet_are_made_unique():
    """A layer that is used twice beside one that is called like its second use."""
    twice = layers.Dense(6, activation="relu", name="dense")
    start = layers.Input((6,))
    other = layers.Dense(6, activation="relu", name="dense.2")(start)
    joined = layers.Concatenate()([twice(twice(start)), other])
    model = keras.Model(start, layers.Dense(10, name="out")(joined))

    names = [node.name for node in read(model, RADIX).nodes]
    assert sorted(names) == ["dense", "dense.2", "dense.3", "input", "out"]
    assert error_of(model, values(6)) < 0.05


def test_one_concatenate_joins_tensors_of_different_shapes():
    join, start = layers.Concatenate(), layers.Input((16,))
    a, b, c, d = (layers.Dense(n, activation="relu")(start) for n in (3, 5, 6, 2))
    left = layers.Dense(7, activation="relu")(join([a, b]))
    right = layers.Dense(7, activation="relu")(join([c, d]))
    model = keras.Model(start, layers.Dense(10)(layers.Add()([left, right])))
    assert error_of(model, values(16)) < 0.05


def test_one_flatten_and_one_norm_serve_two_tensors():
    """A layer's own `input` is that of its first call."""
    flatten, start = layers.Flatten(), layers.Input((4, 3, 2))
    small = layers.Conv2D(3, 2, activation="relu")(start)
    left, right = flatten(start), flatten(small)
    hidden = layers.Dense(5, activation="relu")(layers.Concatenate()([left, right]))
    model = keras.Model(start, layers.Dense(4)(hidden))
    assert error_of(model, values(4, 3, 2)) < 0.05


@pytest.mark.parametrize("first", [0, 1])
def test_a_softmax_that_something_reads_is_refused(first):
    start = layers.Input((16,))
    hidden = layers.Dense(12, activation="relu")(start)
    coarse = layers.Dense(4, activation="softmax", name="coarse")(hidden)
    fine = layers.Dense(6, name="fine")(layers.Concatenate(name="joined")([hidden, coarse]))
    outputs = [coarse, fine] if first == 0 else [fine, coarse]
    match = "'coarse' .Dense.: .*softmax .*; got .*" + ("joined" if first == 0 else "another")
    with pytest.raises(SpikewattError, match=match):
        convert(keras.Model(start, outputs), values(16), "radix")


@keras.saving.register_keras_serializable("tests", name="relu6")
def relu6(x):
    return keras.ops.relu(x) * 0.5


def test_a_function_is_known_by_what_it_is():
    own = [layers.Dense(12), layers.Activation(relu6, name="own"), layers.Dense(10)]
    match = "'own' .*an activation that spikes carry; got relu6 of .*not that of Keras"
    with pytest.raises(SpikewattError, match=match):
        convert(keras.Sequential([layers.Input((16,)), *own]), values(16))


@pytest.mark.parametrize("function", [keras.activations.relu, keras.ops.relu, "relu"])
def test_every_relu_is_one(function):
    stack = [layers.Dense(12, activation=function), layers.Dense(4)]
    model = keras.Sequential([layers.Input((16,)), *stack])
    assert isinstance(read(model, RADIX).nodes[1], ReluNode)


def test_a_relu_behind_flatten_is_calibrated_on_all_its_values():
    """Its values lie in a flat tensor, where a slice of channels would be those of one place."""
    stack = [layers.Conv2D(3, 2, name="maps"), layers.Flatten(), layers.ReLU(), layers.Dense(4)]
    model = with_biases(keras.Sequential([layers.Input((5, 4, 2)), *stack]))
    x = values(5, 4, 2)
    network = convert(model, x, **FINE)
    largest = keras.Model(model.inputs, model.layers[0].output).predict(x, verbose=0).max()
    maps = network.population("maps")
    assert np.max(maps.unit) * maps.levels == pytest.approx(largest, rel=0.2)
    assert error_of(model, x) < 0.05


def test_a_deep_graph_is_no_recursion():
    start = x = layers.Input((4,))
    for _ in range(400):
        x = layers.Dropout(0.1)(layers.Dropout(0.1)(x))
    model = keras.Model(start, layers.Dense(3)(x))
    assert len(read(model, RADIX).nodes) == 2


def test_a_min_pool_is_a_constant_minus_a_max_pool():
    """The constant, the largest value of the source, goes through what follows into a bias."""
    start = layers.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Conv2D(5, 2, padding="same", activation="relu")(x)
    model = keras.Model(start, layers.Dense(4)(layers.Flatten()(x)))
    model.get_layer("norm").gamma.assign([1.0, -0.5, -2.0, 0.7])
    names = [node.name for node in read(model, RADIX).nodes]
    assert any(name.endswith(".flip") for name in names)
    assert error_of(model, values(6, 6, 2)) < 0.05


# The list of layers.


def test_the_list_of_layers_is_that_of_the_readers():
    listed = supported_layers().split(";")[0].split(", ")
    assert listed == sorted(READERS)
    assert {"Dense", "Conv2D", "QCFS", "SeparableConv2D"} <= set(listed)
    stack = [layers.Dense(4), layers.LayerNormalization(), layers.Dense(3)]
    with pytest.raises(SpikewattError) as error:
        convert(keras.Sequential([layers.Input((3,)), *stack]), np.zeros((1, 3)))
    assert "'layer_normalization" in str(error.value)
    assert "hint: spikes cannot normalise by what they see" in str(error.value)


# What Keras executes.


def executed(network) -> dict[str, list[tuple] | None]:
    """Connection -> the layers that it counts, None for one layer as it stands."""
    return {
        c.name: c.executed
        if c.executed is None
        else [(layer.name, str(layer.kind), layer.macs) for layer in c.executed]
        for c in network.connections
    }


def test_a_separable_convolution_is_executed_as_two():
    """The case of the review: 41,984 multiply-accumulates, where one map would have 294,912."""
    stack = [layers.SeparableConv2D(32, 3, padding="same", activation="relu", name="both")]
    shape = (8, 8, 16)
    end = [layers.GlobalAveragePooling2D(), layers.Dense(10, name="output")]
    model = keras.Sequential([layers.Input(shape), *stack, *end])
    network = convert(model, values(*shape), "radix", input_code="bitplane")

    first, last = summarise(network)
    assert first.executed is not None
    depthwise, pointwise = first.executed
    assert (depthwise.name, depthwise.macs) == ("both.depthwise", 64 * 9 * 16)
    assert (pointwise.name, pointwise.macs) == ("both.pointwise", 64 * 16 * 32)
    assert (depthwise.outputs, pointwise.outputs) == (64 * 16, 64 * 32)
    assert (depthwise.parameters, pointwise.parameters) == (9 * 16 + 16, 16 * 32 + 32)
    assert first.macs == 41_984
    assert last.macs == 320


def test_two_dense_layers_are_merged_where_that_is_cheaper():
    def counted(narrow: int) -> list:
        stack = [layers.Dense(narrow, name="narrow"), layers.Dense(30, name="wide")]
        model = keras.Sequential([layers.Input((20,)), *stack, layers.ReLU(), layers.Dense(3)])
        network = convert(model, values(20), "radix", input_code="bitplane")
        return list(executed(network).values())

    assert counted(12) == [[("narrow", "dense", 240), ("wide", "dense", 360)], None]
    assert counted(4) == [None, [], None, [], None]  # 2 * 80 + 120 + 8, where one map has 600


def test_what_two_connections_share_is_counted_once():
    """One dense layer over a sum of two populations; one over two that are side by side."""
    start = layers.Input((6,))
    left, right = (layers.Dense(5, activation="relu", name=name)(start) for name in "ab")
    total = layers.Dense(4, activation="relu", name="total")(layers.Add()([left, right]))
    beside = layers.Dense(4, activation="relu", name="beside")(layers.Concatenate()([left, right]))
    model = keras.Model(start, layers.Dense(3, name="output")(layers.Add()([total, beside])))

    network = convert(model, values(6), "radix", input_code="bitplane")
    assert executed(network) == {
        "input->a": None,
        "input->b": None,
        "a->total": None,
        "b->total": [],
        "a->beside": [("beside", "dense", 40)],
        "b->beside": [],
        "total->output": None,
        "beside->output": [],
    }
    macs = sum(layer.macs for layer in summarise(network))
    assert macs == 2 * 30 + 20 + 40 + 12


def test_a_layer_that_is_used_twice_is_executed_twice():
    twice, start = layers.Dense(6, activation="relu", name="twice"), layers.Input((6,))
    model = keras.Model(start, layers.Dense(3, name="output")(twice(twice(start))))
    network = convert(model, values(6), "radix", input_code="bitplane")
    assert set(executed(network).values()) == {None}
    assert sum(layer.macs for layer in summarise(network)) == 36 + 36 + 18


def test_a_linear_layer_that_two_populations_read_is_executed_once():
    start = layers.Input((6,))
    linear = layers.Dense(5, name="linear")(start)
    cut = [layers.ReLU()(linear), layers.ReLU(6.0)(linear)]
    model = keras.Model(start, layers.Dense(3, name="output")(layers.Add()(cut)))
    network = convert(model, values(6), "radix", input_code="bitplane")
    counted = list(executed(network).values())
    assert counted[:2] == [None, []]
