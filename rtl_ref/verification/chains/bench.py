"""The bench of a chain of cores: random samples on the RTL and on the golden model, compared."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from ....files import cache_folder
from ...design import COUNTER_ORDER
from ...model.hex_files import memory_files
from ...model.words import ALL, KINDS, MARK
from ...simulation.simulator import Simulation
from ..comparison import Tally, with_golden_model
from ..core_bench import contents
from ..coverage import Coverage
from .golden import golden_run
from .played import LEAST_PATIENCE, PLAYER, rtl_run
from .random_chains import ChainDesign, Samples, random_samples
from .run import ChainRun, CoreRun

SEED = 11


def run_chain(
    design: ChainDesign,
    coverage: Coverage,
    simulator: str = "verilator",
    sources: Path | None = None,
    seed: int = SEED,
) -> dict:
    """Run random samples on a chain; returns one row: what was compared, and the mismatches.

    Compared are the words in order that leave each core, kind and target of the ticks that come
    out, potentials, all counters after each sample, stalls as seen at each link, all memories as
    read back, and what a reset in mid-run leaves.

    Parameters
    ----------
    design : the chain
    coverage : gets the hits
    simulator : ``verilator`` (default) or ``icarus``
    sources : path, folder of the SystemVerilog files, default that of this package
    seed : of the samples, default SEED
    """
    samples = random_samples(design, seed)
    parameters = design.parameters
    if design.image:
        parameters["IMAGE"] = f'"{_write_image(design, samples)}"'
    simulation = Simulation(PLAYER, parameters, simulator, sources=sources)
    golden = golden_run(
        samples.images,
        samples.programs,
        design.state_bits,
        design.cycles_per_sop,
        design.event_rule,
        samples.pace.interrupted,
        refusals=1,
    )
    got = rtl_run(
        simulation,
        samples.images,
        samples.programs,
        pace=samples.pace,
        most_cycles=_most_cycles(design, samples, golden),
    ).run

    tally = Tally()
    for number, (core, expected) in enumerate(zip(got.cores, golden.cores, strict=True)):
        held, wanted = _as_counters_hold(core, _as_far_as(core, expected, samples), design)
        with_golden_model(tally, held, wanted)
        largest = np.maximum(expected.history.max(axis=1), core.stalls)
        wrapped = largest >= 1 << design.counter_bits
        tally.check("a counter wrapped", got.wrapped[:, number], wrapped)
        coverage.hit_if(wrapped.any(), "chain: counter that wraps")
        memories = np.tile(contents(samples.images[number]), (len(samples.programs), 1))
        tally.check("memories written", core.contents, memories)

    tally.check("ticks", got.last_ticks, golden.last_ticks)
    numbers = numbers_of(design.cores)
    rests = [number < design.cores for number in range(numbers)]
    after = [False, True, 0, *rests, *([False] * numbers)]
    tally.check("state of a reset", got.reset_states, np.tile(after, (len(got.reset_states), 1)))
    tries = design.cores * len(samples.programs)
    tally.check("refused accesses of the port", np.array(got.refused), np.array(tries))
    latency = 2 if design.cycles_per_sop > 2 else 1
    tally.check("cycles of a read", got.latencies, np.array([latency]))

    _cover(coverage, design, samples, got, golden)
    return {
        "what": str(design),
        "simulator": simulator,
        "resets": len(got.reset_states),
        "compared": tally.compared,
        "mismatches": tally.mismatches,
        "where": tally.where,
    }


def _most_cycles(design: ChainDesign, samples: Samples, golden: ChainRun) -> int:
    """Clock cycles that no run takes: the work of the longest sample each time, all else, doubled.

    What the host does with the memories is never more than twice all of their places.
    """
    longest = sum(int(core.history[:, 0].max()) for core in golden.cores)
    places = sum(contents(image).size for image in samples.images)
    rests = sum(map(sum, samples.pace.idle)) + sum(samples.pace.interrupted)
    host = (1 + 2 * len(samples.programs)) * places + rests
    return 2 * round(host + len(samples.programs) * longest / design.readiness) + LEAST_PATIENCE


def numbers_of(cores: int) -> int:
    """How many numbers of a core the memory port can name.

    Parameters
    ----------
    cores : length of the chain

    >>> numbers_of(5)
    8
    """
    return 1 << max(1, (cores - 1).bit_length())


def _as_far_as(core: CoreRun, expected: CoreRun, samples: Samples) -> CoreRun:
    """The golden run, of whose interrupted samples only those words count that left the RTL."""
    wanted = []
    pairs = zip(core.sample_words(), expected.sample_words(), strict=True)
    for cut, (left, golden) in zip(samples.pace.interrupted, pairs, strict=True):
        wanted.append(golden[: len(left)] if cut else golden)

    return replace(expected, left=np.concatenate(wanted))


def _as_counters_hold(
    core: CoreRun, expected: CoreRun, design: ChainDesign
) -> tuple[CoreRun, CoreRun]:
    """Both runs, with what is left of their counts in counters of the design's width."""
    size = 1 << design.counter_bits
    held = replace(core, stalls=core.stalls % size)
    return held, replace(expected, history=expected.history % size)


