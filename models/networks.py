"""Keras networks by name, and from a .keras file."""

from __future__ import annotations

import itertools
import re
import zipfile
from pathlib import Path

from ..errors import FileFormatError, SpikewattError, whole_number
from .keras_backend import import_keras

CONVOLUTIONAL = ("lenet", "lenet-same", "lenet-max", "lenet-strided", "annarchy-cnn")
MLP = re.compile(r"mlp-[1-9]\d{0,6}(-[1-9]\d{0,6})+")
ACTIVATION = re.compile(r"(.+)-(k|qcfs)(\d{1,4})")
KNOWN = (
    "mlp-<inputs>-<hidden>-…-<classes>, e.g. mlp-64-48-10",
    *CONVOLUTIONAL,
    "each with -k<bits> or -qcfs<levels> for few levels",
)


def check_name(name: str) -> None:
    """Raise SpikewattError unless `name` is a network or an existing .keras file; imports nothing heavy."""
    if not isinstance(name, str | Path):
        raise SpikewattError("network", "must name a network", repr(name), ", ".join(KNOWN))
    if str(name).endswith(".keras"):
        if not Path(name).is_file():
            raise SpikewattError(str(name), "the .keras file must exist", "no such file")
    elif not ((base := _base(str(name))) in CONVOLUTIONAL or MLP.fullmatch(base)):
        raise SpikewattError(
            "network",
            "must name a network or be the path of a .keras file",
            repr(name),
            ", ".join(KNOWN),
        )


def _base(name: str) -> str:
    """The name without its activation."""
    match = ACTIVATION.fullmatch(name)
    return match.group(1) if match else name


def _firing(name: str):
    """Makes a layer of a kind with the activation that the end of the name asks for, in a layer of its own if it is not a ReLU."""
    match, numbers = ACTIVATION.fullmatch(name), itertools.count(1)
    if match is None:
        return lambda kind, *args, **options: [kind(*args, activation="relu", **options)]
    from .quantised_layers import QCFS, KBitReLU

    kind, number = match.group(2), int(match.group(3))

    def make(layer, *args, **options) -> list:
        activation = (
            KBitReLU(number, name=f"kbit{next(numbers)}")
            if kind == "k"
            else QCFS(number, name=f"qcfs{next(numbers)}")
        )
        return [layer(*args, **options), activation]

    return make


def build_network(name: str, input_shape: tuple[int, int, int], classes: int, seed: int = 0):
    """An untrained Keras network, reproducible from `seed`.

    Parameters
    ----------
    name : ``mlp-<inputs>-<hidden>-…-<classes>``; ``lenet`` (20C5-P2-50C5-P2-500-10, average pooling, valid padding),
        ``lenet-same`` (same padding), ``lenet-max`` (max pooling), ``lenet-strided`` (P2 is a learned 2x2 convolution of stride 2),
        ``annarchy-cnn`` (16C5-P2-64C5-P2-64C5-P2-10, same padding, max pooling). Each with ``-k<bits>`` or ``-qcfs<levels>`` behind it
        has activations with few levels, for quantisation-aware training (`KBitReLU`, `QCFS`).
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
    base, firing = _base(name), _firing(name)
    if MLP.fullmatch(base):
        inputs, *hidden, outputs = map(int, base.split("-")[1:])
        rows, columns, channels = input_shape
        if (inputs, outputs) != (rows * columns * channels, classes):
            raise SpikewattError(
                f"network {name}",
                "has as many inputs and outputs as the data",
                f"{inputs} and {outputs}",
                f"{rows * columns * channels} and {classes}",
            )
        stack.append(layers.Flatten(name="flatten"))
        for i, size in enumerate(hidden, 1):
            stack += firing(layers.Dense, size, name=f"hidden{i}")
    else:
        filters = (16, 64, 64) if base == "annarchy-cnn" else (20, 50)
        padding = "same" if base in ("annarchy-cnn", "lenet-same") else "valid"
        for i, count in enumerate(filters, 1):
            stack += firing(layers.Conv2D, count, 5, padding=padding, name=f"conv{i}")
            if base == "lenet-strided":
                stack += firing(layers.Conv2D, count, 2, strides=2, name=f"pool{i}")
            elif base in ("lenet-max", "annarchy-cnn"):
                stack.append(layers.MaxPooling2D(2, name=f"pool{i}"))
            else:
                stack.append(layers.AveragePooling2D(2, name=f"pool{i}"))
        stack.append(layers.Flatten(name="flatten"))
        if base != "annarchy-cnn":
            stack += firing(layers.Dense, 500, name="hidden1")
    stack.append(layers.Dense(classes, activation="softmax", name="output"))
    try:
        return keras.Sequential(stack, name=name)
    except ValueError as error:
        raise SpikewattError(
            f"network {name}",
            "its windows fit into the images",
            f"images of {input_shape}",
            str(error).splitlines()[0],
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
        raise FileFormatError(
            str(path),
            "must be a .keras file (a zip archive written by model.save)",
            "something else",
        )
    keras = import_keras()
    from . import quantised_layers  # noqa: F401  registers its layers with Keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (
        Exception
    ) as error:  # Keras raises many types for a bad archive; none is ours to tell apart
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FileFormatError(
            str(path), "must be a .keras file that loads in safe mode", reason
        ) from error
