"""Second implementation.

One-dimensional convolutions and pools against Keras, on every engine, in NIR and in a price.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
import spikewatt as sw
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.network.connection_kinds import Conv1D
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.synapses import unroll

from ..helpers.engines import IN_PROCESS, OTHERS, on_all_engines

SHAPE = (20, 3)

STACKS = {
    "valid, max pool": [
        layers.Conv1D(6, 5, activation="relu", name="first"),
        layers.MaxPooling1D(2, name="pool"),
        layers.Flatten(),
    ],
    "same, strides, average pools": [
        layers.Conv1D(6, 5, strides=2, padding="same", activation="relu", name="first"),
        layers.AveragePooling1D(2, name="pool"),
        layers.Conv1D(5, 3, padding="causal", activation="relu", name="second"),
        layers.GlobalAveragePooling1D(name="mean"),
    ],
    "overlapping pools, batch norm": [
        layers.Conv1D(4, 3, name="first"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
        layers.AveragePooling1D(3, strides=2, padding="same", name="pool"),
        layers.Conv1D(6, 2, activation="relu", name="second"),
        layers.GlobalMaxPooling1D(name="largest"),
    ],
}


def build(stack: list) -> keras.Model:
    """A Keras network of copies of `stack`, with biases that are not 0."""
    keras.utils.set_random_seed(3)
    copies = [type(layer).from_config(layer.get_config()) for layer in stack]
    last = layers.Dense(7, name="output")
    model = keras.Sequential([layers.Input(SHAPE), *copies, last])
    random = np.random.default_rng(0)
    for layer in model.layers:
        if getattr(layer, "use_bias", False):
            layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
    return model


@pytest.fixture
def samples() -> np.ndarray:
    random = np.random.default_rng(1)
    return random.integers(0, 256, (24, *SHAPE)) / 255


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("code", "steps"), [("radix", 11), ("sync_rate", 300)])
def test_it_equals_keras_on_all_engines(stack, code, steps, samples):
    model = build(STACKS[stack])
    options = {"weight_bits": 16, "input_code": "bitplane"}
    network = sw.convert(model, samples, code, steps=steps, **options)

    trace = on_all_engines(network, samples, engines=OTHERS if code == "radix" else IN_PROCESS)
    expected = model(samples, training=False).numpy()
    logits = trace.outputs[:, -1] * network.output_unit
    assert np.abs(logits - expected).max() < 0.02 * expected.std()


@pytest.mark.parametrize("padding", [(0, 0), (2, 0), (1, 2)])
def test_the_ledger_is_that_of_the_synapses(padding):
    random = np.random.default_rng(2)
    weights = random.integers(-2, 3, (3, 4, 5))
    connection = sw.Connection("a", "b", Conv1D(), weights, Geometry((3,), (2,), (padding,)))
    post = connection.post_shape((9, 4))
    matrix = unroll(connection, (9, 4), post)

    stored = np.diff(matrix.tocsc().indptr)
    assert np.array_equal(connection.fan_out((9, 4), post), stored)
    nonzero = (matrix.toarray() != 0).sum(axis=0)
    assert np.array_equal(connection.fan_out((9, 4), post, nonzero=True), nonzero)
    assert 0 < nonzero.sum() < stored.sum()


def test_its_macs_are_those_that_keras_executes(samples):
    model = build(STACKS["same, strides, average pools"])
    network = sw.convert(model, samples, "rate")
    trace = sw.simulate(network, samples[:4], "reference", steps=8)
    multiplied = [layer.macs for layer in trace.layers if layer.kind.multiplies]
    assert multiplied == [10 * 5 * 3 * 6, 5 * 3 * 6 * 5, 5 * 7]

    prices = sw.price(trace, "odin_style", "stm32l4r5")
    spent = prices.totals().set_index(["device", "workload"])["energy_j"]
    assert (spent > 0).all()
    assert ("stm32l4r5", "int8_ann") in spent.index


def test_nir_carries_it_and_refuses_its_pools(samples, tmp_path):
    stack = [layers.Conv1D(6, 5, strides=2, activation="relu", name="first"), layers.Flatten()]
    network = sw.convert(build(stack), samples)
    sw.to_nir(network, tmp_path / "one.nir")
    assert sw.from_nir(tmp_path / "one.nir").hash == network.hash

    pool = layers.AveragePooling1D(2, name="pool")
    pooled = sw.convert(build([stack[0], pool, stack[1]]), samples)
    with pytest.raises(SpikewattError, match="NIR sums over windows of rows and columns"):
        sw.to_nir(pooled, tmp_path / "two.nir")


def test_a_window_of_two_axes_does_not_fit():
    weights = np.ones((3, 4, 5))
    connection = sw.Connection("a", "b", Conv1D(), weights, Geometry((3,), (1,)))
    with pytest.raises(SpikewattError, match=r"a window needs a \(length, channels\) population"):
        connection.post_shape((9, 9, 4))
