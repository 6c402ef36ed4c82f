"""The batched engine: TensorFlow on whole batches, on CPU or GPU.

The same integers as the reference engine.

Exact codes need no loop over time: one integer forward pass gives q = clip(floor(v / θ), 0, L) of
every neuron, and spikes per step, operations and outputs follow in closed form (radix: the bits of
q; sync_rate: a spike in each of the first q steps). Streaming codes loop over time, and keep
nothing of a step but its counts.
"""

from __future__ import annotations

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part
from ..schedule import Schedule, schedule
from ..state_width import largest_potential
from .exact import Exact
from .streaming import Streaming
from .tally import EXACT_FLOAT32

MEMORY_BYTES = 400e6  # of the largest tensor of a batch; a handful of its size are alive at once
MAX_BATCH = 1000
COMPILE_FROM = 2_000_000  # neuron updates of a run; below, compiling takes longer than running
VALUES_BATCH = 64


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    counts: Counts,
    part: Part,
) -> None:
    """Run `inputs` (samples, neurons; integers) in batches of bounded memory."""
    samples = len(inputs)
    widest = max(p.size for p in network.populations)

    # Exact codes hold the steps of one window at a time.
    steps = plan.steps
    if not plan.streaming:
        lengths = [window.length for window in plan.windows.values()]
        steps = max(1, *lengths)

    bytes_per_sample = widest * 4 * steps
    batch = MEMORY_BYTES / bytes_per_sample
    batch = int(np.clip(batch, 1, min(MAX_BATCH, samples)))

    updates = samples * widest * plan.steps
    compiled = updates > COMPILE_FROM
    runner = Runner(network, plan, batch, compiled)
    runner.run(inputs, counts, part)


class Runner:
    """A network made ready to run batches of `batch` samples.

    `compiled` by XLA, which pays for long runs.
    """

    def __init__(self, network: SpikingNetwork, plan: Schedule, batch: int, compiled: bool):
        self.network, self.plan, self.batch = network, plan, batch
        dtype = _precision(network, plan)
        kind = Streaming if plan.streaming else Exact
        self.step = kind(network, plan, dtype, compiled)

    def run(
        self, inputs: np.ndarray, counts: Counts | None = None, part: Part | None = None
    ) -> Counts:
        """Run `inputs` (samples, neurons; integers), and return the counts that were filled."""
        samples = len(inputs)
        if counts is None:
            counts = Counts.empty(self.network, samples, self.plan.steps, rasters=0)
        part = part or Part()

        for start in range(0, samples, self.batch):
            batch = inputs[start : start + self.batch]
            size = len(batch)
            missing = self.batch - size
            padded = np.pad(batch, ((0, missing), (0, 0)))  # one shape, one compilation

            recorded = min(max(counts.recorded - start, 0), size)
            self.step.run(
                padded,
                counts,
                start,
                size,
                recorded,
                part,
            )
            part.progress("simulate", start + size, samples)
        return counts


def values(network: SpikingNetwork, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Values q that an exact code transmits.

    Parameters
    ----------
    inputs : (samples, neurons) integers.

    Returns
    -------
    population -> (samples, *shape).
    """
    plan = schedule(network)
    dtype = _precision(network, plan)
    forward = Exact(network, plan, dtype)

    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(inputs), VALUES_BATCH):
        stop = start + VALUES_BATCH
        pixels = forward.pixels(inputs[start:stop])
        transmitted = forward.transmitted(pixels)
        for name, q in transmitted.items():
            parts = found.setdefault(name, [])
            parts.append(np.asarray(q))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _precision(network: SpikingNetwork, plan: Schedule) -> type:
    """The narrowest float type in which no sum is rounded."""
    exact = largest_potential(network, plan) < EXACT_FLOAT32
    return np.float32 if exact else np.float64
