"""HDF5 files of ours: sealed, so that no damaged byte of them is ever taken for a number.

The library is called only where the seal (`hdf5_seal`) is right. Older files and those of others
have no seal: a process of its own reads them first, under limits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from . import files, hdf5_probe
from .errors import FileFormatError, SpikewattError
from .hdf5_seal import BLOCK, SAME_HASH, SEAL, check_seal, not_whole, sealed

HDF5 = b"\x89HDF\r\n\x1a\n"
SMALL = 64  # numbers; compressing fewer makes a file larger
PATIENCE_S = 20  # for a file without a seal, and more for a large one
LARGEST_TEXT = 2**26  # bytes of a JSON text


# Writing


@contextmanager
def writing(path, file_format: str, version: int) -> Iterator[Any]:
    """Open a new HDF5 file for writing.

    It is made in memory, and appears under `path` only when the block ends without an error.
    """
    import h5py

    with h5py.File("new", "w", driver="core", backing_store=False) as file:
        file.attrs["format"] = np.bytes_(file_format)
        file.attrs["version"] = version
        yield file
        file.flush()
        image = file.id.get_file_image()
    files.write(path, sealed(image, file_format, version))


def put(file, key: str, array: np.ndarray) -> None:
    """Store `array`, compressed where that pays."""
    array = np.asarray(array)
    options = {}
    if array.size > SMALL:
        options = {"compression": "gzip", "compression_opts": 4, "shuffle": True}
    file.create_dataset(key, data=array, **options)


def put_json(file, key: str, values) -> None:
    """Store what JSON takes, as bytes of fixed length."""
    text = json.dumps(values, allow_nan=False).encode()
    put(file, key, np.frombuffer(text, np.uint8))


# Reading


@contextmanager
def reading(path, file_format: str, versions: tuple[int, ...], sealed_from: int) -> Iterator[Any]:
    """Open an HDF5 file of the given format and one of `versions`, and close it.

    Parameters
    ----------
    path, file_format, versions, sealed_from : as of `opened`.

    Raises
    ------
    FileFormatError
        Anything else, and whatever its content does wrong inside of the block.
    """
    path = Path(path)
    with (
        faults_named(path, file_format),
        opened(path, file_format, versions, sealed_from) as file,
    ):
        yield file


def opened(
    path: Path,
    file_format: str,
    versions: tuple[int, ...],
    sealed_from: int,
    most: int | None = None,
) -> Any:
    """An open HDF5 file of the given format and one of `versions`; to be used in `faults_named`.

    Parameters
    ----------
    path : Path
        The file.
    file_format : str
        That it must have.
    versions : tuple of int
        That can be read.
    sealed_from : int
        First version that has a seal.
    most : int, default what memory is free
        Bytes that the content may have.
    """
    import h5py

    check_is_file(path, f"must be a {file_format} file")
    if path.suffix == ".keras":
        law, allowed = f"must be a {file_format} file", "what `spikewatt convert` makes of it"
        raise FileFormatError(str(path), law, "a Keras network", allowed)

    with_seal = tuple(version for version in versions if version >= sealed_from)
    _check_bytes(path, file_format, with_seal)
    file = h5py.File(path, "r")
    try:
        why = hdf5_probe.fault_of(file, most)
        if why:
            raise ValueError(why)
        _check_format(file, path, file_format, versions)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def faults_named(path: Path, file_format: str) -> Iterator[None]:
    """Whatever a file does wrong, as one FileFormatError."""
    try:
        yield
    except FileFormatError:
        raise
    except SpikewattError as error:
        where = f"{path}: {error.where}"
        law, got, allowed = error.law, error.got, error.allowed
        raise FileFormatError(where, law, got, allowed, error.hint) from error
    except Exception as error:
        # What h5py, json and the constructors make of a damaged file has many types.
        raise not_whole(path, file_format, str(error) or type(error).__name__) from error


def check_is_file(path: Path, law: str) -> None:
    """Raise unless `path` is a regular file; a pipe would be waited for."""
    if path.is_dir():
        raise FileFormatError(str(path), law, "a folder")
    if path.exists() and not path.is_file():
        raise FileFormatError(str(path), law, "a pipe or a device")
    if not path.is_file():
        raise FileFormatError(str(path), law, "no such file")


def _check_bytes(path: Path, file_format: str, with_seal: tuple[int, ...]) -> None:
    """Raise unless the seal is right, or, of a file without one, another process could read it."""
    with open(path, "rb") as file:
        block = file.read(BLOCK)
        if block.startswith(SEAL):
            check_seal(path, block, file, file_format)
            return
    if not block.startswith(HDF5):
        raise not_whole(path, file_format, "no HDF5")

    check_apart(path, file_format)
    import h5py

    with h5py.File(path, "r") as unsealed:
        version = unsealed.attrs.get("version", 0)
        is_ours = _text(unsealed.attrs.get("format")) == file_format
        if is_ours and any(version == known for known in with_seal):
            raise not_whole(path, file_format, "its seal is missing")


def check_apart(path: Path, file_format: str) -> None:
    """Raise FileFormatError unless a process of its own can read all of an HDF5 file in time."""
    program = str(Path(__file__).with_name("hdf5_probe.py"))
    command = [sys.executable, "-P", program, os.fspath(path)]
    try:
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S + os.path.getsize(path) / hdf5_probe.BYTES_A_SECOND,
        )
    except subprocess.TimeoutExpired:
        raise not_whole(path, file_format, "reading it takes too long") from None

    if run.returncode:
        said = run.stdout.decode(errors="replace").strip()
        why = " ".join(said.split()) or "the HDF5 library fails on it"
        raise not_whole(path, file_format, why)


def _check_format(file, path: Path, file_format: str, versions: tuple[int, ...]) -> None:
    found = _text(file.attrs.get("format"))
    if found != file_format:
        law = f"must be a {file_format} file"
        raise FileFormatError(str(path), law, repr(found), file_format)

    version = file.attrs["version"]
    if version not in versions:
        law = f"the version of a {file_format} file must be known"
        known = ", ".join(map(str, versions))
        raise FileFormatError(str(path), law, version, known)


def _text(value) -> str | None:
    """An attribute as text; bytes of fixed length in new files."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def stored_hash(file) -> str:
    """The hash of the content that the file names."""
    found = _text(file.attrs["hash"])
    if found is None:
        raise ValueError("the hash is no text")
    return found


