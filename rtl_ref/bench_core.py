"""cocotb bench of one core: driver, monitor and the run that connects them. What is right is decided in verify.py."""

from __future__ import annotations

import os
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, with_timeout

SYNAPSE, POTENTIAL, RULE, BIAS = range(4)


class Driver:
    """Writes memories and sends events; everything changes at the falling edge, so that it is stable at the rising one."""

    def __init__(self, dut):
        self.dut = dut

    async def reset(self) -> None:
        """Hold reset for two cycles with all requests low."""
        for signal in ("in_valid", "in_tick", "in_axon", "port_enable", "port_write", "port_select", "port_address", "port_wdata"):
            getattr(self.dut, signal).value = 0
        self.dut.out_ready.value = 1
        self.dut.reset.value = 1
        await FallingEdge(self.dut.clk)
        await FallingEdge(self.dut.clk)
        self.dut.reset.value = 0
        await FallingEdge(self.dut.clk)

    async def write(self, select: int, values: np.ndarray) -> None:
        """Write `values` to addresses 0.. of one memory."""
        mask = (1 << len(self.dut.port_wdata)) - 1
        self.dut.port_enable.value = self.dut.port_write.value = 1
        self.dut.port_select.value = select
        for address, value in enumerate(values.reshape(-1).tolist()):
            self.dut.port_address.value = address
            self.dut.port_wdata.value = value & mask
            await FallingEdge(self.dut.clk)
        self.dut.port_enable.value = self.dut.port_write.value = 0

    async def read(self, select: int, count: int) -> list[int]:
        """Read addresses 0..count-1 of one memory."""
        values = []
        self.dut.port_enable.value, self.dut.port_select.value = 1, select
        for address in range(count):
            self.dut.port_address.value = address
            await FallingEdge(self.dut.clk)
            values.append(self.dut.port_rdata.value.to_signed())
        self.dut.port_enable.value = 0
        return values

    async def send(self, axon: int | None) -> None:
        """Send an event, or the tick (None), and wait until the core has taken it."""
        self.dut.in_tick.value = int(axon is None)
        self.dut.in_axon.value = axon or 0
        self.dut.in_valid.value = 1
        if not self.dut.in_ready.value:
            await RisingEdge(self.dut.in_ready)
            await FallingEdge(self.dut.clk)
        await FallingEdge(self.dut.clk)
        self.dut.in_valid.value = 0

    async def idle(self) -> None:
        """Wait until the core takes events again."""
        if not self.dut.in_ready.value:
            await RisingEdge(self.dut.in_ready)
            await FallingEdge(self.dut.clk)


class Monitor:
    """Collects the neurons that fire, step by step."""

    def __init__(self, dut):
        self.dut, self.steps, self.fired = dut, [], []

    async def watch(self) -> None:
        """Run for ever: one list of neurons per tick that comes out."""
        while True:
            await RisingEdge(self.dut.out_valid)
            await FallingEdge(self.dut.clk)
            while self.dut.out_valid.value:
                if self.dut.out_ready.value:
                    if self.dut.out_tick.value:
                        self.steps.append(self.fired)
                        self.fired = []
                    else:
                        self.fired.append(int(self.dut.out_neuron.value))
                await FallingEdge(self.dut.clk)


@cocotb.test()
async def run_population(dut):
    """Run every sample of the job through the core and store spikes, potentials after each step, and counters."""
    folder = Path(os.environ["SPIKEWATT_BENCH"])
    with np.load(folder / "job.npz", allow_pickle=False) as file:
        job = dict(file)
    raster = job["raster"]  # (samples, steps, axons)
    samples, steps, _ = raster.shape
    neurons = len(job["threshold"])
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    driver, monitor = Driver(dut), Monitor(dut)
    await driver.reset()
    cocotb.start_soon(monitor.watch())
    await driver.write(SYNAPSE, job["synapses"])
    await driver.write(RULE, job["threshold"] + (job["fires"].astype(np.int64) << (len(dut.port_wdata) - 1)))
    await driver.write(BIAS, job["bias"])
    spikes = np.zeros((samples, steps, neurons), bool)
    potentials = np.zeros((samples, steps, neurons), np.int64)
    start = int(dut.count_cycles.value)
    for sample in range(samples):
        await driver.write(POTENTIAL, job["initial_potential"])
        for step in range(steps):
            for axon in np.flatnonzero(raster[sample, step]).tolist():
                await driver.send(axon)
            await with_timeout(driver.send(None), 10, "ms")
            await with_timeout(driver.idle(), 10, "ms")
            potentials[sample, step] = await driver.read(POTENTIAL, neurons)
    for index, fired in enumerate(monitor.steps):
        spikes[index // steps, index % steps, fired] = True
    assert len(monitor.steps) == samples * steps, f"{len(monitor.steps)} ticks came out, {samples * steps} went in"
    np.savez(
        folder / "result.npz",
        allow_pickle=False,
        spikes=spikes,
        potentials=potentials,
        cycles=int(dut.count_cycles.value) - start,
        sops=int(dut.count_sops.value),
        saturations=int(dut.count_saturations.value),
    )
