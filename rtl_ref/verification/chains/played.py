"""The words of some samples on the RTL: the script that is played, and what its record says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...design import DEFAULTS, Parameters
from ...model.core_image import CoreImage
from ...model.words import Word
from ...simulation import record as seen
from ...simulation.record import TICK, Record
from ...simulation.script import (
    BIAS,
    POTENTIAL,
    SYNAPSE,
    THRESHOLD,
    Script,
    in_turn,
    places_of,
)
from ...simulation.simulator import Simulation
from .run import ChainRun, CoreRun, Pace

PLAYER = "chain_player"  # the module that plays to `snn_top`
NOWHERE = 0xFFFF  # a neuron that no core has
LEAST_PATIENCE = 10_000  # cycles
NO_LIMIT = 2**62


@dataclass(frozen=True, eq=False)
class Played:
    """What a player did.

    Parameters
    ----------
    run : what the chain did
    cycles : of the clock, loading and reading included
    """

    run: ChainRun
    cycles: int


def rtl_run(
    simulation: Simulation,
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    results: Path | None = None,
    pace: Pace | None = None,
    progress_file: Path | None = None,
    most_cycles: int = NO_LIMIT,
) -> Played:
    """Run the words of each sample on the RTL.

    Parameters
    ----------
    simulation : of `chain_player`
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    results : path, folder for waveforms and JUnit XML, default none
    pace : of sender and receiver, default as fast as can be
    progress_file : path where the cycles that have passed are told, default none
    most_cycles : of the clock, after which the run fails, default none
    """
    pace = pace or Pace()
    script = script_of(images, programs, pace, simulation.parameters, most_cycles)
    job = {"script": np.frombuffer(script.encode("ascii"), np.uint8)}
    result = simulation.run("network", job, results=results, progress_file=progress_file)
    record = Record.read(result["record"].tobytes().decode("ascii", "replace"))
    return Played(run_of(record, images, len(programs), pace), record.cycles)


def script_of(
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    pace: Pace,
    parameters: Parameters,
    most_cycles: int = NO_LIMIT,
) -> str:
    """The script that plays samples to a chain.

    Parameters
    ----------
    images : one per core
    programs : the words of each sample
    pace : of sender and receiver
    parameters : of the chain
    most_cycles : of the clock, after which the run fails, default none
    """
    script = Script()
    script.patience(patience_cycles(images, parameters), most_cycles)
    if pace.readiness < 1:
        script.receiver(pace.readiness, pace.seed)
    if not pace.image:
        for core, image in enumerate(images):
            script.write(core, SYNAPSE, image.synapses)
            script.write(core, THRESHOLD, image.threshold)
            script.write(core, BIAS, image.bias)

    for number, program in enumerate(programs):
        _play_sample(script, images, program, pace, number)
    return script.text()


def _play_sample(
    script: Script, images: Sequence[CoreImage], program: Sequence[Word], pace: Pace, number: int
) -> None:
    if number or not pace.image:
        for core, image in enumerate(images):
            script.write(core, POTENTIAL, image.initial_potential)
    if pace.read_back:
        for core, image in enumerate(images):
            script.refuse(core, write=True, memory=BIAS, axon=0, neuron=NOWHERE, value=1)
            places = places_of(*image.synapses.shape)
            script.read(core, [places[i] for i in in_turn(places)])

    axons = len(images[0].synapses)
    rests = pace.idle[number] if pace.idle else [0] * len(program)
    for word, rest in zip(program, rests, strict=True):
        axon = TICK if word.axon is None else word.axon
        comes_out = word.exists(axons) and all(
            word.leaves(core) for core in range(1, len(images) + 1)
        )
        script.send(axon, word.kind, word.target, comes_out, rest)
        if word.read:
            script.look()

    wait = pace.interrupted[number] if pace.interrupted else 0
    if wait:
        script.reset(wait)
    script.end_sample(bool(wait))


def patience_cycles(images: Sequence[CoreImage], parameters: Parameters) -> int:
    """Cycles after which a chain in which no word moves hangs: all that can wait would be done.

    Parameters
    ----------
    images : one per core
    parameters : of the chain
    """
    per_visit = int(parameters.get("CYCLES_PER_SOP", DEFAULTS["CYCLES_PER_SOP"]))
    waiting = int(parameters.get("QUEUE_DEPTH", DEFAULTS["QUEUE_DEPTH"])) + 2
    work = sum(1 + (per_visit + 1) * len(image.threshold) for image in images)
    return LEAST_PATIENCE + 2 * waiting * work


def run_of(record: Record, images: Sequence[CoreImage], samples: int, pace: Pace) -> ChainRun:
    """What the chain did, by the record.

    Parameters
    ----------
    record : of the player
    images : one per core
    samples : how many were played
    pace : of sender and receiver
    """
    cores = len(images)
    widths = [len(image.threshold) for image in images]
    potentials = record.values(seen.POTENTIAL).reshape(-1, sum(widths))
    columns = np.split(potentials, np.cumsum(widths)[:-1], axis=1)
    history = record.values(seen.COUNTER).reshape(samples, cores, -1)
    stalls = record.values(seen.STALLS).reshape(samples, cores)
    ended = record.places(seen.ENDED)

    found = []
    for number, image in enumerate(images):
        words = record.places(seen.WORD)[record.numbers(seen.WORD) == number]
        lengths, ends = _lengths_and_ends(words, ended, record.places(seen.LOOKED))
        core = CoreRun(
            left=record.lines[words, 2],
            lengths=lengths,
            ends=ends,
            potentials=columns[number],
            history=history[:, number],
            stalls=stalls[:, number],
            contents=_contents(record, number, image, samples, pace),
        )
        found.append(core)

    # Of an interrupted sample nobody knows which ticks came out.
    sample = np.searchsorted(ended, record.places(seen.LAST_TICK))
    whole = record.values(seen.ENDED) == 0
    last_ticks = record.lines[record.places(seen.LAST_TICK), 1:]
    resets = int((~whole).sum())
    return ChainRun(
        found,
        last_ticks[whole[sample]],
        reset_states=_rows(record.values(seen.RESET_STATE), resets),
        reset_counters=record.values(seen.RESET_COUNTER).reshape(resets, cores, history.shape[2]),
        wrapped=record.values(seen.WRAPPED).reshape(samples, cores),
        refused=len(record.places(seen.REFUSED)),
        latencies=np.unique(record.values(seen.LATENCY)),
    )


def _lengths_and_ends(
    words: np.ndarray, ended: np.ndarray, looks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How many words left a core in each sample, and how many of its sample before each look.

    >>> _lengths_and_ends(np.array([0, 1, 5]), np.array([3, 6]), np.array([2, 4]))
    (array([2, 1]), array([2, 0]))
    """
    until_end = np.searchsorted(words, ended)
    lengths = np.diff(until_end, prepend=0)
    before_sample = until_end - lengths
    ends = np.searchsorted(words, looks) - before_sample[np.searchsorted(ended, looks)]
    return lengths, ends


def _contents(record: Record, core: int, image: CoreImage, samples: int, pace: Pace) -> np.ndarray:
    """(samples, places) what was read back, in the order of `places_of`."""
    if not pace.read_back:
        return np.zeros((0, 0), np.int64)

    read = record.values(seen.CONTENT)[record.numbers(seen.CONTENT) == core]
    found = np.zeros((samples, len(read) // samples), np.int64)
    found[:, in_turn(places_of(*image.synapses.shape))] = read.reshape(samples, -1)
    return found


def _rows(values: np.ndarray, rows: int) -> np.ndarray:
    return values.reshape(rows, -1) if rows else np.zeros((0, 0), np.int64)
