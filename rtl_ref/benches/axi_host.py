"""A host that only reads and writes the registers of the AXI4-Lite peripheral."""

from __future__ import annotations

import random
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp
from cocotbext.axi.axil_channels import AxiLiteAWTransaction, AxiLiteWTransaction

from ..design import COUNTER_ORDER
from ..registers import ADDRESS_OF, register

# Byte addresses.
IDENTIFICATION = ADDRESS_OF["IDENTIFICATION"]
SIZES = ADDRESS_OF["SIZES"]
STATUS = ADDRESS_OF["STATUS"]
SOFT_RESET = ADDRESS_OF["SOFT_RESET"]
EVENT = ADDRESS_OF["EVENT"]
SPIKE = ADDRESS_OF["SPIKE"]
PORT_SELECT = ADDRESS_OF["PORT_SELECT"]
PORT_ADDRESS = ADDRESS_OF["PORT_ADDRESS"]
PORT_DATA = ADDRESS_OF["PORT_DATA"]
COUNTER_SELECT = ADDRESS_OF["COUNTER_SELECT"]
COUNTER = ADDRESS_OF["COUNTER"]
CONTROL = ADDRESS_OF["CONTROL"]
INTERRUPT_ENABLE = ADDRESS_OF["INTERRUPT_ENABLE"]
REFUSED = ADDRESS_OF["REFUSED"]

MEMORIES = ("synapses", "potential", "threshold", "bias")
STATUS_FIELDS = register("STATUS")
OUTPUT_FULL = STATUS_FIELDS.field("output_full").mask
PORT_READY = STATUS_FIELDS.field("port_ready").mask
TICK, VALID = register("SPIKE").field("tick").mask, register("SPIKE").field("valid").mask
CHANNELS = ("awvalid", "wvalid", "bready", "arvalid", "rready")


