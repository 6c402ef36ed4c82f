"""Waveforms: VCD as the simulators write it, turned into FST, which is a tenth of the size and opens at once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ...errors import FileFormatError, MissingToolError

WIRE = 16  # FST's type of variable


def vcd_to_fst(vcd: Path, fst: Path) -> int:
    """Write the waveforms of `vcd` as `fst`; returns the number of value changes.

    Raises
    ------
    MissingToolError : pylibfst is not installed. FileFormatError : not a VCD file.
    """
    if find_spec("pylibfst") is None:
        raise MissingToolError(
            "waveforms",
            "FST needs the package pylibfst",
            "not installed",
            "pip install 'spikewatt[rtl]'",
        )
    from pylibfst import lib  # type: ignore[import-not-found]

    writer = lib.fstWriterCreate(str(fst).encode(), 1)
    handles: dict[str, int] = {}
    widths: dict[str, int] = {}
    changes = 0
    with open(vcd) as file:
        words = _words(file)
        for word in words:
            if word == "$enddefinitions":
                break
            if word == "$timescale":
                lib.fstWriterSetTimescaleFromString(writer, "".join(_until_end(words)).encode())
            elif word == "$scope":
                _, name, *_ = [*_until_end(words), ""]
                lib.fstWriterSetScope(writer, 0, name.encode(), b"")
            elif word == "$upscope":
                lib.fstWriterSetUpscope(writer)
            elif word == "$var":
                _, width, code, name, *_ = _until_end(words)
                widths[code] = int(width)
                handles[code] = lib.fstWriterCreateVar(
                    writer, WIRE, 0, int(width), name.encode(), handles.get(code, 0)
                )
        if not handles:
            lib.fstWriterClose(writer)
            raise FileFormatError(str(vcd), "must be a VCD file with variables", "none")
        for word in words:
            first = word[0]
            if first == "#":
                lib.fstWriterEmitTimeChange(writer, int(word[1:]))
            elif first in "bB":
                code = next(words)
                bits = word[1:].lower().rjust(widths[code], "0")  # VCD leaves leading zeros out
                lib.fstWriterEmitValueChange(writer, handles[code], bits.encode())
                changes += 1
            elif first in "01xXzZ":
                lib.fstWriterEmitValueChange(writer, handles[word[1:]], first.lower().encode())
                changes += 1
    lib.fstWriterClose(writer)
    return changes


def _words(file) -> Iterator[str]:
    for line in file:
        yield from line.split()


def _until_end(words: Iterator[str]) -> list[str]:
    found = []
    for word in words:
        if word == "$end":
            break
        found.append(word)
    return found
