"""Trained weights as arrays: archives of numpy, and the hash of what is in them.

An archive ``NAME.npz`` holds arrays under ``layer0.kernel``, ``layer0.bias``, ``layer0.gamma``
(and ``beta``, ``mean``, ``variance``: batch norm) and ``layer0.clip``: the largest value of a
quantised activation. The layers of a residual block are ``layer3.a``, ``layer3.b`` and
``layer3.short``. An archive of several networks has the name of each before its keys, as
``NAME/layer0.kernel``. Arrays have Keras' layout. A kernel is one array, or ``kernel.int8`` and
``kernel.scale``: integers, and what one of them is worth in each output channel.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import FileFormatError, SpikewattError

Arrays = Mapping[str, np.ndarray]
MEMBER = ".npy"


def keys_of(path: Path) -> list[str]:
    """Names of the arrays in an archive; none where it is no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return []
    return [name.removesuffix(MEMBER) for name in names]


def read_archive(path: Path, name: str) -> dict[str, np.ndarray]:
    """The arrays of one network.

    Parameters
    ----------
    path : Path
        An archive of this network, or of several.
    name : str
        Of the network.

    Raises
    ------
    FileFormatError : a damaged archive, or one with Python objects in it.
    """
    law = "must be an archive of numpy with weights"
    if path.is_file() and not zipfile.is_zipfile(path):
        raise FileFormatError(str(path), law, "no .npz file")

    try:
        with np.load(path, allow_pickle=False) as archive:
            keys = archive.files
            prefix = f"{name}/" if any(key.startswith(f"{name}/") for key in keys) else ""
            return {key[len(prefix) :]: archive[key] for key in keys if key.startswith(prefix)}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise FileFormatError(str(path), law, str(error)[:200]) from error


def content_hash(arrays: Arrays) -> str:
    """SHA-256 over names, types, shapes and numbers, whatever order and compression.

    Examples
    --------
    >>> one = {"a": np.zeros(2, np.int8), "b": np.ones(1, np.int8)}
    >>> content_hash(one) == content_hash(dict(reversed(one.items())))
    True
    """
    digest = hashlib.sha256()
    for key in sorted(arrays):
        array = np.ascontiguousarray(arrays[key])
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{key} {little.dtype.str} {array.shape}\n".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()


def clips_of(arrays: Arrays) -> dict[str, float]:
    """Largest values of quantised activations, by the key of their layer."""
    ending = ".clip"
    return {
        key.removesuffix(ending): float(value)
        for key, value in arrays.items()
        if key.endswith(ending)
    }


def put(placed, arrays: Arrays, where: str) -> None:
    """Give the layers of a model their weights.

    Parameters
    ----------
    placed : list of (Keras layer, keys)
        As `build.build` returns it.
    arrays : mapping of str to array
    where : str
        What errors name.

    Raises
    ------
    SpikewattError : an array that is missing, or of another shape.
    """
    for layer, keys in placed:
        values = [_array(arrays, key, where) for key in keys]
        wanted = [tuple(weight.shape) for weight in layer.get_weights()]
        got = [value.shape for value in values]
        if wanted != got:
            raise SpikewattError(
                where=f"{where}, {keys[0]}",
                law="has the shapes of its layer",
                got=got,
                allowed=wanted,
            )
        layer.set_weights(values)


def _array(arrays: Arrays, key: str, where: str) -> np.ndarray:
    """One array as float32."""
    if key in arrays:
        return np.asarray(arrays[key], np.float32)
    if f"{key}.int8" in arrays and f"{key}.scale" in arrays:
        whole, scale = arrays[f"{key}.int8"].astype(np.float32), arrays[f"{key}.scale"]
        is_depthwise = whole.shape[-1] != len(scale)  # its channels are the last axis but one
        return whole * (scale[:, None] if is_depthwise else scale)
    raise SpikewattError(
        where=where,
        law="has all weights of the network",
        got=f"no {key}",
    )
