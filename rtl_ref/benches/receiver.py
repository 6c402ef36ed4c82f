"""A receiver of words that is ready at random, and notes how long the core was kept waiting."""

from __future__ import annotations

import random

from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge, Timer

from .accesses import ACCESSES, MEMORIES


class Receiver:
    """Takes words with a random readiness.

    Parameters
    ----------
    dut : the simulated core
    seed : of its readiness

    ``words`` are (tick, kind, target, neuron); ``waits`` the cycles that each was offered in vain;
    ``stalls`` all cycles in which a word was offered in vain; ``accesses`` the cycles in which each
    memory was enabled, to read and to write, in the order of ACCESSES.
    """

    def __init__(self, dut, seed: int):
        self.dut = dut
        self.random = random.Random(seed)
        self.readiness = 1.0
        self.words: list[tuple[int, int, int, int]] = []
        self.waits: list[int] = []
        self.stalls = 0
        self.accesses = [0] * len(ACCESSES)
        self.memories = [getattr(dut, name) for name in MEMORIES]
        # What held at the last rising edge.
        self.was_valid = self.was_ready = False
        self.word = (0, 0, 0, 0)

    async def watch(self) -> None:
        """Run for ever: decide at the falling edge, look just before the next one."""
        dut, waited = self.dut, 0
        while True:
            ready = self.random.random() < self.readiness
            dut.out_ready.value = int(ready)
            await FallingEdge(dut.clk)
            # Between falling edges nothing but the rising edge happened: a word that was valid and
            # ready at it has been taken.
            if self.was_valid and self.was_ready:
                self.words.append(self.word)
                self.waits.append(waited)
                waited = 0
            elif self.was_valid:
                waited += 1
                self.stalls += 1

    async def sample(self) -> None:
        """Run for ever: what holds at each rising edge, before it acts."""
        dut = self.dut
        while True:
            await FallingEdge(dut.clk)
            await Timer(2, "ns")
            await ReadOnly()
            self.was_valid = bool(dut.out_valid.value)
            self.was_ready = bool(dut.out_ready.value)
            if self.was_valid:
                self.word = self._offered()
            self._count_accesses()
            await RisingEdge(dut.clk)

    def _count_accesses(self) -> None:
        for i, memory in enumerate(self.memories):
            if memory.enable.value:
                self.accesses[2 * i + bool(memory.write.value)] += 1

    def _offered(self) -> tuple[int, int, int, int]:
        """The word at the output; a neuron and a tick have no meaning for each other."""
        dut = self.dut
        if int(dut.out_tick.value):
            kind = int(dut.out_kind.value)
            target = int(dut.out_target.value)
            return 1, kind, target, 0

        neuron = int(dut.out_neuron.value)
        return 0, 0, 0, neuron
