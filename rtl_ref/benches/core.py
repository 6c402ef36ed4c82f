"""cocotb bench of one core.

Constrained-random words, idle times and receivers, resets in mid-run, memories written anew.
"""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from ..simulation.job import load_job, store
from ..simulation.script import POTENTIAL
from .driver import Driver
from .receiver import Receiver

PATIENCE = 20_000  # cycles without rest that mean that the core hangs
RESET_PATIENCE = 400  # cycles in which the state for a reset is waited for
LEAST_READINESS = 0.2  # so that a case comes to its end
INTRUSIONS = 0.1  # of the cycles in which the core works and the memory port is asked in vain


@cocotb.test()
async def run_cases(dut) -> None:
    """Each case: memories, words with idle times, a readiness.

    An interrupted case ends in a reset in mid-run.
    """
    folder, job = load_job()
    bench = _Bench(dut, job)
    await bench.start()
    for case in range(int(job["cases"])):
        await bench.run(case)
    store(folder, **bench.result())


class _Bench:
    """Runs cases of a job, and collects what it saw."""

    def __init__(self, dut, job):
        self.dut, self.job = dut, job
        self.driver = Driver(dut)
        self.receiver = Receiver(dut, int(job["seed"]))
        self.random = random.Random(int(job["seed"]))
        self.lengths: list[int] = []
        self.left: list[tuple[int, int, int, int]] = []
        self.refused: list[list[int]] = []
        self.wrapped: list[int] = []
        self.read_back: list[list[int]] = []
        self.contents: list[list[int]] = []
        self.counters: list[list[int]] = []
        self.stalls: list[int] = []
        self.accesses: list[list[int]] = []
        self.states: list[int] = []
        self.before_reset: list[list[int]] = []
        self.after_reset: list[list[int]] = []
        self.full = self.intrusions = 0
        self.working = False

    async def start(self) -> None:
        cocotb.start_soon(Clock(self.dut.clk, 10, unit="ns").start())
        await self.driver.reset()
        cocotb.start_soon(self.receiver.sample())
        cocotb.start_soon(self.receiver.watch())
        cocotb.start_soon(self.intrude())

    async def run(self, case: int) -> None:
        """One case."""
        driver, receiver = self.driver, self.receiver
        receiver.readiness = 1.0
        await self.load(case)
        await self.refuse(case)
        self.read_back.append(await self.all_memories(case))
        before = np.array(await driver.counters())
        accesses = np.array(receiver.accesses)

        receiver.words = []
        receiver.stalls = 0
        receiver.readiness = float(self.job["readiness"][case])
        interrupted = int(self.job["interrupted"][case])
        words = self.job[f"words_{case}"].tolist()
        if interrupted:
            words = words[:interrupted]
        self.working = True
        await self.send(words)

        if interrupted:
            state = int(self.job["reset_state"][case])
            await self.reset_in(state)
        else:
            await self.rest()
            after = np.array(await driver.counters())
            self.counters.append((after - before).tolist())
            self.wrapped.append(int(self.dut.count_wrapped.value))
            self.stalls.append(receiver.stalls)
            accesses = np.array(receiver.accesses) - accesses
            self.accesses.append(accesses.tolist())

        self.working = False
        self.lengths.append(len(receiver.words))
        self.left += receiver.words
        self.contents.append(await self.all_memories(case))

    async def load(self, case: int) -> None:
        """Write all memories."""
        image = {}
        for name in ("synapses", "threshold", "bias"):
            image[name] = self.job[f"{name}_{case}"]
        await self.driver.load(image)

        start = self.job[f"initial_potential_{case}"]
        await self.driver.write(POTENTIAL, start)

    async def refuse(self, case: int) -> None:
        """Ask the memory port for what the core must refuse."""
        before = (await self.driver.counters())[-1]
        tries = self.job[f"refused_{case}"].tolist()
        refused = await self.driver.refuse(tries)
        after = (await self.driver.counters())[-1]
        self.refused.append([len(tries), refused, after - before])

    async def all_memories(self, case: int) -> list[int]:
        """What all memories hold."""
        axons, neurons = self.job[f"synapses_{case}"].shape
        return await self.driver.read_all(axons, neurons)

    async def send(self, words: list[list[int]]) -> None:
        """Send words, each after its rest; count those that found the queue full."""
        for axon, kind, target, idle in words:
            for _ in range(idle):
                await FallingEdge(self.dut.clk)
            self.full += not self.dut.in_ready.value
            await self.driver.send(axon, kind, target)

    async def intrude(self) -> None:
        """Run for ever: ask the memory port while the core works, which must do nothing."""
        dut = self.dut
        while True:
            await FallingEdge(dut.clk)
            if not self.working:
                continue

            busy = not dut.port_ready.value and not dut.reset.value
            ask = busy and self.random.random() < INTRUSIONS
            dut.port_enable.value = int(ask)
            if ask:
                self.intrusions += 1
                for name in ("write", "select", "address", "wdata"):
                    port = getattr(dut, f"port_{name}")
                    port.value = self.random.getrandbits(len(port))

    async def reset_in(self, wanted: int) -> None:
        """Reset as soon as the controller is in the wanted state, or when patience ends."""
        state = self.dut.control.state
        for _ in range(RESET_PATIENCE):
            if int(state.value) == wanted:
                break
            await FallingEdge(self.dut.clk)

        self.states.append(int(state.value))
        self.before_reset.append(await self.driver.counters())
        self.working = False
        await self.driver.reset()
        names = ("in_ready", "port_ready", "out_valid", "count_wrapped")
        state = [int(getattr(self.dut, name).value) for name in names]
        seen = [self.driver.ready_in_reset, *state]
        self.after_reset.append(seen + await self.driver.counters())

    async def rest(self) -> None:
        """Wait until all words are done, and the receiver has seen the last."""
        self.receiver.readiness = max(self.receiver.readiness, LEAST_READINESS)
        waited = 0
        while not self.dut.port_ready.value:
            await FallingEdge(self.dut.clk)
            waited += 1
            assert waited < PATIENCE, "the core does not come to rest"

        await FallingEdge(self.dut.clk)
        await FallingEdge(self.dut.clk)

    def result(self) -> dict:
        """What is handed back."""
        return {
            "lengths": np.array(self.lengths),
            "left": np.array(self.left, np.int64).reshape(-1, 4),
            "refused": np.array(self.refused, np.int64),
            "wrapped": np.array(self.wrapped, np.int64),
            "read_back": np.array(self.read_back, np.int64),
            "contents": np.array(self.contents, np.int64),
            "counters": np.array(self.counters, np.int64),
            "stalls": np.array(self.stalls, np.int64),
            "accesses": np.array(self.accesses, np.int64),
            "states": np.array(self.states, np.int64),
            "before_reset": np.array(self.before_reset, np.int64),
            "after_reset": np.array(self.after_reset, np.int64),
            "full": self.full,
            "latencies": np.array(sorted(self.driver.latencies)),
            "intrusions": self.intrusions,
            "waits": np.array(self.receiver.waits, np.int64),
        }
