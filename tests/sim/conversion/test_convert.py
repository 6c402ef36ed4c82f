"""Law: folding and thresholds; accuracy of the rate code; every refusal with its message."""

from __future__ import annotations

from itertools import islice

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.model_selection import StratifiedKFold
from spikewatt.errors import SpikewattError
from spikewatt.models.datasets import Dataset, load_dataset
from spikewatt.models.networks import build_network
from spikewatt.models.training import predictions, train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ...helpers.trained import on_mnist


def chain(*stack, shape=(8, 8, 1)):
    return keras.Sequential([layers.Input(shape), *stack])


def test_rates_approach_the_activations_of_keras(mlp, mlp_network, digits):
    """Law: r(T) = a / λ clipped to 1, up to O(1/T); λ = θ w λ' follows from the network itself."""
    x = digits.scaled("test")[:30]
    activations = keras.Model(mlp.inputs, mlp.get_layer("hidden1").output).predict(x, verbose=0)
    first, hidden = mlp_network.connections[0], mlp_network.population("hidden1")
    kernel = np.asarray(mlp.get_layer("hidden1").kernel, np.float64)
    unit = float((kernel * first.weights).sum() / (first.weights**2).sum())
    assert (
        np.quantile(np.abs(kernel - unit * first.weights), 0.99) < unit
    )  # the clip may cut a few outliers
    value = hidden.threshold.item() * unit
    rate = (
        simulate(mlp_network, x, "reference", steps=1000, rasters=30)
        .rasters["hidden1"]
        .mean(axis=1)
    )
    assert rate.max() > 0.5
    np.testing.assert_allclose(rate, np.clip(activations / value, 0, 1), atol=0.03)


@pytest.mark.parametrize("folds", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_digits_loses_at_most_half_a_point_in_cross_validation(digits, folds):
    """Keras against the rate code at 32 steps, the first or all 5 folds over all 1,797 scans."""
    x = np.concatenate([digits.x_train, digits.x_validation, digits.x_test])
    y = np.concatenate([digits.y_train, digits.y_validation, digits.y_test])
    losses = []
    parts = StratifiedKFold(5, shuffle=True, random_state=0).split(x[:, 0, 0, 0], y)
    for seed, (fit, held) in enumerate(islice(parts, folds)):
        watched, labels = x[held][:1], y[held][:1]  # after each epoch
        fold = Dataset("fold", x[fit], y[fit], watched, labels, x[held], y[held], digits.levels)
        model = build_network("mlp-64-48-10", fold.input_shape, 10, seed=seed)
        train(model, fold, epochs=30, seed=seed, batch_size=64)
        network = convert(model, fold.scaled("train")[:1000], input_levels=fold.levels)
        trace = simulate(network, fold.scaled("test"), "reference", steps=32)
        losses.append(
            (predictions(model, fold.scaled("test")) == y[held]).mean()
            - trace.accuracy(y[held])[-1]
        )
    points = np.array(losses) * 100
    print(
        f"digits, {folds} folds: mean loss {points.mean():.2f} points, folds {np.round(points, 2)}"
    )
    assert np.mean(losses) <= 0.005


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "epochs"), [("mlp-784-128-10", 8), ("lenet", 3), ("lenet-max", 3)]
)
def test_mnist_loses_at_most_0_3_points(name, epochs, shared_data, once_per_run):
    """All 10,000 test images in ANNarchy, 64 steps."""
    mnist = load_dataset("mnist", shared_data)
    model = on_mnist(once_per_run, mnist, name, epochs)
    x, y = mnist.scaled("test"), mnist.y_test
    trace = simulate(convert(model, mnist.scaled("train")[:1000]), x, "annarchy", steps=64)
    ann, snn = (predictions(model, x) == y).mean(), trace.accuracy(y)
    print(f"{name}: Keras {ann:.2%}, spiking {snn[-1]:.2%} at 64 steps, {snn[31]:.2%} at 32")
    assert len(y) == 10_000
    assert ann > 0.95
    assert ann - snn[-1] <= 0.003


def test_hash_is_stable_and_depends_on_the_numbers(mlp, mlp_network, digits):
    again = convert(mlp, digits.scaled("train")[:500], input_levels=digits.levels)
    assert again.hash == mlp_network.hash
    assert (
        convert(mlp, digits.scaled("train")[:500], input_levels=digits.levels, weight_bits=7).hash
        != again.hash
    )


class OwnReLU(layers.ReLU):
    """A user's layer that computes something else than its parent."""


