"""What executed code took: runs of instructions, and how often which one followed which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from .instructions import SKIPPED, Instruction
from .timing import Cycles, Timing


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
        """All of them; what if-then blocks skip takes a cycle, and counts as a kind of its own."""
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
class Run:
    """Instructions from one place to where execution may go elsewhere."""

    instructions: list[Instruction]
    home: str  # name of its function
    enters: bool  # whether it is that function's first
    cycles: Cycles  # where its last branch is not taken

    @property
    def first(self) -> Instruction:
        """Where it begins."""
        return self.instructions[0]

    @property
    def last(self) -> Instruction:
        """The one that may branch."""
        return self.instructions[-1]

    @property
    def last_but_one(self) -> Instruction | None:
        """The one before that, if the run has two."""
        return self.instructions[-2] if len(self.instructions) > 1 else None

    @property
    def end(self) -> int:
        """The address after it."""
        return self.last.place + self.last.size


class Recorder:
    """Counts executions of runs and the edges between them, layer by layer.

    A layer is a function that the called one calls, with all that it calls.

    Parameters
    ----------
    root : name of the called function
    budget : instructions after which execution is stopped; ``left`` is below 0 then
    run_at : address, bytes -> the run there
    """

    def __init__(self, root: str, budget: int, run_at: Callable[[int, int], Run]):
        self.root = root
        self.budget = budget
        self.left = budget
        self.runs: dict[int, Run] = {}
        self._run_at = run_at
        self._short: dict[int, tuple[str, int]] = {}
        self._layer = root
        self._edges: dict[str, defaultdict[tuple[int, int], int]] = {root: defaultdict(int)}
        self._current = self._edges[root]
        self._before = 0
        self._executed: defaultdict[tuple[str, int], int] = defaultdict(int)

    def on_conditional(self, engine, address: int, size: int, _) -> None:
        """Called where an instruction of an if-then block is executed, not skipped."""
        self._executed[self._layer, address] += 1

    def on_block(self, engine, address: int, size: int, _) -> None:
        """Called by the emulator at the beginning of each run; this is what takes the time."""
        found = self._short.get(address)
        if found is None:
            run = self.runs[address] = self._run_at(address, size)
            found = self._short[address] = (run.home, len(run.instructions))
        home, length = found
        if home != self._layer and (home == self.root or self._layer == self.root):
            self._layer = home
            self._current = self._edges.setdefault(home, defaultdict(int))
        self._current[self._before, address] += 1
        self._before = address
        self.left -= length
        if self.left < 0:
            engine.emu_stop()

    def count(self, timing: Timing, stack_bytes: int) -> Count:
        """Instructions and cycles of all that was executed."""
        kinds: Counter[str] = Counter()
        functions: dict[str, Part] = defaultdict(Part)
        layers: dict[str, Part] = defaultdict(Part)
        taken, total = 0, Cycles()
        for layer, edges in self._edges.items():
            for (before, place), times in edges.items():
                run, previous = self.runs[place], self.runs.get(before)
                jumped = previous is not None and previous.end != place
                cost = run.cycles
                if jumped and previous is not None:
                    cost += timing.taken(previous.last, previous.last_but_one, run.first)
                    taken += times
                cost = cost.times(times)
                total += cost
                for instruction in run.instructions:
                    kinds[instruction.kind] += times

                entered = run.enters and (previous is None or previous.home != run.home)
                for parts, name in ((functions, run.home), (layers, layer)):
                    part = parts[name]
                    part.instructions += times * len(run.instructions)
                    part.cycles += cost
                    part.calls += times if entered and run.home == name else 0
            total += self._take_off_skipped(layer, timing, kinds, (functions, layers))
        return Count(
            self.root,
            {kind: kinds[kind] for kind in sorted(kinds) if kinds[kind]},
            dict(functions),
            dict(layers),
            taken,
            total,
            stack_bytes,
        )

    def _take_off_skipped(
        self,
        layer: str,
        timing: Timing,
        kinds: Counter[str],
        parts: tuple[dict[str, Part], dict[str, Part]],
    ) -> Cycles:
        """Correct for what if-then blocks of a layer passed over; returns the cycles to add."""
        # Two runs may share their ends, so that it is instructions that are added up.
        reached: Counter[int] = Counter()
        less: dict[int, tuple[str, str, Cycles]] = {}
        for (_, place), count in self._edges[layer].items():
            run = self.runs[place]
            for before, step in zip((None, *run.instructions), run.instructions, strict=False):
                if step.may_be_skipped:
                    reached[step.place] += count
                    less[step.place] = (run.home, step.kind, timing.skipped(step, before))

        total = Cycles()
        for place, count in reached.items():
            home, kind, cycles = less[place]
            skipped = count - self._executed[layer, place]
            kinds[kind] -= skipped
            kinds[SKIPPED] += skipped
            saved = cycles.times(skipped)
            for part in (parts[0][home], parts[1][layer]):
                part.cycles += saved
            total += saved
        return total
