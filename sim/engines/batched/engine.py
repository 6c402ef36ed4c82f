"""The batched engine: TensorFlow on whole batches, on CPU or GPU; the same integers as the reference engine.

Exact codes need no loop over time: one integer forward pass gives q = clip(floor(v / θ), 0, L) of every neuron, and spikes per
step, operations and outputs follow in closed form (radix: the bits of q; sync_rate: a spike in each of the first q steps).
Streaming codes loop over time, and keep nothing of a step but its counts.
"""

from __future__ import annotations

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Progress, largest_potential
from ..schedule import Schedule, schedule
from .base import EXACT_FLOAT32
from .exact import Exact
from .streaming import Streaming

MEMORY_BYTES = 400e6  # of the largest tensor of a batch; a handful of its size are alive at once
MAX_BATCH = 1000
COMPILE_FROM = 2_000_000  # neuron updates of a run; below, compiling takes longer than running


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    rasters: int = 0,
    progress: Progress | None = None,
    seed: int = 0,
) -> Counts:
    """Run `inputs` (samples, neurons; integers) in batches of bounded memory; `seed` is that of Poisson inputs."""
    widest = max(p.size for p in network.populations)
    steps = (
        plan.steps if plan.streaming else max(1, *(w.stop - w.start for w in plan.windows.values()))
    )
    batch = int(np.clip(MEMORY_BYTES / (widest * 4 * steps), 1, min(MAX_BATCH, len(inputs))))
    runner = Runner(network, plan, batch, compiled=len(inputs) * widest * plan.steps > COMPILE_FROM)
    return runner.run(inputs, rasters, progress, seed)


class Runner:
    """A network made ready to run batches of `batch` samples; `compiled` by XLA, which pays for long runs."""

    def __init__(self, network: SpikingNetwork, plan: Schedule, batch: int, compiled: bool):
        self.network, self.plan, self.batch = network, plan, batch
        dtype = np.float32 if largest_potential(network, plan) < EXACT_FLOAT32 else np.float64
        self.step = (Streaming if plan.streaming else Exact)(network, plan, dtype, compiled)

    def run(
        self, inputs: np.ndarray, rasters: int = 0, progress: Progress | None = None, seed: int = 0
    ) -> Counts:
        """Run `inputs` (samples, neurons; integers)."""
        samples, batch = len(inputs), self.batch
        counts = Counts.empty(self.network, samples, self.plan.steps, rasters)
        for start in range(0, samples, batch):
            part = inputs[start : start + batch]
            missing = batch - len(part)
            padded = (
                np.concatenate([part, np.zeros((missing, part.shape[1]), part.dtype)])
                if missing
                else part
            )  # one shape, one compilation
            self.step.run(
                padded, counts, start, len(part), max(min(rasters - start, len(part)), 0), seed
            )
            if progress:
                progress("simulate", min(start + batch, samples), samples)
        return counts


def values(network: SpikingNetwork, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Population -> (samples, *shape) values q that an exact code transmits for `inputs` (samples, neurons; integers)."""
    plan = schedule(network)
    forward = Exact(
        network,
        plan,
        np.float32 if largest_potential(network, plan) < EXACT_FLOAT32 else np.float64,
    )
    parts = []
    for start in range(0, len(inputs), 64):
        pixels = forward.pixels(inputs[start : start + 64])
        parts.append({name: np.asarray(q) for name, q in forward.transmitted(pixels).items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
