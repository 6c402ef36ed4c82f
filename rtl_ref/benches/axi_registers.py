"""cocotb bench of the peripheral's registers. The test that gives the job judges."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotbext.axi import AxiResp

from ..model.words import ADD
from ..registers import REGISTERS
from ..simulation.job import store
from .accesses import PATTERNS
from .axi_bench import MARK_WORD, Bench
from .axi_host import (
    COUNTER,
    COUNTER_SELECT,
    EVENT,
    IDENTIFICATION,
    MEMORIES,
    PORT_ADDRESS,
    PORT_DATA,
    PORT_SELECT,
    SIZES,
    SOFT_RESET,
    SPIKE,
    STATUS,
    TICK,
    Host,
)

NO_REGISTER = (56, 60, 64, 4092)


@cocotb.test()
async def check_registers(dut):
    """Byte strobes, refusals, single cores as targets, and a soft reset."""
    bench = Bench(dut)
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


async def _what_does_not_exist(host: Host, bench: Bench) -> list[AxiResp]:
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


async def _values_that_do_not_fit(host: Host, bench: Bench) -> list[AxiResp]:
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


async def _places_that_do_not_exist(host: Host, bench: Bench) -> list[AxiResp]:
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


async def _single_targets(host: Host, bench: Bench) -> dict:
    """A tick for the last core alone, then marks: those of others' targets come out as they are."""
    last = len(bench.cores)
    add_to_the_last = TICK | ADD << 28 | last << 24
    mark_for_the_ninth = MARK_WORD | 9 << 24
    for word in (add_to_the_last, MARK_WORD, mark_for_the_ninth):
        await host.write(EVENT, word)
    await host.receive(2)
    return {"marks": host.words, "potentials": await bench.potentials()}


async def _soft_reset(host: Host, bench: Bench) -> dict:
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
