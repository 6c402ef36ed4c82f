"""Constrained-random cases for one core, run on the RTL and on the golden model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from ..model.golden import COUNTER_ORDER, COUNTERS, CoreImage, GoldenCore
from ..model.words import MARK, Word
from ..simulation.simulator import Simulation
from .coverage import STATES, Coverage

# Parameters of the sweep: sizes from 1, both rules, slow memories, a short queue, potentials that saturate.
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
DEFAULTS = {"CYCLES_PER_SOP": 2, "EVENT_RULE": 0, "QUEUE_DEPTH": 16, "INDEX": 1}


@dataclass(frozen=True)
class Case:
    """Memories, words with idle cycles before each, the receiver's readiness; `interrupted` > 0: reset behind so many words."""

    image: CoreImage
    words: list[Word]
    idle: list[int]
    readiness: float
    interrupted: int = 0
    reset_state: int = 0


def random_image(random: np.random.Generator, parameters: Mapping[str, int]) -> CoreImage:
    """Weights over their whole range, small thresholds and biases; some neurons never fire."""
    axons, neurons, bits = (parameters[key] for key in ("AXONS", "NEURONS", "WEIGHT_BITS"))
    limit, largest = 2 ** (parameters["STATE_BITS"] - 1), 2 ** (bits - 1)
    synapses = random.integers(-largest, largest, (axons, neurons))
    synapses[random.random(synapses.shape) < 0.2] = 0
    reach = min(limit, 3 * largest + 2)
    event_rule = parameters.get("EVENT_RULE", 0)
    return CoreImage(
        synapses,
        np.where(
            random.random(neurons) < 0.8,
            random.integers(0, reach, neurons),
            random.integers(-limit, 0, neurons),
        ),
        random.integers(-min(3, limit), 3, neurons),
        random.integers(0 if event_rule else -reach, reach, neurons),
    )


def random_cases(parameters: Mapping[str, int], cases: int, seed: int) -> list[Case]:
    """`cases` cases; every fourth is interrupted by a reset, in each state of the controller in turn."""
    random, made = np.random.default_rng(seed), []
    index = parameters.get("INDEX", 1)
    for number in range(cases):
        words = []
        for _ in range(int(random.integers(4, 30))):
            if random.random() < 0.55:
                words.append(Word(int(random.integers(parameters["AXONS"]))))
            else:
                words.append(
                    Word(
                        kind=int(random.integers(MARK + 1)),
                        target=int(random.choice([0, index, index + 1])),
                    )
                )
        patient = random.random()
        idle = [int(random.integers(0, 40)) if random.random() < patient else 0 for _ in words]
        interrupted = len(words) - 1 if number % 4 == 3 else 0
        readiness = 0.05 if interrupted else float(random.choice([1.0, 0.7, 0.3]))
        made.append(
            Case(
                random_image(random, parameters),
                words,
                idle,
                readiness,
                interrupted,
                number // 4 % len(STATES),
            )
        )
    return made


def run_cases(
    parameters: Mapping[str, int],
    cases: list[Case],
    coverage: Coverage,
    simulator: str = "verilator",
    sources: Path | None = None,
) -> dict:
    """Run `cases` on the RTL core with `parameters`; one row: what was compared, and the mismatches."""
    size = (parameters["AXONS"], parameters["NEURONS"])
    for i, case in enumerate(cases):
        if case.image.synapses.shape != size:
            got = f"{case.image.synapses.shape} synapses"
            raise SpikewattError(
                f"memory image of case {i}", "must have the size of the core", got, size
            )
    job: dict[str, np.ndarray] = {"cases": np.array(len(cases)), "seed": np.array(1)}
    for i, case in enumerate(cases):
        job |= {
            f"{name}_{i}": getattr(case.image, name)
            for name in ("synapses", "threshold", "bias", "initial_potential")
        }
        rows = [
            (-1 if w.axon is None else w.axon, w.kind, w.target, idle)
            for w, idle in zip(case.words, case.idle, strict=True)
        ]
        job[f"words_{i}"] = np.array(rows, np.int64)
    for name in ("readiness", "interrupted", "reset_state"):
        job[name] = np.array([getattr(case, name) for case in cases])
    result = Simulation("integrate_and_fire_core", parameters, simulator, sources=sources).run(
        "core", job
    )
    all_parameters = {**DEFAULTS, **parameters}
    mismatches = compared = place = done = 0
    where: list[str] = []
    for i, case in enumerate(cases):
        if case.interrupted:
            continue
        core = GoldenCore(
            case.image,
            parameters["STATE_BITS"],
            all_parameters["CYCLES_PER_SOP"],
            bool(all_parameters["EVENT_RULE"]),
            all_parameters["INDEX"],
        )
        left = [out for word in case.words for out in coverage.observe(core, word)]
        wanted = np.array([_fields(word) for word in left], np.int64).reshape(-1, 4)
        count = int(result["lengths"][done])
        got = result["left"][place : place + count]
        counters = dict(zip(COUNTER_ORDER, result["counters"][done].tolist(), strict=True))
        wrong = {
            "words": int((got != wanted).any(axis=1).sum())
            if got.shape == wanted.shape
            else max(len(got), len(wanted)),
            "potentials": int((result["potentials"][done] != core.potential).sum()),
            "counters": sum(counters[name] != core.counters()[name] for name in COUNTERS),
        }
        mismatches += sum(wrong.values())
        where += [f"case {i}: {number} {what}" for what, number in wrong.items() if number]
        compared += len(wanted) + core.neurons + len(COUNTERS)
        place, done = place + count, done + 1
    _cover(coverage, all_parameters, cases, result)
    text = ", ".join(f"{key.lower()} {value}" for key, value in parameters.items())
    row = {
        "what": f"core: {text}",
        "simulator": simulator,
        "cases": done,
        "resets": len(result["states"]),
    }
    return row | {"compared": compared, "mismatches": mismatches, "where": "; ".join(where[:3])}


def _fields(word: Word) -> tuple[int, int, int, int]:
    return (0, 0, 0, word.axon) if word.axon is not None else (1, word.kind, word.target, 0)


def _cover(
    coverage: Coverage,
    parameters: Mapping[str, int],
    cases: list[Case],
    result: Mapping[str, np.ndarray],
) -> None:
    """Bins that the simulation itself shows."""
    for state in result["states"].tolist():
        coverage.hit(f"reset in {STATES[state]}")
    waits = result["waits"]
    for name, times in (
        ("0", (waits == 0).sum()),
        ("1", (waits == 1).sum()),
        ("2 or more", (waits > 1).sum()),
    ):
        coverage.hit(f"receiver waits: {name}", int(times))
    coverage.hit("queue full", int(result["full"]))
    coverage.hit("queue empty between words", sum(max(case.idle) > 30 for case in cases))
    coverage.hit("memories written anew", len(cases) - 1)
    pairs = pairwise(cases)
    coverage.hit(
        "second run without a reset",
        sum(not first.interrupted and not second.interrupted for first, second in pairs),
    )
    coverage.hit(
        "cycles per operation: 2"
        if parameters["CYCLES_PER_SOP"] == 2
        else "cycles per operation: more"
    )
    for name, key, value in (
        ("one axon", "AXONS", 1),
        ("one neuron", "NEURONS", 1),
        ("queue of 2", "QUEUE_DEPTH", 2),
    ):
        if parameters[key] == value:
            coverage.hit(name)
