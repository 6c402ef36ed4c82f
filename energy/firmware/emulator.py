"""Code executed on an emulated Cortex-M, and counted: instructions, cycles, stack.

Each run of instructions between branches is disassembled once; from then on its executions, and
which run followed it, are counted.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from .build import RAM_ADDRESS
from .cores import FirmwareCore
from .counting import Count, Recorder, Run
from .elf import Elf
from .instructions import check_packages, decode

PAGE = 4096
STACK_ADDRESS, STACK_BYTES = 0x2F00_0000, 2**16
PAINT = 0xA5  # what the stack holds before a call
STOP_ADDRESS = 0x3F00_0000  # where a function that was called returns to
MOST_INSTRUCTIONS = 10**10
NOWHERE = "no function"


class Emulator:
    """A program in the memory of an emulated core.

    Parameters
    ----------
    program : path of an ELF file, see `build`
    core : the core it was built for

    Raises
    ------
    MissingToolError : the emulator's package is not installed.
    SpikewattError : no such program.

    Examples
    --------
    >>> emulator = Emulator(program, core)                              # doctest: +SKIP
    >>> emulator.write("network_input", pixels)                         # doctest: +SKIP
    >>> count = emulator.call("infer")                                  # doctest: +SKIP
    >>> emulator.read("network_output", np.int32, 10), count.cycles     # doctest: +SKIP
    """

    def __init__(self, program: str | Path, core: FirmwareCore):
        check_packages()
        import unicorn
        from unicorn import arm_const

        self.core = core
        self.elf = Elf(program)
        self._functions = self.elf.functions()
        self._starts = [function.address for function in self._functions]
        self._runs: dict[tuple[int, int], Run] = {}
        self._fault: str | None = None
        self._sp, self._pc, self._lr = (
            getattr(arm_const, f"UC_ARM_REG_{name}") for name in ("SP", "PC", "LR")
        )

        self._engine = unicorn.Uc(
            unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
        )
        self._engine.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{core.emulated_as}"))
        self._map()
        self.reset()
        invalid = unicorn.UC_HOOK_MEM_INVALID
        self._engine.hook_add(invalid, self._on_invalid)

    def _map(self) -> None:
        """Memory for each segment, the stack, and one page to return to; nothing else exists."""
        from unicorn import UC_PROT_ALL, UC_PROT_EXEC, UC_PROT_READ, UC_PROT_WRITE

        pages: dict[int, int] = {}
        for segment in self.elf.segments:
            of_ram = segment.address >= RAM_ADDRESS
            rights = UC_PROT_ALL if of_ram else UC_PROT_READ | UC_PROT_EXEC
            end = segment.address + segment.size
            for page in range(segment.address // PAGE, -(-end // PAGE)):
                pages[page] = pages.get(page, 0) | rights
        for page, rights in pages.items():
            self._engine.mem_map(page * PAGE, PAGE, rights)
        self._engine.mem_map(STACK_ADDRESS, STACK_BYTES, UC_PROT_READ | UC_PROT_WRITE)
        self._engine.mem_map(STOP_ADDRESS, PAGE, UC_PROT_READ | UC_PROT_EXEC)

    def reset(self) -> None:
        """Memory as after the start-up: initial values of variables, zeros."""
        for segment in self.elf.segments:
            zeros = bytes(segment.size - len(segment.content))
            self._engine.mem_write(segment.address, segment.content + zeros)

    def write(self, symbol: str, values: np.ndarray) -> None:
        """Put an array where a variable is; SpikewattError unless it has exactly those bytes."""
        there = self.elf.symbol(symbol)
        content = np.ascontiguousarray(values).tobytes()
        if there.size and len(content) != there.size:
            law = f"{symbol} takes as many bytes as it has"
            raise SpikewattError("firmware.write", law, len(content), there.size)
        self._engine.mem_write(there.address, content)

    def read(self, symbol: str, dtype, count: int) -> np.ndarray:
        """The first `count` numbers of a variable."""
        there = self.elf.symbol(symbol)
        kind = np.dtype(dtype)
        if there.size and count * kind.itemsize > there.size:
            law = f"{symbol} has the bytes that are read"
            raise SpikewattError("firmware.read", law, count * kind.itemsize, there.size)
        content = self._engine.mem_read(there.address, count * kind.itemsize)
        return np.frombuffer(bytes(content), kind)

    def call(self, function: str, *arguments: int, budget: int = MOST_INSTRUCTIONS) -> Count:
        """Execute a function until it returns.

        Parameters
        ----------
        function : its name
        arguments : up to four whole numbers
        budget : instructions after which it is said not to end

        Raises
        ------
        SpikewattError : no such function, an access to memory that is not there, an instruction
            that the core does not have, or no end; with the function and the address.
        """
        import unicorn
        from unicorn import arm_const

        engine = self._engine
        entry = self.elf.symbol(function)
        top = STACK_ADDRESS + STACK_BYTES
        engine.mem_write(STACK_ADDRESS, bytes([PAINT]) * STACK_BYTES)
        for number, argument in enumerate(arguments):
            engine.reg_write(getattr(arm_const, f"UC_ARM_REG_R{number}"), argument & 0xFFFF_FFFF)
        engine.reg_write(self._sp, top)
        engine.reg_write(self._lr, STOP_ADDRESS | 1)

        self._fault = None
        recorder = Recorder(function, budget, self._run_at)
        handle = engine.hook_add(unicorn.UC_HOOK_BLOCK, recorder.on_block)
        try:
            engine.emu_start(entry.address | 1, STOP_ADDRESS)
        except unicorn.UcError as error:
            raise self._stopped(self._fault or str(error)) from None
        finally:
            engine.hook_del(handle)
        if recorder.left < 0:
            raise self._stopped(f"no end after {budget:,} instructions")
        if engine.reg_read(self._pc) & ~1 != STOP_ADDRESS:
            raise self._stopped("a stop inside of it")
        return recorder.count(self.core.timing, self._deepest())

    def _deepest(self) -> int:
        stack = np.frombuffer(bytes(self._engine.mem_read(STACK_ADDRESS, STACK_BYTES)), np.uint8)
        touched = np.flatnonzero(stack != PAINT)
        return STACK_BYTES - int(touched[0]) if len(touched) else 0

    def _on_invalid(self, engine, access, address, size, value, _) -> bool:
        self._fault = f"an access of {size} bytes at {address:#x}"
        return False

    def _stopped(self, what: str) -> SpikewattError:
        place = self._engine.reg_read(self._pc)
        name = self._home(place)
        law = f"{name} runs to its end on a {self.core.name}"
        return SpikewattError("firmware.call", law, f"{what}, in {name} at {place:#x}")

    def _home(self, place: int) -> str:
        """Name of the function that holds an address."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return NOWHERE
        function = self._functions[index]
        inside = place < function.address + max(function.size, 2)
        return function.name if inside else NOWHERE

    def _run_at(self, place: int, size: int) -> Run:
        """The run of instructions that begins at `place`, disassembled once."""
        known = self._runs.get((place, size))
        if known is not None:
            return known
        instructions = decode(bytes(self._engine.mem_read(place, size)), place)
        if sum(instruction.size for instruction in instructions) != size:
            raise self._stopped("instructions that are not known")
        home = self._home(place)
        enters = home != NOWHERE and self.elf.symbols[home].address == place
        run = Run(instructions, home, enters, self.core.timing.run(instructions))
        self._runs[place, size] = run
        return run
