"""What is checked around reading: the version of Keras, declared sizes, code, and weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FileFormatError, MissingToolError
from ..keras_backend import import_keras

# Before 3.9 a .keras file could name any function to call (CVE-2025-1550), before 3.11.3 an .h5
# file could hold code that ran also in safe mode (CVE-2025-9905), and before 3.12 a vocabulary
# could name any file to read (CVE-2025-12058).
OLDEST_KERAS = (3, 12)

HOLD_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
KERAS_2_OPERATIONS = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceProperty")

SCOPE_NAME = re.compile(r"[A-Za-z0-9_.\\/>-]+")  # what tf.name_scope takes

SMALL = 64 * 2**20  # bytes that a member of a file may always declare
EXPANSION = 1000  # times its stored size, above that
LARGEST_WEIGHT = 1e18  # the product of two of them still is a float32
SHOWN = 200  # characters of another library's error


def first_line(error: Exception) -> str:
    """The first sentence of what another library says, as short as an error of ours.

    >>> first_line(ValueError("Unknown layer: 'X'. Make sure that it is registered."))
    "Unknown layer: 'X'"
    """
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].split(". ")[0][:SHOWN]


def check_keras_version() -> None:
    """Raise MissingToolError where the installed Keras would run code from files."""
    version = import_keras().__version__
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_KERAS:
        oldest = ".".join(map(str, OLDEST_KERAS))
        raise MissingToolError(
            where="keras",
            law=f"must be {oldest} or newer: an older one runs code that a file holds",
            got=version,
            hint=f"pip install -U 'keras>={oldest}'",
        )


def check_size(path: Path, member: str, declared: int, stored: int) -> None:
    """Raise where a member of a file declares far more bytes than are stored.

    Parameters
    ----------
    path : Path
        Of the file.
    member : str
        Its part.
    declared, stored : int, bytes
        What would be read into memory, and what lies in the file.
    """
    if declared > max(SMALL, EXPANSION * stored):
        raise FileFormatError(
            where=str(path),
            law=f"{member} must hold the bytes that it declares",
            got=f"{declared:,} declared, {stored:,} stored",
        )


def check_config(path: Path, config: Any) -> None:
    """Raise where the configuration of a Keras model holds code, before anything is made of it.

    Parameters
    ----------
    path : Path
        Of the file.
    config : parsed JSON
        The configuration.
    """
    for part in _mappings(config):
        kind = part.get("class_name")
        inner = part.get("config")
        name = inner.get("name") if isinstance(inner, dict) else None
        named = f"{kind} {name!r}" if name else f"{kind}"

        if kind in HOLD_CODE:
            raise FileFormatError(
                where=str(path),
                law="must hold layers only: code from a file is never run",
                got=named,
                hint="build the network with Keras layers in its place, and save it again",
            )
        if kind in KERAS_2_OPERATIONS:
            raise FileFormatError(
                where=str(path),
                law="must consist of layers",
                got=f"{named}, a bare operation of Keras 2",
                hint="build the network with a Keras layer in its place, and save it again",
            )


def _mappings(value: Any) -> Iterator[dict]:
    """All mappings in parsed JSON, however deep."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def check_names(path: Path, model) -> None:
    """Raise FileFormatError where a layer has a name under which TensorFlow executes none.

    Parameters
    ----------
    path : Path
        Of the file.
    model : Keras model
        What was read.
    """
    for layer in model._flatten_layers(include_self=True, recursive=True):
        if not SCOPE_NAME.fullmatch(layer.name):
            raise FileFormatError(
                where=str(path),
                law="names of layers have letters, digits and _ . - / > only",
                got=repr(layer.name)[:SHOWN],
                hint="give the layer another name, and save it again",
            )


def check_weights(path: Path, model) -> None:
    """Raise FileFormatError where weights are not finite, or too large for sums of float32.

    Parameters
    ----------
    path : Path
        Of the file.
    model : Keras model
        What was read.
    """
    faults = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        own = layer._flatten_layers(include_self=False, recursive=True)
        if not any(True for _ in own):
            faults += [f"layer {layer.name!r}: {fault}" for fault in _faults(layer)]

    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise FileFormatError(
            where=str(path),
            law=f"weights must be finite, and at most {LARGEST_WEIGHT:g}",
            got=faults[0] + more,
            hint="its training went wrong: use an earlier state, or train with a smaller rate",
        )


def _faults(layer) -> list[str]:
    """What is wrong with the weights of a layer, per variable."""
    found = []
    for variable in layer.weights:
        values = np.asarray(variable)
        if not np.issubdtype(values.dtype, np.floating):
            continue
        # Written so that NaN is wrong, too.
        wrong = ~(np.abs(values) <= LARGEST_WEIGHT)
        if wrong.any():
            example = values[wrong].flat[0]
            count = f"{wrong.sum():,} of {values.size:,}"
            found.append(f"{count} values of its {variable.name} are like {example:g}")
    return found
