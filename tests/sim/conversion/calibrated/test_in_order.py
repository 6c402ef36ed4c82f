"""Law: layers calibrated in order are integers like any, and know what reaches them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.models.quantised_layers import QCFS
from spikewatt.sim.conversion.calibrated.clips import least_error_clips, quantised
from spikewatt.sim.conversion.calibrated.in_order import calibrate_in_order
from spikewatt.sim.conversion.calibrated.refit import Refit, targets
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.option_fields import LAYER_BY_LAYER
from spikewatt.sim.conversion.options import ConversionOptions
from spikewatt.sim.conversion.reading.reader import read
from spikewatt.sim.engines.batched.engine import values
from spikewatt.sim.engines.inputs import integer_input
from spikewatt.sim.engines.simulate import simulate

from ....helpers.engines import IN_PROCESS, OTHERS, on_all_engines


def shortcuts() -> keras.Model:
    """A residual block with a stride, one without, and what pools, splits and flips."""
    keras.utils.set_random_seed(4)
    x = start = layers.Input((8, 8, 2))
    x = stem = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.Conv2D(6, 3, padding="same")(y)
    x = layers.ReLU()(layers.Add()([y, layers.Conv2D(6, 1, strides=2)(stem)]))
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.ReLU(6.0)(layers.Add()([layers.Conv2D(6, 1)(y), x]))
    x = layers.BatchNormalization()(x)  # a negative scale makes a min pool of the next one
    x = layers.MaxPooling2D(2)(x)
    x = layers.AveragePooling2D(2, 1)(x)
    x = layers.LeakyReLU(0.1)(layers.Dense(7)(layers.Flatten()(x)))
    model = keras.Model(start, layers.Dense(3)(x))
    norm = next(each for each in model.layers if isinstance(each, layers.BatchNormalization))
    norm.gamma.assign([1.0, -1.0, 0.5, -0.5, 2.0, 1.0])
    return model


def pictures(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((samples, 8, 8, 2), np.float32)


@pytest.mark.parametrize(
    ("way", "code", "input_code", "engines"),
    [
        ("weights", "radix", "bitplane", OTHERS),
        ("bias", "sync_rate", "if", IN_PROCESS),
        ("weights", "radix", "analog", IN_PROCESS),
    ],
)
def test_all_engines_give_the_same_spikes(way, code, input_code, engines):
    steps = {"radix": 3, "sync_rate": 5}[code]
    network = convert(
        shortcuts(), pictures(40), code, steps=steps, input_code=input_code, layer_by_layer=way
    )
    trace = on_all_engines(network, pictures(4, 1), engines=engines)
    assert sum(int(counts.sum()) for counts in trace.spikes.values()) > 300


@pytest.mark.parametrize(("code", "input_code"), [("radix", "bitplane"), ("sync_rate", "if")])
def test_the_levels_that_layers_are_calibrated_on_are_those_of_the_engine(
    code, input_code, monkeypatch
):
    """Second implementation: what the walk believes was sent, and what the network sends."""
    from spikewatt.sim.conversion.calibrated import in_order

    kept: dict[str, np.ndarray] = {}
    monkeypatch.setattr(
        in_order._Walk, "forget", lambda walk, names: kept.update(walk.levels), raising=True
    )
    options = ConversionOptions.checked(
        "", {"code": code, "steps": 3, "input_code": input_code, "layer_by_layer": "weights"}
    )
    x = pictures(70)
    graph = read(shortcuts(), options.reading_rules)
    network = calibrate_in_order(graph, [x], options)
    sent = values(network, integer_input(network, x))
    assert len(kept) == len(sent) >= 9
    for name, q in sent.items():
        assert np.array_equal(kept[name].reshape(q.shape), q), name


def test_a_trained_network_stays_nearer_to_keras(cnn, digits):
    """On test images: biases in order lower the error of the outputs, weights lower it further."""
    calibration, x = digits.scaled("train")[:500], digits.scaled("test")
    errors = []
    expected = keras.Model(cnn.inputs, cnn.get_layer("output").output).predict(x, verbose=0)
    for way in LAYER_BY_LAYER:
        network = convert(
            cnn,
            calibration,
            "radix",
            steps=2,
            input_levels=digits.levels,
            input_code="bitplane",
            layer_by_layer=way,
        )
        outputs = simulate(network, x, "event").outputs[:, -1] * network.output_unit
        errors.append(float(np.mean((outputs - expected) ** 2)))
    alone, bias, weights = errors
    assert weights < bias < 0.8 * alone


def test_the_mean_of_every_channel_is_that_of_keras(mlp, digits):
    """On the calibration data, after the activation."""
    x = digits.scaled("train")[:400]
    options = {"steps": 2, "input_levels": digits.levels, "input_code": "bitplane"}
    hidden = keras.Model(mlp.inputs, mlp.get_layer("hidden1").output).predict(x, verbose=0)
    errors = []
    for way in ("none", "bias"):
        network = convert(mlp, x, "radix", layer_by_layer=way, **options)
        sent = values(network, integer_input(network, x))["hidden1"]
        transmitted = sent * network.population("hidden1").unit
        errors.append(np.abs(transmitted.mean(axis=0) - hidden.mean(axis=0)).mean())
    assert errors[1] < 0.3 * errors[0]


def test_layers_that_were_trained_with_levels_stay_as_they_are():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(4, 3, name="conv"),
            QCFS(7, name="relu"),
            layers.Flatten(),
            layers.Dense(5, name="hidden"),
            QCFS(3, name="relu2"),
            layers.Dense(3, name="output"),
        ]
    )
    x = pictures(50)
    plain = convert(model, x, "radix", input_code="bitplane")
    found = convert(model, x, "radix", input_code="bitplane", layer_by_layer="weights")
    compared = 0
    for ours, before in zip(found.populations, plain.populations, strict=True):
        if ours.kind.fires:
            assert np.array_equal(ours.threshold, before.threshold)
            assert np.array_equal(ours.initial_potential, before.initial_potential)
            compared += 1
    assert compared == 3
    assert np.array_equal(found.connections[0].weights, plain.connections[0].weights)


def test_zero_weights_stay_zero(mlp, digits):
    """Synapses that were pruned are not there again."""
    pruned = keras.models.clone_model(mlp)
    pruned.set_weights(mlp.get_weights())
    kernel = np.asarray(pruned.get_layer("hidden1").kernel)
    kernel = np.where(np.abs(kernel) < np.median(np.abs(kernel)), 0.0, kernel)
    pruned.get_layer("hidden1").kernel.assign(kernel)
    network = convert(
        pruned,
        digits.scaled("train")[:200],
        "radix",
        input_levels=digits.levels,
        input_code="bitplane",
        layer_by_layer="weights",
    )
    weights = network.connections[0].weights
    assert weights is not None
    assert not weights[kernel == 0].any()
    assert (weights != 0).mean() > 0.4


def test_one_clip_per_channel_or_per_layer():
    """Of one clip, the units of channels differ by the rounding of thresholds alone."""
    x = pictures(60)
    options = {"input_code": "bitplane", "layer_by_layer": "bias", "weight_bits": 14}
    ratios = {}
    for per_channel in (True, False):
        network = convert(shortcuts(), x, "radix", clip_per_channel=per_channel, **options)
        units = np.asarray(network.populations[1].unit)
        ratios[per_channel] = units.max() / units.min()
    assert ratios[False] < 1.01 < 1.2 < ratios[True]


@pytest.mark.parametrize("code", ["rate", "radix"])
def test_clips_per_channel_without_anything_else(code):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    x = pictures(60)
    network = convert(model, x, code, clip_per_channel=True, weight_bits=14)
    units = np.asarray(network.populations[1].unit)
    assert units.max() / units.min() > 1.2
    on_all_engines(network, x[:3], 8 if code == "rate" else None, engines=IN_PROCESS)


# Least squares and clips, in closed form.


def test_a_refit_finds_the_weights_of_a_linear_layer():
    random = np.random.default_rng(0)
    for rows in (400, 20):  # more and fewer rows than columns
        x = random.normal(size=(rows, 40))
        true = random.normal(size=(40, 3))
        refit = Refit(x)
        change, bias = refit.change(x @ true + 5.0)
        adds = refit.adds(change, bias)
        assert np.allclose(adds, x @ change + bias)
        assert np.abs(adds - (x @ true + 5.0)).mean() < 0.1 * np.abs(x @ true).mean()


def test_both_forms_of_the_system_are_one():
    random = np.random.default_rng(1)
    x, missing = random.normal(size=(30, 31)), random.normal(size=(30, 2))
    by_row = Refit(x)
    assert by_row.by_row
    padded = Refit(np.concatenate([x, np.repeat(x.mean(axis=0)[None], 2, axis=0)]))
    assert not padded.by_row
    more = np.concatenate([missing, np.repeat(missing.mean(axis=0)[None], 2, axis=0)])
    for ours, theirs in zip(by_row.change(missing), padded.change(more), strict=True):
        assert np.allclose(ours, theirs)


def test_silent_and_saturated_neurons_are_left_alone():
    sums, wanted = np.array([[-2.0], [7.0], [1.0]]), np.array([[-1.0], [5.0], [2.0]])
    assert targets(sums, wanted, np.array([4.0])).ravel().tolist() == [-2.0, 7.0, 2.0]
    assert targets(sums, wanted, None) is wanted


def test_the_clip_is_no_worse_than_any_other_tried():
    random = np.random.default_rng(2)
    y = np.maximum(random.normal(size=(2000, 3)) * [1.0, 5.0, 0.1], 0)
    x = y + random.normal(size=y.shape) * 0.05
    clips = least_error_clips(x, y, 7, by_channel=True)

    def error(at: np.ndarray) -> np.ndarray:
        return ((quantised(x, at, 7) - y) ** 2).sum(axis=0)

    for share in np.linspace(0.3, 2.0, 18):
        assert (error(clips) <= error(clips * share) * 1.02).all()
    together = least_error_clips(x, y, 7, by_channel=False)
    assert len(set(together)) == 1
    assert error(clips).sum() <= error(together).sum()
