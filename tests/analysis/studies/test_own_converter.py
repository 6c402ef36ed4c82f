"""ANNarchy's own converter: how a network is handed to it, and what it cannot read."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.studies.annarchy.converter import classes_of_own_converter
from spikewatt.analysis.studies.annarchy.joined import joined
from spikewatt.errors import SpikewattError
from spikewatt.models.keras_backend import import_keras

SHAPE = (8, 8, 1)


def _layers(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def _chain(norm: bool = False, padding: str = "same"):
    """A convolution with a ReLU of its own, a pool, dropout and a dense layer."""
    keras = import_keras()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    inputs = x = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, padding=padding, use_bias=False)(x)
    if norm:
        x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.25)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(10, use_bias=False, activation="softmax")(x)
    return keras.Model(inputs, x)


def test_a_relu_becomes_the_activation_of_the_layer_before_it():
    model = _chain()
    found = joined(model)
    x = np.random.default_rng(1).random((5, *SHAPE), np.float32)
    assert np.allclose(found.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
    assert _layers(found) == [name for name in _layers(model) if name != "ReLU"]
    assert found.layers[1].get_config()["activation"] == "relu"


def test_a_relu_behind_batch_norm_stays_where_it_is():
    model = _chain(norm=True)
    assert _layers(joined(model)) == _layers(model)


def test_a_network_that_branches_stays_as_it_is():
    keras = import_keras()
    inputs = keras.Input(SHAPE)
    branch = keras.layers.ReLU()(keras.layers.Conv2D(1, 3, padding="same")(inputs))
    model = keras.Model(inputs, keras.layers.Add()([inputs, branch]))
    assert _layers(joined(model)) == _layers(model)


@pytest.mark.slow
def test_it_classifies_a_chain():
    x = np.random.default_rng(1).random((2, *SHAPE), np.float32)
    told = []
    found = classes_of_own_converter(_chain(), x, 20, tell=lambda *done: told.append(done))
    assert found.shape == (2,)
    assert ((found >= 0) & (found < 10)).all()
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.slow
def test_what_it_cannot_read_is_an_error_with_its_last_words():
    x = np.zeros((1, 9, 9, 1), np.float32)
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input(x.shape[1:])
    y = layers.Flatten()(layers.ReLU()(layers.Conv2D(2, 3, use_bias=False)(inputs)))
    model = keras.Model(inputs, layers.Dense(10, use_bias=False)(y))
    with pytest.raises(SpikewattError, match="own converter reads the network"):
        classes_of_own_converter(model, x, 10)
