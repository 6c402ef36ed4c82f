"""The networks and images that the benchmarks share."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from spikewatt.models.datasets import Dataset, load_dataset
from spikewatt.models.networks import build_network
from spikewatt.models.training import train

CALIBRATION = 300  # images
EPOCHS = 2
SHARED = Path(__file__).resolve().parents[2] / "shared"


@cache
def digits_28() -> Dataset:
    """The digits data set enlarged to 28x28 by linear interpolation."""
    from scipy.ndimage import zoom

    small = load_dataset("digits")
    parts = {}
    for split in ("train", "validation", "test"):
        large = zoom(small.scaled(split)[..., 0], (1, 3.5, 3.5), order=1)
        pixels = np.round(np.clip(large, 0, 1) * 255)
        parts[f"x_{split}"] = pixels.astype(np.uint8)[..., None]
        parts[f"y_{split}"] = getattr(small, f"y_{split}")
    return Dataset("digits28", levels=255, **parts)


@cache
def trained(name: str):
    """A network by name, briefly trained on the enlarged digits."""
    data = digits_28()
    model = build_network(name, data.input_shape, 10)
    train(model, data, epochs=EPOCHS)
    return model


def lenet():
    """LeNet with valid padding, and the images that it was trained on."""
    return trained("lenet"), digits_28()


def calibration() -> np.ndarray:
    """Images on which a network is converted."""
    return digits_28().scaled("train")[:CALIBRATION]


def images(count: int) -> np.ndarray:
    """So many test images of 28x28, in float32; the same come again and again."""
    return repeated(digits_28().scaled("test"), count)


def repeated(x: np.ndarray, count: int) -> np.ndarray:
    """`count` images in float32, taken from `x` over and over."""
    return np.resize(x, (count, *x.shape[1:])).astype(np.float32)


# ------------------------------------------------------------------ CIFAR-10


def cifar_folder() -> Path | None:
    """The folder of trained networks for CIFAR-10.

    SPIKEWATT_CIFAR10, or shared/models/cifar10 beside the checkout; None where there is none.
    """
    for folder in (os.environ.get("SPIKEWATT_CIFAR10"), SHARED / "models" / "cifar10"):
        if folder and (Path(folder) / "keras_nets.py").is_file():
            return Path(folder)
    return None


def cifar_network(name: str, folder: Path):
    """A trained network for CIFAR-10, by the loader that lies beside its weights."""
    sys.path.insert(0, str(folder))
    try:
        from keras_nets import load  # type: ignore[import-not-found]

        return load(name, str(folder))
    finally:
        sys.path.remove(str(folder))


def cifar_data(train: int, test: int) -> Dataset:
    """The first images of CIFAR-10, from SPIKEWATT_DATA or shared/data beside the checkout."""
    data = load_dataset("cifar10", Path(os.environ.get("SPIKEWATT_DATA", SHARED / "data")))
    first = {"x_train": train, "y_train": train, "x_test": test, "y_test": test}
    return replace(data, **{name: getattr(data, name)[:n].copy() for name, n in first.items()})
