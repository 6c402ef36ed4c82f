"""Liberty files: the cells of a standard-cell library."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import FileFormatError

GZIP = b"\x1f\x8b"
HEAD_BYTES = 200_000  # of the file, in which name and corner are looked for


@dataclass(frozen=True)
class Liberty:
    """A cell library.

    Parameters
    ----------
    name : of the library
    corner : voltage and temperature, in words
    text : content of the file, bytes
    """

    name: str
    corner: str
    text: bytes


def read_liberty(path: Path) -> Liberty:
    """Read a Liberty file, gzipped or not.

    Parameters
    ----------
    path : of the file

    Raises
    ------
    FileFormatError : no such file, or another kind.
    """
    where, law = str(path), "must be a Liberty file, gzipped or not"
    if not path.is_file():
        raise FileFormatError(where, "the Liberty file must exist", "no such file")
    try:
        text = path.read_bytes()
        if text[:2] == GZIP:
            text = gzip.decompress(text)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise FileFormatError(where, law, str(error)[:120]) from error

    head = text[:HEAD_BYTES].decode("latin-1")
    name = re.search(r"^\s*library\s*\(\s*\"?([^)\"\s]+)", head, re.M)
    if not name or b"cell" not in text:
        raise FileFormatError(where, law, repr(head[:40]), "library (name) { ... }")

    return Liberty(name[1], _corner(head), text)


def _corner(head: str) -> str:
    voltage = re.search(r"nom_voltage\s*:\s*\"?([-\d.]+)", head)
    temperature = re.search(r"nom_temperature\s*:\s*\"?([-\d.]+)", head)
    if not voltage or not temperature:
        return "corner not named"

    return f"{float(voltage[1]):g} V, {float(temperature[1]):g} C"
