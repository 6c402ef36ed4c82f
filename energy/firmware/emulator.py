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
# Numbers of Unicorn's errors, in words.
FAULTS = {
    10: "an instruction that the core does not have",
    21: "an access that is not aligned, or another exception",
}
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
        from unicorn.unicorn import Uc

        self.core = core
        self.elf = Elf(program)
        self._functions = self.elf.functions()
        self._starts = [function.address for function in self._functions]
        self._runs: dict[tuple[int, int], Run] = {}
        self._fault: str | None = None
        self._conditional = _conditional(self.elf)
        self._sp, self._pc, self._lr = (
            getattr(arm_const, f"UC_ARM_REG_{name}") for name in ("SP", "PC", "LR")
        )

        # UC_MODE_MCLASS would ignore the model and execute all as a Cortex-M33. As a Cortex-M0 the
        # engine refuses what is not ARMv6-M, and accesses that are not aligned. It has no hooks on
        # memory: with one on writes, stores of Unicorn 2.1.4 leave wrong values now and then.
        self._engine = Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self._engine.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{core.emulated_as}"))
        self._map()
        self.reset()
        invalid = unicorn.UC_HOOK_MEM_INVALID
        self._engine.hook_add(invalid, self._on_invalid)

    def _map(self) -> None:
        """Memory for each segment, the stack, and one page to return to; nothing else exists."""
        from unicorn import UC_PROT_ALL, UC_PROT_EXEC, UC_PROT_READ, UC_PROT_WRITE

        for segment in self.elf.segments:
            of_ram = segment.address >= RAM_ADDRESS
            rights = UC_PROT_ALL if of_ram else UC_PROT_READ | UC_PROT_EXEC
            self._ensure_mapped(segment.address, segment.size, rights)
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

    def call(
        self,
        function: str,
        *arguments: int,
        budget: int = MOST_INSTRUCTIONS,
    ) -> Count:
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
        from unicorn import arm_const

        engine = self._engine
        entry = self.elf.symbol(function)
        engine.mem_write(STACK_ADDRESS, bytes([PAINT]) * STACK_BYTES)
        for number, argument in enumerate(arguments):
            engine.reg_write(getattr(arm_const, f"UC_ARM_REG_R{number}"), argument & 0xFFFF_FFFF)
        engine.reg_write(self._sp, STACK_ADDRESS + STACK_BYTES)
        engine.reg_write(self._lr, STOP_ADDRESS | 1)

        recorder = Recorder(function, budget, self._run_at)
        self._execute(entry.address, STOP_ADDRESS, recorder)
        return recorder.count(self.core.timing, self._deepest())

    def boot(self, stop: str, budget: int = MOST_INSTRUCTIONS) -> Count:
        """Execute from reset until a function is reached, as a chip does.

        Stack pointer and first instruction come from the vectors at the beginning of flash; initial
        values of variables lie after the code, and the program copies them.

        Parameters
        ----------
        stop : name of the function
        budget : as of `call`
        """
        from unicorn import UC_PROT_ALL

        flash = min(self.elf.segments, key=lambda segment: segment.stored_at)
        top, start = np.frombuffer(flash.content[:8], "<u4").tolist()
        self._ensure_mapped(top - STACK_BYTES, STACK_BYTES, UC_PROT_ALL)
        for segment in self.elf.segments:
            self._ensure_mapped(segment.stored_at, len(segment.content), UC_PROT_ALL)
            self._engine.mem_write(segment.stored_at, segment.content)
        for segment in self.elf.segments:
            if segment.stored_at != segment.address:
                self._engine.mem_write(segment.address, bytes([PAINT]) * segment.size)

        self._engine.mem_write(top - STACK_BYTES, bytes([PAINT]) * STACK_BYTES)
        self._engine.reg_write(self._sp, top)
        name = self._home(start & ~1)
        recorder = Recorder(name, budget, self._run_at)
        self._execute(start & ~1, self.elf.symbol(stop).address, recorder)
        return recorder.count(self.core.timing, 0)

    def _ensure_mapped(self, address: int, size: int, rights: int) -> None:
        """Memory for a stretch, where there is none yet."""
        first, end = address // PAGE, -(-(address + size) // PAGE)
        taken = {
            page
            for start, last, _ in self._engine.mem_regions()
            for page in range(max(first, start // PAGE), min(end, last // PAGE + 1))
        }
        start = first
        for page in range(first, end + 1):
            if page == end or page in taken:
                if page > start:
                    self._engine.mem_map(start * PAGE, (page - start) * PAGE, rights)
                start = page + 1

    def _execute(self, start: int, stop: int, recorder: Recorder) -> None:
        """From one address to another, recorded."""
        import unicorn
        from unicorn.unicorn import UcError

        engine = self._engine
        self._fault = None
        hooks = [engine.hook_add(unicorn.UC_HOOK_BLOCK, recorder.on_block)]
        for first, last in self._conditional:
            hooks.append(
                engine.hook_add(
                    unicorn.UC_HOOK_CODE, recorder.on_conditional, begin=first, end=last
                )
            )
        try:
            engine.emu_start(start | 1, stop)
        except UcError as error:
            what = self._fault or FAULTS.get(error.errno, str(error))
            raise self._stopped(recorder.root, what) from None
        finally:
            for hook in hooks:
                engine.hook_del(hook)

        if recorder.left < 0:
            raise self._stopped(recorder.root, f"no end after {recorder.budget:,} instructions")
        if engine.reg_read(self._pc) & ~1 != stop:
            raise self._stopped(recorder.root, "a stop inside of it")

    def _deepest(self) -> int:
        stack = np.frombuffer(bytes(self._engine.mem_read(STACK_ADDRESS, STACK_BYTES)), np.uint8)
        touched = np.flatnonzero(stack != PAINT)
        return STACK_BYTES - int(touched[0]) if len(touched) else 0

    def _on_invalid(self, engine, access, address, size, value, _) -> bool:
        self._fault = f"an access of {size} bytes at {address:#x}"
        return False

    def _stopped(self, called: str, what: str) -> SpikewattError:
        place = self._engine.reg_read(self._pc)
        law = f"{called} runs to its end on a {self.core.name}"
        return SpikewattError("firmware.call", law, f"{what}, in {self._home(place)} at {place:#x}")

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
        home = self._home(place)
        instructions = decode(bytes(self._engine.mem_read(place, size)), place)
        if sum(instruction.size for instruction in instructions) != size:
            raise self._stopped(home, "instructions that are not known")
        enters = home != NOWHERE and self.elf.symbols[home].address == place
        run = Run(instructions, home, enters, self.core.timing.run(instructions))
        self._runs[place, size] = run
        return run


def _conditional(elf: Elf) -> list[tuple[int, int]]:
    """First and last address of each group of instructions that an if-then block decides about."""
    groups: list[tuple[int, int]] = []
    for start, code in elf.code():
        end = 0
        for step in decode(code, start):
            if step.may_be_skipped:
                first = groups.pop()[0] if groups and end == step.place else step.place
                groups.append((first, step.place))
                end = step.place + step.size
    return groups
