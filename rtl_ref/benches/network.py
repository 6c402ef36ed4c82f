"""cocotb bench of a chain of cores: runs samples through a network and stores what left each core, potentials, and counters."""

from __future__ import annotations

from itertools import pairwise

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from ..simulation.simulator import load_job, store
from .driver import POTENTIAL, Driver, Monitor

PATIENCE = 1_000_000  # cycles without an end of step that mean that the chain hangs


@cocotb.test()
async def run_network(dut) -> None:
    """Words of the job: (n, 4) axon (−1: tick), kind, target, read; behind a word to read, potentials of all cores are read."""
    folder, job = load_job()
    cores = int(job["cores"])
    images = [
        {
            name: job[f"{name}_{i}"]
            for name in ("synapses", "threshold", "bias", "initial_potential")
        }
        for i in range(cores)
    ]
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    driver, monitor = Driver(dut), Monitor(dut, cores)
    await driver.reset()
    cocotb.start_soon(monitor.watch())
    for i, image in enumerate(images):
        await driver.load(i, image)
    potentials: list[list[int]] = []
    ends: list[list[int]] = []  # how many words had left each core behind each word that is read
    starts = job["starts"].tolist()
    for first, last in pairwise(starts):
        for i, image in enumerate(images):
            await driver.write(i, POTENTIAL, image["initial_potential"])
        for axon, kind, target, read in job["words"][first:last].tolist():
            before = monitor.ticks_out
            await driver.send(axon, kind, target)
            if read:
                waited = 0
                while monitor.ticks_out == before:
                    await FallingEdge(dut.clk) if dut.out_valid.value else await _end(dut)
                    waited += 1
                    assert waited < PATIENCE, "the tick does not come out"
                row: list[int] = []
                for i, image in enumerate(images):
                    row += await driver.read(i, POTENTIAL, len(image["threshold"]))
                potentials.append(row)
                ends.append([len(words) for words in monitor.left])
    counters = [await driver.counters(i) for i in range(cores)]
    result = {f"left_{i}": np.array(words, np.int64) for i, words in enumerate(monitor.left)}
    store(
        folder,
        potentials=np.array(potentials, np.int64),
        ends=np.array(ends, np.int64),
        counters=np.array(counters, np.int64),
        **result,
    )


async def _end(dut) -> None:
    """Wait, without a cycle in Python, until a word leaves the chain."""
    from cocotb.triggers import RisingEdge

    await RisingEdge(dut.out_valid)
    await FallingEdge(dut.clk)
