"""A run in parts: what an engine is given at once, and where its counts go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ...progress import Progress, silent
from ..network.spiking_network import SpikingNetwork
from .blocks import parts
from .counts import Counts, Part, has_potential
from .engines import Engine
from .feed import Feed
from .inputs import Inputs
from .schedule import Schedule


class Takes(Protocol):
    """Where the counts of a block of samples go, one after the other."""

    def put(self, counts: Any) -> None:
        """Take the counts of the next samples."""


@dataclass(frozen=True)
class Run:
    """What is run, and how.

    Parameters
    ----------
    network, inputs : what runs on what.
    engine, plan, seed, workers, progress, lost_spikes : see `Engine.run` and `Part`.
    rasters : samples of which every spike is kept.
    counted : called with the counts of each block, once they are whole.
    """

    network: SpikingNetwork
    inputs: Inputs
    engine: Engine
    plan: Schedule
    rasters: int = 0
    seed: int = 0
    workers: int | None = None
    progress: Progress | None = None
    counted: Callable[[Counts], None] | None = None
    lost_spikes: float = 0.0

    @property
    def bytes_per_sample(self) -> int:
        """Of the inputs and counts of one."""
        return 8 * self.inputs.neurons + count_bytes(self.network, self.plan.steps)

    @property
    def at_once(self) -> int:
        """Samples of a part."""
        return max(1, self.engine.part_bytes // self.bytes_per_sample)

    def into(self, taker: Takes, block: int) -> str:
        """Give `taker` the counts, `block` samples at a time; return the hash of the inputs."""
        network, plan, samples = self.network, self.plan, self.inputs.samples
        blocks = list(parts(samples, block))
        within = [
            (start + first, start + last)
            for start, stop in blocks
            for first, last in parts(stop - start, self.at_once)
        ]
        ends = iter(blocks)
        begin = end = 0
        counts = None
        with Feed(self.inputs, within) as feed:
            for start, stop, levels in feed:
                if counts is None:
                    begin, end = next(ends)
                    rasters = min(max(self.rasters - begin, 0), end - begin)
                    counts = Counts.empty(network, end - begin, plan.steps, rasters)
                given = counts.between(start - begin, stop - begin)
                report = self._report(start)
                part = Part(start, self.seed, self.workers, report, self.lost_spikes)
                self.engine.run(
                    network,
                    levels,
                    plan,
                    given,
                    part,
                )
                if stop == end:
                    if self.counted is not None:
                        self.counted(counts)
                    taker.put(counts)
                    counts = None
            return feed.hash()

    def _report(self, start: int) -> Progress:
        """What an engine says of a part, as it is of the whole."""
        report = self.progress or silent
        samples = self.inputs.samples

        def of_part(stage: str, done: int, total: int) -> None:
            if stage == "simulate":
                report(stage, start + done, samples)
            elif start == 0:
                report(stage, done, total)

        return of_part


def count_bytes(network: SpikingNetwork, steps: int) -> int:
    """Bytes of the counts of one sample, as an engine fills them."""
    per_step = sum(p.size for p in network.readouts)
    per_step += sum(p.kind.fires for p in network.populations)
    per_step += 2 * len(network.connections)
    held = sum(has_potential(network, p) for p in network.populations)
    return 8 * (steps * per_step + held)