REFUSED = {
    "layer": (
        lambda: chain(
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
            layers.LayerNormalization(),
            layers.Dense(3),
        ),
        r"LayerNormalization",
    ),
    "activation": (
        lambda: chain(layers.Flatten(), layers.Dense(4, activation="tanh"), layers.Dense(3)),
        r"has an activation that spikes carry; got tanh; hint: train it with ReLU",
    ),
    "softmax inside": (
        lambda: chain(layers.Flatten(), layers.Dense(4), layers.Softmax(), layers.Dense(3)),
        r"a softmax must be the last layer; got another place; hint: spikes carry no softmax",
    ),
    "relu at the end": (
        lambda: chain(layers.Flatten(), layers.Dense(3, activation="relu")),
        r"ends with a linear, softmax or sigmoid layer.*hint: end with a Dense layer",
    ),
    "flatten": (
        lambda: chain(
            layers.Conv2D(2, 3, activation="relu"),
            layers.Flatten(data_format="channels_first"),
            layers.Dense(3),
        ),
        r"its channels are the last axis; got channels_first",
    ),
    "maps at the end": (
        lambda: chain(layers.Conv2D(3, 8)),
        r"has flat outputs, one value per class; got \(None, 1, 1, 3\)",
    ),
    "odd name": (
        lambda: chain(layers.Flatten(), layers.Dense(3, name="a->b")),
        r"a name has letters, digits",
    ),
    "subclass": (
        lambda: chain(layers.Flatten(), layers.Dense(4), OwnReLU(), layers.Dense(3)),
        r"is a layer of Keras itself; got OwnReLU of .*hint: write what it computes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_is_named(case):
    build, match = REFUSED[case]
    with pytest.raises(SpikewattError, match=match) as error:
        convert(build(), np.zeros((3, 8, 8, 1)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("calibration", "match"),
    [
        (np.zeros((0, 8, 8, 1)), "at least one sample; got none"),
        (np.full((2, 8, 8, 1), np.nan), "must be finite"),
        (np.full((2, 8, 8, 1), 255.0), r"must lie in 0..input_max; got 255..255; allowed: 0..1"),
        (np.zeros((2, 64)), "must have the model's input shape"),
    ],
)
def test_bad_calibration(mlp, calibration, match):
    with pytest.raises(SpikewattError, match=match):
        convert(mlp, calibration)


@pytest.mark.parametrize(
    ("option", "match"),
    [
        ({"weight_bits": 1}, r"2\.\.16"),
        ({"code": "morse"}, "known code; got 'morse'"),
        ({"input_levels": 0}, "input levels"),
        ({"input_max": float("nan")}, "largest input value; got nan"),
        ({"weight_bits": 8.5}, "got 8.5"),
    ],
)
def test_bad_options(mlp, option, match):
    with pytest.raises(SpikewattError, match=match):
        convert(mlp, np.zeros((2, 8, 8, 1)), **option)


def test_threshold_that_rounds_to_zero_names_the_layer():
    model = chain(
        layers.Flatten(), layers.Dense(4, activation="relu", name="coarse"), layers.Dense(3)
    )
    kernel = np.zeros((64, 4), np.float32)
    kernel[0] = [1000, -1000, 1000, -1000]
    kernel[1] = 0.01
    model.get_layer("coarse").set_weights([kernel, np.zeros(4, np.float32)])
    calibration = np.zeros((3, 8, 8, 1))
    calibration[:, 0, 1] = 1.0
    with pytest.raises(SpikewattError, match="layer 'coarse': its threshold is at least 1"):
        convert(model, calibration)


def test_quantised_and_broken_weights_are_refused():
    model = chain(
        layers.Flatten(),
        layers.Dense(4, name="hidden"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(),
        layers.Dense(3),
    )
    model.get_layer("norm").moving_variance.assign([-1.0, 1, 1, 1])
    with pytest.raises(SpikewattError, match="'norm'.*its moving variance is at least 0; got -1"):
        convert(model, np.zeros((1, 8, 8, 1)))
    model = chain(layers.Flatten(), layers.Dense(3))
    model.quantize("int8")
    with pytest.raises(SpikewattError, match="must not be quantised; got int8"):
        convert(model, np.zeros((1, 8, 8, 1)))


def test_weights_that_are_nothing_beside_the_bias_become_zero():
    model = chain(layers.Flatten(), layers.Dense(3, name="tiny"))
    model.get_layer("tiny").set_weights(
        [np.full((64, 3), 1e-22, np.float32), np.array([1, 3, 2], np.float32)]
    )
    network = convert(model, np.zeros((1, 8, 8, 1)))
    assert not np.any(network.connections[0].weights)
    assert simulate(network, np.ones((1, 8, 8, 1)), "reference", steps=4).predictions()[0] == 1


def test_not_a_model():
    with pytest.raises(
        SpikewattError, match="must be a built Keras 3 Sequential or functional model; got str"
    ):
        convert("model", np.zeros((1, 8, 8, 1)))  # type: ignore[arg-type]
