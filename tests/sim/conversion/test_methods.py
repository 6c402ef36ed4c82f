"""Law and published: conversion methods by name."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.models.training import predictions
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.thresholds import METHODS, Method
from spikewatt.sim.engines.simulate import simulate

from ...helpers.engines import IN_PROCESS, on_all_engines


@pytest.fixture(scope="module")
def calibration(digits):
    return digits.scaled("train")[:500]


def hidden_clip(network) -> float:
    """Value of a hidden neuron that fires at every step: θ w λ'."""
    return float(np.max(network.population("hidden1").unit))


def test_clips_are_those_of_the_papers(mlp, digits, calibration):
    """Law: λ of each method from its definition, up to rounding: 2 % of weights, 0.1 % of θ."""
    activations = keras.Model(mlp.inputs, mlp.get_layer("hidden1").output).predict(
        calibration, verbose=0
    )
    kernel, bias = (
        np.asarray(v, np.float64)
        for v in (mlp.get_layer("hidden1").kernel, mlp.get_layer("hidden1").bias)
    )
    expected = {
        "diehl_model": np.maximum(kernel, 0).sum(axis=0).max() + max(bias.max(), 0),
        "diehl_data": max(activations.max(), np.abs(kernel).max()),
        "ml_genn_data": max(activations.max(), np.abs(kernel).max()),
        "robust": np.percentile(activations[activations > 0], 99.9),
    }
    for name, clip in expected.items():
        network = convert(mlp, calibration, input_levels=16, weight_bits=12, method=name)
        assert hidden_clip(network) == pytest.approx(clip, rel=0.001)
        assert not network.population("hidden1").initial_potential.any()
        assert network.population("hidden1").reset == METHODS[name].reset
    own = convert(
        mlp, calibration, input_levels=16, weight_bits=12, method=Method("mine", "percentile", 90.0)
    )
    assert hidden_clip(own) == pytest.approx(
        np.percentile(activations[activations > 0], 90), rel=0.001
    )


def test_spike_norm_threshold_is_the_largest_sum_of_a_step(mlp, calibration):
    network = convert(mlp, calibration, input_levels=16, method="spike_norm", input_code="poisson")
    x = calibration[:100]
    spikes = simulate(network, x, "reference", 100, rasters=100).rasters["input"]
    weights = network.connections[0].weights
    assert weights is not None
    drive = spikes.astype(np.int64) @ weights + network.population("hidden1").bias
    assert network.population("hidden1").threshold == drive.max()


def test_few_spike_floors_where_radix_rounds(mlp, digits, calibration):
    """Law: q = clip(floor(v / θ), 0, 2^K − 1) with λ the largest activation."""
    few = convert(
        mlp,
        calibration,
        "radix",
        input_levels=16,
        input_code="bitplane",
        steps=4,
        method="few_spike",
    )
    hidden, (first, _) = few.population("hidden1"), few.connections
    x = digits.scaled("test")[:20]
    v = np.round(x * 16).astype(np.int64).reshape(20, -1) @ first.weights + hidden.per_neuron(
        "initial_potential"
    )
    q = np.clip(v // hidden.per_neuron("threshold"), 0, 15)
    window = np.array([8, 4, 2, 1])
    trace = simulate(few, x, "reference", rasters=20)
    start = trace.settings.schedule.windows["hidden1"].start
    assert np.array_equal(
        np.einsum("stn,t->sn", trace.rasters["hidden1"][:, start : start + 4].astype(int), window),
        q,
    )
    assert q.max() > 9
    rounding = convert(mlp, calibration, "radix", input_levels=16, input_code="bitplane", steps=4)
    assert (rounding.population("hidden1").initial_potential > hidden.initial_potential).any()


@pytest.mark.parametrize(
    "method", ["diehl_model", "diehl_data", "robust", "spike_norm", "ml_genn_data"]
)
def test_baselines_reach_the_network_and_run_alike_on_all_engines(method, mlp, digits, calibration):
    network = convert(mlp, calibration, input_levels=16, method=method, input_code="poisson")
    x, y = digits.scaled("test"), digits.y_test
    accuracy = simulate(network, x, "event", 256, seed=3).accuracy(y)[-1]
    assert accuracy > (predictions(mlp, x) == y).mean() - 0.03
    on_all_engines(network, x[:12], 20, rasters=4, seed=3)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "magic"}, "convert.method: must name a method"),
        (
            {"method": "robust", "code": "radix"},
            "convert.method 'robust': is defined for some codes; got radix; allowed: rate",
        ),
        (
            {"method": "qcfs"},
            "layer 'hidden1': method 'qcfs' takes the clip that the layer was trained with",
        ),
        ({"reset": "half"}, "convert.reset: must be a known reset"),
        ({"reset": "zero", "code": "radix"}, "convert.reset: a reset to zero loses value"),
        ({"readout": "softmax"}, "convert.readout: must be a known read-out"),
        (
            {"readout": "spikes", "code": "sync_rate"},
            "convert.readout: spikes of the output are counted in a streaming code",
        ),
        (
            {"input_code": "poisson", "code": "signed"},
            "convert.input_code: poisson drives a streaming rate",
        ),
        ({"input_code": "morse"}, "convert.input_code: must be a known input code"),
    ],
)
def test_refusals(options, match, mlp, calibration):
    with pytest.raises(SpikewattError, match=match):
        convert(mlp, calibration, input_levels=16, **options)


def residual_cnn(pool):
    keras.utils.set_random_seed(0)
    start = layers.Input((8, 8, 1))
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(start)
    added = layers.ReLU(name="relu")(
        layers.Add(name="add")([first, layers.Conv2D(4, 3, padding="same", name="branch")(first)])
    )
    pooled = pool(2, name="pool")(layers.BatchNormalization(name="norm")(added))
    return keras.Model(start, layers.Dense(10, name="output")(layers.Flatten()(pooled)))


@pytest.mark.parametrize(
    "method", ["diehl_model", "diehl_data", "robust", "spike_norm", "ml_genn_data", "least_error"]
)
@pytest.mark.parametrize("pool", [layers.AveragePooling2D, layers.MaxPooling2D])
def test_methods_convert_branches_and_pools(method, pool, digits):
    network = convert(
        residual_cnn(pool),
        digits.scaled("train")[:12],
        input_levels=16,
        method=method,
        readout="spikes",
    )
    x = digits.scaled("test")[:6]
    trace = on_all_engines(network, x, 12, IN_PROCESS, rasters=2)
    assert trace.spikes["add"].sum() > 0
