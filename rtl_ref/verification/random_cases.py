"""Constrained-random cases for one core, run on the RTL and on the golden model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from ..design import CORE, COUNTER_ORDER, DEFAULTS
from ..model.core_image import CoreImage
from ..model.golden import COUNTERS, GoldenCore
from ..model.words import MARK, Word
from ..simulation.simulator import Simulation
from .coverage import STATES, Coverage

# Parameters of the sweep: sizes from 1, both rules, slow memories, a short queue, potentials that
# saturate.
SWEEP: tuple[dict[str, int], ...] = (
    {"AXONS": 8, "NEURONS": 6, "WEIGHT_BITS": 4, "STATE_BITS": 7},
    {"AXONS": 8, "NEURONS": 6, "WEIGHT_BITS": 4, "STATE_BITS": 9, "EVENT_RULE": 1},
    {"AXONS": 1, "NEURONS": 1, "WEIGHT_BITS": 2, "STATE_BITS": 6, "CYCLES_PER_SOP": 3},
    {
        "AXONS": 5,
        "NEURONS": 7,
        "WEIGHT_BITS": 8,
        "STATE_BITS": 16,
        "CYCLES_PER_SOP": 5,
        "QUEUE_DEPTH": 2,
        "INDEX": 3,
    },
)
PATIENT = 30  # idle cycles after which the queue has certainly run empty


@dataclass(frozen=True)
class Case:
    """What the bench does between two loads of the memories.

    Parameters
    ----------
    image : what is loaded
    words : what is sent, in order
    idle : cycles of rest before each word
    readiness : 0..1, probability that the receiver is ready in a cycle
    interrupted : number of words after which the core is reset; 0, the default, for never
    reset_state : state of the controller, of STATES, in which the reset comes, default 0
    """

    image: CoreImage
    words: list[Word]
    idle: list[int]
    readiness: float
    interrupted: int = 0
    reset_state: int = 0


def random_image(random: np.random.Generator, parameters: Mapping[str, int]) -> CoreImage:
    """Weights over their whole range, small thresholds and biases; some neurons never fire.

    Parameters
    ----------
    random : source of the numbers
    parameters : of the core
    """
    axons, neurons = parameters["AXONS"], parameters["NEURONS"]
    largest = 2 ** (parameters["WEIGHT_BITS"] - 1)
    limit = 2 ** (parameters["STATE_BITS"] - 1)
    reach = min(limit, 3 * largest + 2)

    synapses = random.integers(-largest, largest, (axons, neurons))
    synapses[random.random(synapses.shape) < 0.2] = 0

    may_fire = random.random(neurons) < 0.8
    positive = random.integers(0, reach, neurons)
    negative = random.integers(-limit, 0, neurons)
    threshold = np.where(may_fire, positive, negative)

    bias = random.integers(-min(3, limit), 3, neurons)
    lowest = 0 if parameters.get("EVENT_RULE", 0) else -reach
    initial_potential = random.integers(lowest, reach, neurons)
    return CoreImage(synapses, threshold, bias, initial_potential)


def random_cases(parameters: Mapping[str, int], cases: int, seed: int) -> list[Case]:
    """Random cases; every fourth is interrupted by a reset, in each state in turn.

    Parameters
    ----------
    parameters : of the core
    cases : how many
    seed : of the random numbers
    """
    random = np.random.default_rng(seed)
    return [_random_case(random, parameters, number) for number in range(cases)]


def _random_case(random: np.random.Generator, parameters: Mapping[str, int], number: int) -> Case:
    length = int(random.integers(4, 30))
    words = [_random_word(random, parameters) for _ in range(length)]

    patience = random.random()
    idle = [_random_rest(random, patience) for _ in words]

    interrupted = 0
    readiness = 0.05  # a reset shall find the controller waiting, too
    if number % 4 == 3:
        interrupted = len(words) - 1
    else:
        readiness = float(random.choice([1.0, 0.7, 0.3]))

    image = random_image(random, parameters)
    reset_state = number // 4 % len(STATES)
    return Case(image, words, idle, readiness, interrupted, reset_state)


def _random_word(random: np.random.Generator, parameters: Mapping[str, int]) -> Word:
    """An event, or a tick for all cores, for this one, or for the next."""
    if random.random() < 0.55:
        axon = random.integers(parameters["AXONS"])
        return Word(int(axon))

    index = parameters.get("INDEX", DEFAULTS["INDEX"])
    kind = random.integers(MARK + 1)
    target = random.choice([0, index, index + 1])
    return Word(kind=int(kind), target=int(target))


def _random_rest(random: np.random.Generator, patience: float) -> int:
    if random.random() < patience:
        return int(random.integers(0, 40))
    return 0


def run_cases(
    parameters: Mapping[str, int],
    cases: list[Case],
    coverage: Coverage,
    simulator: str = "verilator",
    sources: Path | None = None,
) -> dict:
    """Run `cases` on the RTL core; returns one row: what was compared, and the mismatches.

    Parameters
    ----------
    parameters : of the core
    cases : what the bench does
    coverage : gets the hits of the golden model and of the simulation
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package

    Raises
    ------
    SpikewattError : a memory image that has not the size of the core.
    """
    _check_sizes(parameters, cases)
    simulation = Simulation(CORE, parameters, simulator, sources=sources)
    result = simulation.run("core", _job(cases))

    chosen = {**DEFAULTS, **parameters}
    compared = mismatches = 0
    where: list[str] = []
    finished = [(i, case) for i, case in enumerate(cases) if not case.interrupted]
    for (number, case), got in zip(finished, _results(result), strict=True):
        core = _golden_core(chosen, case)
        wanted = []
        for word in case.words:
            wanted += coverage.observe(core, word)

        wrong = _differences(core, _rows(wanted), got)
        mismatches += sum(wrong.values())
        where += [f"case {number}: {count} {what}" for what, count in wrong.items() if count]
        compared += len(wanted) + core.neurons + len(COUNTERS)

    _cover(coverage, chosen, cases, result)
    text = ", ".join(f"{key.lower()} {value}" for key, value in parameters.items())
    return {
        "what": f"core: {text}",
        "simulator": simulator,
        "cases": len(finished),
        "resets": len(result["states"]),
        "compared": compared,
        "mismatches": mismatches,
        "where": "; ".join(where[:3]),
    }


def _check_sizes(parameters: Mapping[str, int], cases: Sequence[Case]) -> None:
    size = (parameters["AXONS"], parameters["NEURONS"])
    for i, case in enumerate(cases):
        shape = case.image.synapses.shape
        if shape != size:
            law = "must have the size of the core"
            raise SpikewattError(f"memory image of case {i}", law, f"{shape} synapses", size)


def _job(cases: Sequence[Case]) -> dict[str, np.ndarray]:
    """The cases in the form that the bench `core` reads."""
    job: dict[str, np.ndarray] = {"cases": np.array(len(cases)), "seed": np.array(1)}
    for i, case in enumerate(cases):
        for name, array in case.image.arrays().items():
            job[f"{name}_{i}"] = array

        rows = []
        for word, idle in zip(case.words, case.idle, strict=True):
            axon = word.axon if word.is_event else -1
            rows.append((axon, word.kind, word.target, idle))
        job[f"words_{i}"] = np.array(rows, np.int64)

    for name in ("readiness", "interrupted", "reset_state"):
        job[name] = np.array([getattr(case, name) for case in cases])
    return job


@dataclass(frozen=True, eq=False)
class _Result:
    """What the RTL did in one case: words that left it, potentials at the end, counters by name."""

    left: np.ndarray
    potentials: np.ndarray
    counters: dict[str, int]


def _results(result: Mapping[str, np.ndarray]) -> Iterator[_Result]:
    """The bench's result, case by case."""
    place = 0
    for i, length in enumerate(result["lengths"].tolist()):
        left = result["left"][place : place + length]
        counters = dict(zip(COUNTER_ORDER, result["counters"][i].tolist(), strict=True))
        yield _Result(left, result["potentials"][i], counters)
        place += length


