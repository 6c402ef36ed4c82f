"""The files of the folder: sources, sample, start-up, linker script, Makefile, README."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...cards.card import Card
from ..build import ALWAYS, C_FOLDER, FLAGS
from ..cores import FirmwareCore
from ..counting import Count
from ..elf import Elf
from .memory_map import MemoryMap

TEMPLATES = Path(__file__).parent / "templates"
ELF_NAME = "network.elf"
LINKER_SCRIPT = "device.ld"
MARK = LINKER_SCRIPT  # a folder that has it is one of this verb
COPIED = ("startup.c", "main.c", "verdict.h")
ENTRY = "reset"
INSIDE_FLAGS = ("-O2", *FLAGS, "-Isrc")


@dataclass(frozen=True, eq=False)
class Folder:
    """What the folder holds.

    Parameters
    ----------
    program : name -> text of the network's sources and of its sample
    core, card : what it is for
    places : addresses and sizes of its memories
    stack_bytes : kept free for the stack
    title : which network it is
    """

    program: Mapping[str, str]
    core: FirmwareCore
    card: Card
    places: MemoryMap
    stack_bytes: int
    title: str

    def sources(self) -> dict[str, str]:
        """Path -> text of all that is compiled."""
        inside = dict(self.program)
        for name in COPIED:
            inside[name] = (TEMPLATES / name).read_text("utf-8")
        for name in ALWAYS:
            inside[name] = (C_FOLDER / name).read_text("utf-8")
        return {f"src/{name}": text for name, text in sorted(inside.items())}

    def files(self, runtime: str, count: Count, elf: Elf) -> dict[str, str]:
        """Path -> text of all files.

        Parameters
        ----------
        runtime : argument of Zig's linker, see `build.link`
        count, elf : what one inference took, and the linked program
        """
        makefile = _filled(
            "Makefile",
            flags=_wrapped((*INSIDE_FLAGS, "$(DEFINES)")),
            zig_target=" ".join(self.core.zig_target),
            gcc_cpu=self.core.gcc_cpu,
            runtime=runtime,
        )
        return {
            **self.sources(),
            LINKER_SCRIPT: self.linker_script(self.places),
            "Makefile": makefile,
            "README.md": self._readme(count, elf),
        }

    def linker_script(self, places: MemoryMap) -> str:
        """For memories, which may be larger than the chip's."""
        return _filled(
            LINKER_SCRIPT,
            title=self.card.title,
            note=places.note,
            flash_address=places.flash_address,
            flash_bytes=places.flash_bytes,
            ram_address=places.ram_address,
            ram_bytes=places.ram_bytes,
            stack_bytes=self.stack_bytes,
        )

    def _readme(self, count: Count, elf: Elf) -> str:
        places, core = self.places, self.core
        clock_hz = self.card["clock_hz"].value
        return _filled(
            "README.md",
            title=self.title,
            device=self.card.title,
            core=core.name,
            layers=_layers(count),
            instructions=f"{count.instructions:,}",
            cycles=f"{count.cycles:,.0f}",
            cycles_low=f"{count.cycles_low:,.0f}",
            cycles_high=f"{count.cycles_high:,.0f}",
            time_ms=f"{count.cycles / clock_hz * 1e3:,.3g}",
            clock_mhz=f"{clock_hz / 1e6:g}",
            timing=core.timing.note,
            buffers=_buffers(elf, places, self.stack_bytes),
            flash=f"{elf.flash_bytes:,}",
            flash_there=f"{places.flash_bytes:,}",
            ram=f"{elf.ram_bytes + self.stack_bytes:,}",
            ram_there=f"{places.ram_bytes:,}",
            deepest=f"{count.stack_bytes:,}",
            flash_address=f"{places.flash_address:#010x}",
            ram_address=f"{places.ram_address:#010x}",
            note=places.note,
            has_counter="" if core.has_dsp else " (this core has no such counter)",
        )


def _filled(name: str, **words: object) -> str:
    return (TEMPLATES / name).read_text("utf-8").format(**words)


def _wrapped(words: tuple[str, ...]) -> str:
    """Words of a Makefile's variable, over several lines."""
    lines = textwrap.wrap(" ".join(words), 84, break_long_words=False, break_on_hyphens=False)
    return " \\\n         ".join(lines)


def _layers(count: Count) -> str:
    """Rows of what each layer took."""
    rows = [
        f"| `{name}` | {part.instructions:,} | {part.cycles.value:,.0f} |"
        for name, part in count.by_layer.items()
    ]
    return "\n".join(rows)


def _buffers(elf: Elf, places: MemoryMap, stack_bytes: int) -> str:
    """Rows of what lies in RAM, by address, the stack last."""
    there = [
        symbol
        for symbol in elf.symbols.values()
        if not symbol.is_function
        and symbol.size
        and symbol.address >= places.ram_address
        and symbol.address < places.ram_address + places.ram_bytes
    ]
    rows = [
        f"| `{symbol.name}` | {symbol.address:#010x} | {symbol.size:,} |"
        for symbol in sorted(there, key=lambda symbol: symbol.address)
    ]
    end = places.ram_address + places.ram_bytes
    rows.append(f"| stack, kept free | {end - stack_bytes:#010x} | {stack_bytes:,} |")
    return "\n".join(rows)
