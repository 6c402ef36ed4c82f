"""cocotb benches of the AXI4-Lite peripheral. The test that gives the job judges."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiResp, AxiStreamBus, AxiStreamSink, AxiStreamSource

from ..registers import register
from ..simulation.job import store
from .axi_bench import MARK_WORD, Bench
from .axi_host import (
    CONTROL,
    EVENT,
    IDENTIFICATION,
    INTERRUPT_ENABLE,
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


@cocotb.test()
async def run_network(dut):
    """Step by step: events and a tick, the words that come out, the potentials of every core.

    All memories are read before, all counters at the end.
    """
    bench = Bench(dut)
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
    bench = Bench(dut)
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
    bench = Bench(dut)
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
    bench = Bench(dut)
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
    bench = Bench(dut)
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
    bench = Bench(dut)
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
