"""cocotb bench of a chain of cores: runs samples through a network.

It stores what left each core, potentials, counters, and who had to wait.
"""

from __future__ import annotations

import random
from itertools import pairwise

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, with_timeout

from ..model.words import ALL, MARK
from ..simulation.job import load_job, store
from .driver import BIAS, PATIENCE_NS, POTENTIAL, Driver, Monitor

PATIENCE = 100_000  # cycles without an end of step that mean that the chain hangs
NOWHERE = 0xFFFF  # a neuron that no core has
FIELDS = ("synapses", "threshold", "bias", "initial_potential")


@cocotb.test()
async def run_network(dut) -> None:
    """Words of the job are (n, 5) axon (−1: tick), kind, target, read, idle cycles before.

    After a word to read, which must come out of the chain, the potentials of all cores are read. A
    sample that is interrupted ends in a reset, some cycles after its last word.
    """
    folder, job = load_job()
    bench = _Bench(dut, job)
    await bench.start()
    for number, (first, last) in enumerate(pairwise(job["starts"].tolist())):
        await bench.run(number, job["words"][first:last].tolist())
    store(folder, **bench.result())


class _Bench:
    """Runs samples, and collects what it saw."""

    def __init__(self, dut, job):
        self.dut, self.job = dut, job
        self.images = []
        for core in range(int(job["cores"])):
            image = {name: job[f"{name}_{core}"] for name in FIELDS}
            self.images.append(image)

        self.driver = Driver(dut)
        self.monitor = Monitor(dut, len(self.images))
        self.ticks_in = 0
        self.random = random.Random(int(job["seed"]))
        self.left: list[list[int]] = [[] for _ in self.images]
        self.lengths: list[list[int]] = []  # how many words left each core, by sample
        self.last_ticks: list[tuple[int, int]] = []
        self.potentials: list[list[int]] = []
        self.ends: list[list[int]] = []  # how many of them when it was read
        self.counters: list[list[list[int]]] = []
        self.stalls: list[list[int]] = []
        self.wrapped: list[list[int]] = []
        self.refused = 0
        self.reset_states: list[list[int]] = []
        self.reset_counters: list[list[list[int]]] = []
        self.contents: list[list[list[int]]] = []

    async def start(self) -> None:
        """Reset, and write all memories but the potentials."""
        cocotb.start_soon(Clock(self.dut.clk, 10, unit="ns").start())
        await self.driver.reset()
        cocotb.start_soon(self.monitor.watch())
        if self.job["readiness"] < 1:
            cocotb.start_soon(self.receive(float(self.job["readiness"])))
        if not self.job["image"]:
            for core, image in enumerate(self.images):
                await self.driver.load(core, image)

    async def receive(self, readiness: float) -> None:
        """Run for ever: be ready at random."""
        while True:
            ready = self.random.random() < readiness
            self.dut.out_ready.value = int(ready)
            await FallingEdge(self.dut.clk)

    async def run(self, number: int, words: list[list[int]]) -> None:
        """One sample."""
        if number or not self.job["image"]:
            for core, image in enumerate(self.images):
                await self.driver.write(core, POTENTIAL, image["initial_potential"])
        if self.job["read_back"]:
            await self.read_back()

        for axon, kind, target, read, idle in words:
            if idle:
                await ClockCycles(self.dut.clk, idle)
                await FallingEdge(self.dut.clk)

            await self.driver.send(axon, kind, target)
            self.ticks_in += self.comes_out(axon, kind, target)
            if read:
                await self.all_ticks()
                await self.look()

        wait = int(self.job["interrupted"][number])
        if wait:
            await ClockCycles(self.dut.clk, wait)
            await FallingEdge(self.dut.clk)
            await self.reset()

        self.counters.append(await self.all_counters())
        self.wrapped.append(await self.of_each_core("counter_wrapped", len(self.images)))
        self.stalls.append(list(self.monitor.stalls))
        for words_left, new in zip(self.left, self.monitor.left, strict=True):
            words_left += new
        self.lengths.append([len(new) for new in self.monitor.left])
        if not wait:
            self.last_ticks += self.monitor.ends
        self.monitor.forget_words()
        if wait:
            self.monitor.stalls = [0] * len(self.images)

    async def reset(self) -> None:
        """A reset in mid-run; what the counters were, and what the chain then is."""
        counters = await self.all_counters()
        self.reset_counters.append(counters)
        await self.driver.reset()
        self.monitor.stalls = [0] * len(self.images)
        self.ticks_in = self.monitor.ticks_out

        numbers = 1 << len(self.dut.port_core)
        rests = await self.of_each_core("port_ready", numbers)
        wrapped = await self.of_each_core("counter_wrapped", numbers)
        offers = int(self.dut.link_valid.value)
        ready = int(self.dut.in_ready.value)
        found = [self.driver.ready_in_reset, ready, offers, *rests, *wrapped]
        self.reset_states.append(found)

    async def of_each_core(self, name: str, count: int) -> list[int]:
        """A port that tells of the core in port_core, for each of them; some may not be there."""
        found = []
        for core in range(count):
            self.dut.port_core.value = core
            await FallingEdge(self.dut.clk)
            found.append(int(getattr(self.dut, name).value))
        return found

    async def read_back(self) -> None:
        """All memories of all cores, after a place that is not there."""
        contents = []
        for core, image in enumerate(self.images):
            self.refused += await self.driver.refuse(core, [(True, BIAS, 0, NOWHERE, 1)])
            axons, neurons = image["synapses"].shape
            contents.append(await self.driver.read_all(core, axons, neurons))
        self.contents.append(contents)

    def comes_out(self, axon: int, kind: int, target: int) -> bool:
        """Whether a word is a tick that leaves the chain."""
        is_tick = axon < 0 and kind <= MARK  # others do not exist
        return is_tick and (kind == MARK or target == ALL or target > len(self.images))

    async def all_ticks(self) -> None:
        """Wait until all ticks that leave the chain have left it."""
        dut, waited = self.dut, 0
        while self.monitor.ticks_out < self.ticks_in:
            if not dut.out_valid.value:
                # Wait, without a cycle in Python, until a word leaves.
                await with_timeout(RisingEdge(dut.out_valid), PATIENCE_NS, "ns")

            await FallingEdge(dut.clk)
            waited += 1
            assert waited < PATIENCE, "the tick does not come out"

        # It is taken at the rising edge that follows.
        await FallingEdge(dut.clk)

    async def look(self) -> None:
        """Read the potentials of all cores."""
        row: list[int] = []
        for core, image in enumerate(self.images):
            neurons = len(image["threshold"])
            row += await self.driver.read(core, POTENTIAL, neurons)

        self.potentials.append(row)

        self.ends.append([len(words) for words in self.monitor.left])

    async def all_counters(self) -> list[list[int]]:
        """Those of all cores."""
        return [await self.driver.counters(core) for core in range(len(self.images))]

    def result(self) -> dict:
        """What is handed back."""
        left = {f"left_{core}": np.array(words, np.int64) for core, words in enumerate(self.left)}
        contents = {}
        for core in range(len(self.images)):
            rows = [sample[core] for sample in self.contents]
            contents[f"contents_{core}"] = np.array(rows, np.int64)

        return {
            "potentials": np.array(self.potentials, np.int64),
            "ends": np.array(self.ends, np.int64),
            "lengths": np.array(self.lengths, np.int64),
            "last_ticks": np.array(self.last_ticks, np.int64).reshape(-1, 2),
            "counters": np.array(self.counters, np.int64),
            "stalls": np.array(self.stalls, np.int64),
            "wrapped": np.array(self.wrapped, np.int64),
            "refused": self.refused,
            "latencies": np.array(sorted(self.driver.latencies)),
            "reset_states": np.array(self.reset_states, np.int64),
            "reset_counters": np.array(self.reset_counters, np.int64),
            **left,
            **contents,
        }
