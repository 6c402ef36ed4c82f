"""int8 networks: executed by TensorFlow Lite, beside Keras."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.models.int8 import as_levels, interpreter_of, quantise_int8
from spikewatt.models.keras_backend import import_keras
from spikewatt.models.networks import build_network
from spikewatt.models.training import predictions

CALIBRATION = 100  # images


@pytest.fixture(scope="module")
def int8_mlp(mlp, digits):
    return quantise_int8(mlp, digits.scaled("train")[:CALIBRATION])


def test_it_answers_almost_as_keras_does(mlp, digits, int8_mlp):
    x = digits.scaled("test")
    agree = int8_mlp.predictions(x) == predictions(mlp, x)
    assert len(agree) == 360
    assert agree.mean() > 0.98
    # Probabilities in steps of 1/256; a few of them, which the layers before round away.
    error = np.abs(int8_mlp.outputs(x) - mlp.predict(x, verbose=0))
    assert 0 < error.mean() < 2 / 256


def test_batches_change_nothing(digits, int8_mlp):
    x = digits.scaled("test")[:300]  # a whole batch, and a part of one
    together = int8_mlp.outputs(x)
    one_by_one = np.concatenate([int8_mlp.outputs(x[i : i + 1]) for i in (0, 1, 255, 256, 299)])
    np.testing.assert_array_equal(together[[0, 1, 255, 256, 299]], one_by_one)


def test_the_same_network_every_time_and_no_line_printed(mlp, digits, int8_mlp, capfd):
    again = quantise_int8(mlp, digits.scaled("train")[:CALIBRATION])
    x = digits.scaled("test")
    np.testing.assert_array_equal(again.outputs(x), int8_mlp.outputs(x))
    assert capfd.readouterr() == ("", "")


def test_an_input_is_the_nearest_level(int8_mlp, digits):
    interpreter = interpreter_of(int8_mlp.content)
    given = interpreter.get_input_details()[0]
    levels = as_levels(digits.scaled("test")[:1], given)
    # Pixels are sixteenths: half of a level is rounded away from zero.
    scale, zero = given["quantization"]
    exact = digits.x_test[:1].astype(float) / 16 / scale + zero
    assert np.abs(levels - exact).max() <= 0.5 + 1e-4


def test_one_dimension_several_channels_and_a_sigmoid():
    keras = import_keras()
    rng = np.random.default_rng(0)
    layers = keras.layers
    images = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(5),
        ]
    )
    sequence = keras.Sequential(
        [
            keras.Input((20, 2)),
            layers.Conv1D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    for model in (images, sequence):
        x = rng.random((40, *model.input_shape[1:]), np.float32)
        found = quantise_int8(model, x)
        assert (found.predictions(x) == predictions(model, x)).mean() > 0.8
        assert set(found.predictions(x)) <= set(range(5))


def test_a_layer_without_an_int8_kernel_is_said():
    model = build_network("mlp-4-3-2-qcfs4", (2, 2, 1), 2)
    with pytest.raises(
        SpikewattError, match="has an int8 kernel for every layer; got real numbers"
    ):
        quantise_int8(model, np.ones((4, 2, 2, 1), np.float32))
