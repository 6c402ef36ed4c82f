"""cocotb bench of a chain of cores: runs samples through a network.

It stores what left each core, potentials, and counters.
"""

from __future__ import annotations

from itertools import pairwise

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from ..simulation.job import load_job, store
from .driver import POTENTIAL, Driver, Monitor

PATIENCE = 1_000_000  # cycles without an end of step that mean that the chain hangs
FIELDS = ("synapses", "threshold", "bias", "initial_potential")


@cocotb.test()
async def run_network(dut) -> None:
    """Words of the job are (n, 4) axon (−1: tick), kind, target, read.

    After a word to read, the potentials of all cores are read.
    """
    folder, job = load_job()
    bench = _Bench(dut, job)
    await bench.start()
    for first, last in pairwise(job["starts"].tolist()):
        await bench.run(job["words"][first:last].tolist())
    store(folder, **await bench.result())


class _Bench:
    """Runs samples, and collects what it saw."""

    def __init__(self, dut, job):
        self.dut = dut
        self.images = []
        for core in range(int(job["cores"])):
            image = {name: job[f"{name}_{core}"] for name in FIELDS}
            self.images.append(image)

        self.driver = Driver(dut)
        self.monitor = Monitor(dut, len(self.images))
        self.potentials: list[list[int]] = []
        self.ends: list[list[int]] = []  # how many words had left each core when it was read

    async def start(self) -> None:
        """Reset, and write all memories but the potentials."""
        cocotb.start_soon(Clock(self.dut.clk, 10, unit="ns").start())
        await self.driver.reset()
        cocotb.start_soon(self.monitor.watch())
        for core, image in enumerate(self.images):
            await self.driver.load(core, image)

    async def run(self, words: list[list[int]]) -> None:
        """One sample."""
        for core, image in enumerate(self.images):
            await self.driver.write(core, POTENTIAL, image["initial_potential"])

        for axon, kind, target, read in words:
            ticks = self.monitor.ticks_out
            await self.driver.send(axon, kind, target)
            if read:
                await self.tick_after(ticks)
                await self.look()

    async def tick_after(self, ticks: int) -> None:
        """Wait until one more tick than `ticks` has left the chain."""
        dut, waited = self.dut, 0
        while self.monitor.ticks_out == ticks:
            if not dut.out_valid.value:
                # Wait, without a cycle in Python, until a word leaves.
                await RisingEdge(dut.out_valid)

            await FallingEdge(dut.clk)
            waited += 1
            assert waited < PATIENCE, "the tick does not come out"

    async def look(self) -> None:
        """Read the potentials of all cores."""
        row: list[int] = []
        for core, image in enumerate(self.images):
            neurons = len(image["threshold"])
            row += await self.driver.read(core, POTENTIAL, neurons)

        self.potentials.append(row)

        ends = [len(words) for words in self.monitor.left]
        self.ends.append(ends)

    async def result(self) -> dict:
        """What is handed back."""
        counters, left = [], {}
        for core, words in enumerate(self.monitor.left):
            counters.append(await self.driver.counters(core))
            left[f"left_{core}"] = np.array(words, np.int64)

        return {
            "potentials": np.array(self.potentials, np.int64),
            "ends": np.array(self.ends, np.int64),
            "counters": np.array(counters, np.int64),
            **left,
        }
