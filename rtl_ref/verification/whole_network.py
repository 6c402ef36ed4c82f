"""Run a spiking network through the RTL cores and compare with the golden model and an engine.

Spike for spike, potential for potential, cycle for cycle.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import SpikewattError, one_of
from ...progress import Progress, silent
from ...sim.engines.engines import ENGINES
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ..design import STATE_BITS, chain_parameters
from ..model.core_image import network_images
from ..model.words import check_executable, words
from ..simulation.simulator import Simulation, check_tools
from .chains.golden import golden_run
from .chains.played import PLAYER, rtl_run
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
    progress : called with ("verify", done, all), default nobody

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
    trace = simulate(network, x, engine, steps, rasters=len(x))
    first = network.populations[0]
    programs = []
    for spikes in trace.rasters[first.name]:
        program = list(words(network, plan, spikes))
        programs.append(program)

    report("verify", 0, 2)
    sizes = [p.size for p in network.populations]
    parameters = chain_parameters(sizes, network.weight_bits, state_bits)
    simulation = Simulation(PLAYER, parameters, simulator, waves is not None, sources)

    report("verify", 1, 2)
    started = time.perf_counter()
    run = rtl_run(simulation, images, programs, waves).run
    seconds = time.perf_counter() - started

    golden = golden_run(images, programs, state_bits)
    rows = compare(network, trace, run, golden)
    report("verify", 2, 2)

    _check_not_empty(rows)
    for row in rows:
        row |= {
            "samples": len(x),
            "simulator": simulator,
            "seconds": seconds,
        }

    return rows


def _check_not_empty(rows: Sequence[dict]) -> None:
    events = [row["events_in"] for row in rows]
    if not events or min(events) == 0:
        law = "every population receives events, or nothing is compared"
        raise SpikewattError("verify", law, events)
