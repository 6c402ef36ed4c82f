"""cocotb benches of the AXI4-Lite peripheral: a host that only reads and writes registers. The test that gives the job judges."""

from __future__ import annotations

import random

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from ..simulation.simulator import load_job, store

(
    IDENTIFICATION,
    SIZES,
    STATUS,
    SOFT_RESET,
    EVENT,
    SPIKE,
    PORT_SELECT,
    PORT_ADDRESS,
    PORT_DATA,
    COUNTER_SELECT,
    COUNTER,
) = range(0, 44, 4)
MEMORIES = ("synapses", "potential", "threshold", "bias")
OUTPUT_WAITS, OUTPUT_FULL, INPUT_READY, PORT_READY = 1, 2, 4, 8
TICK, VALID = 1 << 31, 1 << 16
ADD, MARK = 2, 4


class Host:
    """A processor: loads memories, sends words, reads spikes, potentials and counters, all through registers."""

    def __init__(self, dut):
        self.dut, self.words = dut, []

    async def start(self, seed: int, idle: float) -> None:
        """Reset; from then on each of the five channels rests in a cycle with probability `idle`."""
        cocotb.start_soon(Clock(self.dut.clk, 10, unit="ns").start())
        for signal in ("awvalid", "wvalid", "bready", "arvalid", "rready"):
            getattr(self.dut, f"s_axil_{signal}").value = 0
        self.dut.reset.value = 1
        await ClockCycles(self.dut.clk, 2)
        await FallingEdge(self.dut.clk)
        self.dut.reset.value = 0
        self.master = AxiLiteMaster(
            AxiLiteBus.from_prefix(self.dut, "s_axil"), self.dut.clk
        )  # looks at once, and finds no X
        write, read = self.master.write_if, self.master.read_if
        for number, channel in enumerate(
            (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel)
        ):
            chance = random.Random(10 * seed + number)
            if idle:
                channel.set_pause_generator(
                    iter(lambda chance=chance: chance.random() < idle, None)
                )

    async def answer_to_write(
        self, address: int, value: int, first: int = 0, count: int = 4
    ) -> AxiResp:
        """Write the lowest `count` bytes of `value` to the bytes from `first` on of a word; returns the response."""
        data = (value & 0xFFFFFFFF).to_bytes(4, "little")[:count]
        return (await with_timeout(self.master.write(address + first, data), 1, "ms")).resp

    async def answer_to_read(self, address: int) -> tuple[int, AxiResp]:
        """The word and the response."""
        answer = await with_timeout(self.master.read(address, 4), 1, "ms")
        return int.from_bytes(answer.data, "little"), answer.resp

    async def write(self, address: int, value: int) -> None:
        """Write a word; it must be accepted."""
        assert await self.answer_to_write(address, value) == AxiResp.OKAY, (
            f"write of {value:#x} to {address:#x} was refused"
        )

    async def read(self, address: int) -> int:
        """Read a word; it must be given."""
        value, answer = await self.answer_to_read(address)
        assert answer == AxiResp.OKAY, f"read of {address:#x} was refused"
        return value

    def send(self, raster: np.ndarray) -> list:
        """Send the events of every step and a tick after each, back to back; returns one handle per word."""
        words = [word for step in raster for word in (*np.flatnonzero(step).tolist(), TICK)]
        return [self.master.init_write(EVENT, word.to_bytes(4, "little")) for word in words]

    async def receive(self, ticks: int) -> None:
        """Take words from the output queue until as many ticks came."""
        while ticks:
            word = await self.read(SPIKE)
            if word & VALID:
                self.words.append(word)
                ticks -= bool(word & TICK)

    async def load(self, core: int, memory: str, values: np.ndarray) -> None:
        """Write one memory of a core; synapses are (axon, neuron)."""
        await self.write(PORT_SELECT, core << 8 | MEMORIES.index(memory))
        rows = np.atleast_2d(values)
        for axon, neuron in np.ndindex(rows.shape):
            await self.write(PORT_ADDRESS, axon << 16 | neuron)
            await self.write(PORT_DATA, int(rows[axon, neuron]))

    async def dump(self, core: int, memory: str, shape: tuple) -> np.ndarray:
        """Read one memory of a core."""
        await self.write(PORT_SELECT, core << 8 | MEMORIES.index(memory))
        values = np.zeros(shape, np.int64)
        rows = np.atleast_2d(values)
        for axon, neuron in np.ndindex(rows.shape):
            await self.write(PORT_ADDRESS, axon << 16 | neuron)
            value = await self.read(PORT_DATA)
            rows[axon, neuron] = value - (value >> 31 << 32)
        return values

    async def counters(self, core: int) -> list[int]:
        """The seven counters of a core."""
        await self.write(PORT_SELECT, core << 8)
        values = []
        for number in range(7):
            await self.write(COUNTER_SELECT, number)
            values.append(await self.read(COUNTER))
        return values


