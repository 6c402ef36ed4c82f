"""Driver of the cocotb benches of one core.

What is right is decided outside of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge, Timer, with_timeout

from ..design import COUNTER_ORDER, SIZE_BITS
from ..simulation.script import BIAS, POTENTIAL, SYNAPSE, THRESHOLD, in_turn, places_of

EVENT_PORTS = ("in_valid", "in_tick", "in_kind", "in_target", "in_axon")
MEMORY_PORTS = (
    "port_enable",
    "port_write",
    "port_select",
    "port_address",
    "port_wdata",
)
PATIENCE_NS = 5_000_000  # without an answer: the design hangs
MOST_ANSWERS = 8  # cycles after the last read in which its answer must come


class Driver:
    """Writes memories and sends words to a core.

    All changes come at the falling edge, so that everything is stable at the rising one.

    Parameters
    ----------
    dut : the simulated module
    """

    def __init__(self, dut):
        self.dut = dut
        self.state_bits = len(dut.port_rdata)
        self.ready_in_reset = 0
        self.latencies: set[int] = set()  # cycles until a read is answered

    async def reset(self) -> None:
        """Hold reset for two cycles with all requests low."""
        dut = self.dut
        for name in (*EVENT_PORTS, *MEMORY_PORTS):
            getattr(dut, name).value = 0
        dut.out_ready.value = 1

        dut.reset.value = 1
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        self.ready_in_reset = int(dut.in_ready.value)
        dut.reset.value = 0
        await FallingEdge(dut.clk)

    async def rests(self) -> None:
        """Wait until the core has nothing left to do."""
        dut = self.dut
        while not dut.port_ready.value:
            await with_timeout(RisingEdge(dut.port_ready), PATIENCE_NS, "ns")
            await FallingEdge(dut.clk)

    async def write(self, select: int, values: np.ndarray) -> None:
        """Write a memory of a core that rests.

        Parameters
        ----------
        select : memory: SYNAPSE, POTENTIAL, THRESHOLD or BIAS
        values : (neurons,), or (axons, neurons) of synapses
        """
        dut = self.dut
        mask = (1 << self.state_bits) - 1
        self.dut.port_select.value = select
        await self.rests()

        dut.port_enable.value = 1
        dut.port_write.value = 1
        rows = np.atleast_2d(values)
        for (axon, neuron), value in np.ndenumerate(rows):
            row = axon << SIZE_BITS
            dut.port_address.value = row + neuron
            dut.port_wdata.value = int(value) & mask
            await FallingEdge(dut.clk)

        dut.port_enable.value = 0
        dut.port_write.value = 0

    async def load(self, image: Mapping[str, np.ndarray]) -> None:
        """Write all memories of a core but the potentials.

        Parameters
        ----------
        image : memories by the names that CoreImage has
        """
        await self.write(SYNAPSE, image["synapses"])
        await self.write(THRESHOLD, image["threshold"])
        await self.write(BIAS, image["bias"])

    async def read(self, select: int, count: int) -> list[int]:
        """Read a memory of a core that rests.

        Parameters
        ----------
        select : memory: POTENTIAL, THRESHOLD or BIAS
        count : addresses 0..count-1 are read
        """
        return await self.read_places([(select, 0, neuron) for neuron in range(count)])

    async def read_all(self, axons: int, neurons: int) -> list[int]:
        """All memories of a core that rests, in turn, so that no two reads are of one memory.

        Parameters
        ----------
        axons : rows of its synapses
        neurons : its neurons

        Returns
        -------
        The synapses row by row, then potentials, thresholds, biases.
        """
        places = places_of(axons, neurons)
        order = in_turn(places)
        values = await self.read_places([places[i] for i in order])
        found = [0] * len(places)
        for i, value in zip(order, values, strict=True):
            found[i] = value
        return found

    async def read_places(self, places: list[tuple[int, int, int]]) -> list[int]:
        """Read one place after the other, a new one in every cycle.

        Parameters
        ----------
        places : memory, axon (of a synapse), neuron
        """
        dut = self.dut
        self.dut.port_select.value = POTENTIAL
        await self.rests()

        dut.port_write.value = 0
        values: list[int] = []
        waiting = list(reversed(places))
        late = cycles = 0
        while len(values) < len(places):
            late += not waiting
            assert late < MOST_ANSWERS, "a read of the memory port is not answered"
            dut.port_enable.value = int(bool(waiting))
            if waiting:
                select, axon, neuron = waiting.pop()
                dut.port_select.value = select
                dut.port_address.value = (axon << SIZE_BITS) + neuron
            await FallingEdge(dut.clk)
            cycles += 1
            if self.answers():
                if not values:
                    self.latencies.add(cycles)
                values.append(dut.port_rdata.value.to_signed())

        dut.port_enable.value = 0
        return values

    def answers(self) -> bool:
        """Whether a read is answered in this cycle."""
        return bool(self.dut.port_rvalid.value)

    async def refuse(self, tries: list[tuple[bool, int, int, int, int]]) -> int:
        """Ask a core that rests for what it must refuse; how often it said that it refuses.

        Parameters
        ----------
        tries : whether to write, memory, axon, neuron, value
        """
        dut = self.dut
        mask = (1 << self.state_bits) - 1
        self.dut.port_select.value = POTENTIAL
        await self.rests()
        refused = 0
        for write, select, axon, neuron, value in tries:
            dut.port_enable.value = 1
            dut.port_write.value = int(write)
            dut.port_select.value = select
            dut.port_address.value = (axon << SIZE_BITS) + neuron
            dut.port_wdata.value = value & mask
            await Timer(1, "ns")
            refused += int(dut.port_refused.value)
            await FallingEdge(dut.clk)
            assert not self.answers(), "a read that is refused is answered"

        dut.port_enable.value = 0
        dut.port_write.value = 0
        return refused

    async def counters(self) -> list[int]:
        """The counters in COUNTER_ORDER."""
        return self._unpacked(int(self.dut.counts.value))

    def _unpacked(self, counts: int) -> list[int]:
        """The counters out of the vector in which they stand side by side."""
        bits = len(self.dut.counts) // len(COUNTER_ORDER)
        mask = (1 << bits) - 1
        return [counts >> bits * number & mask for number in range(len(COUNTER_ORDER))]

    async def send(self, axon: int, kind: int, target: int) -> None:
        """Send a word, and wait until the queue has taken it.

        Parameters
        ----------
        axon : of an event; −1 for a tick
        kind : what a tick does
        target : core that executes a tick
        """
        dut = self.dut
        dut.in_tick.value = int(axon < 0)
        dut.in_kind.value = kind
        dut.in_target.value = target
        dut.in_axon.value = max(axon, 0)

        dut.in_valid.value = 1
        while not dut.in_ready.value:
            await with_timeout(RisingEdge(dut.in_ready), PATIENCE_NS, "ns")
            await FallingEdge(dut.clk)

        await FallingEdge(dut.clk)
        dut.in_valid.value = 0
