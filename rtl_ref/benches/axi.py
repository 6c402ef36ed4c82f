"""cocotb benches of the AXI4-Lite peripheral. The test that gives the job judges."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiResp

from ..model.words import ADD, MARK
from ..simulation.job import load_job, store
from .axi_host import (
    COUNTER,
    COUNTER_SELECT,
    EVENT,
    IDENTIFICATION,
    MEMORIES,
    OUTPUT_FULL,
    PORT_ADDRESS,
    PORT_DATA,
    PORT_READY,
    PORT_SELECT,
    SIZES,
    SOFT_RESET,
    SPIKE,
    STATUS,
    TICK,
    Host,
)

MARK_WORD = TICK | MARK << 28
NO_REGISTER = (44, 60, 64, 4092)


class _Bench:
    """A host whose chain holds the job's network."""

    def __init__(self, dut):
        self.dut = dut
        self.folder, self.job = load_job()
        self.host = Host(dut)
        sizes = self.job["sizes"].tolist()
        self.sizes = [(axons, neurons) for axons, neurons in sizes]
        self.cores = range(len(self.sizes))

    async def start(self) -> Host:
        seed = int(self.job["seed"])
        idle = float(self.job["idle"])
        await self.host.start(seed, idle)
        for core in self.cores:
            for memory in MEMORIES:
                values = self.job[f"{memory}{core}"]
                await self.host.load(core, memory, values)

        return self.host

    async def potentials(self) -> np.ndarray:
        """Those of all cores."""
        found = []
        for core in self.cores:
            _, neurons = self.sizes[core]
            values = await self.host.dump(core, "potential", (neurons,))
            found.append(values)

        return np.concatenate(found)

    async def counters(self) -> list[list[int]]:
        """Those of all cores."""
        return [await self.host.counters(core) for core in self.cores]


@cocotb.test()
async def run_network(dut):
    """Step by step: events and a tick, the words that come out, the potentials of every core.

    All memories are read before, all counters at the end.
    """
    bench = _Bench(dut)
    host = await bench.start()
    result = {}
    for core in bench.cores:
        assert await host.read(STATUS) & PORT_READY
        axons, neurons = bench.sizes[core]
        shapes = {
            "synapses": (axons, neurons),
            "bias": (neurons,),
            "threshold": (neurons,),
        }
        for memory, shape in shapes.items():
            values = await host.dump(core, memory, shape)
            result[f"{memory}{core}"] = values

    potentials = []
    for step in bench.job["raster"]:
        host.send(step[None])
        await host.receive(1)
        potentials.append(await bench.potentials())

    sizes = []
    for core in bench.cores:
        await host.write(PORT_SELECT, core << 8)
        sizes.append(await host.read(SIZES))

    store(
        bench.folder,
        words=host.words,
        potentials=potentials,
        counters=await bench.counters(),
        sizes=sizes,
        identification=await host.read(IDENTIFICATION),
        **result,
    )


@cocotb.test()
async def talk_at_once(dut):
    """All words are written back to back while spikes, status and counters are read."""
    bench = _Bench(dut)
    host = await bench.start()
    raster = bench.job["raster"]
    sent = host.send(raster)

    looks = 0
    receiver = cocotb.start_soon(host.receive(len(raster)))
    while not receiver.done():
        status = await host.read(STATUS)
        assert status >> 16 <= len(raster) * 100
        identification = await host.read(IDENTIFICATION)
        looks += identification == bench.job["identification"]

    await _all_accepted(sent)
    store(bench.folder, words=host.words, looks=looks)


@cocotb.test()
async def fill_output_queue(dut):
    """Nobody reads: the queue fills, the cores wait, a write is held, a memory read is refused.

    Then all words come in order.
    """
    bench = _Bench(dut)
    host = await bench.start()
    raster = bench.job["raster"]
    await host.write(PORT_SELECT, bench.cores[-1] << 8)
    sent = host.send(raster)
    while not await host.read(STATUS) & OUTPUT_FULL:
        pass

    await ClockCycles(dut.clk, 3000)
    answered = [event.is_set() for event in sent]
    status = await host.read(STATUS)
    await ClockCycles(dut.clk, 1000)
    still = [event.is_set() for event in sent]
    assert still == answered, "a write was answered while nothing could move"
    _, refusal = await host.answer_to_read(PORT_DATA)

    await host.receive(len(raster))
    await _all_accepted(sent)
    store(
        bench.folder,
        words=host.words,
        status=status,
        held=answered.count(False),
        refused=refusal == AxiResp.SLVERR,
        counters=await bench.counters(),
    )


async def _all_accepted(sent: list) -> None:
    for event in sent:
        await event.wait()
        assert event.data.resp == AxiResp.OKAY


