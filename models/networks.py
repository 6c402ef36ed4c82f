"""Keras networks by name, and from a .keras file."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ..errors import FileFormatError, SpikewattError, whole_number
from .keras_backend import import_keras

CONVOLUTIONAL = ("lenet", "lenet-same", "lenet-max", "lenet-strided", "annarchy-cnn")
MLP = re.compile(r"mlp-[1-9]\d{0,6}(-[1-9]\d{0,6})+")
KNOWN = ("mlp-<inputs>-<hidden>-…-<classes>, e.g. mlp-64-48-10", *CONVOLUTIONAL)


def check_name(name: str) -> None:
    """Raise SpikewattError unless `name` is a network or an existing .keras file; imports nothing heavy."""
    if not isinstance(name, str | Path):
        raise SpikewattError("network", "must name a network", repr(name), ", ".join(KNOWN))
    if str(name).endswith(".keras"):
        if not Path(name).is_file():
            raise SpikewattError(str(name), "the .keras file must exist", "no such file")
    elif not (name in CONVOLUTIONAL or MLP.fullmatch(str(name))):
        raise SpikewattError("network", "must name a network or be the path of a .keras file", repr(name), ", ".join(KNOWN))


def build_network(name: str, input_shape: tuple[int, int, int], classes: int, seed: int = 0):
    """An untrained Keras network, reproducible from `seed`.

    Parameters
    ----------
    name : ``mlp-<inputs>-<hidden>-…-<classes>``; ``lenet`` (20C5-P2-50C5-P2-500-10, average pooling, valid padding),
        ``lenet-same`` (same padding), ``lenet-max`` (max pooling), ``lenet-strided`` (P2 is a learned 2x2 convolution of stride 2),
        ``annarchy-cnn`` (16C5-P2-64C5-P2-64C5-P2-10, same padding, max pooling).
    input_shape : (rows, columns, channels). classes : size of the output.

    Raises
    ------
    SpikewattError : unknown name, or a size in the name that the data do not have.
    """
    check_name(name)
    whole_number("build_network.classes", "must be a number of classes", classes, 2, 65_536)
    whole_number("build_network.seed", "must be a seed", seed, 0, 2**31 - 1)
    keras = import_keras()
    layers = keras.layers
    keras.utils.set_random_seed(seed)
    stack: list = [layers.Input(input_shape, name="pixels")]
    if MLP.fullmatch(name):
        inputs, *hidden, outputs = map(int, name.split("-")[1:])
        rows, columns, channels = input_shape
        if (inputs, outputs) != (rows * columns * channels, classes):
            raise SpikewattError(
                f"network {name}",
                "has as many inputs and outputs as the data",
                f"{inputs} and {outputs}",
                f"{rows * columns * channels} and {classes}",
            )
        stack.append(layers.Flatten(name="flatten"))
        stack += [layers.Dense(size, activation="relu", name=f"hidden{i}") for i, size in enumerate(hidden, 1)]
    else:
        filters = (16, 64, 64) if name == "annarchy-cnn" else (20, 50)
        padding = "same" if name in ("annarchy-cnn", "lenet-same") else "valid"
        for i, count in enumerate(filters, 1):
            stack.append(layers.Conv2D(count, 5, padding=padding, activation="relu", name=f"conv{i}"))
            if name == "lenet-strided":
                stack.append(layers.Conv2D(count, 2, strides=2, activation="relu", name=f"pool{i}"))
            elif name in ("lenet-max", "annarchy-cnn"):
                stack.append(layers.MaxPooling2D(2, name=f"pool{i}"))
            else:
                stack.append(layers.AveragePooling2D(2, name=f"pool{i}"))
        stack.append(layers.Flatten(name="flatten"))
        if name != "annarchy-cnn":
            stack.append(layers.Dense(500, activation="relu", name="hidden1"))
    stack.append(layers.Dense(classes, activation="softmax", name="output"))
    try:
        return keras.Sequential(stack, name=name)
    except ValueError as error:
        raise SpikewattError(
            f"network {name}", "its windows fit into the images", f"images of {input_shape}", str(error).splitlines()[0]
        ) from error


def load_keras(path: str | Path):
    """Load a trained network from a ``.keras`` file, in Keras' safe mode: no code in the file is executed.

    Raises
    ------
    FileFormatError : not a .keras file, a truncated one, or one that asks for code to be executed.
    """
    path = Path(path)
    if not path.is_file():
        raise SpikewattError(str(path), "the .keras file must exist", "no such file")
    if not zipfile.is_zipfile(path):
        raise FileFormatError(str(path), "must be a .keras file (a zip archive written by model.save)", "something else")
    keras = import_keras()
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many types for a bad archive; none is ours to tell apart
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FileFormatError(str(path), "must be a .keras file that loads in safe mode", reason) from error