async def prepared(dut) -> tuple:
    """A host whose chain holds the job's network; returns it with the folder, the job and the number of cores."""
    folder, job = load_job()
    host = Host(dut)
    await host.start(int(job["seed"]), float(job["idle"]))
    cores = len(job["sizes"])
    for core in range(cores):
        for memory in MEMORIES:
            await host.load(core, memory, job[f"{memory}{core}"])
    return host, folder, job, cores


@cocotb.test()
async def run_network(dut):
    """Step by step: events and a tick, the words that come out, the potentials of every core; all memories and counters at the end."""
    host, folder, job, cores = await prepared(dut)
    result = {}
    for core in range(cores):
        assert await host.read(STATUS) & PORT_READY
        for memory, shape in (
            ("synapses", tuple(job["sizes"][core])),
            ("bias", (job["sizes"][core][1],)),
        ):
            result[f"{memory}{core}"] = await host.dump(core, memory, shape)
        result[f"threshold{core}"] = await host.dump(core, "threshold", (job["sizes"][core][1],))
    potentials = []
    for step in job["raster"]:
        host.send(step[None])
        await host.receive(1)
        potentials.append(
            np.concatenate(
                [
                    await host.dump(core, "potential", (job["sizes"][core][1],))
                    for core in range(cores)
                ]
            )
        )
    sizes = []
    for core in range(cores):
        await host.write(PORT_SELECT, core << 8)
        sizes.append(await host.read(SIZES))
    counters = [await host.counters(core) for core in range(cores)]
    identification = await host.read(IDENTIFICATION)
    store(
        folder,
        words=host.words,
        potentials=potentials,
        counters=counters,
        sizes=sizes,
        identification=identification,
        **result,
    )


@cocotb.test()
async def talk_at_once(dut):
    """All words are written back to back while spikes, status and counters are read."""
    host, folder, job, _ = await prepared(dut)
    sent = host.send(job["raster"])
    looks = 0
    receiver = cocotb.start_soon(host.receive(len(job["raster"])))
    while not receiver.done():
        assert await host.read(STATUS) >> 16 <= len(job["raster"]) * 100
        looks += await host.read(IDENTIFICATION) == job["identification"]
    for event in sent:
        await event.wait()
        assert event.data.resp == AxiResp.OKAY
    store(folder, words=host.words, looks=looks)


@cocotb.test()
async def fill_output_queue(dut):
    """Nobody reads: the queue fills, the cores wait, a write is held and a memory read is refused; then all words come in order."""
    host, folder, job, cores = await prepared(dut)
    await host.write(PORT_SELECT, (cores - 1) << 8)
    sent = host.send(job["raster"])
    while not await host.read(STATUS) & OUTPUT_FULL:
        pass
    await ClockCycles(dut.clk, 3000)
    answered = [event.is_set() for event in sent]
    status = await host.read(STATUS)
    await ClockCycles(dut.clk, 1000)
    assert [event.is_set() for event in sent] == answered, (
        "a write was answered while nothing could move"
    )
    _, refusal = await host.answer_to_read(PORT_DATA)
    await host.receive(len(job["raster"]))
    for event in sent:
        await event.wait()
        assert event.data.resp == AxiResp.OKAY
    counters = [await host.counters(core) for core in range(cores)]
    store(
        folder,
        words=host.words,
        status=status,
        held=answered.count(False),
        refused=refusal == AxiResp.SLVERR,
        counters=counters,
    )


