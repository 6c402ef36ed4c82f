"""What a chain of cores does with the words of some samples, on the RTL and in the golden model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..design import COUNTER_ORDER
from ..model.core_image import CoreImage
from ..model.golden import GoldenChain
from ..model.words import Word
from ..simulation.simulator import Simulation

TICK = -1  # among the neurons that left a core


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


def rtl_run(
    simulation: Simulation,
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    results: Path | None = None,
    pace: Pace | None = None,
) -> ChainRun:
    """Run the words of each sample on the RTL.

    Parameters
    ----------
    simulation : of `snn_top`
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    results : path, folder for waveforms and JUnit XML, default none
    pace : of sender and receiver, default as fast as can be
    """
    job = _job(images, programs, pace or Pace())
    result = simulation.run("network", job, results=results)
    widths = [len(image.threshold) for image in images]
    borders = np.cumsum(widths)[:-1]
    columns = np.split(result["potentials"], borders, axis=1)

    cores = []
    for i, potentials in enumerate(columns):
        core = CoreRun(
            left=result[f"left_{i}"],
            lengths=result["lengths"][:, i],
            ends=result["ends"][:, i],
            potentials=potentials,
            history=result["counters"][:, i],
            stalls=result["stalls"][:, i],
            contents=result[f"contents_{i}"],
        )
        cores.append(core)

    return ChainRun(
        cores,
        result["last_ticks"],
        result["reset_states"],
        result["reset_counters"],
        result["wrapped"],
        int(result["refused"]),
        result["latencies"],
    )


def golden_run(
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    state_bits: int,
    cycles_per_sop: int = 2,
    event_rule: bool = False,
    interrupted: Sequence[int] = (),
    refusals: int = 0,
) -> ChainRun:
    """Run the words of each sample on the golden model.

    Parameters
    ----------
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    state_bits : width of a potential, bits
    cycles_per_sop : cycles of a visit to one neuron, default 2
    event_rule : ODIN's rule in place of the tick rule, default False
    interrupted : as `Pace` has it: after such a sample the counters are 0, default never
    refusals : accesses of each core's memory port that it refuses before each sample, default 0
    """
    chain = GoldenChain.of(images, state_bits, cycles_per_sop, event_rule)
    notes = [_Notes() for _ in images]
    last_ticks: list[tuple[int, int]] = []
    for number, program in enumerate(programs):
        cut = bool(interrupted) and interrupted[number] > 0
        chain.restart()
        for core in chain.cores:
            core.refusals += refusals
        before = [len(note.left) for note in notes]
        for word in program:
            sent = chain.send(word)
            if not cut:
                last_ticks += [(each.kind, each.target) for each in sent[-1] if not each.is_event]
            for i, (note, of_core) in enumerate(zip(notes, sent, strict=True)):
                note.left += [_neuron_or_tick(each) for each in of_core]
                if word.read:
                    note.ends.append(len(note.left) - before[i])
                    note.potentials.append(chain.cores[i].potential.copy())

        for note, core in zip(notes, chain.cores, strict=True):
            counts = core.counters()
            if cut:
                for name in counts:
                    setattr(core, name, 0)
                counts = core.counters()
            note.history.append([counts.get(name, 0) for name in COUNTER_ORDER])
            note.lengths.append(len(note.left))

    return ChainRun([note.run() for note in notes], np.array(last_ticks, np.int64).reshape(-1, 2))


class _Notes:
    """What one golden core did."""

    def __init__(self):
        self.left: list[int] = []
        self.lengths: list[int] = []
        self.ends: list[int] = []
        self.potentials: list[np.ndarray] = []
        self.history: list[list[int]] = []

    def run(self) -> CoreRun:
        """The notes as a run."""
        return CoreRun(
            left=np.array(self.left, np.int64),
            lengths=np.diff([0, *self.lengths]),
            ends=np.array(self.ends, np.int64),
            potentials=np.array(self.potentials),
            history=np.array(self.history),
            stalls=np.zeros(0, np.int64),
            contents=np.zeros((0, 0), np.int64),
        )


def _neuron_or_tick(word: Word) -> int:
    return TICK if word.axon is None else word.axon


def _job(
    images: Sequence[CoreImage], programs: Sequence[Sequence[Word]], pace: Pace
) -> dict[str, np.ndarray]:
    """Memories and words in the form that the bench `network` reads."""
    job = {"cores": np.array(len(images))}
    for i, image in enumerate(images):
        for name, array in image.arrays().items():
            job[f"{name}_{i}"] = array

    rows = []
    for number, program in enumerate(programs):
        rests = pace.idle[number] if pace.idle else [0] * len(program)
        for word, rest in zip(program, rests, strict=True):
            axon = _neuron_or_tick(word)
            rows.append((axon, word.kind, word.target, word.read, rest))

    table = np.array(rows, np.int64)
    job["words"] = table.reshape(-1, 5)

    lengths = [len(program) for program in programs]
    job["starts"] = np.cumsum([0, *lengths])
    job["interrupted"] = np.array(pace.interrupted or [0] * len(programs))
    for name in ("readiness", "read_back", "image", "seed"):
        job[name] = np.array(getattr(pace, name))
    return job
