"""Driver and monitor that the cocotb benches share.

What is right is decided outside of the simulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge, Timer, ValueChange, with_timeout

from ..design import COUNTER_ORDER, SIZE_BITS

SYNAPSE, POTENTIAL, THRESHOLD, BIAS = range(4)
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
CHAIN_PORTS = ("port_core", "counter_select")


class Driver:
    """Writes memories and sends words to a core or a chain.

    All changes come at the falling edge, so that everything is stable at the rising one.

    Parameters
    ----------
    dut : the simulated module
    """

    def __init__(self, dut):
        self.dut = dut
        self.chain = hasattr(dut, "port_core")
        self.state_bits = len(dut.port_rdata)
        self.ready_in_reset = 0
        self.latencies: set[int] = set()  # cycles until a read is answered

    async def reset(self) -> None:
        """Hold reset for two cycles with all requests low."""
        dut = self.dut
        ports = [*EVENT_PORTS, *MEMORY_PORTS]
        if self.chain:
            ports += CHAIN_PORTS

        for name in ports:
            getattr(dut, name).value = 0
        dut.out_ready.value = 1

        dut.reset.value = 1
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        self.ready_in_reset = int(dut.in_ready.value)
        dut.reset.value = 0
        await FallingEdge(dut.clk)

    async def rests(self) -> None:
        """Wait until the core, or the chain, has nothing left to do."""
        dut = self.dut
        while not dut.port_ready.value:
            await with_timeout(RisingEdge(dut.port_ready), PATIENCE_NS, "ns")
            await FallingEdge(dut.clk)

    async def write(self, core: int, select: int, values: np.ndarray) -> None:
        """Write a memory of a core that rests.

        Parameters
        ----------
        core : number from 0
        select : memory: SYNAPSE, POTENTIAL, THRESHOLD or BIAS
        values : (neurons,), or (axons, neurons) of synapses
        """
        dut = self.dut
        mask = (1 << self.state_bits) - 1
        self._choose(core, select)
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

    async def load(self, core: int, image: Mapping[str, np.ndarray]) -> None:
        """Write all memories of a core but the potentials.

        Parameters
        ----------
        core : number from 0
        image : memories by the names that CoreImage has
        """
        await self.write(core, SYNAPSE, image["synapses"])
        await self.write(core, THRESHOLD, image["threshold"])
        await self.write(core, BIAS, image["bias"])

    async def read(self, core: int, select: int, count: int) -> list[int]:
        """Read a memory of a core that rests.

        Parameters
        ----------
        core : number from 0
        select : memory: POTENTIAL, THRESHOLD or BIAS
        count : addresses 0..count-1 are read
        """
        return await self.read_places(core, [(select, 0, neuron) for neuron in range(count)])

    async def read_all(self, core: int, axons: int, neurons: int) -> list[int]:
        """All memories of a core that rests, in turn, so that no two reads are of one memory.

        Parameters
        ----------
        core : number from 0
        axons : rows of its synapses
        neurons : its neurons

        Returns
        -------
        The synapses row by row, then potentials, thresholds, biases.
        """
        places = places_of(axons, neurons)
        order = sorted(range(len(places)), key=lambda i: (places[i][2], places[i][1], i))
        values = await self.read_places(core, [places[i] for i in order])
        found = [0] * len(places)
        for i, value in zip(order, values, strict=True):
            found[i] = value
        return found

    async def read_places(self, core: int, places: list[tuple[int, int, int]]) -> list[int]:
        """Read one place after the other, a new one in every cycle.

        Parameters
        ----------
        core : number from 0
        places : memory, axon (of a synapse), neuron
        """
        dut = self.dut
        self._choose(core, POTENTIAL)
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

    async def refuse(self, core: int, tries: list[tuple[bool, int, int, int, int]]) -> int:
        """Ask a core that rests for what it must refuse; how often it said that it refuses.

        Parameters
        ----------
        core : number from 0
        tries : whether to write, memory, axon, neuron, value
        """
        dut = self.dut
        mask = (1 << self.state_bits) - 1
        self._choose(core, POTENTIAL)
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

    async def counters(self, core: int = 0) -> list[int]:
        """The counters of a core (default 0) in COUNTER_ORDER."""
        dut = self.dut
        if not self.chain:
            return self._unpacked(int(dut.counts.value))

        values = []
        dut.port_core.value = core
        for i in range(len(COUNTER_ORDER)):
            dut.counter_select.value = i
            await FallingEdge(dut.clk)
            values.append(int(dut.counter.value))

        return values

    def _unpacked(self, counts: int) -> list[int]:
        """The counters of a core out of the vector in which they stand side by side."""
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

    def _choose(self, core: int, select: int) -> None:
        if self.chain:
            self.dut.port_core.value = core
        self.dut.port_select.value = select


def places_of(axons: int, neurons: int) -> list[tuple[int, int, int]]:
    """Every place of a core's memories: memory, axon, neuron."""
    places = [(SYNAPSE, axon, neuron) for axon in range(axons) for neuron in range(neurons)]
    for select in (POTENTIAL, THRESHOLD, BIAS):
        places += [(select, 0, neuron) for neuron in range(neurons)]
    return places


class Monitor:
    """Collects the words that leave the cores of a chain, and counts who had to wait.

    Parameters
    ----------
    dut : the simulated chain
    cores : its length

    ``left`` has one list per core, of neurons, and −1 for a tick; ``ticks_out`` counts the ticks
    that left the last core; ``stalls`` the cycles in which a word of each core was not taken;
    ``ends`` (kind, target) of each tick that left the last core.
    """

    def __init__(self, dut, cores: int):
        self.dut = dut
        self.cores = cores
        self.ticks_out = 0
        self.stalls = [0] * cores
        self.forget_words()

    def forget_words(self) -> None:
        """Forget what left; ticks and stalls are counted on."""
        self.left: list[list[int]] = [[] for _ in range(self.cores)]
        self.ends: list[tuple[int, int]] = []

    async def watch(self) -> None:
        """Run for ever; a receiver may decide at the falling edge, so look a little later."""
        dut = self.dut
        while True:
            await ValueChange(dut.link_valid)
            await FallingEdge(dut.clk)
            await Timer(1, "ns")
            while valid := int(dut.link_valid.value):
                taken = valid & int(dut.link_ready.value)
                if taken:
                    self._take(taken)
                for core in _bits(valid & ~taken):
                    self.stalls[core] += 1
                await FallingEdge(dut.clk)
                await Timer(1, "ns")

    def _take(self, taken: int) -> None:
        """Note the words of those cores whose bit is set."""
        ticks = int(self.dut.link_tick.value)
        neurons = int(self.dut.link_neuron.value)
        last = len(self.left) - 1
        for core in _bits(taken):
            if ticks >> core & 1:
                self.left[core].append(-1)
                if core == last:
                    self.ticks_out += 1
                    kind, target = self.dut.out_kind.value, self.dut.out_target.value
                    self.ends.append((int(kind), int(target)))
            else:
                neuron = neurons >> (SIZE_BITS * core)
                self.left[core].append(neuron & 0xFFFF)


def _bits(mask: int) -> Iterator[int]:
    """Numbers of the bits that are set."""
    for number in range(mask.bit_length()):
        if mask >> number & 1:
            yield number
