"""An ELF file of 32 bits, as far as an emulator and a count of bytes need it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from ...errors import SpikewattError

MAGIC = b"\x7fELF\x01\x01"  # 32 bits, little-endian
ARM = 40

PROGBITS, SYMTAB, NOBITS = 1, 2, 8
WRITE, ALLOCATED, EXECUTABLE = 1, 2, 4  # flags of a section
LOADED = 1  # type of a segment
OBJECT, FUNCTION = 1, 2  # types of a symbol


@dataclass(frozen=True)
class Section:
    """A run of bytes: name, type, flags, address, bytes in memory, place in the file."""

    name: str
    kind: int
    flags: int
    address: int
    size: int
    offset: int
    link: int


@dataclass(frozen=True)
class Segment:
    """What a loader copies: where it runs, where it is stored, its bytes, and bytes in memory."""

    address: int
    stored_at: int
    content: bytes
    size: int


@dataclass(frozen=True)
class Symbol:
    """A name: its address (even, for a function), size in bytes, and whether it is a function."""

    name: str
    address: int
    size: int
    is_function: bool


class Elf:
    """A linked program.

    Parameters
    ----------
    path : path, of an ELF file for Arm, 32 bits, little-endian

    Raises
    ------
    SpikewattError : no such file, or another kind of file.

    Source: Tool Interface Standard, Executable and Linking Format, version 1.2.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        try:
            self.content = self.path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            raise SpikewattError(str(path), "can be read", reason) from error
        if self.content[:6] != MAGIC or self._at("<H", 18)[0] != ARM:
            raise SpikewattError(str(path), "is an ELF file for Arm, 32 bits", "another file")

        self.entry = self._at("<I", 24)[0]
        self.segments = self._read_segments()
        self.sections = self._read_sections()
        self._marks: list[tuple[int, str]] = []  # where code ($t) and data ($d) begin
        self.symbols = {symbol.name: symbol for symbol in self._read_symbols()}

    def _at(self, form: str, offset: int) -> tuple:
        return struct.unpack_from(form, self.content, offset)

    def _read_segments(self) -> list[Segment]:
        first, (size, count) = self._at("<I", 28)[0], self._at("<HH", 42)
        found = []
        for number in range(count):
            kind, offset, address, stored, in_file, in_memory = self._at(
                "<6I", first + number * size
            )
            if kind == LOADED and in_memory:
                found.append(
                    Segment(address, stored, self.content[offset : offset + in_file], in_memory)
                )
        return found

    def _read_sections(self) -> list[Section]:
        first, (size, count, names) = self._at("<I", 32)[0], self._at("<HHH", 46)
        heads = [self._at("<10I", first + number * size) for number in range(count)]
        text = heads[names][4]
        return [
            Section(
                self._name(text + head[0]), head[1], head[2], head[3], head[5], head[4], head[6]
            )
            for head in heads
        ]

    def _name(self, offset: int) -> str:
        return self.content[offset : self.content.index(b"\0", offset)].decode()

    def _read_symbols(self) -> list[Symbol]:
        found = []
        for section in self.sections:
            if section.kind != SYMTAB:
                continue
            names = self.sections[section.link].offset
            for offset in range(section.offset, section.offset + section.size, 16):
                name, value, size, info, _, place = self._at("<IIIBBH", offset)
                if not place or info & 15 > FUNCTION:
                    continue
                text = self._name(names + name)
                is_function = info & 15 == FUNCTION
                if text.startswith("$"):
                    self._marks.append((value & ~1, text[:2]))
                elif text:
                    even = value & ~1 if is_function else value
                    found.append(Symbol(text, even, size, is_function))
        return found

    def symbol(self, name: str) -> Symbol:
        """The symbol of that name; SpikewattError where there is none."""
        if name not in self.symbols:
            raise SpikewattError(str(self.path), "has the symbol that is asked for", name)
        return self.symbols[name]

    def functions(self) -> list[Symbol]:
        """All functions, by address."""
        found = [symbol for symbol in self.symbols.values() if symbol.is_function]
        return sorted(found, key=lambda symbol: symbol.address)

    def code(self) -> list[tuple[int, bytes]]:
        """Stretches of instructions without the constants between them: address and bytes.

        Source: Arm IHI 0044, mapping symbols.
        """
        marks = sorted(self._marks)
        found = []
        for section in self.sections:
            if not section.flags & EXECUTABLE:
                continue
            end = section.address + section.size
            inside = [mark for mark in marks if section.address <= mark[0] < end]
            for (start, kind), (after, _) in zip(inside, [*inside[1:], (end, "")], strict=True):
                if kind == "$t" and after > start:
                    place = section.offset + start - section.address
                    found.append((start, self.content[place : place + after - start]))
        return found

    @property
    def flash_bytes(self) -> int:
        """Code, constants, and the initial values of variables."""
        return sum(
            section.size
            for section in self.sections
            if section.flags & ALLOCATED and section.kind != NOBITS
        )

    @property
    def ram_bytes(self) -> int:
        """Variables, with initial values and without; the stack comes on top."""
        return sum(
            section.size
            for section in self.sections
            if section.flags & ALLOCATED and section.flags & WRITE
        )
