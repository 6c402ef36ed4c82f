"""Waveforms: VCD as the simulators write it, turned into FST.

FST is a tenth of the size and opens at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import FileFormatError
from ...installed import require

WIRE = 16  # FST's type of variable


def check_waveform_tools() -> None:
    """Raise MissingToolError unless pylibfst is installed."""
    require("waveforms", "FST needs the package pylibfst", "pylibfst")


def vcd_to_fst(vcd: Path, fst: Path) -> int:
    """Write the waveforms of a VCD file as FST; returns the number of value changes.

    Parameters
    ----------
    vcd : path to read
    fst : path to write

    Raises
    ------
    MissingToolError : pylibfst is not installed.
    FileFormatError : not a VCD file.
    """
    check_waveform_tools()
    with open(vcd, encoding="utf-8", errors="replace") as file:
        words = _words(file)
        writer = _FstWriter(fst)
        try:
            writer.declare(words)
            if not writer.handles:
                raise FileFormatError(
                    str(vcd),
                    "must be a VCD file with variables",
                    "none",
                )

            return writer.change(words)
        finally:
            writer.close()


class _FstWriter:
    """An FST file that is being written from the words of a VCD file."""

    def __init__(self, fst: Path):
        from pylibfst import lib  # type: ignore[import-not-found]

        self.lib = lib
        self.writer = lib.fstWriterCreate(str(fst).encode(), 1)
        self.handles: dict[str, int] = {}
        self.widths: dict[str, int] = {}

    def close(self) -> None:
        self.lib.fstWriterClose(self.writer)

    def declare(self, words: Iterator[str]) -> None:
        """The header: time scale, scopes and variables."""
        lib, writer = self.lib, self.writer
        for word in words:
            if word == "$enddefinitions":
                break
            elif word == "$timescale":
                scale = "".join(_until_end(words))
                lib.fstWriterSetTimescaleFromString(writer, scale.encode())
            elif word == "$scope":
                _, name, *_ = [*_until_end(words), ""]
                lib.fstWriterSetScope(writer, 0, name.encode(), b"")
            elif word == "$upscope":
                lib.fstWriterSetUpscope(writer)
            elif word == "$var":
                self._variable(*_until_end(words))

    def _variable(self, kind: str, width: str, code: str, name: str, *_: str) -> None:
        """A variable; one whose code is known is another name of the same net."""
        alias = self.handles.get(code, 0)
        self.widths[code] = int(width)
        self.handles[code] = self.lib.fstWriterCreateVar(
            self.writer, WIRE, 0, int(width), name.encode(), alias
        )

    def change(self, words: Iterator[str]) -> int:
        """The body: times and values; returns the number of values."""
        lib, writer = self.lib, self.writer
        changes = 0
        for word in words:
            first = word[0]
            rest = word[1:]
            if first == "#":
                lib.fstWriterEmitTimeChange(writer, int(rest))
                continue
            elif first in "bB":
                code = next(words)
                width = self.widths[code]
                value = rest.lower().rjust(width, "0")  # VCD leaves leading zeros out
            elif first in "01xXzZ":
                code, value = rest, first.lower()
            else:
                continue

            lib.fstWriterEmitValueChange(writer, self.handles[code], value.encode())
            changes += 1

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
