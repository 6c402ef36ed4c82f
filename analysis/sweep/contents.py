"""What stands behind the names in a space: files, code and libraries, as digests of contents."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...models.datasets import DATA_VARIABLE
from ...models.loading.formats import is_network_file

PACKAGE = Path(__file__).parents[2]
OF_NETWORKS = ("models", "sim", "analysis/job", "analysis/sweep/work")
OF_ROWS = ("models", "sim", "energy", "analysis/job", "analysis/sweep")
SOURCES = (".py", ".cpp", ".h", ".yaml", ".json", ".csv")
LIBRARIES = ("tensorflow", "tensorflow-cpu", "keras", "numpy")  # what training depends on
CARD_FILES = (".yaml", ".yml")


def of_network(name: str) -> list[str]:
    """Of a network; nothing of one that is named, which is code."""
    return _present(Path(name)) if is_network_file(name) else []


def of_dataset(name: str, data_dir: str | None) -> list[str]:
    """Of the file of a data set; nothing where it comes with a library, or is downloaded."""
    if name.endswith(".npz"):
        return _present(Path(name))
    folder = data_dir or os.environ.get(DATA_VARIABLE)
    return _present(Path(folder) / f"{name}.npz") if folder else []


def of_card(name: str) -> list[str]:
    """Of a card that is a file; one that comes with the package is part of its code."""
    return _present(Path(name)) if name.endswith(CARD_FILES) else []


@functools.cache
def of_code(folders: tuple[str, ...]) -> list[str]:
    """Of folders of this package, and the versions of the libraries: others, other results."""
    paths = (path for folder in folders for path in (PACKAGE / folder).rglob("*.*"))
    found = _digest(path for path in paths if path.suffix in SOURCES)
    return [found, *map(_version, LIBRARIES)]


def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} is not installed"


def _present(path: Path) -> list[str]:
    """The digest of a file, or of all in a folder; nothing where there is none."""
    if path.is_dir():
        return [_digest(each for each in path.rglob("*") if each.is_file())]
    return [_digest([path])] if path.is_file() else []


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
