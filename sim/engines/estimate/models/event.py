"""What a run costs in the event engine: its own time on a few samples, scaled to all."""

from __future__ import annotations

import shutil

from ..model import Cost, CostModel
from ..probe import Probe
from ..work import Work

STATE_BYTES = 24  # of a neuron, on each thread: potential, drive, count, list
SYNAPSE_BYTES = 4
RUNS_BYTES = 12  # of a neighbourhood in a convolution


class EventCost(CostModel):
    """Spikes drive the work, so that nothing tells its time as a few samples do."""

    engine = "event"
    folder = "event"
    probed = True

    def missing(self):
        """A compiler."""
        return "" if shutil.which("g++") else "no g++"

    def memory_bytes(self, work):
        """Weights, neighbourhoods, and the state of a sample on each thread."""
        weights = sum(c.weights.size for c in work.network.connections if c.weights is not None)
        states = work.threads * STATE_BYTES * work.neurons
        return SYNAPSE_BYTES * weights + RUNS_BYTES * work.neurons + states

    def cost(self, work: Work, probe: Probe | None = None) -> Cost:
        """The probe's own times."""
        memory = self.memory_bytes(work) + work.counts_bytes + work.input_bytes
        if missing := self.missing():
            return Cost(0.0, 0.0, memory, missing)
        if probe is None or not probe.sample_s:
            return Cost(0.0, 0.0, memory, "no sample was run in it")
        return Cost(probe.ready_s, probe.sample_s * work.samples, memory)

    def ready(self, work):
        """Nothing that is fitted."""
        return {}

    def running(self, work):
        """Nothing that is fitted."""
        return {}
