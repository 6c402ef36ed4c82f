"""What a verification will take: cycles from a trace, and seconds from earlier ones.

Seconds of a build, and of a cycle of a core, are fitted to what builds and runs took on this
machine before (`sim.engines.estimate.records`); the first time to PRIOR, what they took where this
was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....progress import in_words
from ....sim.engines.estimate.records import Record, Records, fitted, predicted
from ...model.core_image import CoreImage
from ...model.words import Word
from ...simulation.simulator import BENCH_FOLDER, Simulation
from .played import PLAYER

COUNTERS_AND_FLAGS = 9  # cycles in which a core's are read
LEAST_S = 3.0  # of a run that is kept


def _build(cores: int) -> dict[str, float]:
    return {"build": 1.0, "cores": float(cores)}


def _run(cores: int, cycles: int) -> dict[str, float]:
    return {"start": 1.0, "cycles": float(cycles), "core_cycles": float(cores * cycles)}


# Seconds of a build and of a run on a busy x86 core; weak beside what was measured here.
WEIGHT = 0.01
PRIOR = {
    "verilator": (
        Record(_build(4), 25.0, weight=WEIGHT),
        Record(_build(1), 18.0, weight=WEIGHT),
        Record(_run(4, 10**6), 1.8, weight=WEIGHT),
        Record(_run(4, 10**7), 9.0, weight=WEIGHT),
        Record(_run(1, 10**7), 5.0, weight=WEIGHT),
    ),
    "icarus": (
        Record(_build(4), 1.0, weight=WEIGHT),
        Record(_run(4, 10**5), 5.0, weight=WEIGHT),
        Record(_run(4, 10**6), 41.0, weight=WEIGHT),
        Record(_run(1, 10**6), 26.0, weight=WEIGHT),
    ),
}


@dataclass(frozen=True)
class Estimate:
    """What a verification will take.

    Parameters
    ----------
    cycles : clock cycles of each part, loading and reading included
    build_s : of the build, s; 0 where it was built before
    run_s : of the longest part, s

    >>> print(Estimate((3_200_000, 3_000_000), build_s=25.0, run_s=3.2))
    6.2 million clock cycles of the RTL in 2 processes: about 3.2 s, after a build of about 25 s
    """

    cycles: tuple[int, ...]
    build_s: float
    run_s: float

    @property
    def seconds(self) -> float:
        """Of build and run."""
        return self.build_s + self.run_s

    def __str__(self) -> str:
        millions = f"{sum(self.cycles) / 1e6:,.1f} million clock cycles of the RTL"
        where = f" in {len(self.cycles)} processes" if len(self.cycles) > 1 else ""
        build = f", after a build of about {in_words(self.build_s)}" if self.build_s else ""
        return f"{millions}{where}: about {in_words(self.run_s)}{build}"


class Rates:
    """Seconds of builds and runs with a simulator on this machine.

    Parameters
    ----------
    simulator : ``verilator`` or ``icarus``
    waves : whether waveforms are recorded, which takes longer; default False
    """

    def __init__(self, simulator: str, waves: bool = False):
        self.prior = PRIOR[simulator]
        name = f"rtl-{simulator}{'-waves' * waves}"
        self.records = Records(name, [BENCH_FOLDER / f"{PLAYER}.sv"])

    def build_s(self, cores: int) -> float:
        """Seconds of a build.

        Parameters
        ----------
        cores : length of the chain
        """
        return self._predicted(_build(cores))

    def run_s(self, cores: int, cycles: int) -> float:
        """Seconds of a run.

        Parameters
        ----------
        cores : length of the chain
        cycles : of the clock
        """
        return self._predicted(_run(cores, cycles))

    def built(self, simulation: Simulation, cores: int) -> None:
        """Keep what a build took; nothing where it was built before."""
        if simulation.build_s:
            self.records.add(Record(_build(cores), simulation.build_s))

    def ran(self, cores: int, cycles: int, seconds: float) -> None:
        """Keep what a run took; a short one tells little of a cycle.

        Parameters
        ----------
        cores : length of the chain
        cycles : of the clock
        seconds : that they took, s
        """
        features = _run(cores, cycles)
        usual = [record for record in self.prior if set(record.features) == set(features)]
        if predicted(fitted(usual), features) > LEAST_S:
            self.records.add(Record(features, seconds))

    def _predicted(self, features: dict[str, float]) -> float:
        found = [
            record
            for record in (*self.records.read(), *self.prior)
            if set(record.features) == set(features)
        ]
        return predicted(fitted(found), features)


def core_cycles(
    images: Sequence[CoreImage],
    program: Sequence[Word],
    fired: Sequence[int],
    cycles_per_sop: int = 2,
) -> list[int]:
    """Cycles of each core for one sample, without waiting: as its counter will have them.

    events (1 + c N) + ticks for it (1 + c N) + other ticks + spikes + ticks passed on

    Parameters
    ----------
    images : one per core
    program : words of the sample, all of which exist
    fired : (cores,) spikes that leave each core
    cycles_per_sop : c, cycles of a visit to one neuron, default 2
    """
    ticks = Counter((word.kind, word.target) for word in program if not word.is_event)
    events = len(program) - ticks.total()
    found = []
    for number, (image, spikes) in enumerate(zip(images, fired, strict=True), start=1):
        visit = cycles_per_sop * len(image.threshold)
        cycles = events * (1 + visit) + int(spikes)
        passed: Counter[tuple[int, int]] = Counter()
        for (kind, target), count in ticks.items():
            word = Word(kind=kind, target=target)
            cycles += count * (1 + visit * word.is_for(number) + word.leaves(number))
            if word.leaves(number):
                passed[kind, target] = count
        found.append(cycles)
        events, ticks = int(spikes), passed

    return found


def chain_cycles(
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    fired: np.ndarray,
    cycles_per_sop: int = 2,
) -> tuple[int, list[int]]:
    """Clock cycles of a chain: to load it, and for each sample.

    Those of all cores are added up, since a core mostly works on what the one before it has done;
    where they overlap it is less, by some per cent.

    Parameters
    ----------
    images : one per core
    programs : words of each sample
    fired : (samples, cores) spikes that leave each core
    cycles_per_sop : c, cycles of a visit to one neuron, default 2
    """
    neurons = sum(len(image.threshold) for image in images)
    loading = sum(image.synapses.size for image in images) + 2 * neurons
    samples = []
    for program, spikes in zip(programs, fired, strict=True):
        looks = sum(word.read for word in program)
        host = (1 + looks) * neurons + COUNTERS_AND_FLAGS * len(images)
        samples.append(host + sum(core_cycles(images, program, spikes, cycles_per_sop)))

    return loading, samples
