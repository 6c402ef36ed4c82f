"""The networks that are verified as a whole, briefly trained, and their test images."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...models.datasets import DATA_VARIABLE, Dataset, load_dataset
from ...sim.network.spiking_network import SpikingNetwork

CALIBRATION_IMAGES, MNIST_IMAGES = 300, 6000


def trained(name: str, data_dir: Path | None, **options) -> tuple[SpikingNetwork, np.ndarray]:
    """A briefly trained network and test images for it.

    Digits for 64 inputs; for 784 MNIST where it is at hand, else random images.

    Parameters
    ----------
    name : as `build_network` takes it, ``mlp-64-…`` or ``mlp-784-…``
    data_dir : path, folder with mnist.npz; None for the variable SPIKEWATT_DATA
    options : go to `convert`
    """
    from ...models.networks import build_network
    from ...models.training import train
    from ...sim.conversion.convert import convert

    if name.startswith("mlp-64-"):
        data, epochs, batch_size = load_dataset("digits"), 10, 32
    else:
        data, epochs, batch_size = _mnist_or_random(data_dir), 1, 128

    model = build_network(name, data.input_shape, 10)
    train(model, data, epochs=epochs, batch_size=batch_size)

    calibration = data.scaled("train")[:CALIBRATION_IMAGES]
    network = convert(model, calibration, input_levels=data.levels, **options)
    return network, data.scaled("test")


def _mnist_or_random(data_dir: Path | None) -> Dataset:
    """MNIST, fewer images of it; or images of blurred noise with random labels."""
    folder = data_dir or os.environ.get(DATA_VARIABLE)
    if folder and (Path(folder) / "mnist.npz").is_file():
        data = load_dataset("mnist", folder)
        x = data.x_train[:MNIST_IMAGES]
        y = data.y_train[:MNIST_IMAGES]
        return replace(data, x_train=x, y_train=y)

    return _random_images()


def _random_images() -> Dataset:
    random = np.random.default_rng(0)
    parts = {}
    for split, count in (
        ("train", 600),
        ("validation", 100),
        ("test", 100),
    ):
        bright = random.random((count, 7, 7)) > 0.8
        blobs = np.kron(bright, np.ones((4, 4)))
        brightness = random.integers(60, 256, (count, 1, 1, 1))
        images = blobs[..., None] * brightness
        parts[f"x_{split}"] = images.astype(np.uint8)
        parts[f"y_{split}"] = random.integers(0, 10, count)

    return Dataset("random", levels=255, **parts)
