"""What a chain of cores does with the words of some samples, on the RTL and in the golden model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..design import COUNTER_ORDER
from ..model.core_image import CoreImage
from ..model.golden import GoldenChain
from ..model.words import Word
from ..simulation.simulator import Simulation

TICK = -1  # among the neurons that left a core


@dataclass(frozen=True, eq=False)
class CoreRun:
    """What one core of the chain did.

    Parameters
    ----------
    left : (words,) neurons that fired, in order, and TICK for each tick that was passed on
    ends : (looks,) how many words had left when the bench looked
    potentials : (looks, neurons) at those times
    counters : name -> count at the end; ``stalls`` by the RTL alone
    """

    left: np.ndarray
    ends: np.ndarray
    potentials: np.ndarray
    counters: dict[str, int]

    @property
    def neurons(self) -> int:
        """Number of neurons of the core."""
        return self.potentials.shape[1]

    @property
    def fired(self) -> np.ndarray:
        """(spikes,) neurons that fired, in order."""
        return self.left[self.left != TICK]

    def raster(self) -> np.ndarray:
        """(steps, neurons) spikes, where each step was ended by a tick."""
        ticks = self.left == TICK
        step = np.cumsum(ticks)

        steps = int(ticks.sum())
        raster = np.zeros((steps, self.neurons), np.int8)
        spikes = (step[~ticks], self.fired)
        np.add.at(raster, spikes, 1)
        return raster


ChainRun = list[CoreRun]


def rtl_run(
    simulation: Simulation,
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    results: Path | None = None,
) -> ChainRun:
    """Run the words of each sample on the RTL.

    Parameters
    ----------
    simulation : of `snn_top`
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    results : path, folder for waveforms and JUnit XML, default none
    """
    result = simulation.run("network", _job(images, programs), results=results)
    widths = [len(image.threshold) for image in images]
    borders = np.cumsum(widths)[:-1]
    columns = np.split(result["potentials"], borders, axis=1)

    cores = []
    for i, potentials in enumerate(columns):
        counters = dict(
            zip(
                COUNTER_ORDER,
                result["counters"][i].tolist(),
                strict=True,
            )
        )
        core = CoreRun(
            result[f"left_{i}"],
            result["ends"][:, i],
            potentials,
            counters,
        )
        cores.append(core)

    return cores


def golden_run(
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    state_bits: int,
) -> ChainRun:
    """Run the words of each sample on the golden model.

    Parameters
    ----------
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    state_bits : width of a potential, bits
    """
    chain = GoldenChain.of(images, state_bits)
    left: list[list[int]] = [[] for _ in images]
    ends: list[list[int]] = [[] for _ in images]
    potentials: list[list[np.ndarray]] = [[] for _ in images]

    for program in programs:
        chain.restart()
        for word in program:
            sent = chain.send(word)
            for out, of_core in zip(left, sent, strict=True):
                out += [_neuron_or_tick(each) for each in of_core]
            if word.read:
                for i, core in enumerate(chain.cores):
                    ends[i].append(len(left[i]))
                    potentials[i].append(core.potential.copy())

    cores = []
    for i, core in enumerate(chain.cores):
        run = CoreRun(
            left=np.array(left[i], np.int64),
            ends=np.array(ends[i], np.int64),
            potentials=np.array(potentials[i]),
            counters=core.counters(),
        )
        cores.append(run)

    return cores


def _neuron_or_tick(word: Word) -> int:
    return TICK if word.axon is None else word.axon


def _job(images: Sequence[CoreImage], programs: Sequence[Sequence[Word]]) -> dict[str, np.ndarray]:
    """Memories and words in the form that the bench `network` reads."""
    job = {"cores": np.array(len(images))}
    for i, image in enumerate(images):
        for name, array in image.arrays().items():
            job[f"{name}_{i}"] = array

    rows = []
    for program in programs:
        for word in program:
            axon = _neuron_or_tick(word)
            rows.append((axon, word.kind, word.target, word.read))

    table = np.array(rows, np.int64)
    job["words"] = table.reshape(-1, 4)

    lengths = [len(program) for program in programs]
    job["starts"] = np.cumsum([0, *lengths])
    return job
