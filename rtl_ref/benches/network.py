"""cocotb bench of a chain: starts `chain_player`, and waits until it has played its script.

Every word and every cycle is driven and seen by the player itself, in SystemVerilog. Nothing here
runs once per cycle: this side only hands it the script, tells how far it is, and hands the record
back.
"""

from __future__ import annotations

from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import First, Timer, ValueChange

from ..simulation.job import load_job, store, tell_progress

SCRIPT, RECORD = "script.txt", "record.txt"  # names that chain_player.sv has
LOOK_EVERY_US = 1_000  # of simulated time, 100,000 cycles: how often progress is told


@cocotb.test()
async def run_network(dut) -> None:
    """Play the ``script`` of the job, and store the ``record``: texts, as bytes."""
    folder, job = load_job()
    Path(SCRIPT).write_bytes(job["script"].tobytes())
    dut.go.value = 1

    ended = ValueChange(dut.finished)
    while not dut.finished.value:
        await First(ended, Timer(LOOK_EVERY_US, "us"))
        tell_progress(int(dut.cycles.value))

    store(folder, record=np.frombuffer(Path(RECORD).read_bytes(), np.uint8))
