"""Run a spiking network through the RTL cores and compare with the golden model and an engine.

Spike for spike, potential for potential, cycle for cycle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import SpikewattError, one_of
from ...progress import Progress, expect, silent
from ...sim.engines.engines import ENGINES
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ..design import STATE_BITS, chain_parameters
from ..model.core_image import CoreImage, network_images
from ..model.words import Word, check_executable, words
from ..simulation.simulator import Simulation, check_tools
from .chains.estimate import Estimate, Rates, chain_cycles
from .chains.golden import golden_run
from .chains.parts import STAGE as PLAY
from .chains.parts import parts_of, play_parts
from .chains.played import PLAYER
from .comparison import compare


def verify_network(
    network: SpikingNetwork,
    x: np.ndarray,
    steps: int | None = None,
    waves: Path | None = None,
    engine: str = "reference",
    simulator: str = "verilator",
    state_bits: int = STATE_BITS,
    sources: Path | None = None,
    progress: Progress | None = None,
    announce: Callable[[Estimate], None] | None = None,
    alone: bool = False,
) -> list[dict]:
    """Run `x` through all populations of `network` on a chain of RTL cores; one row per population.

    The input population is a host's work: it turns pixels into spikes. Compared with the golden
    model: spikes and their order, potentials after each step (radix: at the end), cycles,
    operations, memory accesses, saturations. With `engine`: spikes and outputs, spike counts,
    predictions.

    Parameters
    ----------
    network : a chain in rate or radix
    x : (samples, ...) inputs as the Keras model takes them
    steps : of a rate network, default 32
    waves : path, folder to leave waveforms and the JUnit XML in, default none
    engine : ``annarchy``, ``batched``, ``event`` or ``reference`` (default)
    simulator : ``verilator`` (default) or ``icarus``
    state_bits : width of the cores' potentials, bits, default 24
    sources : path, other RTL than that of the package
    progress : called with (stage, done, all), default nobody; stages are those of the engine,
        ``build``, and ``play``, which counts clock cycles
    announce : called with what it will take, before the RTL is built; default nobody
    alone : whether all samples run in one simulation, default False: where it is worth it they
        are shared out over as many as there are processors

    Raises
    ------
    DoesNotFitError : a code, rule or size that the cores do not have.
    SpikewattError : nothing was compared.
    """
    report = progress or silent
    one_of("verify.engine", "must name an engine", engine, ENGINES)
    check_tools(simulator)
    check_executable(network)
    plan = schedule(network, steps)
    images = network_images(network, plan, state_bits)

    # The input's spikes come from the engine; all others the cores must find by themselves.
    trace = simulate(network, x, engine, steps, rasters=len(x), progress=progress)
    first = network.populations[0]
    programs = []
    for spikes in trace.rasters[first.name]:
        program = list(words(network, plan, spikes))
        programs.append(program)

    sizes = [p.size for p in network.populations]
    parameters = chain_parameters(sizes, network.weight_bits, state_bits)
    simulation = Simulation(
        PLAYER, parameters, simulator, waves is not None, sources, at_once=False
    )
    fired = _fired(network, trace)
    plan = _plan(simulation, images, programs, fired, alone or waves is not None)
    if announce:
        announce(plan.estimate)

    expect(report, "build", plan.estimate.build_s)
    report("build", 0, 1)
    simulation.ensure_built()
    plan.rates.built(simulation, len(images))
    report("build", 1, 1)

    expect(report, PLAY, plan.estimate.run_s)
    started = time.perf_counter()
    run = play_parts(
        simulation,
        images,
        programs,
        plan.parts,
        waves,
        plan.estimate.cycles,
        report,
        partial(plan.rates.ran, len(images)),
    )
    seconds = time.perf_counter() - started

    golden = golden_run(images, programs, state_bits)
    rows = compare(network, trace, run, golden)

    _check_not_empty(rows)
    for row in rows:
        row |= {
            "samples": len(x),
            "simulator": simulator,
            "seconds": seconds,
        }

    return rows


def _fired(network: SpikingNetwork, trace: Trace) -> np.ndarray:
    """(samples, cores) spikes that leave each core; a read-out sends none."""
    samples = len(trace.outputs)
    columns = []
    for population in network.populations[1:]:
        if population.kind.is_readout:
            columns.append(np.zeros(samples, np.int64))
        else:
            columns.append(trace.spikes[population.name].reshape(samples, -1).sum(axis=1))
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class _Plan:
    """How the samples are shared out, and what that will take."""

    parts: list[slice]
    estimate: Estimate
    rates: Rates


def _plan(
    simulation: Simulation,
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    fired: np.ndarray,
    alone: bool,
) -> _Plan:
    rates = Rates(simulation.simulator, simulation.waves)
    loading, samples = chain_cycles(images, programs, fired)
    cores = len(images)
    in_turn_s = rates.run_s(cores, loading + sum(samples))
    parts = parts_of(samples, 0.0 if alone else in_turn_s)

    cycles = tuple(loading + sum(samples[part]) for part in parts)
    build_s = 0.0 if simulation.is_built else rates.build_s(cores)
    return _Plan(parts, Estimate(cycles, build_s, rates.run_s(cores, max(cycles))), rates)


def _check_not_empty(rows: Sequence[dict]) -> None:
    events = [row["events_in"] for row in rows]
    if not events or min(events) == 0:
        law = "every population receives events, or nothing is compared"
        raise SpikewattError("verify", law, events)
