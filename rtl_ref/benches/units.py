"""cocotb benches of the modules by themselves.

Arithmetic is tried by vectors, memory and queue by random operations.
"""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from ..simulation.job import load_job, store


@cocotb.test()
async def vectors(dut) -> None:
    """Combinational module: give each row of `inputs` to the ports `names`; store `outputs`."""
    folder, job = load_job()
    names = job["names"].tolist()
    inputs = [getattr(dut, name) for name in names]
    names = job["outputs"].tolist()
    outputs = [getattr(dut, name) for name in names]

    rows = []
    for row in job["inputs"].tolist():
        for port, value in zip(inputs, row, strict=True):
            port.value = value & _mask(port)
        await Timer(1, "ns")
        rows.append([int(port.value) for port in outputs])

    store(folder, rows=np.array(rows, np.int64))


@cocotb.test()
async def memory(dut) -> None:
    """Operations (enable, write, address, data) of the job, one per cycle.

    What rdata is after each is stored, −1 before the first read, and what it tells of accesses.
    """
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.enable.value = 0
    await FallingEdge(dut.clk)

    answers, accesses = [], []
    for enable, write, address, data in job["operations"].tolist():
        dut.enable.value = enable
        dut.write.value = write
        dut.address.value = address
        dut.wdata.value = data
        await Timer(1, "ns")
        accesses.append((int(dut.did_read.value), int(dut.did_write.value)))
        await FallingEdge(dut.clk)
        value = dut.rdata.value
        answer = int(value) if value.is_resolvable else -1
        answers.append(answer)

    store(
        folder,
        answers=np.array(answers, np.int64),
        accesses=np.array(accesses, np.int64),
    )


@cocotb.test()
async def queue(dut) -> None:
    """Offers (in_valid, out_ready) of the job, one per cycle, words counting up.

    What went in, what came out, and (word to give, room for one) in each cycle is stored.
    """
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    await _reset(dut)

    next_word = 0
    went_in, came_out, filled = [], [], []
    for in_valid, out_ready in job["offers"].tolist():
        word = next_word & _mask(dut.in_word)
        dut.in_word.value = word
        dut.in_valid.value = in_valid
        dut.out_ready.value = out_ready
        await Timer(1, "ns")

        has_word = bool(dut.out_valid.value)
        has_room = bool(dut.in_ready.value)
        filled.append((has_word, has_room))
        if in_valid and has_room:
            went_in.append(word)
            next_word += 1

        if out_ready and has_word:
            came_out.append(int(dut.out_word.value))
        await FallingEdge(dut.clk)

    store(
        folder,
        went_in=np.array(went_in),
        came_out=np.array(came_out),
        filled=np.array(filled),
    )


async def _reset(dut) -> None:
    dut.in_valid.value = 0
    dut.out_ready.value = 0
    dut.in_word.value = 0
    dut.reset.value = 1
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.reset.value = 0


def _mask(port) -> int:
    """The bits of a port."""
    return (1 << len(port)) - 1
