""".keras files of Keras 3 and Keras 2: a zip archive of a configuration and weights."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from ...errors import FileFormatError
from ..keras_backend import import_keras
from .checks import check_config, check_size, first_line
from .keras_2 import modernise

ZIP = b"PK"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
METADATA = "metadata.json"


def holds(path: Path, start: bytes) -> bool:
    """Whether a file is a zip archive with the configuration of a network."""
    return start.startswith(ZIP) and CONFIG in members_of(path)


def members_of(path: Path) -> list[str]:
    """Names in a zip archive; none in a damaged one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return []


def is_unpacked(folder: Path) -> bool:
    """Whether a folder holds what a .keras file holds."""
    return (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file()


def read(path: Path):
    """The network in a .keras file."""
    keras = import_keras()
    from .. import quantised_layers  # noqa: F401  registers its layers with Keras

    members = _small_members(path)
    config = json.loads(members[CONFIG])
    check_config(path, config)
    version = json.loads(members.get(METADATA, "{}")).get("keras_version", "")

    with tempfile.TemporaryDirectory() as folder:
        source = path
        if str(version).startswith("2.") or path.suffix != ".keras" or path.is_dir():
            modernise(config)
            source = _copy(path, config, Path(folder, "copy.keras"))
        try:
            return keras.saving.load_model(source, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises many types for a bad archive
            raise FileFormatError(
                where=str(path),
                law="must be a .keras file that loads in safe mode",
                got=first_line(error).replace(str(source), str(path)),
            ) from error


def _small_members(path: Path) -> dict[str, str]:
    """Configuration and metadata, after the sizes of all members were checked."""
    if path.is_dir():
        return {CONFIG: (path / CONFIG).read_text("utf-8")}

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for member in archive.infolist():
            check_size(path, member.filename, member.file_size, member.compress_size)
        return {key: archive.read(key).decode() for key in (CONFIG, METADATA) if key in names}


def _copy(path: Path, config: Any, copy: Path) -> Path:
    """An archive under a name that Keras takes, with a configuration that it knows."""
    text = json.dumps(config)
    if path.is_dir():
        with zipfile.ZipFile(copy, "w") as new:
            new.writestr(CONFIG, text)
            new.writestr(METADATA, "{}")
            new.write(path / WEIGHTS, WEIGHTS)
        return copy

    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as new:
        for member in archive.namelist():
            content = archive.read(member)
            new.writestr(member, text if member == CONFIG else content)
    return copy
