"""Training for ODIN: it repeats itself, and begins only from what it learns from."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.models.odin.hidden import start_sizes
from spikewatt.models.odin.training import train_odin
from spikewatt.sim.odin.convert import convert_for_odin
from spikewatt.sim.odin.network import OdinNetwork


def test_training_repeats_itself(digits):
    settings = {"hidden": 12, "largest_pixel": 16, "epochs": 2, "seed": 3}
    one, two, other = (
        train_odin(digits.x_train, digits.y_train, **{**settings, "seed": seed})
        for seed in (3, 3, 4)
    )
    assert OdinNetwork(**one).hash == OdinNetwork(**two).hash != OdinNetwork(**other).hash


def test_networks_that_do_not_fit_are_refused_before_training(digits, mlp, cnn):
    with pytest.raises(
        DoesNotFitError,
        match="with 58 neurons and the bias axon; got 784 inputs; "
        "allowed: at most 98 inputs: smaller images",
    ):
        convert_for_odin(mlp, np.zeros((4, 784), np.uint8), np.arange(4))
    with pytest.raises(
        SpikewattError, match="train_odin.start: is an MLP of two dense layers with biases"
    ):
        train_odin(digits.x_train, digits.y_train, 12, 16, start=mlp)


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        (lambda k: [k.Dense(12, activation="tanh"), k.Dense(10)], "got Dense, tanh, Dense"),
        (lambda k: [k.Dense(12), k.Dense(10)], "got Dense, Dense"),
        (
            lambda k: [k.Dense(12, activation="relu"), k.Dense(9, activation="relu"), k.Dense(10)],
            "got Dense, relu, Dense, relu, Dense",
        ),
        (
            lambda k: [k.Dense(12), k.ReLU(max_value=6), k.Dense(10)],
            "got Dense, ReLU with a limit, slope or threshold, Dense",
        ),
        (
            lambda k: [k.Reshape((8, 8, 1), name="square"), k.Conv2D(2, 3)],
            "layer 'square': is Dense, ReLU, Dense.*; got Reshape",
        ),
    ],
)
def test_what_odin_does_not_begin_from(digits, layers, match):
    import keras

    model = keras.Sequential([keras.layers.Input((64,)), *layers(keras.layers)])
    with pytest.raises(SpikewattError, match=match):
        convert_for_odin(model, digits.x_train, digits.y_train, 16)


def test_odin_begins_from_dense_relu_dense(digits):
    import keras

    k = keras.layers
    for last in ([k.Dense(10, activation="softmax")], [k.Dense(10), k.Softmax()]):
        model = keras.Sequential(
            [k.Input((8, 8, 1)), k.Flatten(), k.Dense(12), k.ReLU(), k.Dropout(0.1), *last]
        )
        assert start_sizes(model) == (12, 10)
    tanh = keras.Sequential([k.Input((64,)), k.Dense(12, activation="tanh"), k.Dense(10)])
    with pytest.raises(
        SpikewattError, match="train_odin.start: is Dense, ReLU, Dense.*; got Dense, tanh, Dense"
    ):
        train_odin(digits.x_train, digits.y_train, 12, 16, start=tanh)