@cocotb.test()
async def check_registers(dut):
    """Byte strobes, refusals, single cores as targets, and a soft reset."""
    host, folder, job, cores = await prepared(dut)
    axons, neurons = job["sizes"][0].tolist()
    result = {}
    # Strobes: bytes of a selection one by one, and parts of a word that is taken whole.
    for register in (PORT_ADDRESS, PORT_SELECT, COUNTER_SELECT):
        await host.write(register, 0x01010101)
        result[f"bytes{register}"] = [await host.read(register)]
        for first, value in enumerate((0x02, 0x03, 0x04, 0x05)):
            assert await host.answer_to_write(register, value, first, 1) == AxiResp.OKAY
            result[f"bytes{register}"].append(await host.read(register))
    await host.write(PORT_SELECT, 0)
    await host.write(PORT_ADDRESS, 0)
    before = await host.dump(0, "potential", (neurons,))
    refused = []
    for address in (EVENT, PORT_DATA, SOFT_RESET):
        refused += [
            await host.answer_to_write(address, 0xFFFFFFFF, first, count)
            for first, count in ((0, 1), (3, 1), (0, 2), (1, 3))
        ]
    # Registers and places that do not exist, and words that mean nothing.
    refused += [
        await host.answer_to_write(address, 0)
        for address in (IDENTIFICATION, SIZES, STATUS, SPIKE, COUNTER, 44, 60, 64, 4092)
    ]
    refused += [
        (await host.answer_to_read(address))[1] for address in (SOFT_RESET, EVENT, 44, 60, 64, 4092)
    ]
    refused += [
        await host.answer_to_write(EVENT, word)
        for word in (axons, 0xFFFF, TICK | 5 << 28, TICK | 7 << 28)
    ]
    await host.write(COUNTER_SELECT, 7)
    refused.append((await host.answer_to_read(COUNTER))[1])
    for select, place in (
        (0, axons << 16),
        (0, neurons),
        (1, neurons),
        (3, 0xFFFF),
        (cores << 8, 0),
        (0xFF00, 0),
    ):
        await host.write(PORT_SELECT, select)
        await host.write(PORT_ADDRESS, place)
        refused += [
            await host.answer_to_write(PORT_DATA, 1),
            (await host.answer_to_read(PORT_DATA))[1],
        ]
    refused += [
        (await host.answer_to_read(address))[1] for address in (SIZES, COUNTER)
    ]  # of a core that does not exist
    result["refused"] = [answer == AxiResp.SLVERR for answer in refused]
    await host.write(PORT_SELECT, 0)
    assert np.array_equal(before, await host.dump(0, "potential", (neurons,))), (
        "a refused access changed something"
    )
    # A tick for the last core alone, then marks: those of others' targets come out as they are.
    for word in (TICK | ADD << 28 | cores << 24, TICK | MARK << 28, TICK | MARK << 28 | 9 << 24):
        await host.write(EVENT, word)
    await host.receive(2)
    result["marks"] = host.words
    result["potentials"] = np.concatenate(
        [await host.dump(core, "potential", (job["sizes"][core][1],)) for core in range(cores)]
    )
    # A reset in the middle of work: queues and counters are empty, memories stay, and the chain works.
    host.words = []
    for word in [TICK | MARK << 28] * 3 + list(range(axons)):
        await host.write(EVENT, word)
    result["before_reset"] = await host.read(STATUS)
    await host.write(SOFT_RESET, 1)
    result["after_reset"] = await host.read(STATUS)
    result["counters"] = [await host.counters(core) for core in range(cores)]
    result["spike"] = await host.read(SPIKE)
    result["bias0"] = await host.dump(0, "bias", (neurons,))
    await host.write(EVENT, TICK | MARK << 28)
    await host.receive(1)
    store(folder, mark=host.words, **result)