class Host:
    """A processor: loads memories, sends words, reads spikes, potentials and counters.

    Parameters
    ----------
    dut : the simulated peripheral

    ``words`` are those that were taken from the output queue.
    """

    def __init__(self, dut):
        self.dut = dut
        self.words: list[int] = []

    async def start(self, seed: int, idle: float) -> None:
        """Reset; from then on each of the five channels rests at random.

        Parameters
        ----------
        seed : of the rests
        idle : 0..1, probability of a rest in a cycle
        """
        dut = self.dut
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        for signal in CHANNELS:
            getattr(dut, f"s_axi_{signal}").value = 0
        dut.s_axis_tvalid.value = 0
        dut.m_axis_tready.value = 0
        dut.aresetn.value = 0
        await ClockCycles(dut.aclk, 2)
        await FallingEdge(dut.aclk)
        dut.aresetn.value = 1

        # It looks at once, and finds no X.
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self.master = AxiLiteMaster(bus, dut.aclk)
        if idle:
            self._rest_at_random(seed, idle)

    def _rest_at_random(self, seed: int, idle: float) -> None:
        write, read = self.master.write_if, self.master.read_if
        of_write = (write.aw_channel, write.w_channel, write.b_channel)
        of_read = (read.ar_channel, read.r_channel)
        for number, channel in enumerate((*of_write, *of_read)):
            channel.set_pause_generator(rests(10 * seed + number, idle))

    async def answer_to_write(
        self, address: int, value: int, first: int = 0, count: int = 4
    ) -> AxiResp:
        """Write bytes of a word; returns the response.

        Parameters
        ----------
        address : of the word, bytes
        value : its lowest `count` bytes are written
        first : byte of the word that is written first, default 0
        count : bytes that are written, default 4
        """
        data = (value & 0xFFFFFFFF).to_bytes(4, "little")[:count]
        writing = self.master.write(address + first, data)
        answer = await with_timeout(writing, 1, "ms")
        return answer.resp

    async def answer_to_read(self, address: int) -> tuple[int, AxiResp]:
        """The word at `address` and the response."""
        answer = await with_timeout(self.master.read(address, 4), 1, "ms")
        return int.from_bytes(answer.data, "little"), answer.resp

    async def write(self, address: int, value: int) -> None:
        """Write a word; it must be accepted."""
        answer = await self.answer_to_write(address, value)
        refused = f"write of {value:#x} to {address:#x} was refused"
        assert answer == AxiResp.OKAY, refused

    async def read(self, address: int) -> int:
        """Read a word; it must be given."""
        value, answer = await self.answer_to_read(address)
        assert answer == AxiResp.OKAY, f"read of {address:#x} was refused"
        return value

    def send(self, raster: np.ndarray) -> list:
        """Send the events of every step and a tick after each, back to back; one handle per word.

        Parameters
        ----------
        raster : (steps, axons) spikes
        """
        handles = []
        for word in _words(raster):
            data = word.to_bytes(4, "little")
            handles.append(self.master.init_write(EVENT, data))

        return handles

    async def insist(self, raster: np.ndarray) -> int:
        """Send the words of a raster, each until it is taken; returns how often one was refused.

        Parameters
        ----------
        raster : (steps, axons) spikes
        """
        refused = 0
        for word in _words(raster):
            while await self.answer_to_write(EVENT, word) != AxiResp.OKAY:
                refused += 1

        return refused

    async def write_nothing(self, address: int) -> AxiResp:
        """Write a word of ones without any byte of it; returns the response."""
        write = self.master.write_if
        await write.aw_channel.send(AxiLiteAWTransaction(awaddr=address, awprot=0))
        await write.w_channel.send(AxiLiteWTransaction(wdata=0xFFFFFFFF, wstrb=0))
        answer = await with_timeout(write.b_channel.recv(), 1, "ms")
        return AxiResp(int(answer.bresp))

    async def receive(self, ticks: int) -> None:
        """Take words from the output queue until as many ticks came."""
        while ticks:
            word = await self.read(SPIKE)
            if word & VALID:
                self.words.append(word)
                ticks -= bool(word & TICK)

    async def load(self, core: int, memory: str, values: np.ndarray) -> None:
        """Write one memory of a core.

        Parameters
        ----------
        core : number from 0
        memory : of MEMORIES
        values : (neurons,), or (axons, neurons) of synapses
        """
        await self._select(core, memory)
        rows = np.atleast_2d(values)
        for axon, neuron in np.ndindex(rows.shape):
            await self.write(PORT_ADDRESS, axon << 16 | neuron)
            value = int(rows[axon, neuron])
            await self.write(PORT_DATA, value)

    async def dump(self, core: int, memory: str, shape: tuple) -> np.ndarray:
        """Read one memory of a core.

        Parameters
        ----------
        core : number from 0
        memory : of MEMORIES
        shape : (neurons,), or (axons, neurons) of synapses
        """
        await self._select(core, memory)
        values = np.zeros(shape, np.int64)
        rows = np.atleast_2d(values)
        for axon, neuron in np.ndindex(rows.shape):
            await self.write(PORT_ADDRESS, axon << 16 | neuron)
            value = await self.read(PORT_DATA)
            sign = value >> 31
            rows[axon, neuron] = value - (sign << 32)

        return values

    async def _select(self, core: int, memory: str) -> None:
        number = MEMORIES.index(memory)
        await self.write(PORT_SELECT, core << 8 | number)

    async def counters(self, core: int) -> list[int]:
        """The counters of a core in COUNTER_ORDER."""
        await self.write(PORT_SELECT, core << 8)
        values = []
        for number in range(len(COUNTER_ORDER)):
            await self.write(COUNTER_SELECT, number)
            values.append(await self.read(COUNTER))

        return values


def _words(raster: np.ndarray) -> list[int]:
    """The events of every step, and a tick after each."""
    words: list[int] = []
    for step in raster:
        words += np.flatnonzero(step).tolist()
        words.append(TICK)

    return words


def rests(seed: int, idle: float) -> Iterator[bool]:
    """Whether a channel rests, cycle by cycle."""
    chance = random.Random(seed)
    while True:
        yield chance.random() < idle
