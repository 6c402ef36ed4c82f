"""Samples on several simulations of one build, which run beside each other."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ....progress import Progress, silent
from ...model.core_image import CoreImage
from ...model.words import Word
from ...simulation.job import read_progress
from ...simulation.simulator import Simulation
from .played import NO_LIMIT, Played, rtl_run
from .run import ChainRun

WORTH_S = 5.0  # what takes no longer is not shared out
MOST_PARTS = 8
MOST_TIMES = 4  # the cycles that a run should take: it never ends
LOOK_EVERY_S = 0.2
STAGE = "play"

Timed = Callable[[int, float], None]  # is told the cycles and the seconds of a part


def parts_of(cycles: Sequence[int], seconds: float) -> list[slice]:
    """Samples that run one after the other, in parts of about the same size.

    Parameters
    ----------
    cycles : of each sample
    seconds : that they take one after the other

    >>> parts_of([5, 5, 5, 5], seconds=1.0)  # too short to be worth it
    [slice(0, 4, None)]
    """
    wanted = min(len(os.sched_getaffinity(0)), len(cycles), MOST_PARTS)
    return shared_out(cycles, wanted if seconds > WORTH_S else 1)


def shared_out(cycles: Sequence[int], parts: int) -> list[slice]:
    """Samples in `parts` parts, none empty, each up to its share of the cycles.

    Parameters
    ----------
    cycles : of each sample
    parts : at most as many as there are samples

    >>> shared_out([5, 5, 5, 20], 2)
    [slice(0, 3, None), slice(3, 4, None)]
    """
    middles = np.cumsum(cycles) - np.asarray(cycles) / 2
    owner = (middles * parts / np.sum(cycles)).astype(int)
    first = [0]
    for part in range(1, parts):
        begin = int(np.searchsorted(owner, part))
        latest = len(cycles) - (parts - part)
        first.append(min(max(begin, first[-1] + 1), latest))
    return [slice(a, b) for a, b in zip(first, [*first[1:], len(cycles)], strict=True)]


def play_parts(
    simulation: Simulation,
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    parts: Sequence[slice],
    results: Path | None = None,
    cycles: Sequence[int] = (),
    progress: Progress = silent,
    timed: Timed = lambda *_: None,
) -> ChainRun:
    """Run each part of the samples on a simulation of its own, all at once.

    Parameters
    ----------
    simulation : of `chain_player`
    images : one per core
    programs : the words of each sample
    parts : of the samples
    results : path, folder for waveforms and JUnit XML, of one part only; default none
    cycles : that each part should take, for the progress; a part that takes MOST_TIMES as many
        fails; default nobody knows
    progress : called with (STAGE, cycles done, cycles)
    timed : called with the cycles and the seconds of each part
    """
    total = sum(cycles) or 1
    limits = [MOST_TIMES * each for each in cycles] or [NO_LIMIT] * len(parts)
    progress(STAGE, 0, total)
    # The bench ends when the folder that it tells its progress in is gone.
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        at_work = []
        for number, (part, limit) in enumerate(zip(parts, limits, strict=True)):
            told_in = Path(name, str(number))
            at_work.append(_Part(simulation, images, programs[part], results, told_in, limit))
        while any(part.is_alive() for part in at_work):
            time.sleep(LOOK_EVERY_S)
            done = sum(part.done() for part in at_work)
            progress(STAGE, min(done, total - 1), total)

        played = [part.played() for part in at_work]

    for part, found in zip(at_work, played, strict=True):
        timed(found.cycles, part.seconds)
    progress(STAGE, total, total)
    return ChainRun.joined([each.run for each in played])


class _Part(threading.Thread):
    """A simulation, which is a process; this thread waits for it, and nobody for this thread."""

    def __init__(self, simulation, images, programs, results, told_in: Path, most_cycles: int):
        super().__init__(daemon=True)
        self.most_cycles = most_cycles
        self.work = (simulation, images, programs, results)
        self.told_in = told_in
        self.seconds = 0.0
        self._done = 0
        self._played: Played | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        started = time.perf_counter()
        try:
            self._played = rtl_run(
                *self.work, progress_file=self.told_in, most_cycles=self.most_cycles
            )
        except BaseException as error:  # raised again where somebody asks
            self._error = error
        self.seconds = time.perf_counter() - started

    def done(self) -> int:
        """Cycles that have passed, as far as it has told; never less than before."""
        self._done = max(self._done, read_progress(self.told_in))
        return self._done

    def played(self) -> Played:
        """What it played; raises what went wrong in it."""
        if self._error is not None:
            raise self._error
        assert self._played is not None
        return self._played