def _golden_core(parameters: Mapping[str, int], case: Case) -> GoldenCore:
    return GoldenCore(
        case.image,
        state_bits=parameters["STATE_BITS"],
        cycles_per_sop=parameters["CYCLES_PER_SOP"],
        event_rule=bool(parameters["EVENT_RULE"]),
        index=parameters["INDEX"],
    )


def _rows(words: Sequence[Word]) -> np.ndarray:
    """(words, 4) tick, kind, target, neuron, as the bench stores what leaves."""
    rows = []
    for word in words:
        event = (0, 0, 0, word.axon)
        tick = (1, word.kind, word.target, 0)
        rows.append(event if word.is_event else tick)
    return np.array(rows, np.int64).reshape(-1, 4)


def _differences(core: GoldenCore, wanted: np.ndarray, got: _Result) -> dict[str, int]:
    """Number of words, potentials and counters that differ."""
    if got.left.shape == wanted.shape:
        words = int((got.left != wanted).any(axis=1).sum())
    else:
        words = max(len(got.left), len(wanted))

    potentials = int((got.potentials != core.potential).sum())
    golden = core.counters()
    counters = sum(got.counters[name] != golden[name] for name in COUNTERS)
    return {"words": words, "potentials": potentials, "counters": counters}


def _cover(
    coverage: Coverage,
    parameters: Mapping[str, int],
    cases: Sequence[Case],
    result: Mapping[str, np.ndarray],
) -> None:
    """Bins that the simulation itself shows."""
    for state in result["states"].tolist():
        coverage.hit(f"reset in {STATES[state]}")

    waits = result["waits"]
    coverage.hit("receiver waits: 0", int((waits == 0).sum()))
    coverage.hit("receiver waits: 1", int((waits == 1).sum()))
    coverage.hit("receiver waits: 2 or more", int((waits > 1).sum()))

    rested = [case for case in cases if max(case.idle) > PATIENT]
    coverage.hit("queue full", int(result["full"]))
    coverage.hit("queue empty between words", len(rested))

    coverage.hit("memories written anew", len(cases) - 1)
    for first, second in pairwise(cases):
        without_reset = not first.interrupted and not second.interrupted
        coverage.hit_if(without_reset, "second run without a reset")

    fast = parameters["CYCLES_PER_SOP"] == 2
    coverage.hit("cycles per operation: 2" if fast else "cycles per operation: more")
    coverage.hit_if(parameters["AXONS"] == 1, "one axon")
    coverage.hit_if(parameters["NEURONS"] == 1, "one neuron")
    coverage.hit_if(parameters["QUEUE_DEPTH"] == 2, "queue of 2")
