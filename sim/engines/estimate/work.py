"""Work: how much there is to do in a run, whoever does it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from ...network.connection import Connection
from ...network.spiking_network import SpikingNetwork
from ..counts import LEDGERS, has_potential
from ..schedule import Schedule

INPUT_BYTES = 2**28  # at most
NUMBER = 8  # bytes of a count, an input or an output


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, eq=False)
class Work:
    """A run before it is done.

    Parameters
    ----------
    network : SpikingNetwork.
    plan : Schedule, which says how long it runs.
    samples : int.
    operations, spikes : float, of one sample; operations of all synapses.
    workers : int, processes or threads, where an engine has them; None for one per core.
    rasters : int, samples of which every spike is kept.
    """

    network: SpikingNetwork
    plan: Schedule
    samples: int
    operations: float
    spikes: float
    workers: int | None = None
    rasters: int = 0

    @property
    def threads(self) -> int:
        """Processes or threads that there are."""
        return self.workers or cores()

    @property
    def steps(self) -> int:
        """Steps of a sample."""
        return self.plan.steps

    @property
    def streaming(self) -> bool:
        """Whether there is an answer at every step."""
        return self.plan.streaming

    @cached_property
    def neurons(self) -> int:
        """Neurons of all populations."""
        return sum(p.size for p in self.network.populations)

    @cached_property
    def widest(self) -> int:
        """Neurons of the largest population."""
        return max(p.size for p in self.network.populations)

    @cached_property
    def updates(self) -> int:
        """Updates of neurons of one sample, each at the steps at which it may fire."""
        windows = self.plan.windows
        found = 0
        for p in self.network.populations:
            window = windows.get(p.name)
            found += p.size * (window.length if window else self.steps)
        return found

    @cached_property
    def spiking(self) -> tuple[Connection, ...]:
        """Connections that spikes cross; a host multiplies those of analog inputs."""
        network = self.network
        if not network.input_code.analog:
            return network.connections
        hosts = {p.name for p in network.inputs}
        return tuple(c for c in network.connections if c.pre not in hosts)

    @cached_property
    def synapses(self) -> int:
        """Synapses that spikes cross."""
        return sum(self.synapses_of(c) for c in self.spiking)

    def synapses_of(self, c: Connection) -> int:
        """Synapses of one connection."""
        return int(self.network.fan_out(c).sum())

    @property
    def passes(self) -> int:
        """How often a loop without sparsity goes through the network: once for an exact code."""
        return self.steps if self.streaming else 1

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of one sample in a loop without sparsity."""
        return sum(self.macs_of(c) for c in self.network.connections)

    def macs_of(self, c: Connection) -> int:
        """Those of one connection; that of an analog input is multiplied once."""
        if not c.kind.multiplies:
            return 0
        pre, post = self.network.population(c.pre), self.network.population(c.post)
        once = pre.kind.is_input and self.network.input_code.analog
        return c.taps(pre.shape) * post.size * (1 if once else self.passes)

    @cached_property
    def counts_bytes(self) -> int:
        """Memory of the counts while they are filled; see `Counts.empty`."""
        network = self.network
        spiking = [p for p in network.populations if p.kind.fires]
        outputs = sum(p.size for p in network.readouts)
        potentials = sum(has_potential(network, p) for p in network.populations)

        rows = len(spiking) + len(LEDGERS) * len(network.connections) + outputs
        numbers = self.samples * (self.steps * rows + potentials)
        rastered = min(self.rasters, self.samples) * self.steps * sum(p.size for p in spiking)
        return NUMBER * numbers + rastered

    @cached_property
    def input_bytes(self) -> int:
        """Memory of the inputs as integers, of which not all are held at once."""
        whole = NUMBER * self.samples * sum(p.size for p in self.network.inputs)
        return min(whole, INPUT_BYTES)
