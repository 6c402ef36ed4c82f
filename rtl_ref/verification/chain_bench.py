"""The bench of a chain of cores: random samples on the RTL and on the golden model, compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..design import CHAIN, COUNTER_ORDER
from ..model.words import ALL, KINDS, MARK
from ..simulation.simulator import Simulation
from .chain_run import ChainRun, CoreRun, golden_run, rtl_run
from .comparison import Tally, with_golden_model
from .core_bench import contents
from .coverage import Coverage
from .random_chains import ChainDesign, Samples, random_samples

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
    simulation = Simulation(CHAIN, design.parameters, simulator, sources=sources)
    got = rtl_run(simulation, samples.images, samples.programs, pace=samples.pace)
    golden = golden_run(
        samples.images,
        samples.programs,
        design.state_bits,
        design.cycles_per_sop,
        design.event_rule,
        samples.pace.interrupted,
    )

    tally = Tally()
    for number, (core, expected) in enumerate(zip(got.cores, golden.cores, strict=True)):
        whole, wanted = _without_interrupted(core, expected, samples)
        with_golden_model(tally, whole, wanted)
        memories = np.tile(contents(samples.images[number]), (len(samples.programs), 1))
        tally.check("memories written", core.contents, memories)

    tally.check("ticks", got.last_ticks, golden.last_ticks)
    resting = np.ones((len(got.reset_states), 3 + design.cores), np.int64)
    resting[:, 0] = 0  # it is not ready in the reset
    resting[:, 2] = 0  # links that offer a word
    tally.check("state of a reset", got.reset_states, resting)

    _cover(coverage, design, samples, got, golden)
    return {
        "what": str(design),
        "simulator": simulator,
        "resets": len(got.reset_states),
        "compared": tally.compared,
        "mismatches": tally.mismatches,
        "where": tally.where,
    }


def _without_interrupted(
    core: CoreRun, expected: CoreRun, samples: Samples
) -> tuple[CoreRun, CoreRun]:
    """Both runs, where of an interrupted sample only those words count that left the RTL."""
    from dataclasses import replace

    wanted = []
    pairs = zip(core.sample_words(), expected.sample_words(), strict=True)
    for cut, (left, golden) in zip(samples.pace.interrupted, pairs, strict=True):
        wanted.append(golden[: len(left)] if cut else golden)

    return core, replace(expected, left=np.concatenate(wanted))


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
