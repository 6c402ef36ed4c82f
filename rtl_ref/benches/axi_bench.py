"""A host whose chain holds the network of a job: what the benches of the peripheral share."""

from __future__ import annotations

import numpy as np

from ..model.words import MARK
from ..simulation.job import load_job
from .axi_host import MEMORIES, TICK, Host

MARK_WORD = TICK | MARK << 28


class Bench:
    """A host whose chain holds the job's network.

    Parameters
    ----------
    dut : the simulated peripheral
    """

    def __init__(self, dut):
        self.dut = dut
        self.folder, self.job = load_job()
        self.host = Host(dut)
        sizes = self.job["sizes"].tolist()
        self.sizes = [(axons, neurons) for axons, neurons in sizes]
        self.cores = range(len(self.sizes))

    async def start(self) -> Host:
        """Reset, and write all memories; returns the host."""
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
