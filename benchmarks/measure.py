"""Clocks and memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

MOST_ROUNDS = 9
LEAST_ROUNDS = 3
BUDGET_SECONDS = 30.0  # of the rounds of one comparison
Way = Callable[[], object]
Clock = Callable[[], float]
Name = TypeVar("Name")


@dataclass(frozen=True)
class Spent:
    """Seconds of several ways of doing the same, round by round.

    Parameters
    ----------
    seconds : name of the way -> seconds of each round.
    """

    seconds: Mapping[str, Sequence[float]]

    @property
    def rounds(self) -> int:
        """How often each was done."""
        return min(map(len, self.seconds.values()))

    def per_s(self, name: str, count: int) -> float:
        """`count` over the median seconds of a way."""
        return count / float(np.median(self.seconds[name]))

    def ratio(self, name: str, other: str) -> float:
        """How many times as fast as `other` a way is: the median over the rounds."""
        return float(np.median(np.divide(self.seconds[other], self.seconds[name])))


def alternate(
    ways: Mapping[str, Way],
    budget_seconds: float = BUDGET_SECONDS,
    least_rounds: int = LEAST_ROUNDS,
    clock: Clock = time.perf_counter,
) -> Spent:
    """All ways in turn, round after round, once they are warm.

    So a machine that slows down for a while slows all of them down.

    Parameters
    ----------
    ways : name -> what is timed.
    budget_seconds : float, after which no round begins; `least_rounds` are done in any case.
    clock : default the clock on the wall; ``time.process_time`` adds up all threads.
    """
    for way in ways.values():
        way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    begin = time.perf_counter()
    for done in range(MOST_ROUNDS):
        if done >= least_rounds and time.perf_counter() - begin > budget_seconds:
            break
        for name, way in ways.items():
            seconds[name].append(_seconds(way, clock))
    return Spent(seconds)


def fastest(ways: Mapping[Name, Way]) -> Name:
    """The name of the way that took the least time, of two tries after a first that warms up."""
    best = {}
    for name, way in ways.items():
        way()
        best[name] = min(_seconds(way) for _ in range(2))
    return min(best, key=lambda name: best[name])


def in_batches(run: Callable[[np.ndarray], object], x: np.ndarray, batch: int) -> None:
    """`run` on all of `x`, so many at a time."""
    for first in range(0, len(x), batch):
        run(x[first : first + batch])


def _seconds(way: Way, clock: Clock = time.perf_counter) -> float:
    begin = clock()
    way()
    return clock() - begin


def peak_memory_bytes(pid: int | str = "self") -> int:
    """Largest resident memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
