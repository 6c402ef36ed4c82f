"""Files: HDF5 with a format and a version, written whole or not at all; YAML; the cache folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .errors import FileFormatError, SpikewattError

SMALL = 64  # numbers; compressing fewer makes a file larger


@contextmanager
def writing(path, file_format: str, version: int) -> Iterator[Any]:
    """Open a new HDF5 file for writing.

    It appears under `path` only when the block ends without an error.
    """
    import h5py

    path = Path(path)
    if not path.parent.is_dir():
        law = "the folder to write into exists"
        raise SpikewattError(str(path), law, "no such folder")

    handle, partial = tempfile.mkstemp(
        dir=path.parent,
        prefix=f".{path.name}.",
        suffix=".partial",
    )
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
def reading(path, file_format: str, versions: tuple[int, ...]) -> Iterator[Any]:
    """Open an HDF5 file of the given format and one of `versions`.

    Anything else is a FileFormatError.
    """
    import h5py

    path = Path(path)
    law = f"must be a {file_format} file"
    if not path.is_file():
        raise FileFormatError(str(path), law, "no such file")
    if path.suffix == ".keras":
        allowed = "what `spikewatt convert` makes of it"
        raise FileFormatError(str(path), law, "a Keras network", allowed)

    try:
        with h5py.File(path, "r") as file:
            _check_format(file, path, file_format, versions)
            yield file
    except SpikewattError:
        raise
    except (OSError, KeyError, ValueError, TypeError) as error:
        # What h5py, json and the constructors make of a damaged file.
        law = f"must be a whole {file_format} file"
        got = f"a truncated or foreign file ({error})"
        raise FileFormatError(str(path), law, got) from error


def _check_format(file, path: Path, file_format: str, versions: tuple[int, ...]) -> None:
    found = file.attrs.get("format")
    if found != file_format:
        law = f"must be a {file_format} file"
        raise FileFormatError(str(path), law, repr(found), file_format)

    version = file.attrs["version"]
    if version not in versions:
        law = f"the version of a {file_format} file must be known"
        known = ", ".join(map(str, versions))
        raise FileFormatError(str(path), law, version, known)


def put(file, key: str, array: np.ndarray) -> None:
    """Store `array`, compressed where that pays."""
    array = np.asarray(array)
    options = {}
    if array.size > SMALL:
        options = {"compression": "gzip", "compression_opts": 4, "shuffle": True}
    file.create_dataset(key, data=array, **options)


def same_hash(path: Path, stored: str, computed: str) -> None:
    """Raise FileFormatError if the content does not have the hash that the file names."""
    if stored != computed:
        law = "the content has the hash stored with it"
        raise FileFormatError(str(path), law, computed[:12], stored[:12])


def read_yaml(path: Path) -> object:
    """The content of a YAML file.

    Raises SpikewattError if it is none, or if a key stands in it twice.
    """
    import yaml

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            seen = []
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in seen:
                    raise ValueError(f"key {key!r} stands twice")
                seen.append(key)
            return super().construct_mapping(node, deep)

    if not path.is_file():
        raise SpikewattError(str(path), "the file must exist", "no such file")
    try:
        return yaml.load(path.read_text("utf-8"), Strict)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        reason = str(error)[:200]
        raise SpikewattError(str(path), "must be YAML", reason) from error


def cache_folder(*parts: str) -> Path:
    """Folder under the user's cache: $XDG_CACHE_HOME, else ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "spikewatt", *parts)
