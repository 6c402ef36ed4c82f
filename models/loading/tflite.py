"""TensorFlow Lite files."""

from __future__ import annotations

from pathlib import Path

MAGIC = b"TFL3"


def holds(path: Path, start: bytes) -> bool:
    """Whether a file is a flatbuffer of TensorFlow Lite."""
    return start[4:8] == MAGIC


def read(path: Path):
    raise NotImplementedError
