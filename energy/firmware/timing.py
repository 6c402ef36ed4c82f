"""Cycles of straight runs of instructions, by rules of which each has a source; no wait states.

A run ends where execution may go elsewhere. What its last branch costs depends on whether it was
taken, and is added by the edge: cycles = Σ runs · count + Σ taken branches · refill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...errors import SpikewattError
from .instructions import BRANCH, CALL, JUMP, LOAD, LOAD_MULTIPLE, Instruction

PUBLISHED, MEASURED, ASSUMED = "published", "measured by others", "assumed"


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
    status : PUBLISHED where Arm publishes the table, else ASSUMED
    """

    rules: ClassVar[dict[str, Rule]]
    refill: ClassVar[dict[str, Rule]]
    note: ClassVar[str]
    status: ClassVar[str]

    def run(self, instructions: list[Instruction]) -> Cycles:
        """Cycles of a straight run whose last branch, if any, is not taken."""
        total = Cycles()
        before = None
        for instruction in instructions:
            total += self.single(instruction, before)
            before = instruction
        return total

    def single(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        """Cycles of one instruction after another."""
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
        return self.refill[way(last)].cycles

    def skipped(self, instruction: Instruction, before: Instruction | None) -> Cycles:
        """What is taken off where an if-then block skips it: one cycle stays."""
        cost = self.single(instruction, before)
        return Cycles(1 - cost.value, 1 - cost.low, 1 - cost.high)


def way(last: Instruction) -> str:
    """How a run ends: by a label, by a call, by a register, or by a load into the PC."""
    if last.name == "blx":
        return JUMP
    if last.kind in (BRANCH, CALL, JUMP, LOAD, LOAD_MULTIPLE):
        return last.kind
    return BRANCH  # a run that was cut where nothing branches has no edge that is taken


def uses(before: Instruction | None, registers: frozenset[int]) -> bool:
    return before is not None and bool(before.writes & registers)
