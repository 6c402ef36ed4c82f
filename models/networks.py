"""Keras networks by name."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

from ..errors import SpikewattError, whole_number
from .keras_backend import import_keras
from .loading.formats import KNOWN as KNOWN_FILES
from .loading.formats import format_of, is_network_file
from .zoo.catalogue import PREFIX

CONVOLUTIONAL = ("lenet", "lenet-same", "lenet-max", "lenet-strided", "annarchy-cnn")
SAME_PADDING = ("lenet-same", "annarchy-cnn")
MAX_POOLING = ("lenet-max", "annarchy-cnn")
DIGITS, DIGIT_CLASSES = (28, 28, 1), 10
LENET_FILTERS, ANNARCHY_FILTERS = (20, 50), (16, 64, 64)

MOST_WEIGHTS = 100_000_000  # of an MLP to train: 1.6 GB with gradients and two moments of Adam
MLP = re.compile(r"mlp-[1-9]\d{0,6}(-[1-9]\d{0,6})+")
ACTIVATION = re.compile(r"(.+)-(k|qcfs)(\d{1,4})")
KNOWN = (
    "mlp-<inputs>-<hidden>-…-<classes>, e.g. mlp-64-48-10",
    *CONVOLUTIONAL,
    "each with -k<bits> or -qcfs<levels> for few levels",
    f"{PREFIX}NAME, trained (`spikewatt zoo` lists them)",
)


def check_name(name: str | Path) -> None:
    """Raise SpikewattError unless `name` is a network, one of the zoo, or a file that holds one.

    It imports nothing heavy.

    Parameters
    ----------
    name : str or path
        As `build_network` takes it, or of a trained network as `load_keras` takes it.

    Examples
    --------
    >>> check_name("mlp-64-48-10")
    >>> check_name("lenet-qcfs4")
    >>> check_name("zoo:lenet")
    >>> check_name("resnet")
    Traceback (most recent call last):
    ...
    spikewatt.errors.SpikewattError: network: must name a network or be the path of a file ...
    """
    if isinstance(name, str | Path) and is_network_file(name):
        format_of(Path(name))
        return
    _check_known(name)


def natural_input(name: str) -> tuple[tuple[int, ...], int]:
    """Shape of an input and number of classes that a network is usually built for.

    Parameters
    ----------
    name : str
        As `build_network` takes it: an MLP says both; the others are for digits of 28 x 28.

    Raises
    ------
    SpikewattError : unknown name.

    Examples
    --------
    >>> natural_input("mlp-784-48-10"), natural_input("lenet")
    (((784,), 10), ((28, 28, 1), 10))
    """
    _check_known(name)
    base = _base(str(name))
    if MLP.fullmatch(base):
        inputs, *_, classes = (int(size) for size in base.split("-")[1:])
        return (inputs,), classes
    return DIGITS, DIGIT_CLASSES


def _check_known(name: object) -> None:
    """Raise SpikewattError unless `name` is one that `build_network` knows."""
    if not isinstance(name, str | Path):
        raise SpikewattError(
            where="network",
            law="must name a network",
            got=repr(name),
            allowed=", ".join(KNOWN),
        )

    base = _base(str(name))
    if base not in CONVOLUTIONAL and not MLP.fullmatch(base):
        raise SpikewattError(
            where="network",
            law=f"must name a network or be the path of a file ({KNOWN_FILES})",
            got=repr(str(name)),
            allowed=", ".join(KNOWN),
        )
    if MLP.fullmatch(base):
        _check_weights(str(name), base)


def _check_weights(name: str, base: str) -> None:
    """Raise where an MLP is larger than what is trained here, before anything is allocated."""
    sizes = [int(size) for size in base.split("-")[1:]]
    weights = sum(a * b + b for a, b in itertools.pairwise(sizes))
    if weights > MOST_WEIGHTS:
        raise SpikewattError(
            where=f"network {name}",
            law=f"has at most {MOST_WEIGHTS:,} weights to train",
            got=f"{weights:,}",
            hint="fewer hidden neurons, or train it elsewhere and give its .keras file",
        )


def _base(name: str) -> str:
    """The name without its activation.

    >>> _base("lenet-k2"), _base("lenet-max")
    ('lenet', 'lenet-max')
    """
    match = ACTIVATION.fullmatch(name)
    return match.group(1) if match else name


def _firing(name: str):
    """A function that makes a layer and the activation that the end of the name asks for.

    It returns a list: activations with few levels are layers of their own, a ReLU is not.
    """
    match = ACTIVATION.fullmatch(name)
    if match is None:
        return lambda kind, *args, **options: [kind(*args, activation="relu", **options)]

    from .quantised_layers import QCFS, KBitReLU

    activation, prefix = (KBitReLU, "kbit") if match.group(2) == "k" else (QCFS, "qcfs")
    number = int(match.group(3))
    numbers = itertools.count(1)

    def make(kind, *args, **options) -> list:
        layer = kind(*args, **options)
        return [layer, activation(number, name=f"{prefix}{next(numbers)}")]

    return make


def build_network(name: str, input_shape: tuple[int, ...], classes: int, seed: int = 0):
    """An untrained Keras network, reproducible from `seed`.

    Parameters
    ----------
    name : str
        ``mlp-<inputs>-<hidden>-…-<classes>``;
        ``lenet`` (20C5-P2-50C5-P2-500-10, average pooling, valid padding),
        ``lenet-same`` (same padding), ``lenet-max`` (max pooling),
        ``lenet-strided`` (P2 is a learned 2x2 convolution of stride 2),
        ``annarchy-cnn`` (16C5-P2-64C5-P2-64C5-P2-10, same padding, max pooling).
        Each with ``-k<bits>`` or ``-qcfs<levels>`` after it has activations with few levels, for
        quantisation-aware training (`KBitReLU`, `QCFS`).
    input_shape : (rows, columns, channels)
        Of an image; for an MLP, of any sample.
    classes : int
        Size of the output.
    seed : int, default 0
        Of the first weights.

    Raises
    ------
    SpikewattError : unknown name, or a size in the name that the data do not have.

    Examples
    --------
    >>> build_network("mlp-64-48-10", (8, 8, 1), 10).count_params()  # doctest: +SKIP
    3610
    """
    _check_known(name)
    whole_number("build_network.classes", "must be a number of classes", classes, 2, 65_536)
    whole_number("build_network.seed", "must be a seed", seed, 0, 2**31 - 1)
    keras = import_keras()
    keras.utils.set_random_seed(seed)

    base, firing = _base(name), _firing(name)
    if MLP.fullmatch(base):
        hidden = _hidden_sizes(name, base, input_shape, classes)
        inner = _dense(keras.layers, hidden, firing)
    else:
        inner = _convolutional(keras.layers, base, firing)

    pixels = keras.layers.Input(input_shape, name="pixels")
    output = keras.layers.Dense(classes, activation="softmax", name="output")
    try:
        return keras.Sequential([pixels, *inner, output], name=name)
    except ValueError as error:
        raise SpikewattError(
            where=f"network {name}",
            law="its windows fit into the images",
            got=f"images of {input_shape}",
            allowed=str(error).splitlines()[0],
        ) from error


def _hidden_sizes(name: str, base: str, input_shape, classes: int) -> list[int]:
    """The hidden sizes of an MLP, whose other two sizes are those of the data."""
    inputs, *hidden, outputs = (int(size) for size in base.split("-")[1:])
    pixels = math.prod(input_shape)

    if (inputs, outputs) != (pixels, classes):
        raise SpikewattError(
            where=f"network {name}",
            law="has as many inputs and outputs as the data",
            got=f"{inputs} and {outputs}",
            allowed=f"{pixels} and {classes}",
        )
    return hidden


def _dense(layers, hidden: list[int], firing) -> list:
    """The hidden layers of an MLP."""
    stack = [layers.Flatten(name="flatten")]
    for i, size in enumerate(hidden, 1):
        stack += firing(layers.Dense, size, name=f"hidden{i}")
    return stack


def _convolutional(layers, base: str, firing) -> list:
    """The hidden layers of a LeNet or of ANNarchy's CNN."""
    filters = ANNARCHY_FILTERS if base == "annarchy-cnn" else LENET_FILTERS
    padding = "same" if base in SAME_PADDING else "valid"

    stack: list = []
    for i, count in enumerate(filters, 1):
        stack += firing(layers.Conv2D, count, 5, padding=padding, name=f"conv{i}")
        if base == "lenet-strided":
            stack += firing(layers.Conv2D, count, 2, strides=2, name=f"pool{i}")
        elif base in MAX_POOLING:
            stack.append(layers.MaxPooling2D(2, name=f"pool{i}"))
        else:
            stack.append(layers.AveragePooling2D(2, name=f"pool{i}"))

    stack.append(layers.Flatten(name="flatten"))
    if base != "annarchy-cnn":
        stack += firing(layers.Dense, 500, name="hidden1")
    return stack
