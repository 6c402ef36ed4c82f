"""cocotb benches of what a core does at its limits. The test that gives the job judges."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from ..model.words import MARK
from ..simulation.job import load_job, store
from ..simulation.script import BIAS, POTENTIAL, SYNAPSE, THRESHOLD
from .driver import Driver

PATIENCE = 10_000  # cycles without rest that mean that the core hangs


async def _loaded(dut) -> tuple[Driver, dict]:
    """A core with the job's memories, that rests; and the job's folder and arrays."""
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    driver = Driver(dut)
    await driver.reset()
    await driver.load(job)
    await driver.write(POTENTIAL, job["initial_potential"])
    return driver, {"folder": folder, **job}


async def _rest(dut) -> None:
    for _ in range(PATIENCE):
        if dut.port_ready.value:
            return
        await FallingEdge(dut.clk)

    raise AssertionError("the core does not come to rest")


@cocotb.test()
async def refuse(dut):
    """Words that do not exist, and accesses of the port that do not fit."""
    driver, job = await _loaded(dut)
    neurons = len(job["threshold"])
    for axon in job["no_axons"].tolist():
        await driver.send(axon, 0, 0)
    for kind in job["no_kinds"].tolist():
        await driver.send(-1, kind, 0)
    await _rest(dut)
    counters = await driver.counters()

    refused = []
    for select, address, value, write in job["accesses"].tolist():
        dut.port_select.value = select
        dut.port_address.value = address
        dut.port_wdata.value = value
        dut.port_write.value = write
        dut.port_enable.value = 1
        await FallingEdge(dut.clk)
        refused.append(int(dut.port_refused.value))
        dut.port_enable.value = 0
        dut.port_write.value = 0

    store(
        job["folder"],
        after_words=counters,
        refused=refused,
        after_port=await driver.counters(),
        potentials=await driver.read(POTENTIAL, neurons),
        thresholds=await driver.read(THRESHOLD, neurons),
        biases=await driver.read(BIAS, neurons),
        synapses=await driver.read(SYNAPSE, neurons),
    )


@cocotb.test()
async def reset_in_an_event(dut):
    """A reset when as many neurons as the job says have been written by an event."""
    driver, job = await _loaded(dut)
    neurons = len(job["threshold"])
    await driver.send(0, 0, 0)
    wanted = int(job["visited"])
    for _ in range(PATIENCE):
        if not dut.idle.value and int(dut.neuron.value) == wanted:
            break
        await FallingEdge(dut.clk)

    await driver.reset()
    potentials = await driver.read(POTENTIAL, neurons)
    counters = await driver.counters()

    await driver.write(POTENTIAL, job["initial_potential"])
    await driver.send(0, 0, 0)
    await _rest(dut)
    again = await driver.read(POTENTIAL, neurons)
    store(job["folder"], potentials=potentials, counters=counters, again=again)


@cocotb.test()
async def wrap(dut):
    """Events one by one: the counters and their flag after each; then a reset."""
    driver, job = await _loaded(dut)
    rows = []
    for _ in range(int(job["events"])):
        await driver.send(0, 0, 0)
        await FallingEdge(dut.clk)
        await _rest(dut)
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        rows.append([*await driver.counters(), int(dut.count_wrapped.value)])

    await driver.reset()
    after = [*await driver.counters(), int(dut.count_wrapped.value)]
    store(job["folder"], rows=np.array(rows), after=after)


@cocotb.test()
async def offer_in_reset(dut):
    """A word that is offered while the core is reset is not taken: it comes in afterwards."""
    driver, job = await _loaded(dut)
    dut.reset.value = 1
    dut.in_valid.value = 1
    dut.in_tick.value = 1
    dut.in_kind.value = MARK
    ready = []
    for _ in range(3):
        await FallingEdge(dut.clk)
        ready.append(int(dut.in_ready.value))

    dut.reset.value = 0
    await FallingEdge(dut.clk)
    dut.in_valid.value = 0
    await _rest(dut)
    await FallingEdge(dut.clk)
    store(job["folder"], ready=ready, counters=await driver.counters())
