"""The ANNarchy engine.

Worker processes that each hold the compiled network, fed with chunks of samples.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part
from ..schedule import Schedule
from .build import check_toolchain
from .code import is_compiled
from .layout import Layout
from .plan import plan_of
from .processes import Workers
from .samples import events_of

LOG = logging.getLogger(__name__)
LEAST_SAMPLES = 8  # a second process that runs fewer costs more than it saves
LARGEST_CHUNK = 128  # samples that a worker is asked for at once
CHUNKS = 8  # at least so many per worker, so that all end at about the same time


def run(
    network: SpikingNetwork,
    inputs: np.ndarray,
    schedule: Schedule,
    counts: Counts,
    part: Part,
) -> None:
    """Run `inputs` (samples, neurons; integers) in ANNarchy.

    Same counts as the reference engine, bit for bit.

    Raises
    ------
    MissingToolError : no compiler, cmake or Python headers.
    SpikewattError : a worker failed (its last lines are quoted).
    """
    check_toolchain()
    samples = len(inputs)
    workers = part.workers or len(os.sched_getaffinity(0))
    worth_it = -(-samples // LEAST_SAMPLES)
    workers = min(workers, worth_it)

    layout = Layout(network, schedule)
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        plan, values = plan_of(layout, inputs)
        plan.save(folder / "plan.npz")
        np.save(folder / "inputs.npy", values)

        job = Job(
            layout,
            inputs,
            counts,
            folder,
            part,
        )
        with Workers(folder, workers) as pool:
            job.run(pool, workers)


class Job:
    """Samples handed out in chunks, and their counts read back as they come."""

    def __init__(
        self,
        layout: Layout,
        inputs: np.ndarray,
        counts: Counts,
        folder: Path,
        part: Part,
    ):
        self.layout = layout
        self.inputs, self.counts = inputs, counts
        self.folder = folder
        self.rasters, self.part = counts.recorded, part

    def run(self, pool: Workers, workers: int) -> None:
        """Hand out all samples, and wait for the last."""
        samples, done = len(self.inputs), 0
        chunk = -(-samples // (CHUNKS * workers))
        chunk = max(1, min(LARGEST_CHUNK, chunk))
        chunks = _chunks(samples, chunk)

        report = self.part.progress
        report("compile", 0, 1)
        where = "from the cache" if is_compiled(self.layout) else "not in the cache, compiled now"
        begun = time.perf_counter()
        for worker, words in pool.answers():
            if words[0] == "ready":
                report("compile", 1, 1)
                LOG.info("simulator %s: ready in %.1f s", where, time.perf_counter() - begun)
            else:
                start, stop = int(words[1]), int(words[2])
                self.take(start, stop)
                done += stop - start
                report("simulate", done, samples)

            part = next(chunks, None)
            if part is not None:
                request = self.request(*part)
                pool.ask(worker, request)
            elif done == samples:
                return

    def request(self, start: int, stop: int) -> str:
        """The line that asks for samples `start` to `stop`; their events lie in a file."""
        given = self.inputs[start:stop]
        number = self.part.first + start
        events = events_of(self.layout, given, number, self.part.seed)
        if events is not None:
            np.save(self.folder / f"{start}.events.npy", events)
        return f"{start} {stop} {self.rasters}"

    def take(self, start: int, stop: int) -> None:
        """Read the counts of samples `start` to `stop`, and remove their files."""
        answer = self.folder / f"{start}.npz"
        with np.load(answer, allow_pickle=False) as result:
            self.layout.read(self.counts, start, result["recorded"], result["lost"])
            last_raster = min(stop, self.rasters)
            for sample in range(start, last_raster):
                raster = result[f"raster_{sample}"]
                self.layout.read_raster(self.counts, sample, raster)

        answer.unlink()
        events = self.folder / f"{start}.events.npy"
        events.unlink(missing_ok=True)


def _chunks(samples: int, size: int) -> Iterator[tuple[int, int]]:
    """(first, after the last) of each chunk."""
    for start in range(0, samples, size):
        stop = min(start + size, samples)
        yield start, stop
