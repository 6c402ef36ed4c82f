"""The batched engine: TensorFlow on whole batches, on CPU or GPU.

The same integers as the reference engine.

Exact codes need no loop over time: one forward pass in whole numbers gives q = clip(floor(v / θ),
0, L) of every neuron, and spikes per step, operations and outputs follow in closed form (radix: the
bits of q; sync_rate: a spike in each of the first q steps). Streaming codes loop over time, and
keep nothing of a step but its counts.

What a run spends its time on is products (sums.py: bytes where the machine multiplies them, else
float32 in parts that are exact) and passes over the neurons (blocks.py: fused by XLA). What was
compiled for a network is kept (kept.py).
"""

from __future__ import annotations

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part
from ..losses import bytes_of_draws
from ..schedule import Schedule, schedule
from .base import Batch
from .exact import Exact
from .kept import Kept
from .sizes import bytes_per_sample, even_batches, size_class
from .streaming import Streaming

MEMORY_BYTES = 64e6  # of what a batch holds at once
COMPILE_FROM = 500_000  # neuron updates, of all runs together; below, compiling takes longer
VALUES_BATCH = 64


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    plan: Schedule,
    counts: Counts,
    part: Part,
) -> None:
    """Run `inputs` (samples, neurons; integers) in batches of bounded memory."""
    runner = _KEPT.of(network, plan)
    runner.run(inputs, counts, part)


class Runner:
    """A network made ready to run, again and again.

    Parameters
    ----------
    batch : int, samples of a batch; default what fits the memory that a batch may take.
    compiled : bool; default None: once its runs are long enough together.
    """

    def __init__(
        self,
        network: SpikingNetwork,
        plan: Schedule,
        batch: int | None = None,
        compiled: bool | None = None,
    ):
        self.network, self.plan = network, plan
        self.batch, self.compiled = batch, compiled
        self.updates = 0  # of neurons, in all runs
        self.steps: dict[bool, Batch] = {}  # compiled or not -> made ready
        self.sizes: set[int] = set()  # of batches, for which something was compiled
        # The same of batches that lose spikes.
        self.lossy_steps: dict[bool, Batch] = {}
        self.lossy_sizes: set[int] = set()

    def run(
        self, inputs: np.ndarray, counts: Counts | None = None, part: Part | None = None
    ) -> Counts:
        """Run `inputs` (samples, neurons; integers), and return the counts that were filled."""
        samples = len(inputs)
        if counts is None:
            counts = Counts.empty(self.network, samples, self.plan.steps, rasters=0)
        part = part or Part()

        compiled = self._is_compiled(samples)
        lossy = part.lost_spikes > 0
        step = self._ready(compiled, lossy)
        size = self._size(samples, compiled, lossy)
        for start in range(0, samples, size):
            batch = inputs[start : start + size]
            given = len(batch)
            if compiled:
                missing = size - given
                batch = np.pad(batch, ((0, missing), (0, 0)))  # one size, one compilation

            recorded = min(max(counts.recorded - start, 0), given)
            step.run(
                batch,
                counts,
                start,
                given,
                recorded,
                part,
            )
            part.progress("simulate", start + given, samples)
        return counts

    def is_ready(self, samples: int) -> bool:
        """Whether all that a run of so many samples needs is compiled."""
        most = max(1, int(MEMORY_BYTES // bytes_per_sample(self.network, self.plan)))
        size = size_class(even_batches(samples, most), self.sizes)
        return True in self.steps and size in self.sizes

    def _is_compiled(self, samples: int) -> bool:
        """Whether to run what is compiled: it pays, or was paid for."""
        if self.compiled is not None:
            return self.compiled
        neurons = sum(p.size for p in self.network.populations)
        self.updates += samples * neurons * self.plan.steps
        return self.updates > COMPILE_FROM

    def _ready(self, compiled: bool, lossy: bool = False) -> Batch:
        """The network made ready, once."""
        steps = self.lossy_steps if lossy else self.steps
        if compiled not in steps:
            kind = Streaming if self.plan.streaming else Exact
            steps[compiled] = kind(self.network, self.plan, compiled, lossy)
        return steps[compiled]

    def _size(self, samples: int, compiled: bool, lossy: bool = False) -> int:
        """Samples of a batch, of a size for which something is compiled where there is one."""
        if self.batch is not None:
            return self.batch
        per_sample = bytes_per_sample(self.network, self.plan)
        if lossy:
            per_sample += bytes_of_draws(self.network, self.plan)
        most = max(1, int(MEMORY_BYTES // per_sample))
        even = even_batches(samples, most)
        if not compiled:
            return even
        sizes = self.lossy_sizes if lossy else self.sizes
        size = size_class(even, sizes)
        sizes.add(size)
        return size


_KEPT = Kept(Runner)


def kept(network: SpikingNetwork, plan: Schedule) -> Runner | None:
    """The runner of an earlier run, if it is there."""
    return _KEPT.there(network, plan)


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
    forward = Exact(network, plan)

    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(inputs), VALUES_BATCH):
        stop = start + VALUES_BATCH
        pixels = forward.pixels(inputs[start:stop])
        transmitted = forward.transmitted(pixels)
        for name, q in transmitted.items():
            parts = found.setdefault(name, [])
            parts.append(np.asarray(q))

    shapes = {p.name: p.shape for p in network.populations}
    return {name: np.concatenate(parts).reshape(-1, *shapes[name]) for name, parts in found.items()}
