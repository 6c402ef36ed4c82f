"""The bench of one core: random cases on the RTL and on the golden model, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from ..benches.accesses import ACCESSES
from ..design import CORE, COUNTER_ORDER, DEFAULTS
from ..model.core_image import CoreImage
from ..model.golden import GoldenCore
from ..model.words import Word
from ..simulation.simulator import Simulation
from .comparison import Tally
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

    chosen = {**DEFAULTS, "COUNTER_BITS": 32, **parameters}
    tally = Tally()
    totals = _Totals(chosen["COUNTER_BITS"])
    for case, got in zip(cases, _results(cases, result, totals.size), strict=True):
        core = _golden_core(chosen, case)
        tally.check("memories written", got.read_back, contents(case.image))
        if case.interrupted:
            _compare_interrupted(tally, core, case, got)
            totals.restart()
        else:
            _compare_whole(tally, core, case, got, coverage, totals)

    tries, refused, counted = result["refused"].T
    tally.check("refused accesses of the port", refused, tries)
    tally.check("refused accesses counted", counted % totals.size, tries % totals.size)
    latency = 2 if chosen["CYCLES_PER_SOP"] > 2 else 1
    tally.check("cycles of a read", result["latencies"], np.array([latency]))
    _compare_resets(tally, result)
    _cover(coverage, chosen, cases, result)
    named = [f"{key.lower()} {value}" for key, value in parameters.items()]
    text = ", ".join(named)
    resets = len(result["states"])
    return {
        "what": f"core: {text}",
        "simulator": simulator,
        "cases": len(cases) - resets,
        "resets": resets,
        "compared": tally.compared,
        "mismatches": tally.mismatches,
        "where": tally.where,
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
        job[f"refused_{i}"] = np.array(case.refused, np.int64).reshape(-1, 5)

    for name in ("readiness", "interrupted", "reset_state"):
        values = [getattr(case, name) for case in cases]
        job[name] = np.array(values)

    return job


@dataclass(frozen=True, eq=False)
class _Result:
    """What the RTL did in one case.

    Words that left it; all memories after they were written, and at the end; of a case that was not
    interrupted also counters by name, cycles that the receiver kept it waiting, and accesses.
    """

    left: np.ndarray
    read_back: np.ndarray
    contents: np.ndarray
    counters: dict[str, int] = field(default_factory=dict)
    stalls: int = 0
    accesses: Sequence[int] = ()
    wrapped: bool = False


class _Totals:
    """What the counters have counted since the last reset, and whether one of them has wrapped."""

    def __init__(self, bits: int):
        self.size = 1 << bits
        self.restart()

    def restart(self) -> None:
        """A reset."""
        self.counts: Counter[str] = Counter()
        self.wrapped = False

    def held(self, count: int) -> int:
        """What is left of a number in a counter."""
        return count % self.size

    def add(self, counts: Mapping[str, int]) -> None:
        """A case counts."""
        self.counts.update(counts)
        self.wrapped = max(self.counts.values()) >= self.size


def _results(
    cases: Sequence[Case], result: Mapping[str, np.ndarray], size: int
) -> Iterator[_Result]:
    """The bench's result, case by case."""
    ends = np.cumsum(result["lengths"])
    left = np.split(result["left"], ends[:-1])
    whole = 0
    for i, case in enumerate(cases):
        seen = (left[i], result["read_back"][i], result["contents"][i])
        if case.interrupted:
            yield _Result(*seen)
            continue

        counts = result["counters"][whole] % size
        counters = dict(zip(COUNTER_ORDER, counts.tolist(), strict=True))
        stalls = int(result["stalls"][whole])
        wrapped = bool(result["wrapped"][whole])
        yield _Result(*seen, counters, stalls, result["accesses"][whole].tolist(), wrapped)
        whole += 1


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


def contents(image: CoreImage, potential: np.ndarray | None = None) -> np.ndarray:
    """All memories, as `Driver.read_all` gives them.

    Parameters
    ----------
    image : what they were loaded with
    potential : (neurons,) the potentials, default the initial ones
    """
    if potential is None:
        potential = image.initial_potential
    return np.concatenate([image.synapses.reshape(-1), potential, image.threshold, image.bias])