def take_json(file, key: str):
    """What `put_json` stored; in older files an attribute."""
    if key in file.attrs:
        text = _text(file.attrs[key])
        if text is None:
            raise ValueError(f"{key} is no text")
    else:
        text = take(file, key, None, np.uint8, LARGEST_TEXT).tobytes().decode()
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"{key} is nested too deep") from None


def check_keys(what: str, values, keys: set[str]) -> None:
    """Raise unless `values`, as JSON gave them, are an object with no other keys than `keys`."""
    if not isinstance(values, dict):
        raise ValueError(f"{what} is no object")
    unknown = sorted(set(values) - keys)
    if unknown:
        raise ValueError(f"{what} has an unknown key {unknown[0][:60]!r}")


def _no_number(text: str):
    raise ValueError(f"{text} is no number of JSON")


def take(
    file,
    key: str,
    shape: tuple[int, ...] | None = None,
    kind: type[np.generic] = np.integer,
    most: int | None = None,
) -> np.ndarray:
    """The numbers under `key`, whose type and shape are checked before they are read.

    Parameters
    ----------
    file, key, shape, kind : as of `data_of`.
    most : int, default None
        Bytes that they may have.
    """
    data = data_of(file, key, shape, kind)
    if most is not None and data.nbytes > most:
        raise ValueError(f"{key} has {data.nbytes} bytes")
    return data[()]


def data_of(
    file,
    key: str,
    shape: tuple[int, ...] | None = None,
    kind: type[np.generic] = np.integer,
) -> Any:
    """The h5py.Dataset under `key`, if it has this type and shape.

    Parameters
    ----------
    file : h5py.File
        Open.
    key : str
        Of the data.
    shape : tuple of int, default None
        That they must have; None for any.
    kind : type of numpy.generic, default numpy.integer
        That their type must be.
    """
    import h5py

    data = file[key]
    if not isinstance(data, h5py.Dataset):
        raise ValueError(f"{key} holds no numbers")
    if not np.issubdtype(data.dtype, kind):
        raise ValueError(f"{key} holds {data.dtype}")
    if data.shape is None or (shape is not None and data.shape != shape):
        raise ValueError(f"{key} has shape {data.shape}, not {shape}")
    return data


def check_names(file, expected: Iterable[str]) -> None:
    """Raise unless the file holds data under the `expected` keys, and under no others."""
    import h5py

    found: set[str] = set()
    file.visititems(lambda key, item: found.add(key) if isinstance(item, h5py.Dataset) else None)
    expected = set(expected)
    missing, unknown = sorted(expected - found), sorted(found - expected)
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    if unknown:
        raise ValueError(f"{unknown[0][:60]!r} does not belong there")


def same_hash(path: Path, stored: str, computed: str) -> None:
    """Raise FileFormatError if the content does not have the hash that the file names."""
    if stored != computed:
        raise FileFormatError(str(path), SAME_HASH, computed[:12], stored[:12])


def update(digest, array: np.ndarray) -> None:
    """Add the integers of `array` to a hash, little-endian, without copying them."""
    numbers = np.ascontiguousarray(array, "<i8")
    digest.update(numbers.reshape(-1).view(np.uint8).data)
