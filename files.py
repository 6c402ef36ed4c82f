"""HDF5 files that carry a format and a version, and are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .errors import FileFormatError, SpikewattError


@contextmanager
def writing(path, file_format: str, version: int) -> Iterator[Any]:
    """Open a new file for writing; it appears under `path` only when the block ends without an error."""
    import h5py

    path = Path(path)
    if not path.parent.is_dir():
        raise SpikewattError(str(path), "the folder to write into exists", "no such folder")
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    try:
        with h5py.File(partial, "w") as file:
            file.attrs["format"] = file_format
            file.attrs["version"] = version
            yield file
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


@contextmanager
def reading(path, file_format: str, version: int) -> Iterator[Any]:
    """Open a file of the given format and version; anything else is a FileFormatError."""
    import h5py

    path = Path(path)
    if not path.is_file():
        raise FileFormatError(str(path), f"must be a {file_format} file", "no such file")
    if path.suffix == ".keras":
        raise FileFormatError(
            str(path),
            f"must be a {file_format} file",
            "a Keras network",
            "what `spikewatt convert` makes of it",
        )
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != file_format:
                raise FileFormatError(
                    str(path),
                    f"must be a {file_format} file",
                    repr(file.attrs.get("format")),
                    file_format,
                )
            if file.attrs["version"] != version:
                raise FileFormatError(
                    str(path),
                    f"the version of a {file_format} file must be known",
                    file.attrs["version"],
                    version,
                )
            yield file
    except SpikewattError:
        raise
    except (
        OSError,
        KeyError,
        ValueError,
        TypeError,
    ) as error:  # what h5py, json and the constructors make of a damaged file
        raise FileFormatError(
            str(path),
            f"must be a whole {file_format} file",
            f"a truncated or foreign file ({error})",
        ) from error


def put(file, key: str, array: np.ndarray) -> None:
    """Store `array`, compressed where that pays."""
    array = np.asarray(array)
    file.create_dataset(
        key,
        data=array,
        **(
            {"compression": "gzip", "compression_opts": 4, "shuffle": True}
            if array.size > 64
            else {}
        ),
    )


def same_hash(path: Path, stored: str, computed: str) -> None:
    """Raise if the content does not have the hash that the file names."""
    if stored != computed:
        raise FileFormatError(
            str(path), "the content has the hash stored with it", computed[:12], stored[:12]
        )
