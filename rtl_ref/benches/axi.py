"""cocotb benches of the AXI4-Lite peripheral. The test that gives the job judges."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiResp, AxiStreamBus, AxiStreamSink, AxiStreamSource

from ..model.words import ADD, MARK
from ..registers import REGISTERS, register
from ..simulation.job import load_job, store
from .accesses import PATTERNS
from .axi_host import (
    CONTROL,
    COUNTER,
    COUNTER_SELECT,
    EVENT,
    IDENTIFICATION,
    INTERRUPT_ENABLE,
    MEMORIES,
    OUTPUT_FULL,
    PORT_ADDRESS,
    PORT_DATA,
    PORT_READY,
    PORT_SELECT,
    REFUSED,
    SIZES,
    SOFT_RESET,
    SPIKE,
    STATUS,
    TICK,
    Host,
    rests,
)

MARK_WORD = TICK | MARK << 28
NO_REGISTER = (56, 60, 64, 4092)


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
    """Nobody reads: the queue fills, the cores wait, what would wait for ever is refused.

    Then all words come in order.
    """
    bench = _Bench(dut)
    host = await bench.start()
    raster = bench.job["raster"]
    await host.write(PORT_SELECT, bench.cores[-1] << 8)
    sending = cocotb.start_soon(host.insist(raster))
    while not await host.read(STATUS) & OUTPUT_FULL:
        pass

    await ClockCycles(dut.aclk, 3000)
    status = await host.read(STATUS)
    _, refusal = await host.answer_to_read(PORT_DATA)
    assert not sending.done()

    await host.receive(len(raster))
    refused = await sending
    counted = await host.read(REFUSED)
    store(
        bench.folder,
        words=host.words,
        status=status,
        refused=refused,
        read_refused=refusal == AxiResp.SLVERR,
        counted=counted,
        counters=await bench.counters(),
    )


@cocotb.test()
async def recover(dut):
    """With the output full and an event held a soft reset is reached, and the chain works anew.

    The memory port writes refuse, too, while nothing can move.
    """
    bench = _Bench(dut)
    host = await bench.start()
    raster = bench.job["raster"]
    refused = 0
    for word in 20 * [MARK_WORD]:
        refused += await host.answer_to_write(EVENT, word) != AxiResp.OKAY
    axons, _ = bench.sizes[0]
    for axon in 40 * list(range(axons)):
        refused += await host.answer_to_write(EVENT, axon) != AxiResp.OKAY

    await host.write(PORT_SELECT, 0)
    port_refused = await host.answer_to_write(PORT_DATA, 0) != AxiResp.OKAY
    full = await host.read(STATUS)
    await host.write(SOFT_RESET, 1)
    after = await host.read(STATUS)
    left = await host.read(REFUSED)

    for core in bench.cores:
        await host.load(core, "potential", bench.job[f"potential{core}"])
    host.send(raster)
    await host.receive(len(raster))
    store(
        bench.folder,
        refused=refused,
        port_refused=port_refused,
        full=full,
        after=after,
        left=left,
        words=host.words,
        counters=await bench.counters(),
    )


@cocotb.test()
async def stream(dut):
    """Words come and go by AXI-Stream while registers are read; the interrupt follows STATUS."""
    bench = _Bench(dut)
    host = await bench.start()
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk)
    sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk)
    idle = float(bench.job["idle"])
    if idle:
        source.set_pause_generator(rests(7, idle))
        sink.set_pause_generator(rests(8, idle))

    await host.write(CONTROL, register("CONTROL").field("stream_out").mask)
    axons, _ = bench.sizes[0]
    no_words = [axons, TICK | 6 << 28]
    raster = bench.job["raster"]
    packets = []
    for step in raster:
        words = [*np.flatnonzero(step).tolist(), *no_words, TICK]
        await source.send(b"".join(word.to_bytes(4, "little") for word in words))
        frame = await with_timeout(sink.recv(), 1, "ms")
        packets += np.frombuffer(bytes(frame.tdata), "<u4").tolist()
        assert await host.read(SPIKE) == 0

    counters = await bench.counters()
    await host.write(CONTROL, 0)
    interrupts = await _interrupts(host, dut)
    store(bench.folder, words=packets, counters=counters, interrupts=interrupts)


async def _interrupts(host: Host, dut) -> list[int]:
    """The interrupt before, while, and after a word waits; and where it is not enabled."""
    found = []
    waits = register("STATUS").field("output_waits").mask
    await host.write(INTERRUPT_ENABLE, waits)
    await ClockCycles(dut.aclk, 2)
    found.append(int(dut.irq.value))

    await host.write(EVENT, MARK_WORD)
    await ClockCycles(dut.aclk, 60)
    found.append(int(dut.irq.value))

    await host.write(INTERRUPT_ENABLE, 0)
    await ClockCycles(dut.aclk, 2)
    found.append(int(dut.irq.value))

    await host.write(INTERRUPT_ENABLE, waits)
    await host.receive(1)
    await ClockCycles(dut.aclk, 2)
    found.append(int(dut.irq.value))
    await host.write(INTERRUPT_ENABLE, register("STATUS").field("input_ready").mask)
    await ClockCycles(dut.aclk, 2)
    return [*found, int(dut.irq.value)]


@cocotb.test()
async def advance(dut):
    """With auto-increment whole memories are written and read by PORT_DATA alone."""
    bench = _Bench(dut)
    host = await bench.start()
    await host.write(CONTROL, register("CONTROL").field("advance").mask)
    axons, neurons = bench.sizes[0]
    await host.write(PORT_SELECT, 0)
    await host.write(PORT_ADDRESS, 0)
    written = bench.job["synapses0"][:, ::-1].ravel()
    for value in written.tolist():
        await host.write(PORT_DATA, value)
    beyond = await host.read(PORT_ADDRESS)
    answer = await host.answer_to_write(PORT_DATA, 1)
    still = await host.read(PORT_ADDRESS)

    await host.write(PORT_ADDRESS, 0)
    values = [await host.read(PORT_DATA) for _ in range(axons * neurons)]
    store(
        bench.folder,
        written=written,
        read=np.array(values, np.uint32).view(np.int32),
        places=[beyond, still],
        refused=answer == AxiResp.SLVERR,
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
    result["patterns"] = await _patterns(host)
    await host.write(PORT_SELECT, 0)
    await host.write(PORT_ADDRESS, 0)

    before = await host.dump(0, "potential", (neurons,))
    answers = await _partial_writes(host)
    answers += await _what_does_not_exist(host, bench)
    answers += await _places_that_do_not_exist(host, bench)
    answers += await _values_that_do_not_fit(host, bench)
    result["refused"] = [answer == AxiResp.SLVERR for answer in answers]
    await host.write(PORT_SELECT, 0)
    after = await host.dump(0, "potential", (neurons,))
    assert np.array_equal(before, after), "a refused access changed something"

    nothing = await _nothing_is_written(host)
    result["nothing"] = [answer == AxiResp.OKAY for answer in nothing]

    result |= await _single_targets(host, bench)
    result |= await _soft_reset(host, bench)
    store(bench.folder, **result)


async def _byte_strobes(host: Host) -> dict[str, list[int]]:
    """Bytes of a selection one by one: what is read after each."""
    found = {}
    for address in (PORT_ADDRESS, PORT_SELECT, COUNTER_SELECT):
        await host.write(address, 0x01010101)
        values = [await host.read(address)]
        for first, value in enumerate((0x02, 0x03, 0x04, 0x05)):
            answer = await host.answer_to_write(address, value, first, 1)
            assert answer == AxiResp.OKAY
            values.append(await host.read(address))

        found[f"bytes{address}"] = values

    return found


async def _patterns(host: Host) -> list[int]:
    """Every register that can be written and read, with PATTERNS in turn: what is read."""
    found = []
    for each in REGISTERS:
        if each.writable and each.readable and each.address != PORT_DATA:
            for pattern in PATTERNS:
                await host.write(each.address, pattern)
                found.append(await host.read(each.address))
            await host.write(each.address, 0)

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

    return answers


async def _values_that_do_not_fit(host: Host, bench: _Bench) -> list[AxiResp]:
    """One beyond each end of a weight, a potential, a threshold and a bias."""
    await host.write(PORT_ADDRESS, 0)
    answers = []
    for memory in range(len(MEMORIES)):
        await host.write(PORT_SELECT, memory)
        bits = int(bench.job["weight_bits" if memory == 0 else "state_bits"])
        limit = 1 << bits - 1
        for value in (limit, -limit - 1):
            answers.append(await host.answer_to_write(PORT_DATA, value))

    return answers


async def _nothing_is_written(host: Host) -> list[AxiResp]:
    """A write without a byte is a write of nothing, wherever a register can be written."""
    answers = []
    for each in REGISTERS:
        if each.writable:
            before = await host.read(each.address) if each.readable else 0
            answers.append(await host.write_nothing(each.address))
            after = await host.read(each.address) if each.readable else 0
            assert after == before, f"a write of nothing changed {each.name}"

    return answers


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
