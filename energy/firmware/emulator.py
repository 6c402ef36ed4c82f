"""Code executed on an emulated Cortex-M, and counted: instructions, cycles, stack.

Each run of instructions between branches is disassembled once; from then on its executions, and
which run followed it, are counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from .build import FLASH_ADDRESS, RAM_ADDRESS
from .cores import FirmwareCore
from .elf import Elf
from .instructions import Instruction, check_packages, decode
from .timing import Cycles

PAGE = 4096
STACK_ADDRESS, STACK_BYTES = 0x2F00_0000, 2**16
PAINT = 0xA5  # what the stack holds before a call
STOP_ADDRESS = 0x3F00_0000  # where a function that was called returns to
MOST_INSTRUCTIONS = 10**10
SYSTEM_CONTROL = 0xE000_E000  # where a Cortex-M has its own registers
NOWHERE = "no function"


@dataclass
class Part:
    """What one function, or one layer, took: times entered, instructions and cycles."""

    calls: int = 0
    instructions: int = 0
    cycles: Cycles = field(default_factory=Cycles)


@dataclass(frozen=True)
class Count:
    """What a call took.

    ``by_kind`` are instructions by class; ``by_function`` what each function executed itself;
    ``by_layer`` what each function that the called one calls took with all that it calls, and
    under the name of the called one its own. ``stack_bytes`` is the deepest that the stack was.
    """

    function: str
    by_kind: dict[str, int]
    by_function: dict[str, Part]
    by_layer: dict[str, Part]
    taken: int
    cycles_range: Cycles
    stack_bytes: int

    @property
    def instructions(self) -> int:
        """All of them; one that an if-then block skips counts."""
        return sum(self.by_kind.values())

    @property
    def cycles(self) -> float:
        """Cycles by the core's timing, without wait states."""
        return self.cycles_range.value

    @property
    def cycles_low(self) -> float:
        """The least that the rules leave open."""
        return self.cycles_range.low

    @property
    def cycles_high(self) -> float:
        """The most that the rules leave open."""
        return self.cycles_range.high


@dataclass
class _Run:
    """Instructions from one place to where execution may go elsewhere."""

    instructions: list[Instruction]
    home: int  # index of its function
    enters: bool  # whether it is that function's first
    cycles: Cycles

    @property
    def end(self) -> int:
        last = self.instructions[-1]
        return last.place + last.size


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
        self._runs: dict[int, _Run] = {}
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
        counter = _Counter(self, self._home(entry.address), budget)
        handle = engine.hook_add(unicorn.UC_HOOK_BLOCK, counter.on_block)
        try:
            engine.emu_start(entry.address | 1, STOP_ADDRESS)
        except unicorn.UcError as error:
            raise self._stopped(self._fault or str(error)) from None
        finally:
            engine.hook_del(handle)
        if counter.left < 0:
            raise self._stopped(f"no end after {budget:,} instructions")
        if engine.reg_read(self._pc) & ~1 != STOP_ADDRESS:
            raise self._stopped("a stop inside of it")
        return counter.count(function, self._deepest())

    def _deepest(self) -> int:
        stack = np.frombuffer(bytes(self._engine.mem_read(STACK_ADDRESS, STACK_BYTES)), np.uint8)
        touched = np.flatnonzero(stack != PAINT)
        return STACK_BYTES - int(touched[0]) if len(touched) else 0

    def _on_invalid(self, engine, access, address, size, value, _) -> bool:
        self._fault = f"an access of {size} bytes at {address:#x}"
        return False

    def _stopped(self, what: str) -> SpikewattError:
        place = self._engine.reg_read(self._pc)
        home = self._home(place)
        name = self._functions[home].name if home >= 0 else NOWHERE
        law = f"{name} runs to its end on a {self.core.name}"
        return SpikewattError("firmware.call", law, f"{what}, in {name} at {place:#x}")

    def _home(self, place: int) -> int:
        """Index of the function that holds an address, −1 for none."""
        index = bisect_right(self._starts, place) - 1
        if index < 0:
            return -1
        function = self._functions[index]
        return index if place < function.address + max(function.size, 2) else -1

    def name_of(self, home: int) -> str:
        """Name of a function by its index."""
        return self._functions[home].name if home >= 0 else NOWHERE

    def run_at(self, place: int, size: int) -> _Run:
        """The run of instructions that begins at `place`, disassembled once."""
        code = bytes(self._engine.mem_read(place, size))
        instructions = decode(code, place)
        if sum(instruction.size for instruction in instructions) != size:
            raise self._stopped("instructions that are not known")
        home = self._home(place)
        enters = home >= 0 and self._starts[home] == place
        return _Run(instructions, home, enters, self.core.timing.run(instructions))

    @property
    def timing(self):
        """Of the core."""
        return self.core.timing


class _Counter:
    """Counts executions of runs and the edges between them, layer by layer."""

    def __init__(self, emulator: Emulator, root: int, budget: int):
        self.emulator = emulator
        self.root = root
        self.left = budget
        self.layer = root
        self.edges: dict[int, defaultdict] = {root: defaultdict(int)}
        self.current = self.edges[root]
        self.before = 0
        self.runs: dict[int, tuple[int, int]] = {}
        self.known: dict[int, _Run] = {}

    def on_block(self, engine, address: int, size: int, _) -> None:
        """Called by the emulator at the beginning of each run."""
        found = self.runs.get(address)
        if found is None:
            run = self.emulator.run_at(address, size)
            self.known[address] = run
            found = self.runs[address] = (run.home, len(run.instructions))
        home, length = found
        if home != self.layer and (home == self.root or self.layer == self.root):
            self.layer = home
            self.current = self.edges.setdefault(home, defaultdict(int))
        self.current[self.before, address] += 1
        self.before = address
        self.left -= length
        if self.left < 0:
            engine.emu_stop()

    def count(self, function: str, stack_bytes: int) -> Count:
        by_kind: Counter[str] = Counter()
        functions: dict[int, Part] = defaultdict(Part)
        layers: dict[int, Part] = defaultdict(Part)
        total, taken = Cycles(), 0
        for layer, edges in self.edges.items():
            for (before, place), times in edges.items():
                run = self.known[place]
                cost = run.cycles
                if before:
                    jump = self._jump(self.known[before], run)
                    if jump is not None:
                        cost += jump
                        taken += times
                cost = cost.times(times)
                for instruction in run.instructions:
                    by_kind[instruction.kind] += times
                for part in (functions[run.home], layers[layer]):
                    part.instructions += times * len(run.instructions)
                    part.cycles += cost
                total += cost
                if run.enters and before and self.known[before].home != run.home:
                    functions[run.home].calls += times
                    layers[layer].calls += times if run.home == layer else 0
        functions[self.root].calls += 1
        layers[self.root].calls += 1
        name = self.emulator.name_of
        return Count(
            function,
            {kind: by_kind[kind] for kind in sorted(by_kind)},
            {name(home): part for home, part in sorted(functions.items())},
            {name(home): part for home, part in sorted(layers.items())},
            taken,
            total,
            stack_bytes,
        )

    def _jump(self, before: _Run, run: _Run) -> Cycles | None:
        """What it cost to come here from another run; None where it just went on."""
        start = run.instructions[0]
        if before.end == start.place:
            return None
        previous = before.instructions[-2] if len(before.instructions) > 1 else None
        return self.emulator.core.timing.taken(before.instructions[-1], previous, start)
