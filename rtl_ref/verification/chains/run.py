"""What a chain of cores did with the words of some samples: its cores, ticks, and resets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...design import COUNTER_ORDER
from ...simulation.record import TICK


@dataclass(frozen=True)
class Pace:
    """How fast words are sent and taken, and which samples a reset ends.

    Parameters
    ----------
    readiness : 0..1, probability that the receiver is ready in a cycle, default always
    idle : cycles of rest before each word, by sample; default none
    interrupted : cycles after the last word of each sample in which the chain is reset; 0 for
        never; default never
    read_back : whether all memories are read before each sample, after a write to a place of each
        core that is not there; default False
    image : whether the memories are loaded from files when the simulation begins, default False
    seed : of the receiver
    """

    readiness: float = 1.0
    idle: Sequence[Sequence[int]] = ()
    interrupted: Sequence[int] = ()
    read_back: bool = False
    image: bool = False
    seed: int = 1


@dataclass(frozen=True, eq=False)
class CoreRun:
    """What one core of the chain did.

    Parameters
    ----------
    left : (words,) neurons that fired, in order, and TICK for each tick that was passed on
    lengths : (samples,) how many of them left in each sample
    ends : (looks,) how many of its sample had left when the bench looked
    potentials : (looks, neurons) at those times
    history : (samples, counters) counts after each sample, in COUNTER_ORDER
    stalls : (samples,) cycles in which a word of it was not taken, as the bench saw it
    contents : (samples, places) of all memories, where they are read back
    """

    left: np.ndarray
    lengths: np.ndarray
    ends: np.ndarray
    potentials: np.ndarray
    history: np.ndarray
    stalls: np.ndarray
    contents: np.ndarray

    @property
    def neurons(self) -> int:
        """Number of neurons of the core."""
        return self.potentials.shape[1]

    @property
    def counters(self) -> dict[str, int]:
        """name -> count at the end."""
        return dict(zip(COUNTER_ORDER, self.history[-1].tolist(), strict=True))

    @property
    def fired(self) -> np.ndarray:
        """(spikes,) neurons that fired, in order."""
        return self.left[self.left != TICK]

    def sample_words(self) -> list[np.ndarray]:
        """What left in each sample."""
        return np.split(self.left, np.cumsum(self.lengths)[:-1])

    def raster(self) -> np.ndarray:
        """(steps, neurons) spikes, where each step was ended by a tick."""
        ticks = self.left == TICK
        step = np.cumsum(ticks)

        steps = int(ticks.sum())
        raster = np.zeros((steps, self.neurons), np.int8)
        spikes = (step[~ticks], self.fired)
        np.add.at(raster, spikes, 1)
        return raster


@dataclass(frozen=True, eq=False)
class ChainRun:
    """What a chain did: its cores, the ticks that came out, and its resets.

    Parameters
    ----------
    cores : one per core
    last_ticks : (ticks, 2) kind and target of those that left the chain in whole samples
    reset_states : (resets, 3 + 2 numbers) ready in the reset; after it: ready, links that offer a
        word; for each number of a core, there or not: whether it rests, and whether one of its
        counters has wrapped; of the RTL alone
    reset_counters : (resets, cores, counters) before each reset; of the RTL alone
    wrapped : (samples, cores) whether a counter has wrapped; of the RTL alone
    refused : accesses that the memory port said it refused; of the RTL alone
    latencies : cycles in which reads of the memory port are answered; of the RTL alone
    """

    cores: list[CoreRun]
    last_ticks: np.ndarray
    reset_states: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    reset_counters: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.int64))
    wrapped: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    refused: int = 0
    latencies: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __iter__(self) -> Iterator[CoreRun]:
        return iter(self.cores)

    @classmethod
    def joined(cls, runs: Sequence[ChainRun]) -> ChainRun:
        """Runs of one chain, each from a reset on, as one: their counts go on from each other.

        Parameters
        ----------
        runs : at least one, of samples that follow each other
        """
        if len(runs) == 1:
            return runs[0]

        cores = [_joined_cores(parts) for parts in zip(*(run.cores for run in runs), strict=True)]
        together = {}
        for name in ("last_ticks", "reset_states", "reset_counters", "wrapped"):
            together[name] = np.concatenate([getattr(run, name) for run in runs])
        return cls(
            cores,
            **together,
            refused=sum(run.refused for run in runs),
            latencies=np.unique(np.concatenate([run.latencies for run in runs])),
        )


def _joined_cores(parts: Sequence[CoreRun]) -> CoreRun:
    together = {}
    for name in ("left", "lengths", "ends", "potentials", "contents"):
        together[name] = np.concatenate([getattr(part, name) for part in parts])
    for name in ("history", "stalls"):
        together[name] = _counted_on([getattr(part, name) for part in parts])
    return CoreRun(**together)


def _counted_on(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Counts after each sample, each part's from the end of the one before it.

    >>> _counted_on([np.array([2, 5]), np.array([1])]).tolist()
    [2, 5, 6]
    """
    found, before = [], np.zeros_like(parts[0][-1])
    for part in parts:
        found.append(part + before)
        before = found[-1][-1]
    return np.concatenate(found)
