"""A network as a folder of C for a microcontroller, executed before it is handed over."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from .... import folders
from ....errors import DoesNotFitError, SpikewattError
from ....files import write
from ....progress import Progress, silent
from ...cards.card import Card
from ..build import build, compile_all, link
from ..cores import FIRMWARE_CORES, FirmwareCore, core_named
from ..counting import Count
from ..elf import Elf
from ..emulator import Emulator
from .contents import ELF_NAME, ENTRY, INSIDE_FLAGS, LINKER_SCRIPT, MARK, Folder
from .memory_map import MemoryMap, memory_map
from .sample import Sample, sample_files

PASSED = 0x600D  # as in templates/verdict.h
STACK_SPARE = 256  # bytes beyond the deepest that was seen: interrupts of the engineer's program
STACK_STEP = 64


def hand_over(
    sources: Mapping[str, str],
    sample: Sample,
    card: Card,
    folder: str | Path,
    title: str,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write a folder that builds with Zig or arm-none-eabi-gcc, and was built and executed.

    The same network and input give the same bytes.

    Parameters
    ----------
    sources : name -> text of all ``.c`` and ``.h`` files of the network: ``infer()``, from
        ``network_input`` to ``network_output``, and ``network_spikes`` where it has spikes
    sample : an input, and what must come out
    card : of the microcontroller, see `firmware_core`
    folder : path, new or empty
    title : one line that says which network it is
    force : whether a folder that this function wrote is replaced, default False
    progress : called with ("firmware", done, all), default nobody

    Returns
    -------
    dict : flash_bytes, ram_bytes and stack_bytes of the program, instructions and cycles of one
        inference, files

    Raises
    ------
    MissingToolError : no compiler or emulator.
    DoesNotFitError : the program is larger than the chip's flash or RAM; by how many bytes.
    SpikewattError : no microcontroller, a core that firmware is not built for, a folder with
        something in it, or a program that does not compute what it must.
    """
    report = progress or silent
    core = firmware_core(card)
    target = Path(folder)
    check_place(target, force)

    report("firmware", 0, 3)
    places = memory_map(card)
    texts = {**sources, **sample_files(sample)}
    with tempfile.TemporaryDirectory() as work:
        built = _Built(Path(work), Folder(texts, core, card, places, STACK_SPARE, title))
        # With all the memory there is, to say by how much it does not fit; before it is executed.
        roomy = built.linked(places.roomy)
        _check_fits(roomy, places, STACK_SPARE, card)

        report("firmware", 1, 3)
        count = _executed(build(sources, core), core, sample)
        stack_bytes = -(-(count.stack_bytes + STACK_SPARE) // STACK_STEP) * STACK_STEP
        _check_fits(roomy, places, stack_bytes, card)

        report("firmware", 2, 3)
        built.inside = replace(built.inside, stack_bytes=stack_bytes)
        elf = built.linked(places)
        _check_verdict(elf, core)
        written = built.inside.files(built.runtime, count, elf)
    folders.write_folder(target, written, force)
    report("firmware", 3, 3)
    return {
        "flash_bytes": elf.flash_bytes,
        "ram_bytes": elf.ram_bytes,
        "stack_bytes": stack_bytes,
        "instructions": count.instructions,
        "cycles": round(count.cycles),
        "files": len(written),
    }


def firmware_core(card: Card) -> FirmwareCore:
    """The core of a microcontroller's card.

    Raises
    ------
    SpikewattError : another kind of device, or a core that firmware is not built for.
    """
    if not card.kind.runs_kernels:
        law = "must be a microcontroller"
        raise SpikewattError("firmware.device", law, f"{card.name} is a {card.kind}")
    if card.about["core"] not in FIRMWARE_CORES:
        law = f"{card.name} has a core that firmware is built for"
        raise SpikewattError("firmware.device", law, card.about["core"], ", ".join(FIRMWARE_CORES))
    return core_named(card.about["core"])


def check_place(folder: Path, force: bool) -> None:
    """Raise SpikewattError unless `folder` may be written.

    Parameters
    ----------
    folder : new or empty, or one that `hand_over` wrote
    force : whether the latter is allowed
    """
    folders.check_place(folder, MARK, force)


def _executed(program: Path, core: FirmwareCore, sample: Sample) -> Count:
    """Counts of one inference, whose results are the expected ones."""
    emulator = Emulator(program, core)
    emulator.write("network_input", sample.input)
    count = emulator.call("infer")
    expected = {"network_output": sample.output}
    if sample.spikes is not None:
        expected["network_spikes"] = sample.spikes
    for name, values in expected.items():
        found = emulator.read(name, values.dtype, values.size)
        wrong = int(np.sum(found != values.reshape(-1)))
        if wrong:
            law = f"{name} of the firmware equals that of the reference"
            raise SpikewattError("firmware", law, f"{wrong} of {values.size} differ")
    return count


class _Built:
    """The folder's program, compiled once as its Makefile compiles it, and linked as asked."""

    def __init__(self, place: Path, inside: Folder):
        self.place, self.inside = place, inside
        self.runtime = ""
        sources = inside.sources()
        for name, text in sources.items():
            (place / name).parent.mkdir(exist_ok=True)
            write(place / name, text)
        self.objects = compile_all(place, sources, inside.core, INSIDE_FLAGS)

    def linked(self, places: MemoryMap) -> Elf:
        """With these memories."""
        write(self.place / LINKER_SCRIPT, self.inside.linker_script(places))
        core = self.inside.core
        self.runtime = link(self.place, self.objects, core, LINKER_SCRIPT, ELF_NAME, ENTRY)
        return Elf(self.place / ELF_NAME)


def _check_fits(elf: Elf, places: MemoryMap, stack_bytes: int, card: Card) -> None:
    needs = {
        "flash": (elf.flash_bytes, places.flash_bytes),
        "RAM": (elf.ram_bytes + stack_bytes, places.ram_bytes),
    }
    short = [
        f"{needed:,} of {there:,} bytes of {what}, {needed - there:,} too many"
        for what, (needed, there) in needs.items()
        if needed > there
    ]
    if short:
        law = "the program, its variables and its stack fit"
        raise DoesNotFitError(f"firmware for {card.name!r}", law, "; ".join(short))


def _check_verdict(elf: Elf, core: FirmwareCore) -> None:
    """Execute the program from reset to its verdict."""
    emulator = Emulator(elf.path, core)
    emulator.boot("finished")
    result, wrong_outputs, wrong_spikes, _ = emulator.read("verdict", np.uint32, 4)
    if result != PASSED:
        law = "the program that is handed over passes when it is executed"
        got = f"{wrong_outputs} outputs and {wrong_spikes} numbers of spikes are wrong"
        raise SpikewattError("firmware", law, got)
