"""C to an ELF file for one core: Zig's clang, no libc, kept by the hash of all that enters."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from ...errors import SpikewattError
from ...files import cache_folder, new_folder, write
from .cores import FirmwareCore
from .elf import Elf
from .instructions import check_packages

C_FOLDER = Path(__file__).parent / "c"
OPTIMISE = ("-O0", "-O1", "-O2", "-O3", "-Os", "-Oz")
PROGRAM = "program.elf"
SCRIPT = "emulated.ld"
ALWAYS = ("memory.c",)  # what a compiler calls without being asked: memcpy and its kin

FLASH_ADDRESS, FLASH_BYTES = 0x0800_0000, 2**27
RAM_ADDRESS, RAM_BYTES = 0x2000_0000, 2**27

FLAGS = (
    *("-Wall", "-Wextra", "-Werror"),
    *("-std=c11", "-ffreestanding", "-fno-sanitize=all", "-fno-stack-protector"),
    *("-ffunction-sections", "-fdata-sections", "-fno-unwind-tables"),
    *("-fno-asynchronous-unwind-tables", "-fno-jump-tables", "-fno-strict-aliasing", "-g0"),
    "-fomit-frame-pointer",  # one more register, as GCC has without being asked
)
RUNTIMES = ("-nostdlib", "-nostartfiles")  # without the compiler's own functions, and with
MISSING = "undefined symbol: __"  # what the names of those begin with
SHOWN_LINES = 6  # of what a compiler says


def build(
    sources: Mapping[str, str] | str | Path,
    core: FirmwareCore,
    optimise: str = "-O2",
    kernels: Iterable[str] = (),
    keep: Iterable[str] = ("infer",),
    defines: Iterable[str] = (),
) -> Path:
    """Compile and link a program that an emulator calls function by function.

    Parameters
    ----------
    sources : name -> text of ``.c``, ``.S`` and ``.h`` files, or a folder that holds them
    core : what it is compiled for
    optimise : ``-O2`` by default
    kernels : names of files in ``energy/firmware/c`` that are compiled beside `sources`; its
        headers are found without being named
    keep : functions and variables that are linked with all that they need; what nobody needs is
        left out
    defines : ``NAME`` or ``NAME=value`` for the preprocessor

    Returns
    -------
    Path : the ELF file, in the cache; the same input gives the same file without a compiler's run.

    Raises
    ------
    MissingToolError : the compiler's package is not installed.
    SpikewattError : no source, or C that does not compile and link without a warning; what the
        compiler says is quoted.
    """
    check_packages()
    if optimise not in OPTIMISE:
        raise SpikewattError("firmware.optimise", "is a level", optimise, ", ".join(OPTIMISE))
    texts = _texts(sources)
    for name in (*kernels, *ALWAYS):
        texts[name] = _kernel(name)
    headers = {file.name: file.read_text("utf-8") for file in sorted(C_FOLDER.glob("*.h"))}
    kept = tuple(keep)
    texts = {**headers, **texts, SCRIPT: _script(kept)}
    flags = [*FLAGS, optimise, "-I.", *(f"-D{define}" for define in defines)]

    digest = hashlib.sha256(repr((core.zig_cpu, flags, version("ziglang"))).encode())
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    folder = cache_folder("firmware") / digest.hexdigest()[:24]
    program = folder / PROGRAM

    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not program.is_file():
            with new_folder(folder) as made:
                _compile(made, texts, core, flags, kept[0])
    return program


def sizes(program: str | Path) -> dict[str, int]:
    """Bytes of flash and of RAM that a program takes, its stack not included."""
    elf = Elf(program)
    return {"flash_bytes": elf.flash_bytes, "ram_bytes": elf.ram_bytes}


def zig(arguments: list[str], where: Path) -> None:
    """Run Zig's C compiler in a folder; what it says of an error is raised as one."""
    caches = str(cache_folder("zig"))
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": caches, "ZIG_LOCAL_CACHE_DIR": caches}
    command = [sys.executable, "-m", "ziglang", "cc", *arguments]
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = " | ".join(lines[:SHOWN_LINES])
        raise SpikewattError("firmware.build", "compiles and links without a warning", said)


def _compile(
    folder: Path,
    texts: Mapping[str, str],
    core: FirmwareCore,
    flags: list[str],
    entry: str,
) -> None:
    with tempfile.TemporaryDirectory() as work:
        place = Path(work)
        for name, text in texts.items():
            write(place / name, text)
        objects = compile_all(place, texts, core, flags)
        link(place, objects, core, SCRIPT, PROGRAM, entry)
        write(folder / PROGRAM, (place / PROGRAM).read_bytes())


def compile_all(
    place: Path, names: Iterable[str], core: FirmwareCore, flags: Iterable[str]
) -> list[str]:
    """Compile the ``.c`` and ``.S`` among the files `names` of a folder; the objects' names."""
    objects = []
    for name in names:
        if name.endswith((".c", ".S")):
            objects.append(f"{Path(name).name}.o")
            zig([*core.zig_target, *flags, "-c", name, "-o", objects[-1]], place)
    return objects


def link(
    place: Path,
    objects: Iterable[str],
    core: FirmwareCore,
    script: str,
    program: str,
    entry: str,
) -> str:
    """Link objects of a folder, and say with which of `RUNTIMES`.

    The compiler's own functions (divisions on a Cortex-M0+) are linked only where they are called:
    Zig compiles those when a core first needs them, which takes seconds.
    """
    rest = [f"-Wl,--gc-sections,-e,{entry}", "-T", script, "-o", program]
    for runtime in RUNTIMES:
        try:
            zig([*core.zig_target, *objects, runtime, *rest], place)
        except SpikewattError as error:
            if runtime == RUNTIMES[-1] or MISSING not in str(error):
                raise
        else:
            return runtime
    raise AssertionError("the last one returns or raises")


def _texts(sources: Mapping[str, str] | str | Path) -> dict[str, str]:
    if isinstance(sources, Mapping):
        found = dict(sources)
    else:
        folder = Path(sources)
        found = {
            file.name: file.read_text("utf-8")
            for file in sorted(folder.glob("*"))
            if file.suffix in (".c", ".h", ".S")
        }
    if not any(name.endswith((".c", ".S")) for name in found):
        raise SpikewattError("firmware.sources", "has a C file", "none")
    return found


def _kernel(name: str) -> str:
    file = C_FOLDER / name
    if not file.is_file():
        known = ", ".join(sorted(path.name for path in C_FOLDER.glob("*.c")))
        raise SpikewattError("firmware.kernels", "names a file of kernels", name, known)
    return file.read_text("utf-8")


def _script(keep: tuple[str, ...]) -> str:
    """A linker script with more memory than any microcontroller has; what is needed is counted."""
    return f"""ENTRY({keep[0] if keep else 0})
EXTERN({" ".join(keep)})
MEMORY {{
  FLASH (rx) : ORIGIN = {FLASH_ADDRESS:#x}, LENGTH = {FLASH_BYTES}
  RAM (rwx) : ORIGIN = {RAM_ADDRESS:#x}, LENGTH = {RAM_BYTES}
}}
SECTIONS {{
  .text : {{ *(.text .text.*) }} > FLASH
  .rodata : {{ *(.rodata .rodata.*) }} > FLASH
  .data : {{ *(.data .data.*) }} > RAM AT > FLASH
  .bss (NOLOAD) : {{ *(.bss .bss.*) *(COMMON) }} > RAM
  /DISCARD/ : {{ *(.ARM.ex*) *(.comment) *(.ARM.attributes) *(.debug*) }}
}}
"""
