"""Legacy Keras files: HDF5 with a configuration in an attribute, as Keras 1 and 2 wrote them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ...errors import FileFormatError
from ..keras_backend import import_keras
from .checks import first_line
from .h5_copy import make_copy

MAGIC = b"\x89HDF\r\n\x1a\n"


def holds(path: Path, start: bytes) -> bool:
    """Whether a file is HDF5, of whatever content."""
    return start.startswith(MAGIC)


def read(path: Path):
    """The network in a legacy file; Keras reads a clean copy of it."""
    keras = import_keras()
    from .. import quantised_layers  # noqa: F401  registers its layers with Keras

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.h5")
        make_copy(path, copy)
        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises many types for a bad file
            raise FileFormatError(
                where=str(path),
                law="must be a legacy Keras file that loads in safe mode",
                got=first_line(error).replace(str(copy), str(path)),
            ) from error
