"""Cycles of straight runs of instructions, by what is published of each core; no wait states.

A run ends where execution may go elsewhere. What its last branch costs depends on whether it was
taken, and is added by the edge: cycles = Σ runs · count + Σ taken branches · refill.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SpikewattError
from .instructions import (
    ALU,
    BRANCH,
    CALL,
    DIVIDE,
    DSP,
    EXTEND,
    IF_THEN,
    JUMP,
    LOAD,
    LOAD_MULTIPLE,
    MULTIPLY,
    OTHER,
    STORE,
    STORE_MULTIPLE,
    Instruction,
)

PUBLISHED, MEASURED, ASSUMED = "published", "measured by others", "assumed"

M0_TABLE = "Arm DDI 0484C, table 3-1"
M4_TABLE = "Arm 100166_0001, table 3-1"
M4_PAIRS = "Arm DDI 0337I, 3.3.2; TI SWCU185G, the same rules for the Cortex-M4"
M33_RUNS = "jnk0le/random, pipeline cycle test, cortex_m33.md (RP2350, cycle counter)"
M7_RUNS = "jnk0le/random, cortex_m7.md (STM32H743); quinapalus.com/cm7cycles.html (STM32H730)"


@dataclass(frozen=True)
class Cycles:
    """Cycles with the range that the rules leave open."""

    value: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Cycles) -> Cycles:
        return Cycles(self.value + other.value, self.low + other.low, self.high + other.high)

    def times(self, count: int) -> Cycles:
        """So many of them."""
        return Cycles(self.value * count, self.low * count, self.high * count)


def exactly(cycles: float) -> Cycles:
    """A number without a range."""
    return Cycles(cycles, cycles, cycles)


@dataclass(frozen=True)
class Rule:
    """One line of a table: what it costs, what the core does, who says so.

    ``each`` are cycles for every register of a list, on top of ``cycles``.
    """

    cycles: Cycles
    source: str
    status: str = PUBLISHED
    each: float = 0.0


class Timing:
    """What all cores share: a table by kind of instruction, and branches that refill a pipeline.

    Parameters
    ----------
    rules : kind -> Rule, one for every kind that the core has
    refill : kind of branch -> Rule, the cycles added where it is taken
    note : one line: what is published, what is assumed
    """

    rules: dict[str, Rule]
    refill: dict[str, Rule]
    note: str

    def run(self, instructions: list[Instruction]) -> Cycles:
        """Cycles of a straight run whose last branch, if any, is not taken."""
        total = Cycles()
        before = None
        for instruction in instructions:
            total += self.single(instruction, before)
            before = instruction
        return total

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        """Cycles of one instruction behind another."""
        rule = self.rule(instruction.kind)
        return rule.cycles + exactly(rule.each * instruction.registers)

    def rule(self, kind: str) -> Rule:
        """The line of the table; SpikewattError where the core has no such instruction."""
        if kind not in self.rules:
            law = "the core has the instruction that is executed"
            raise SpikewattError(f"firmware.{type(self).__name__}", law, kind)
        return self.rules[kind]

    def taken(self, last: Instruction, before: Instruction | None, target: Instruction) -> Cycles:
        """Cycles added where `last` of a run continued at `target`, not at the next address."""
        return self.refill[_way(last)].cycles

    def table(self) -> list[dict[str, object]]:
        """Every rule as a row: kind, cycles, range, status and source."""
        return [
            {
                "instruction": kind + suffix,
                "cycles": rule.cycles.value,
                "cycles_low": rule.cycles.low,
                "cycles_high": rule.cycles.high,
                "each_register": rule.each,
                "status": rule.status,
                "source": rule.source,
            }
            for suffix, rules in (("", self.rules), (", taken", self.refill))
            for kind, rule in rules.items()
        ]


def _way(last: Instruction) -> str:
    """How a run ends: by a label, by a call, by a register, or by a load into the PC."""
    if last.kind in (BRANCH, CALL, JUMP, LOAD, LOAD_MULTIPLE):
        return last.kind
    return BRANCH  # a run that was cut where nothing branches has no edge that is taken


def _uses(before: Instruction | None, registers: frozenset[int]) -> bool:
    return before is not None and bool(before.writes & registers)


class CortexM0Plus(Timing):
    """Two stages, one instruction at a time; each costs what its line of the table says."""

    note = "published; the single-cycle multiplier, which a chip may lack (then 32 cycles)"
    rules = {
        **{kind: Rule(exactly(1), M0_TABLE) for kind in (ALU, EXTEND, MULTIPLY, BRANCH, JUMP)},
        LOAD: Rule(exactly(2), M0_TABLE),
        STORE: Rule(exactly(2), M0_TABLE),
        LOAD_MULTIPLE: Rule(exactly(1), M0_TABLE, each=1),
        STORE_MULTIPLE: Rule(exactly(1), M0_TABLE, each=1),
        CALL: Rule(exactly(1), M0_TABLE),
        OTHER: Rule(Cycles(1, 1, 4), M0_TABLE),
    }
    refill = {
        BRANCH: Rule(exactly(1), M0_TABLE),
        CALL: Rule(Cycles(2, 1, 2), M0_TABLE),
        JUMP: Rule(exactly(1), M0_TABLE),
        LOAD: Rule(exactly(2), M0_TABLE),
        LOAD_MULTIPLE: Rule(exactly(2), M0_TABLE),
    }


class CortexM4(Timing):
    """Three stages, one instruction at a time; a load hides in the load or store behind it.

    A refill of the pipeline takes P = 1 to 3 cycles, "depending on the alignment and width of the
    target instruction, and whether the processor manages to speculate the address early": 1 for a
    label whose target is of 16 bits or word-aligned, 2 for one that is neither, 3 for an address
    that comes from memory; the range is that of the table.
    """

    note = "published; the refill of a branch is 1 to 3 cycles, by the target"
    rules = {
        **{kind: Rule(exactly(1), M4_TABLE) for kind in (ALU, EXTEND, DSP, MULTIPLY)},
        DIVIDE: Rule(Cycles(7, 2, 12), M4_TABLE),
        LOAD: Rule(exactly(2), M4_TABLE),
        STORE: Rule(exactly(1), M4_PAIRS),
        LOAD_MULTIPLE: Rule(exactly(1), M4_TABLE, each=1),
        STORE_MULTIPLE: Rule(exactly(1), M4_TABLE, each=1),
        BRANCH: Rule(exactly(1), M4_TABLE),
        CALL: Rule(exactly(1), M4_TABLE),
        JUMP: Rule(exactly(1), M4_TABLE),
        IF_THEN: Rule(Cycles(1, 0, 1), M4_TABLE),
        OTHER: Rule(Cycles(1, 0, 4), M4_TABLE),
    }
    refill = {
        BRANCH: Rule(Cycles(1, 1, 3), M4_TABLE),
        CALL: Rule(Cycles(1, 1, 3), M4_TABLE),
        JUMP: Rule(Cycles(2, 1, 3), M4_TABLE),
        LOAD: Rule(Cycles(3, 1, 3), M4_PAIRS),
        LOAD_MULTIPLE: Rule(Cycles(3, 1, 3), M4_PAIRS),
    }

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        if instruction.name in ("tbb", "tbh"):
            return exactly(3)  # a load of two cycles and an addition; the refill comes on top
        cost = super().single(instruction, before)
        if instruction.kind not in (LOAD, STORE):
            return cost + self._stalled(instruction, before)

        hidden = (
            before is not None
            and before.kind == LOAD
            and not before.to_pc
            and not before.writes & instruction.address
        )
        if instruction.kind == LOAD:
            cost = exactly(1) if hidden else cost
            if before is not None and before.kind == STORE:
                cost += Cycles(0, 0, 1)  # nothing is pipelined behind a store
            if instruction.conditional:
                cost = Cycles(cost.value, 1, cost.high)  # one cycle where it is skipped
        elif instruction.by_register and not hidden:
            cost = exactly(2)
        return cost + self._stalled(instruction, before)

    def _stalled(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        """One cycle where an address comes from the data operation just before."""
        computed = (
            before is not None and not before.is_memory and _uses(before, instruction.address)
        )
        return exactly(1) if computed else Cycles()

    def taken(self, last: Instruction, before: Instruction | None, target: Instruction) -> Cycles:
        rule = self.refill[_way(last)].cycles
        crooked = not target.narrow and target.place % 4
        return rule + Cycles(1, 0, 0) if crooked and rule.value < rule.high else rule


class CortexM33(Timing):
    """Three stages; a narrow branch or if-then goes beside the narrow instruction before it.

    One cycle for each instruction, one more where the next needs the result of a load, or of a
    multiplication or shifted operand other than to add to it. Arm publishes no table.
    """

    note = "assumed: rules measured on one RP2350 by others; Arm publishes no table"
    rules = {
        **{
            kind: Rule(Cycles(1, 0.8, 1), M33_RUNS, MEASURED)
            for kind in (ALU, EXTEND, DSP, MULTIPLY, LOAD, STORE)
        },
        DIVIDE: Rule(Cycles(7, 2, 12), "as the Cortex-M4", ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED, each=1),
        STORE_MULTIPLE: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED, each=1),
        BRANCH: Rule(Cycles(1, 0, 1), M33_RUNS, MEASURED),
        CALL: Rule(exactly(1), M33_RUNS, ASSUMED),
        JUMP: Rule(exactly(1), M33_RUNS, ASSUMED),
        IF_THEN: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED),
        OTHER: Rule(Cycles(1, 0, 4), M33_RUNS, ASSUMED),
    }
    refill = {
        BRANCH: Rule(Cycles(1, 1, 2), M33_RUNS, MEASURED),
        CALL: Rule(Cycles(1, 1, 3), "as the Cortex-M4", ASSUMED),
        JUMP: Rule(Cycles(2, 1, 3), "as the Cortex-M4", ASSUMED),
        LOAD: Rule(Cycles(3, 1, 3), "as the Cortex-M4", ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(3, 1, 3), "as the Cortex-M4", ASSUMED),
    }

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        cost = super().single(instruction, before)
        if instruction.kind == BRANCH and _both_narrow(before, instruction):
            cost = Cycles(0, 0, 1)
        return cost + (exactly(1) if _waits(instruction, before) else Cycles())

    def taken(self, last: Instruction, before: Instruction | None, target: Instruction) -> Cycles:
        cost = super().taken(last, before, target)
        if last.kind != BRANCH or before is None or not _both_narrow(before, last):
            return cost
        # Two cycles behind what sets the flags, one behind anything else; `single` gave it none.
        return cost + (exactly(1) if before.sets_flags else Cycles())


def _both_narrow(before: Instruction | None, instruction: Instruction) -> bool:
    return before is not None and before.narrow and instruction.narrow


def _waits(instruction: Instruction, before: Instruction | None) -> bool:
    """Whether the Cortex-M33 stalls for the result of the instruction before."""
    if before is None or not before.writes & instruction.reads:
        return False
    needed = before.writes & instruction.reads
    if before.kind in (LOAD, MULTIPLY) or before.name.startswith(("sxta", "uxta")):
        if instruction.kind == STORE and not needed & instruction.address:
            return False
        return not needed <= instruction.accumulates
    return before.shifted


class CortexM7(Timing):
    """Six stages, two instructions at a time, in order; branches are predicted.

    Two neighbours go together where the second does not need the first, and one of them is a plain
    operation, a load, a store or a branch; two multiplications, two stores, or two extensions do
    not. A loaded byte or half is there one cycle later. Caches hit, predictions hold (low), or a
    taken branch costs up to 2 cycles and nothing is paired (high).
    """

    note = "assumed: pairs measured on STM32H7 by others, caches hit; Arm publishes no table"
    rules = {
        **{
            kind: Rule(Cycles(1, 0.5, 1), M7_RUNS, ASSUMED)
            for kind in (ALU, EXTEND, DSP, MULTIPLY, LOAD, STORE, BRANCH, CALL, JUMP, IF_THEN)
        },
        DIVIDE: Rule(Cycles(7, 2, 12), "as the Cortex-M4", ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(0.5, 0, 1), M7_RUNS, MEASURED, each=0.5),
        STORE_MULTIPLE: Rule(Cycles(0.5, 0, 1), M7_RUNS, MEASURED, each=0.5),
        OTHER: Rule(Cycles(1, 0, 4), M7_RUNS, ASSUMED),
    }
    refill = {
        BRANCH: Rule(Cycles(0.5, 0, 2), M7_RUNS, ASSUMED),
        CALL: Rule(Cycles(1, 0, 3), M7_RUNS, ASSUMED),
        JUMP: Rule(Cycles(1, 0, 8), M7_RUNS, ASSUMED),
        LOAD: Rule(Cycles(2, 1, 8), M7_RUNS, ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(2, 1, 8), M7_RUNS, ASSUMED),
    }

    def run(self, instructions: list[Instruction]) -> Cycles:
        total = Cycles()
        position, before = 0, None
        while position < len(instructions):
            first = instructions[position]
            second = instructions[position + 1] if position + 1 < len(instructions) else None
            together = second is not None and _pair(first, second)
            total += self.single(first, before)
            if together and second is not None:
                total += Cycles(0, self.single(second, first).low, self.single(second, first).high)
            position += 2 if together else 1
            before = instructions[position - 1]
        return total

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        cost = super().single(instruction, before)
        late = before is not None and (
            (before.kind == LOAD and before.name != "ldr")
            or (before.kind in (MULTIPLY, EXTEND) and instruction.kind in (LOAD, STORE))
        )
        waits = late and _uses(before, instruction.reads - instruction.accumulates)
        return cost + (Cycles(1, 0, 1) if waits else Cycles())


def _pair(first: Instruction, second: Instruction) -> bool:
    """Whether the Cortex-M7 takes both in one cycle."""
    alone = (LOAD_MULTIPLE, STORE_MULTIPLE, DIVIDE, OTHER, CALL)
    if first.kind in alone or second.kind in (*alone, EXTEND, DSP):
        return False
    if first.kind in (BRANCH, JUMP) or first.writes & second.reads:
        return False
    return first.kind != second.kind or first.kind in (ALU, LOAD)
