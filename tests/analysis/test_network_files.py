"""The main job takes a network from any file, and data of the shape that the network asks for."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.config import RunConfig, make_config
from spikewatt.errors import FileFormatError, SpikewattError


@pytest.fixture
def flat(mlp):
    """The weights of a trained network of images, after an input of rows."""
    hidden, output = (mlp.get_layer(name) for name in ("hidden1", "output"))
    model = keras.Sequential(
        [
            layers.Input((64,)),
            layers.Dense(48, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    for layer, trained in zip(model.layers, (hidden, output), strict=True):
        layer.set_weights(trained.get_weights())
    return model


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_network_of_rows_takes_images(ending, flat, mlp, digits, tmp_path):
    path = tmp_path / f"flat{ending}"
    flat.save(path)
    prepared = steps.prepare(RunConfig(network=str(path), test_samples=60), dataset=digits)
    assert prepared.x.shape == (60, 64)
    assert prepared.calibration.shape == (1000, 64)
    right = np.asarray(mlp(digits.scaled("test")[:60])).argmax(axis=1) == digits.y_test[:60]
    assert prepared.ann_accuracy == right.mean() > 0.8


def test_networks_that_do_not_fit_are_refused_before_any_work(digits, tmp_path):
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(10)])
    model.save(tmp_path / "colour.keras")
    config = RunConfig(network=str(tmp_path / "colour.keras"))
    law = r"samples have the shape that the network takes; got \(8, 8, 1\); allowed: \(8, 8, 3\)"
    with pytest.raises(SpikewattError, match=law):
        steps.prepare(config, dataset=digits)

    model.export(tmp_path / "exported", verbose=False)
    with pytest.raises(FileFormatError, match="got a SavedModel, which is a folder"):
        make_config({"network": str(tmp_path / "exported")}, "config")
    with pytest.raises(SpikewattError, match="the network's file must exist; got no such file"):
        make_config({"network": str(tmp_path / "absent.tflite")}, "config")
