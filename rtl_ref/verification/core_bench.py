"""The bench of one core: random cases on the RTL and on the golden model, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from ..design import CORE, COUNTER_ORDER, DEFAULTS
from ..model.golden import COUNTERS, GoldenCore
from ..model.words import Word
from ..simulation.simulator import Simulation
from .coverage import STATES, Coverage
from .random_cases import Case

PATIENT = 30  # idle cycles after which the queue has certainly run empty


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
        for what, count in wrong.items():
            if count:
                where.append(f"case {number}: {count} {what}")

        compared += len(wanted) + core.neurons + len(COUNTERS)

    _cover(coverage, chosen, cases, result)
    named = [f"{key.lower()} {value}" for key, value in parameters.items()]
    text = ", ".join(named)
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
            raise SpikewattError(
                f"memory image of case {i}",
                law,
                f"{shape} synapses",
                size,
            )


def _job(cases: Sequence[Case]) -> dict[str, np.ndarray]:
    """The cases in the form that the bench `core` reads."""
    job: dict[str, np.ndarray] = {
        "cases": np.array(len(cases)),
        "seed": np.array(1),
    }

    for i, case in enumerate(cases):
        for name, array in case.image.arrays().items():
            job[f"{name}_{i}"] = array

        rows = []
        for word, idle in zip(case.words, case.idle, strict=True):
            axon = word.axon if word.is_event else -1
            rows.append((axon, word.kind, word.target, idle))

        job[f"words_{i}"] = np.array(rows, np.int64)

    for name in ("readiness", "interrupted", "reset_state"):
        values = [getattr(case, name) for case in cases]
        job[name] = np.array(values)

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
        end = place + length
        left = result["left"][place:end]
        counters = dict(
            zip(
                COUNTER_ORDER,
                result["counters"][i].tolist(),
                strict=True,
            )
        )
        yield _Result(left, result["potentials"][i], counters)
        place = end


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
        differ = (got.left != wanted).any(axis=1)
        words = int(differ.sum())
    else:
        words = max(len(got.left), len(wanted))

    potentials = int((got.potentials != core.potential).sum())
    golden = core.counters()
    differing = []
    for name in COUNTERS:
        if got.counters[name] != golden[name]:
            differing.append(name)

    return {
        "words": words,
        "potentials": potentials,
        "counters": len(differing),
    }


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
    never = int(np.count_nonzero(waits == 0))
    once = int(np.count_nonzero(waits == 1))
    longer = int(np.count_nonzero(waits > 1))
    coverage.hit("receiver waits: 0", never)
    coverage.hit("receiver waits: 1", once)
    coverage.hit("receiver waits: 2 or more", longer)

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
