"""cocotb benches of the modules by themselves: arithmetic by vectors, memory and queue by random operations."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from ..simulation.simulator import load_job, store


@cocotb.test()
async def vectors(dut) -> None:
    """Combinational module: rows of the job's `inputs` are given to the ports `names`; the ports `outputs` are stored, row by row."""
    folder, job = load_job()
    names, outputs = job["names"].tolist(), job["outputs"].tolist()
    ports = [getattr(dut, name) for name in names]
    masks = [(1 << len(port)) - 1 for port in ports]
    rows = []
    for row in job["inputs"].tolist():
        for port, mask, value in zip(ports, masks, row, strict=True):
            port.value = value & mask
        await Timer(1, "ns")
        rows.append([int(getattr(dut, name).value) for name in outputs])
    store(folder, rows=np.array(rows, np.int64))


@cocotb.test()
async def memory(dut) -> None:
    """Operations (enable, write, address, data) of the job, one per cycle; rdata behind each is stored (−1 before the first read)."""
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.enable.value = 0
    await FallingEdge(dut.clk)
    answers = []
    for enable, write, address, data in job["operations"].tolist():
        dut.enable.value, dut.write.value, dut.address.value, dut.wdata.value = (
            enable,
            write,
            address,
            data,
        )
        await FallingEdge(dut.clk)
        value = dut.rdata.value
        answers.append(int(value) if value.is_resolvable else -1)
    store(folder, answers=np.array(answers, np.int64))


@cocotb.test()
async def queue(dut) -> None:
    """Offers (in_valid, out_ready) of the job, one per cycle, words counting up; what went in and what came out is stored."""
    folder, job = load_job()
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.in_valid.value = dut.out_ready.value = dut.in_word.value = 0
    dut.reset.value = 1
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.reset.value = 0
    number, mask = 0, (1 << len(dut.in_word)) - 1
    went_in, came_out, filled = [], [], []
    for valid, ready in job["offers"].tolist():
        dut.in_valid.value, dut.out_ready.value, dut.in_word.value = valid, ready, number & mask
        await Timer(1, "ns")
        if valid and dut.in_ready.value:
            went_in.append(number & mask)
            number += 1
        if ready and dut.out_valid.value:
            came_out.append(int(dut.out_word.value))
        filled.append((bool(dut.out_valid.value), bool(dut.in_ready.value)))
        await FallingEdge(dut.clk)
    store(folder, went_in=np.array(went_in), came_out=np.array(came_out), filled=np.array(filled))
