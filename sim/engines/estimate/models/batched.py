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
IMPORT_IN_ADDITIONS = 1.2e10  # where TensorFlow was imported before anybody looked at the clock
ALIVE = 6  # tensors of the largest size at once


class BatchedCost(CostModel):
    """Whole batches in TensorFlow."""

    engine = "batched"
    folder = "batched"
    calibration_s = 10.0

    def missing(self):
        """TensorFlow."""
        return "" if importlib.util.find_spec(TENSORFLOW) else "no tensorflow"

    def ready(self, work):
        """Import, trace and compile; a short run calls each layer as it comes."""
        from ...batched.engine import COMPILE_FROM

        loop = "streaming" if work.streaming else "exact"
        layers = len(work.network.connections)
        if work.samples * work.widest * work.steps > COMPILE_FROM:
            features = {f"compiled layers, {loop}": layers, "compiled runs": 1}
        else:
            features = {"called layers": layers * work.passes}
        if TENSORFLOW not in sys.modules:
            features["import"] = 1
        return features

    def running(self, work):
        """Products, and what is done with each neuron at each step."""
        loop = "streaming" if work.streaming else "exact"
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

        steps = 1 if work.streaming else _longest_window(work)
        tensor = 4 * work.widest * steps * work.samples
        weights = sum(c.weights.size for c in work.network.connections if c.weights is not None)
        return TENSORFLOW_BYTES + ALIVE * min(tensor, MEMORY_BYTES) + 4 * weights

    def calibration(self):
        """Dense layers and convolutions, streaming and exact; and the import."""
        yield from beside_an_addition({"import": IMPORT_IN_ADDITIONS})
        if TENSORFLOW not in sys.modules:
            from .....models.keras_backend import import_keras

            start = time.perf_counter()
            import_keras()
            yield Record({"import": 1.0}, time.perf_counter() - start, once=True)
        from ...batched.engine import run

        def both(work):
            return self.ready(work), self.running(work)

        for network, steps, samples in (
            (dense("rate", 512, 3), 16, (200, 2000)),
            (dense("rate", 128, 2), 16, (10, 100)),
            (convolutional("rate"), 16, (50, 250)),
            (convolutional("radix"), None, (200, 1000)),
        ):
            yield from timed(run, network, steps, samples, both)


def _longest_window(work: Work) -> int:
    return max([window.length for window in work.plan.windows.values()], default=1)
