"""Law: at fine quantisation the integers compute what Keras does, on all engines alike."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import IN_PROCESS, IN_PROCESSES, on_all_engines
from ...helpers.random_networks import side_by_side


def finish(x, classes=5):
    return layers.Dense(classes, name="output")(layers.Flatten()(x))


def norm_after_relu_before_max_pool(x):
    """The position of the ANNarchy study, with scales of both signs.

    They are folded forwards, through the pool, with a min pool where they are negative.
    """
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.MaxPooling2D(2)(x)
    return finish(layers.Conv2D(5, 3, padding="same", activation="relu")(x))


def norm_in_front_and_behind_pools(x):
    x = layers.BatchNormalization(name="norm0")(x)
    x = layers.Conv2D(4, 3, padding="same", strides=2, activation="relu")(x)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    x = layers.BatchNormalization(name="norm2")(x)
    x = layers.ReLU()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(9)(x)
    return layers.Dense(5, name="output")(layers.ReLU()(layers.BatchNormalization(name="norm3")(x)))


def residual(x):
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(6, 3, padding="same")(y))
    x = layers.ReLU()(layers.Add()([x, y]))
    y = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.Conv2D(8, 3, padding="same")(y)
    z = layers.Conv2D(8, 1, strides=2, padding="same")(x)
    x = layers.Activation("relu")(layers.Add()([y, z]))
    return layers.Dense(5, name="output")(layers.GlobalAveragePooling2D()(x))


def one_layer_residual(x):
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    return finish(
        layers.ReLU()(
            layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x), layers.Conv2D(4, 1)(x)])
        )
    )


def concatenation(x):
    a = layers.Conv2D(3, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(5, 1, padding="same", activation="relu6")(x)
    x = layers.Concatenate()([a, b])
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.MaxPooling2D(2)(layers.ReLU()(x))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)))(x)
    return finish(layers.SeparableConv2D(6, 3, activation="relu")(x))


def shared(x):
    conv = layers.Conv2D(4, 3, padding="same", activation="relu", name="twice")
    narrow = layers.Conv2D(4, 1, activation="relu")(x)
    return finish(layers.Concatenate()([conv(narrow), conv(conv(narrow))]))


GRAPHS = (
    norm_after_relu_before_max_pool,
    norm_in_front_and_behind_pools,
    residual,
    one_layer_residual,
    concatenation,
    shared,
)


def build(graph, seed=0) -> keras.Model:
    """An untrained network whose batch norms have scales of both signs, far from the identity."""
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((8, 6, 2))
    model = keras.Model(pixels, graph(pixels))
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            n = layer.gamma.shape[0]
            layer.gamma.assign(random.uniform(0.5, 1.5, n) * random.choice([-1, 1], n))
            layer.beta.assign(random.normal(0, 0.3, n))
            layer.moving_mean.assign(random.normal(0, 0.3, n))
            layer.moving_variance.assign(random.uniform(0.3, 2, n))
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
    return model


def pixels(samples, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (samples, 8, 6, 2)) / 255


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda g: g.__name__)
def test_fine_quantisation_reproduces_keras(graph):
    model = build(graph)
    x = pixels(16)
    network = convert(
        model, x, code="radix", steps=12, weight_bits=14, input_code="bitplane"
    )  # on x itself: nothing is clipped
    trace = simulate(network, x, "batched")
    expected = model(x, training=False).numpy()
    found = trace.outputs[:, -1] * network.output_unit
    assert expected.std() > 0.05
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max()


@pytest.mark.parametrize(("code", "input_code"), [("radix", "bitplane"), ("sync_rate", "if")])
def test_converted_graphs_run_alike_on_all_engines(code, input_code):
    """One by one in the engines of this process, and side by side in those of other processes."""
    networks, x = [], pixels(3)
    for graph in GRAPHS:
        network = convert(build(graph), pixels(100, 2), code, steps=3, input_code=input_code)
        trace = on_all_engines(network, x, engines=IN_PROCESS, rasters=1)
        assert sum(int(counts.sum()) for counts in trace.spikes.values()) > 100
        networks.append(network)
    x = [x] * len(networks)
    on_all_engines(side_by_side(networks), x, engines=IN_PROCESSES, rasters=1)


@pytest.mark.parametrize(
    "graph",
    [residual, one_layer_residual, norm_in_front_and_behind_pools],
    ids=lambda g: g.__name__,
)
def test_radix_sync_rate_and_settled_signed_give_one_integer_network(graph):
    """Law: with L = 2^K - 1 and the same input, all three codes end at the same potentials."""
    model, x = build(graph), pixels(4)
    outputs = []
    for code, steps in (("radix", 3), ("sync_rate", 7), ("signed", 7)):
        network = convert(model, pixels(100, 2), code=code, steps=steps, input_code="analog")
        outputs.append(simulate(network, x, "reference").outputs[:, -1])
    assert np.abs(outputs[0]).max() > 0
    assert np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])


def test_operations_are_popcount_and_count_times_fan_out():
    """Law: SOP(radix) = Σ popcount(q) fan-out, SOP(sync_rate) = Σ q fan-out."""
    model, x = build(residual), pixels(3)
    from spikewatt.sim.engines.batched.engine import values
    from spikewatt.sim.engines.inputs import integer_input

    for code, steps, worth in (
        ("radix", 4, lambda q: np.bitwise_count(q)),
        ("sync_rate", 9, lambda q: q),
    ):
        network = convert(model, pixels(100, 2), code=code, steps=steps, input_code="analog")
        sent = values(network, integer_input(network, x))
        trace = simulate(network, x, "reference")
        compared = 0
        for c in network.connections:
            if network.population(c.pre).kind == "input":
                continue
            q = np.round(sent[c.pre]).astype(np.int64).reshape(3, -1)
            assert np.array_equal(trace.sops[c.name].sum(axis=1), worth(q) @ network.fan_out(c))
            compared += int(q.sum())
        assert compared > 100


@pytest.mark.parametrize(
    ("code", "steps", "input_code"),
    [("radix", 6, "bitplane"), ("sync_rate", 5, "if"), ("signed", 3, "if"), ("rate", None, "if")],
)
def test_compiled_batches_give_the_same_integers(code, steps, input_code, monkeypatch):
    """The batched engine compiles long runs: no number may change, nor the last, padded batch."""
    from spikewatt.sim.engines.batched import engine as batched_engine

    streaming = code in ("signed", "rate")  # of whose graphs a step is compiled, block by block
    model, x = build(one_layer_residual if streaming else residual), pixels(29)
    network = convert(model, pixels(100, 2), code=code, steps=steps, input_code=input_code)
    monkeypatch.setattr(batched_engine, "COMPILE_FROM", 0)
    monkeypatch.setattr(batched_engine, "MEMORY_BYTES", 12)
    monkeypatch.setattr(batched_engine, "bytes_per_sample", lambda *_: 1)
    assert_equal(
        simulate(network, x, "reference", rasters=29), simulate(network, x, "batched", rasters=29)
    )


def test_steps_per_layer_and_what_they_refuse():
    model = build(residual)
    first = convert(model, pixels(50), code="radix", steps=3).populations[1].name
    network = convert(model, pixels(50), code="radix", steps={"": 3, first: 5})
    assert [p.levels for p in network.populations if p.kind == "integrate_and_fire"] == [
        31,
        7,
        7,
        7,
        7,
    ]
    with pytest.raises(
        SpikewattError, match="must name layers that become populations; got .*'conv99'"
    ):
        convert(model, pixels(50), code="radix", steps={"conv99": 3})
    with pytest.raises(SpikewattError, match=r"must be a number of steps; got 17; allowed: 1..16"):
        convert(model, pixels(50), code="radix", steps=17)
    with pytest.raises(
        SpikewattError, match="is fixed when the network is converted to radix; got 8"
    ):
        simulate(network, pixels(1), "reference", steps=8)
    with pytest.raises(SpikewattError, match="rate is simulated for any number of steps"):
        convert(model, pixels(50), steps=8)
    with pytest.raises(SpikewattError, match="under rate an input drives every step; got bitplane"):
        convert(model, pixels(50), input_code="bitplane")
    with pytest.raises(
        SpikewattError, match="'max_pooling2d.*needs a min pool.*hint: code='radix'"
    ):
        convert(build(norm_after_relu_before_max_pool), pixels(50))
    with pytest.raises(
        SpikewattError, match="a spike of a max pool cannot be taken back; got signed"
    ):
        convert(build(concatenation, 3), pixels(50), code="signed", input_code="analog")
    with pytest.raises(SpikewattError, match="input_code='analog' for negative inputs"):
        convert(model, pixels(50) - 0.5)
    with pytest.raises(SpikewattError, match="needs an exact code; got rate"):
        convert(model, pixels(50), bias_correction=1)


def test_two_inputs_and_two_outputs():
    a, b = keras.Input((4, 4, 1), name="left"), keras.Input((6,), name="right")
    x = layers.Dense(8, activation="relu")(
        layers.Flatten()(layers.Conv2D(3, 2, activation="relu")(a))
    )
    y = layers.Dense(8, activation="relu")(b)
    joined = layers.ReLU()(layers.Add()([x, y]))
    model = keras.Model(
        [a, b],
        [
            layers.Dense(3, name="first")(joined),
            layers.Dense(2, name="second")(layers.Concatenate()([x, joined])),
        ],
    )
    random = np.random.default_rng(0)
    x = [random.random((30, 4, 4, 1)), random.random((30, 6))]
    network = convert(model, x, code="radix", steps=10, weight_bits=14, input_code="bitplane")
    reference = on_all_engines(network, x)
    assert reference.settings.outputs == {"first": slice(0, 3), "second": slice(3, 5)}
    for name, expected in zip(("first", "second"), model(x), strict=True):
        found = reference.outputs[:, -1, reference.settings.outputs[name]]
        assert np.corrcoef(found.ravel(), np.ravel(expected))[0, 1] > 0.995


def test_bias_correction_brings_the_means_closer():
    model, x = build(residual), pixels(100, 5)
    expected = model(x, training=False).numpy()
    errors = []
    for sweeps in (0, 2):
        network = convert(
            model,
            x,
            code="radix",
            steps=2,
            weight_bits=4,
            input_code="analog",
            bias_correction=sweeps,
        )
        found = simulate(network, x, "event").outputs[:, -1] * network.output_unit
        errors.append(np.abs(found.mean(axis=0) - expected.mean(axis=0)).sum())
    assert errors[1] < errors[0]


def test_a_gpu_gives_the_same_integers():
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU")
    model, x = build(residual), pixels(16)
    network = convert(model, pixels(100, 2), code="radix", steps=4, input_code="bitplane")
    assert_equal(simulate(network, x, "reference"), simulate(network, x, "batched"))