@cocotb.test()
async def check_registers(dut):
    """Byte strobes, refusals, single cores as targets, and a soft reset."""
    bench = _Bench(dut)
    host = await bench.start()
    _, neurons = bench.sizes[0]

    result = await _byte_strobes(host)
    await host.write(PORT_SELECT, 0)
    await host.write(PORT_ADDRESS, 0)

    before = await host.dump(0, "potential", (neurons,))
    answers = await _partial_writes(host)
    answers += await _what_does_not_exist(host, bench)
    answers += await _places_that_do_not_exist(host, bench)
    result["refused"] = [answer == AxiResp.SLVERR for answer in answers]
    await host.write(PORT_SELECT, 0)
    after = await host.dump(0, "potential", (neurons,))
    assert np.array_equal(before, after), "a refused access changed something"

    result |= await _single_targets(host, bench)
    result |= await _soft_reset(host, bench)
    store(bench.folder, **result)


async def _byte_strobes(host: Host) -> dict[str, list[int]]:
    """Bytes of a selection one by one: what is read after each."""
    found = {}
    for register in (PORT_ADDRESS, PORT_SELECT, COUNTER_SELECT):
        await host.write(register, 0x01010101)
        values = [await host.read(register)]
        for first, value in enumerate((0x02, 0x03, 0x04, 0x05)):
            answer = await host.answer_to_write(register, value, first, 1)
            assert answer == AxiResp.OKAY
            values.append(await host.read(register))

        found[f"bytes{register}"] = values

    return found


async def _partial_writes(host: Host) -> list[AxiResp]:
    """Parts of a word that is only taken whole."""
    parts = ((0, 1), (3, 1), (0, 2), (1, 3))  # first byte, number of bytes
    answers = []
    for address in (EVENT, PORT_DATA, SOFT_RESET):
        for first, count in parts:
            answer = await host.answer_to_write(address, 0xFFFFFFFF, first, count)
            answers.append(answer)

    return answers


async def _what_does_not_exist(host: Host, bench: _Bench) -> list[AxiResp]:
    """Registers that are not there or go one way, words that mean nothing, an eighth counter."""
    axons, _ = bench.sizes[0]
    answers = []
    for address in (
        IDENTIFICATION,
        SIZES,
        STATUS,
        SPIKE,
        COUNTER,
        *NO_REGISTER,
    ):
        answers.append(await host.answer_to_write(address, 0))

    for address in (SOFT_RESET, EVENT, *NO_REGISTER):
        _, answer = await host.answer_to_read(address)
        answers.append(answer)

    no_kinds = (TICK | 5 << 28, TICK | 7 << 28)
    for word in (axons, 0xFFFF, *no_kinds):
        answer = await host.answer_to_write(EVENT, word)
        answers.append(answer)

    await host.write(COUNTER_SELECT, 7)
    _, answer = await host.answer_to_read(COUNTER)
    return [*answers, answer]


async def _places_that_do_not_exist(host: Host, bench: _Bench) -> list[AxiResp]:
    """Axons, neurons and cores beyond the last."""
    axons, neurons = bench.sizes[0]
    no_core = len(bench.cores) << 8
    synapses, potentials, biases = 0, 1, 3

    answers = []
    for select, place in (
        (synapses, axons << 16),
        (synapses, neurons),
        (potentials, neurons),
        (biases, 0xFFFF),
        (no_core, 0),
        (0xFF00, 0),
    ):
        await host.write(PORT_SELECT, select)
        await host.write(PORT_ADDRESS, place)
        answers.append(await host.answer_to_write(PORT_DATA, 1))
        _, answer = await host.answer_to_read(PORT_DATA)
        answers.append(answer)

    # The core that is selected last does not exist.
    for address in (SIZES, COUNTER):
        _, answer = await host.answer_to_read(address)
        answers.append(answer)

    return answers


async def _single_targets(host: Host, bench: _Bench) -> dict:
    """A tick for the last core alone, then marks: those of others' targets come out as they are."""
    last = len(bench.cores)
    add_to_the_last = TICK | ADD << 28 | last << 24
    mark_for_the_ninth = MARK_WORD | 9 << 24
    for word in (add_to_the_last, MARK_WORD, mark_for_the_ninth):
        await host.write(EVENT, word)
    await host.receive(2)
    return {"marks": host.words, "potentials": await bench.potentials()}


async def _soft_reset(host: Host, bench: _Bench) -> dict:
    """In the middle of work: queues and counters are empty, memories stay, and the chain works."""
    axons, neurons = bench.sizes[0]
    host.words = []
    for word in (MARK_WORD, MARK_WORD, MARK_WORD, *range(axons)):
        await host.write(EVENT, word)

    result: dict = {"before_reset": await host.read(STATUS)}
    await host.write(SOFT_RESET, 1)
    result["after_reset"] = await host.read(STATUS)
    result["counters"] = await bench.counters()
    result["spike"] = await host.read(SPIKE)
    result["bias0"] = await host.dump(0, "bias", (neurons,))

    await host.write(EVENT, MARK_WORD)
    await host.receive(1)
    result["mark"] = host.words
    return result