def _compare_whole(
    tally: Tally,
    core: GoldenCore,
    case: Case,
    got: _Result,
    coverage: Coverage,
    totals: _Totals,
) -> None:
    """A case that came to its end: words, memories, counters, stalls, accesses."""
    wanted = []
    for word in case.words:
        wanted += coverage.observe(core, word)

    tally.check("words", got.left, _rows(wanted))
    tally.check("contents of memories", got.contents, contents(case.image, core.potential))
    counted = {**core.counters(), "stalls": got.stalls}
    for name, count in counted.items():
        held = totals.held(count)
        tally.check(f"counter {name}", np.array([got.counters[name]]), np.array([held]))

    counted["refusals"] += len(case.refused)
    totals.add(counted)
    tally.check("a counter wrapped", np.array([got.wrapped]), np.array([totals.wrapped]))
    coverage.hit_if(totals.wrapped, "counter that wraps")
    for name, number, wanted_number in zip(ACCESSES, got.accesses, _accesses(core), strict=True):
        tally.check(name, np.array([number]), np.array([wanted_number]))


def _accesses(core: GoldenCore) -> tuple[int, ...]:
    """In how many cycles each memory is asked, in the order of ACCESSES: no more than counted."""
    of_ticks = core.reads - core.sops
    thresholds = core.reads if core.event_rule else of_ticks
    return core.sops, 0, core.reads, core.writes, thresholds, 0, of_ticks, 0


def _compare_interrupted(tally: Tally, core: GoldenCore, case: Case, got: _Result) -> None:
    """A case that a reset ended: a part of the words left, a part of the visits is done."""
    wanted: list[Word] = []
    moments = [core.potential]
    for word in case.words[: case.interrupted]:
        wanted += core.send(word)
        moments.append(core.potential)

    rows = _rows(wanted)[: len(got.left)]
    tally.check("words before a reset", got.left, rows)

    first = case.image.synapses.size
    potential = got.contents[first : first + core.neurons]
    possible = any(_is_partly_done(potential, *pair) for pair in pairwise(moments))
    tally.check("potentials after a reset", np.array([possible]), np.array([True]))
    tally.check("memories after a reset", got.contents, contents(case.image, potential))


def _is_partly_done(potential: np.ndarray, before: np.ndarray, after: np.ndarray) -> bool:
    """Whether the first neurons have their new potential, and the others their old one."""
    done = np.arange(len(potential) + 1)[:, None] > np.arange(len(potential))
    states = np.where(done, after, before)
    return bool((states == potential).all(axis=1).any())


def _compare_resets(tally: Tally, result: Mapping[str, np.ndarray]) -> None:
    """Not ready in a reset; after it ready, at rest, offering nothing, and all counters 0."""
    seen = result["after_reset"].reshape(-1, 5 + len(COUNTER_ORDER))
    state, counters = seen[:, :5], seen[:, 5:]
    tally.check("state after a reset", state, np.tile((0, 1, 1, 0, 0), (len(seen), 1)))
    tally.check("counters after a reset", counters, np.zeros_like(counters))


def _cover(
    coverage: Coverage,
    parameters: Mapping[str, int],
    cases: Sequence[Case],
    result: Mapping[str, np.ndarray],
) -> None:
    """Bins that the simulation itself shows."""
    for state in result["states"].tolist():
        coverage.hit(f"reset in {STATES[state]}")

    for name, counts in zip(COUNTER_ORDER, result["before_reset"].T, strict=True):
        coverage.hit(f"reset of the counter {name}", int(counts.astype(bool).sum()))

    coverage.hit("access refused by the memory port", int(result["refused"][:, 1].sum()))
    coverage.hit("memory port asked while the core works", int(result["intrusions"]))
    coverage.hit("all memories read back", len(result["read_back"]))
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

    cycles = parameters["CYCLES_PER_SOP"]
    coverage.hit(f"cycles per operation: {cycles}" if cycles < 4 else "cycles per operation: more")
    coverage.hit_if(parameters["AXONS"] == 1, "one axon")
    coverage.hit_if(parameters["NEURONS"] == 1, "one neuron")
    coverage.hit_if(parameters["QUEUE_DEPTH"] == 2, "queue of 2")