def _write_image(design: ChainDesign, samples: Samples) -> str:
    """Files of $readmemh with the memories of every core; what their names begin with."""
    files = memory_files(samples.images, design.weight_bits, design.state_bits)
    digest = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:16]
    folder = cache_folder("memories", digest)  # so that no other design writes into it
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")

    return f"{folder}/"


def _cover(
    coverage: Coverage,
    design: ChainDesign,
    samples: Samples,
    got: ChainRun,
    golden: ChainRun,
) -> None:
    """What the samples made happen."""
    coverage.hit(f"chain of {design.cores}")
    coverage.hit(f"chain: cycles per operation {design.cycles_per_sop}")
    rule = "event" if design.event_rule else "tick"
    coverage.hit(f"chain: {rule} rule")
    coverage.hit_if(max(design.neurons) == 256, "chain: core of 256 neurons")
    coverage.hit_if(max(design.axons) == 256, "chain: core of 256 axons")
    pairs = zip(design.neurons[:-1], design.axons[1:], strict=True)
    coverage.hit_if(any(fed < axons for fed, axons in pairs), "chain: axons that nobody feeds")
    coverage.hit_if(design.counter_bits > 32, "chain: counters wider than a register")
    coverage.hit_if(design.image, "chain: memories loaded from files")
    coverage.hit("chain: access refused by a memory port", got.refused)
    coverage.hit_if(design.cores < numbers_of(design.cores), "chain: number of no core")
    coverage.hit("chain: all memories read back", len(samples.programs))

    for program in samples.programs:
        for word in program:
            if not word.exists(design.axons[0]):
                coverage.hit("chain: word that does not exist")
                continue
            if word.is_event:
                coverage.hit("chain: event")
                continue
            coverage.hit(f"chain: {KINDS[word.kind]}")
            if word.kind != MARK and design.cores > 2:
                coverage.hit(f"chain: tick for {_place(word.target, design.cores)}")

    *others, last = got.cores
    coverage.hit("chain: spikes leave it", len(last.fired))
    coverage.hit("chain: the last core waits for the receiver", int(last.stalls.sum()))
    for core in others:
        coverage.hit("chain: a core waits for the next one", int(core.stalls.sum()))
    for name, counts in zip(COUNTER_ORDER, got.reset_counters.T, strict=True):
        coverage.hit(f"chain: reset of the counter {name}", int(counts.astype(bool).sum()))


def _place(target: int, cores: int) -> str:
    """Which of the cores of a chain a tick is for, in words."""
    if target == ALL:
        return "all"
    if target > cores:
        return "a core that is not there"
    return {1: "the first core", cores: "the last core"}.get(target, "a core between")
