"""Cycles of the cores whose rules Arm publishes: Cortex-M0+ and Cortex-M4."""

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
    PC,
    STORE,
    STORE_MULTIPLE,
    Instruction,
)
from .timing import PUBLISHED, Cycles, Rule, Timing, exactly, uses, way

M0_TABLE = "Arm DDI 0484C, table 3-1"
M0_COPY = "Arm DDI 0484C, table 3-1, as transcribed in github Symex-rs/Symex, arm/v6/timing.rs"
M4_TABLE = "Arm 100166_0001, table 3-1"
M4_PAIRS = "Arm DDI 0337I, 3.3.2; TI SWCU185G, the same rules for the Cortex-M4"
P_BY_TARGET = (
    "Arm 100166_0001: P = 1 to 3; by the target as compendium.i-0.nl, branch timing, measured it"
)


class CortexM0Plus(Timing):
    """Two stages, one instruction at a time; each costs what its line of the table says.

    Of the two multipliers that Arm offers it has the fast one; the small one takes 32 cycles.
    """

    note = "published; the single-cycle multiplier, which a chip may lack (then 32 cycles)"
    status = PUBLISHED
    rules: ClassVar = {
        **{kind: Rule(exactly(1), M0_TABLE) for kind in (ALU, EXTEND, MULTIPLY, BRANCH, JUMP)},
        LOAD: Rule(exactly(2), M0_TABLE),
        STORE: Rule(exactly(2), M0_TABLE),
        LOAD_MULTIPLE: Rule(exactly(1), M0_COPY, each=1),
        STORE_MULTIPLE: Rule(exactly(1), M0_COPY, each=1),
        CALL: Rule(exactly(1), M0_COPY),
        OTHER: Rule(Cycles(1, 1, 4), M0_COPY),
    }
    refill: ClassVar = {
        BRANCH: Rule(exactly(1), M0_COPY),
        CALL: Rule(exactly(2), M0_COPY),
        JUMP: Rule(exactly(1), M0_COPY),
        LOAD_MULTIPLE: Rule(exactly(2), M0_COPY),
    }


class CortexM4(Timing):
    """Three stages, one instruction at a time; a load hides in the load or store after it.

    A refill of the pipeline takes P = 1 to 3 cycles, "depending on the alignment and width of the
    target instruction, and whether the processor manages to speculate the address early": 1 for a
    label whose target is of 16 bits or word-aligned, 2 for one that is neither or for an address in
    a register, 3 for one that comes from memory; the range is that of the table. Left out: three
    unaligned wide instructions in a row may be fetched too late by a cycle.
    """

    note = "published; the refill of a branch is 1 to 3 cycles, by the target"
    status = PUBLISHED
    rules: ClassVar = {
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
    refill: ClassVar = {
        BRANCH: Rule(Cycles(1, 1, 3), P_BY_TARGET),
        CALL: Rule(Cycles(1, 1, 3), P_BY_TARGET),
        JUMP: Rule(Cycles(2, 1, 3), P_BY_TARGET),
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
            if PC in instruction.address or (before is not None and before.kind == STORE):
                cost += Cycles(0, 0, 1)  # "might add a cycle"; nothing is pipelined after a store
        elif instruction.by_register and not hidden:
            cost = exactly(2)
        return cost + self._stalled(instruction, before)

    def _stalled(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        """One cycle where an address comes from the data operation just before."""
        computed = before is not None and not before.is_memory and uses(before, instruction.address)
        return exactly(1) if computed else Cycles()

    def taken(self, last: Instruction, before: Instruction | None, target: Instruction) -> Cycles:
        rule = self.refill[way(last)].cycles
        crooked = not target.narrow and target.place % 4
        return rule + Cycles(1, 0, 0) if crooked and rule.value < rule.high else rule
