"""What a run costs in the batched engine: every synapse at every pass, compiled by XLA."""

from __future__ import annotations

import importlib.util
import sys
import time

from ....network.connection_kinds import Dense
from ..calibration import beside_an_addition, convolutional, dense, timed
from ..model import CostModel
from ..records import Record
from ..work import Work

TENSORFLOW = "tensorflow"
TENSORFLOW_BYTES = 600e6
ALIVE = 4  # times what a batch holds, while it is compiled too
# Where TensorFlow was imported before anybody looked at the clock; and what is no part of a first
# run.
TIMES_AN_ADDITION = {"import": 1.2e10, "kept runs": 5e6}


class BatchedCost(CostModel):
    """Whole batches in TensorFlow."""

    engine = "batched"
    folder = "batched"
    calibration_s = 10.0

    def missing(self):
        """TensorFlow."""
        return "" if importlib.util.find_spec(TENSORFLOW) else "no tensorflow"

    def ready(self, work):
        """Import, trace and compile, if that is not kept; a short run calls layer by layer."""
        from ...batched.engine import COMPILE_FROM, kept

        loop = _loop(work)
        layers = len(work.network.connections)
        runner = kept(work.network, work.plan)
        before = runner.updates if runner else 0
        if work.samples * work.neurons * work.steps + before <= COMPILE_FROM:
            features = {"called layers": layers * work.passes}
        elif runner and runner.is_ready(work.samples):
            features = {"kept runs": 1}
        else:
            features = {f"compiled layers, {loop}": layers, "compiled runs": 1}
        if TENSORFLOW not in sys.modules:
            features["import"] = 1
        return features

    def running(self, work):
        """Products, and what is done with each neuron at each step."""
        loop = _loop(work)
        flat = [c for c in work.network.connections if isinstance(c.kind, Dense)]
        products = sum(work.macs_of(c) for c in flat)
        return {
            "dense products": products * work.samples,
            "products": (work.macs - products) * work.samples,
            f"updates, {loop}": work.updates * work.samples,
        }

    def memory_bytes(self, work):
        """A batch, and TensorFlow itself."""
        from ...batched.engine import MEMORY_BYTES
        from ...batched.sizes import bytes_per_sample

        batch = min(bytes_per_sample(work.network, work.plan) * work.samples, MEMORY_BYTES)
        weights = sum(c.weights.size for c in work.network.connections if c.weights is not None)
        return TENSORFLOW_BYTES + ALIVE * batch + 4 * weights

    def calibration(self):
        """Dense layers and convolutions, streaming and exact; and the import."""
        yield from beside_an_addition(TIMES_AN_ADDITION)
        if TENSORFLOW not in sys.modules:
            from .....models.keras_backend import import_keras

            start = time.perf_counter()
            import_keras()
            yield Record({"import": 1.0}, time.perf_counter() - start, once=True)
        from ...batched.engine import run

        def both(work):
            return self.ready(work), self.running(work)

        for network, steps, samples in (
            (dense("rate", 512, 3), 16, (400, 6000)),
            (dense("rate", 128, 2), 16, (10, 100)),
            (convolutional("rate"), 16, (100, 800)),
            (convolutional("signed"), 16, (100, 600)),
            (convolutional("radix"), None, (200, 2000)),
        ):
            yield from timed(run, network, steps, samples, both)


def _loop(work: Work) -> str:
    """What is done at a step: more where a neuron may take a spike back, little in exact codes."""
    if not work.streaming:
        return "exact"
    return "retracting" if work.network.code.negative_spikes else "streaming"
