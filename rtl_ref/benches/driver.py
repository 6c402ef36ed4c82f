"""Driver and monitors that the cocotb benches share. What is right is decided outside of the simulation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge, ValueChange

from ..model.golden import COUNTER_ORDER

SYNAPSE, POTENTIAL, THRESHOLD, BIAS = range(4)


class Driver:
    """Writes memories and sends words to a core or a chain; all changes at the falling edge, so that it is stable at the rising one."""

    def __init__(self, dut):
        self.dut = dut
        self.chain = hasattr(dut, "port_core")
        self.state_bits = len(dut.port_rdata)
        # In a chain axon and neuron have 16 bits of the address each; in a core as many as they need.
        self.neuron_bits = 16 if self.chain else len(dut.out_neuron)

    async def reset(self) -> None:
        """Hold reset for two cycles with all requests low."""
        inputs = ("in_valid", "in_tick", "in_kind", "in_target", "in_axon")
        port = ("port_enable", "port_write", "port_select", "port_address", "port_wdata")
        for name in (*inputs, *port, *(("port_core", "counter_select") if self.chain else ())):
            getattr(self.dut, name).value = 0
        self.dut.out_ready.value = 1
        self.dut.reset.value = 1
        await FallingEdge(self.dut.clk)
        await FallingEdge(self.dut.clk)
        self.dut.reset.value = 0
        await FallingEdge(self.dut.clk)

    async def _rests(self) -> None:
        while not self.dut.port_ready.value:
            await FallingEdge(self.dut.clk)

    def _choose(self, core: int, select: int) -> None:
        if self.chain:
            self.dut.port_core.value = core
        self.dut.port_select.value = select

    async def write(self, core: int, select: int, values: np.ndarray) -> None:
        """Write (neurons,) values, or (axons, neurons) synapses, into a memory of a core that rests."""
        dut, mask = self.dut, (1 << self.state_bits) - 1
        self._choose(core, select)
        await self._rests()
        dut.port_enable.value = dut.port_write.value = 1
        for axon, row in enumerate(np.atleast_2d(values).tolist()):
            for neuron, value in enumerate(row):
                dut.port_address.value = (axon << self.neuron_bits) + neuron
                dut.port_wdata.value = value & mask
                await FallingEdge(dut.clk)
        dut.port_enable.value = dut.port_write.value = 0

    async def load(self, core: int, image: dict[str, np.ndarray]) -> None:
        """Write all memories of a core but the potentials."""
        await self.write(core, SYNAPSE, image["synapses"])
        await self.write(core, THRESHOLD, image["threshold"])
        await self.write(core, BIAS, image["bias"])

    async def read(self, core: int, select: int, count: int) -> list[int]:
        """Read addresses 0..count-1 of a memory of a core that rests."""
        dut = self.dut
        self._choose(core, select)
        await self._rests()
        dut.port_enable.value = 1
        values = []
        for neuron in range(count):
            dut.port_address.value = neuron
            await FallingEdge(dut.clk)
            values.append(dut.port_rdata.value.to_signed())
        dut.port_enable.value = 0
        return values

    async def counters(self, core: int = 0) -> list[int]:
        """The counters of a core in COUNTER_ORDER."""
        if not self.chain:
            return [int(getattr(self.dut, f"count_{name}").value) for name in COUNTER_ORDER]
        values = []
        self.dut.port_core.value = core
        for i in range(len(COUNTER_ORDER)):
            self.dut.counter_select.value = i
            await FallingEdge(self.dut.clk)
            values.append(int(self.dut.counter.value))
        return values

    async def send(self, axon: int, kind: int, target: int) -> None:
        """Send an event, or a tick (axon −1), and wait until the queue has taken it."""
        dut = self.dut
        dut.in_tick.value = int(axon < 0)
        dut.in_kind.value, dut.in_target.value, dut.in_axon.value = kind, target, max(axon, 0)
        dut.in_valid.value = 1
        while not dut.in_ready.value:
            await RisingEdge(dut.in_ready)
            await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        dut.in_valid.value = 0


class Monitor:
    """Collects the words that leave the cores of a chain: one list per core of neurons, and −1 for a tick."""

    def __init__(self, dut, cores: int):
        self.dut, self.left = dut, [[] for _ in range(cores)]
        self.ticks_out = 0

    async def watch(self) -> None:
        """Run for ever."""
        dut = self.dut
        while True:
            await ValueChange(dut.link_valid)
            await FallingEdge(dut.clk)
            while valid := int(dut.link_valid.value):
                taken = valid & int(dut.link_ready.value)
                if taken:
                    ticks, neurons = int(dut.link_tick.value), int(dut.link_neuron.value)
                    for core in _bits(taken):
                        is_tick = ticks >> core & 1
                        self.left[core].append(-1 if is_tick else neurons >> (16 * core) & 0xFFFF)
                        if is_tick and core == len(self.left) - 1:
                            self.ticks_out += 1
                await FallingEdge(dut.clk)


def _bits(mask: int) -> Iterator[int]:
    return (i for i in range(mask.bit_length()) if mask >> i & 1)
