"""Cycles of the cores for which Arm publishes no table: Cortex-M33 and Cortex-M7.

The rules were measured by others, each on one chip. They are never preferred to measured networks.
"""

from __future__ import annotations

from typing import ClassVar

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
from .timing import ASSUMED, MEASURED, Cycles, Rule, Timing, exactly, uses

M33_RUNS = "jnk0le/random, pipeline cycle test, cortex_m33.md (RP2350, cycle counter)"
M7_RUNS = "jnk0le/random, cortex_m7.md (STM32H743); quinapalus.com/cm7cycles.html (STM32H730)"
AS_M4 = "as the Cortex-M4"


class CortexM33(Timing):
    """Three stages; a narrow branch or if-then goes beside the narrow instruction before it.

    One cycle for each instruction, one more where the next needs the result of a load, or of a
    multiplication or shifted operand other than to add to it. Arm publishes no table.
    """

    note = "assumed: rules measured on one RP2350 by others; Arm publishes no table"
    status = ASSUMED
    rules: ClassVar = {
        **{
            kind: Rule(exactly(1), M33_RUNS, MEASURED)
            for kind in (ALU, EXTEND, DSP, MULTIPLY, LOAD, STORE)
        },
        DIVIDE: Rule(Cycles(7, 2, 12), AS_M4, ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED, each=1),
        STORE_MULTIPLE: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED, each=1),
        BRANCH: Rule(Cycles(1, 0, 1), M33_RUNS, MEASURED),
        CALL: Rule(exactly(1), M33_RUNS, ASSUMED),
        JUMP: Rule(exactly(1), M33_RUNS, ASSUMED),
        IF_THEN: Rule(Cycles(0, 0, 1), M33_RUNS, MEASURED),
        OTHER: Rule(Cycles(1, 0, 4), M33_RUNS, ASSUMED),
    }
    refill: ClassVar = {
        BRANCH: Rule(Cycles(1, 1, 2), M33_RUNS, MEASURED),
        CALL: Rule(Cycles(1, 1, 3), AS_M4, ASSUMED),
        JUMP: Rule(Cycles(2, 1, 3), AS_M4, ASSUMED),
        LOAD: Rule(Cycles(3, 1, 3), AS_M4, ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(3, 1, 3), AS_M4, ASSUMED),
    }

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        cost = super().single(instruction, before)
        if instruction.kind == BRANCH and _both_narrow(before, instruction):
            cost = Cycles(0, 0, 1)
        return cost + (Cycles(1, 0, 1) if _waits(instruction, before) else Cycles())

    def taken(self, last: Instruction, before: Instruction | None, target: Instruction) -> Cycles:
        cost = super().taken(last, before, target)
        if last.kind != BRANCH or before is None or not _both_narrow(before, last):
            return cost
        # Two cycles after what sets the flags, one after anything else; `single` gave it none.
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
    status = ASSUMED
    rules: ClassVar = {
        **{
            kind: Rule(Cycles(1, 0.5, 1), M7_RUNS, ASSUMED)
            for kind in (ALU, EXTEND, DSP, MULTIPLY, LOAD, STORE, BRANCH, CALL, JUMP, IF_THEN)
        },
        DIVIDE: Rule(Cycles(7, 2, 12), AS_M4, ASSUMED),
        LOAD_MULTIPLE: Rule(Cycles(0.5, 0, 1), M7_RUNS, MEASURED, each=0.5),
        STORE_MULTIPLE: Rule(Cycles(0.5, 0, 1), M7_RUNS, MEASURED, each=0.5),
        OTHER: Rule(Cycles(1, 0, 4), M7_RUNS, ASSUMED),
    }
    refill: ClassVar = {
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
        waits = late and uses(before, instruction.reads - instruction.accumulates)
        return cost + (Cycles(1, 0, 1) if waits else Cycles())

    def skipped(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        return Cycles()  # it holds its place beside another


def _pair(first: Instruction, second: Instruction) -> bool:
    """Whether the Cortex-M7 takes both in one cycle."""
    alone = (LOAD_MULTIPLE, STORE_MULTIPLE, DIVIDE, OTHER, CALL)
    if first.kind in alone or second.kind in (*alone, EXTEND, DSP):
        return False
    if first.kind in (BRANCH, JUMP) or first.writes & second.reads:
        return False
    return first.kind != second.kind or first.kind in (ALU, LOAD)
