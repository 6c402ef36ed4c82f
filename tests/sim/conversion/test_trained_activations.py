"""Published: networks that were trained with few levels become spikes exactly."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.models.loading.load import load_keras
from spikewatt.models.networks import build_network
from spikewatt.models.quantised_layers import QCFS, KBitReLU, round_to_grid
from spikewatt.models.training import predictions, train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.thresholds import Method
from spikewatt.sim.engines.simulate import simulate


def hidden_clip(network) -> float:
    """Value of a hidden neuron that fires at every step: θ w λ'."""
    return float(np.max(network.population("hidden1").unit))


@pytest.mark.parametrize("bits", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 2))])
def test_median_quantised_network_equals_its_quantised_keras_network(bits, digits):
    """Published: Zou et al. (2023), lossless once settled: on a grid the logits are equal."""
    keras.utils.set_random_seed(0)
    weighted = [
        layers.Conv2D(8, 3, name="conv"),
        layers.Conv2D(8, 2, strides=2, name="pool"),
        layers.Dense(24, name="hidden"),
    ]
    stack = [part for layer in weighted for part in (layer, KBitReLU(bits))]
    stack.insert(4, layers.Flatten())
    stack = [layers.Input((8, 8, 1)), *stack, layers.Dense(10, name="output")]
    model = keras.Sequential(stack)
    train(keras.Sequential([model, layers.Softmax()]), digits, epochs=8)
    model.get_layer("conv").kernel.assign(np.asarray(model.get_layer("conv").kernel) / 16)
    round_to_grid(model)
    x = digits.x_test.astype(np.float32)
    logits = model.predict(x, verbose=0)
    calibration, options = (
        digits.x_train[:200].astype(np.float32),
        {"input_levels": 16, "input_max": 16.0, "input_code": "analog"},
    )
    for code in ("signed", "sync_rate"):
        network = convert(
            model,
            digits.x_train[:200].astype(np.float32),
            code,
            input_levels=16,
            input_max=16.0,
            input_code="analog",
            method="median",
        )
        trace = simulate(network, x, "batched")
        assert np.array_equal(trace.outputs[:, -1] * network.output_unit, logits)
    negative = simulate(
        convert(model, calibration, "signed", **options), x[:40], "reference", rasters=40
    )
    assert min(raster.min() for raster in negative.rasters.values()) == -1  # spikes were taken back
    assert (logits.argmax(axis=1) == digits.y_test).mean() > 0.8


def test_qcfs_network_is_exact_in_sync_rate_and_close_in_rate(digits, tmp_path):
    """Published: Bu et al. (2022), θ = λ and v(0) = θ/2; with L steps the network itself."""
    model = build_network("mlp-64-32-10-qcfs4", digits.input_shape, 10)
    train(model, digits, epochs=25)
    model.save(tmp_path / "qcfs.keras")
    model = load_keras(tmp_path / "qcfs.keras")
    assert (
        next(layer for layer in model.layers if isinstance(layer, QCFS)).largest != 8.0
    )  # λ was trained, and saved
    x = digits.scaled("test")
    wanted = predictions(model, x)
    network = convert(
        model,
        digits.scaled("train")[:200],
        "sync_rate",
        weight_bits=12,
        input_levels=16,
        input_code="analog",
        method="qcfs",
    )
    assert network.population("hidden1").levels == 4
    assert hidden_clip(network) * 4 == pytest.approx(model.layers[2].largest, rel=0.01)
    assert (simulate(network, x, "batched").predictions() == wanted).mean() > 0.99
    rate = convert(
        model,
        digits.scaled("train")[:200],
        "rate",
        weight_bits=12,
        input_levels=16,
        input_code="analog",
        method="qcfs",
    )
    assert (simulate(rate, x, "batched", 32).predictions() == wanted).mean() > 0.93


def test_trained_levels_give_way_to_steps(digits):
    model = build_network("mlp-64-32-10-qcfs4", digits.input_shape, 10)
    calibration = digits.scaled("train")[:50]
    assert (
        convert(model, calibration, "sync_rate", input_levels=16, steps={"hidden1": 9})
        .population("hidden1")
        .levels
        == 9
    )
    assert (
        convert(model, calibration, "sync_rate", input_levels=16, steps=6)
        .population("hidden1")
        .levels
        == 6
    )
    with pytest.raises(
        SpikewattError, match="layer 'hidden1': radix transmits 2\\^K - 1 levels; got 4"
    ):
        convert(model, calibration, "radix", input_levels=16)


def two_layers(first) -> keras.Sequential:
    return keras.Sequential([layers.Input((3,)), first, layers.Dense(2)])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: QCFS(0), "QCFS.levels"),
        (lambda: QCFS(4, clip=0), "QCFS.clip"),
        (lambda: KBitReLU(-1), "KBitReLU.bits"),
        (lambda: KBitReLU(1, 0.3), "KBitReLU.maximum: is a positive multiple of the step, 0.5"),
        (lambda: Method("mine", "median"), "Method.rule"),
        (lambda: Method("mine", "percentile", 0), "Method.percentile"),
        (lambda: Method("mine", reset="half"), "Method.reset"),
        (
            lambda: round_to_grid(two_layers(layers.Dense(2, activation="relu"))),
            "is followed by KBitReLU",
        ),
        (lambda: round_to_grid(two_layers(layers.Dense(2))), "on a power-of-two grid"),
    ],
)
def test_layers_and_methods_out_of_range_are_refused(make, match):
    with pytest.raises(SpikewattError, match=match):
        make()
