"""Which files hold networks: the one list of formats, known by their content or their ending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import FileFormatError, SpikewattError
from ..zoo.catalogue import PREFIX, is_of_zoo, zoo_network
from ..zoo.load import load_zoo
from . import keras_file, legacy_h5, saved_model
from .onnx import read as onnx
from .tflite import read as tflite

LAW = "must be a file that holds a network"


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Parameters
    ----------
    name : str
        In words, for errors.
    suffixes : tuple of str
        Endings of such files, in lower case.
    holds : function
        Takes a path and the first bytes of the file; whether the content is of this kind.
    read : function
        Takes a path, returns a Keras model.
    """

    name: str
    suffixes: tuple[str, ...]
    holds: Callable[[Path, bytes], bool]
    read: Callable[[Path], Any]


FORMATS = (
    Format(".keras file", (".keras",), keras_file.holds, keras_file.read),
    Format("legacy Keras file (HDF5)", (".h5", ".hdf5"), legacy_h5.holds, legacy_h5.read),
    Format("TensorFlow Lite file", (".tflite",), tflite.holds, tflite.read),
    Format("ONNX file", (".onnx",), onnx.holds, onnx.read),
)
OF_THE_ZOO = Format("network of the zoo", (), lambda path, start: is_of_zoo(path), load_zoo)
SUFFIXES = tuple(suffix for each in FORMATS for suffix in each.suffixes)
KNOWN = ", ".join(SUFFIXES)
TRAINED = f"{KNOWN}, or {PREFIX}NAME"

# Files of others -> what to do with them.
FOREIGN = {
    (".pt", ".pth"): 'torch.onnx.export(model, example, "my.onnx") makes a file that loads',
    (".pkl", ".joblib"): "a pickle runs code when it is read; save the network with Keras",
    (".pb",): "give the folder of the SavedModel",
    (".spk",): "it was converted already; `spikewatt simulate` runs it",
}


def is_network_file(name: str | Path) -> bool:
    """Whether `name` is meant as a trained network: one of the zoo, or a file.

    A file is known by its ending, or as a path of several parts.

    >>> is_network_file("my.keras"), is_network_file("folder/net"), is_network_file("lenet")
    (True, True, False)
    >>> is_network_file("zoo:lenet")
    True
    """
    return is_trained(name) or len(Path(name).parts) > 1


def is_trained(name: str | Path) -> bool:
    """Whether `name` is one of the zoo, or a file that is a trained network by its ending.

    >>> is_trained("zoo:lenet"), is_trained("my.h5"), is_trained("folder/net")
    (True, True, False)
    """
    return is_of_zoo(name) or Path(name).suffix.lower() in SUFFIXES


def format_of(path: Path) -> Format:
    """The format of a file; the zoo is one, too.

    Parameters
    ----------
    path : Path
        Of the file, or a name of the zoo.

    Raises
    ------
    SpikewattError
        No such file, or no such network in the zoo.
    FileFormatError
        A folder or a file that holds no network; the error says what it is.
    """
    if is_of_zoo(path):
        zoo_network(path)
        return OF_THE_ZOO
    if path.is_dir():
        if keras_file.is_unpacked(path):
            return FORMATS[0]
        raise saved_model.refused(path)
    if not path.exists():
        raise SpikewattError(str(path), "the network's file must exist", "no such file")
    if not path.is_file():
        raise FileFormatError(str(path), LAW, "no regular file", KNOWN)

    start = _start(path)
    for known in FORMATS:
        if known.holds(path, start):
            return known
    raise _refused(path, start)


def _start(path: Path) -> bytes:
    """The first bytes of a file."""
    try:
        with open(path, "rb") as file:
            return file.read(16)
    except OSError as error:
        raise SpikewattError(str(path), "must be readable", error.strerror) from error


def _refused(path: Path, start: bytes) -> FileFormatError:
    """The error about a file that holds no network, as exact as its content allows."""
    suffix = path.suffix.lower()
    if not start:
        return FileFormatError(str(path), LAW, "an empty file", KNOWN)

    if start.startswith(keras_file.ZIP):
        members = keras_file.members_of(path)
        if any(member.endswith("data.pkl") for member in members):
            suffix = ".pt"
        if any(member.endswith(".npy") for member in members):
            return FileFormatError(str(path), LAW, "an archive of arrays (.npz)", KNOWN)

    for suffixes, hint in FOREIGN.items():
        if suffix in suffixes:
            return FileFormatError(str(path), LAW, f"a {suffix} file", KNOWN, hint)

    if suffix in SUFFIXES:
        got = f"something else, or a damaged {suffix} file"
        return FileFormatError(str(path), LAW, got, KNOWN)
    return FileFormatError(str(path), LAW, f"a {suffix or 'nameless'} file", KNOWN)
