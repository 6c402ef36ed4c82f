"""Shared networks and data: small, seeded, and made once per test run, whatever its processes."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from spikewatt.models.datasets import load_dataset
from spikewatt.models.networks import build_network
from spikewatt.models.training import train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork

from .helpers.trained import OncePerRun, shared_folder

CALIBRATION = 500  # images


def pytest_collection_finish() -> None:
    """What imports and collecting made stays to the end: the collector need not look through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def once_per_run(tmp_path_factory) -> OncePerRun:
    """Makes costly things once for all processes of the run, by name."""
    return OncePerRun(shared_folder(tmp_path_factory))


@pytest.fixture(scope="session", autouse=True)
def records_of_its_own(tmp_path_factory):
    """What runs take while tests run side by side is nothing that later estimates should know."""
    folder = tmp_path_factory.mktemp("estimates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikewatt.sim.engines.estimate.records.folder", lambda: folder)
        yield


@pytest.fixture(scope="session")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="session")
def mlp(digits, once_per_run):
    """A trained 64-48-10 network."""

    def make():
        model = build_network("mlp-64-48-10", digits.input_shape, digits.classes)
        train(model, digits, epochs=20)
        return model

    return once_per_run.model("mlp", make)


@pytest.fixture(scope="session")
def cnn(digits, once_per_run):
    """A small trained CNN: valid padding, stride 2, bias, batch norm, average and max pooling."""

    def make():
        model = untrained_cnn()
        train(model, digits, epochs=25)
        return model

    return once_per_run.model("cnn", make)


def untrained_cnn():
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="valid", name="conv1"),
            layers.BatchNormalization(name="norm1"),
            layers.ReLU(name="relu1"),
            layers.MaxPooling2D(2, name="max1"),
            layers.Conv2D(12, 2, strides=1, activation="relu", name="conv2"),
            layers.AveragePooling2D(2, strides=1, padding="same", name="average1"),
            layers.Dropout(0.1, name="dropout"),
            layers.Conv2D(16, 2, strides=2, padding="same", use_bias=False, name="conv3"),
            layers.BatchNormalization(name="norm3"),
            layers.ReLU(name="relu3"),
            layers.Flatten(name="flatten"),
            layers.Dense(10, name="output"),
            layers.Softmax(name="softmax"),
        ]
    )


@pytest.fixture(scope="session")
def mlp_network(mlp, digits, once_per_run):
    def make():
        return convert(mlp, digits.scaled("train")[:CALIBRATION], input_levels=digits.levels)

    return once_per_run.saved("mlp_network", make, SpikingNetwork)


@pytest.fixture(scope="session")
def cnn_network(cnn, digits, once_per_run):
    def make():
        return convert(cnn, digits.scaled("train")[:CALIBRATION], input_levels=digits.levels)

    return once_per_run.saved("cnn_network", make, SpikingNetwork)


@pytest.fixture(scope="session")
def trace(mlp_network, digits):
    """The MLP on 40 test images, reference engine, with rasters of three."""
    return simulate(mlp_network, digits.scaled("test")[:40], "reference", steps=16, rasters=3)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with mnist.npz: the variable SPIKEWATT_DATA, or shared/data beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    for folder in (os.environ.get("SPIKEWATT_DATA"), beside):
        if folder and (Path(folder) / "mnist.npz").is_file():
            return Path(folder)
    pytest.skip("no folder with mnist.npz")


@pytest.fixture
def random():
    return np.random.default_rng(7)
