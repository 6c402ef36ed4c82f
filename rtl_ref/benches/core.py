"""cocotb bench of one core: constrained-random words, idle times and receivers, resets in mid-run, memories written anew."""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from ..simulation.simulator import load_job, store
from .driver import POTENTIAL, Driver

PATIENCE = 100_000


class Receiver:
    """Takes words with a random readiness, and stores them; counts how long the core was kept waiting."""

    def __init__(self, dut, seed: int):
        self.dut, self.random = dut, random.Random(seed)
        self.words: list[tuple[int, int, int, int]] = []
        self.readiness = 1.0
        self.waits: list[int] = []

    async def watch(self) -> None:
        """Run for ever: decide at the falling edge, look just before the next one."""
        dut, waited = self.dut, 0
        while True:
            dut.out_ready.value = int(self.random.random() < self.readiness)
            await FallingEdge(dut.clk)
            # Between falling edges nothing but the rising edge happened: a word that was valid and ready at it has been taken.
            if self.was_valid and self.was_ready:
                self.words.append(self.word)
                self.waits.append(waited)
                waited = 0
            elif self.was_valid:
                waited += 1

    was_valid = was_ready = False
    word = (0, 0, 0, 0)

    async def sample(self) -> None:
        """Run for ever: what holds at each rising edge, before it acts."""
        from cocotb.triggers import ReadOnly, RisingEdge, Timer

        dut = self.dut
        while True:
            await FallingEdge(dut.clk)
            await Timer(2, "ns")
            await ReadOnly()
            self.was_valid, self.was_ready = bool(dut.out_valid.value), bool(dut.out_ready.value)
            if self.was_valid:
                tick = int(dut.out_tick.value)
                fields = (dut.out_kind, dut.out_target) if tick else ()
                kind, target = (int(f.value) for f in fields) if tick else (0, 0)
                self.word = (tick, kind, target, 0 if tick else int(dut.out_neuron.value))
            await RisingEdge(dut.clk)


@cocotb.test()
async def run_cases(dut) -> None:
    """Each case: memories, words with idle times, a readiness; an interrupted case ends in a reset in mid-run and is thrown away."""
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    driver, receiver = Driver(dut), Receiver(dut, int(job["seed"]))
    await driver.reset()
    cocotb.start_soon(receiver.sample())
    cocotb.start_soon(receiver.watch())
    lengths, left, potentials, counters, states, full = [], [], [], [], [], 0
    for case in range(int(job["cases"])):
        image = {name: job[f"{name}_{case}"] for name in ("synapses", "threshold", "bias")}
        receiver.readiness = 1.0
        await driver.load(0, image)
        await driver.write(0, POTENTIAL, job[f"initial_potential_{case}"])
        before = np.array(await driver.counters())
        receiver.words, receiver.readiness = [], float(job["readiness"][case])
        interrupted = int(job["interrupted"][case])
        for i, (axon, kind, target, idle) in enumerate(job[f"words_{case}"].tolist()):
            for _ in range(idle):
                await FallingEdge(dut.clk)
            full += not dut.in_ready.value
            await driver.send(axon, kind, target)
            if interrupted and i + 1 == interrupted:
                break
        if interrupted:
            wanted, waited = int(job["reset_state"][case]), 0
            while int(dut.control.state.value) != wanted and waited < 400:
                await FallingEdge(dut.clk)
                waited += 1
            states.append(int(dut.control.state.value))
            await driver.reset()
            continue
        waited = 0
        receiver.readiness = max(receiver.readiness, 0.2)
        while not dut.port_ready.value:
            await FallingEdge(dut.clk)
            waited += 1
            assert waited < PATIENCE, "the core does not come to rest"
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        lengths.append(len(receiver.words))
        left += receiver.words
        potentials.append(await driver.read(0, POTENTIAL, len(image["threshold"])))
        counters.append(np.array(await driver.counters()) - before)
    store(
        folder, lengths=np.array(lengths), left=np.array(left, np.int64).reshape(-1, 4), potentials=np.array(potentials, np.int64),
        counters=np.array(counters, np.int64), states=np.array(states, np.int64), full=full, waits=np.array(receiver.waits, np.int64),
    )  # fmt: skip
