"""What a run costs in the reference engine: every synapse and neuron at every step."""

from __future__ import annotations

from ..calibration import convolutional, dense, timed
from ..model import CostModel
from ..work import NUMBER

SYNAPSE_BYTES = 12  # a weight and a place
UNROLLING = 4  # times as much while it is unrolled
ARRAYS = 9  # of neurons x samples: potential, bias, sent, counts and what a step makes of them


class ReferenceCost(CostModel):
    """numpy and sparse matrices, on one core."""

    engine = "reference"
    folder = "reference"
    calibration_s = 1.0

    def ready(self, work):
        """Unroll every synapse."""
        return {"connections": len(work.network.connections), "synapses": work.synapses}

    def running(self, work):
        """Sparse products, and some arrays of neurons x samples."""
        samples = work.samples
        return {
            "products": work.steps * work.synapses * samples,
            "updates": work.steps * work.neurons * samples,
            "calls": work.steps * len(work.network.populations),
        }

    def memory_bytes(self, work):
        """The synapses while they are unrolled; the state of all samples."""
        synapses = SYNAPSE_BYTES * UNROLLING * work.synapses
        return max(synapses, SYNAPSE_BYTES * work.synapses + self._state(work))

    def _state(self, work) -> float:
        return ARRAYS * NUMBER * work.neurons * work.samples

    def calibration(self):
        """Small networks with many synapses per neuron, and with few."""
        from ...reference import run

        def both(work):
            return self.ready(work), self.running(work)

        for network in (dense("rate"), convolutional("rate"), convolutional("rate", 4, 24)):
            yield from timed(run, network, 8, (4, 48), both)
