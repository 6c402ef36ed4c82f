"""simulate: run a SpikingNetwork on inputs with an engine and return the Trace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ...progress import Progress, silent
from ...resources import check_memory
from ..network.connection_kinds import Identity
from ..network.spiking_network import SpikingNetwork
from ..trace.layer_summary import summarise
from ..trace.run_settings import RunSettings
from ..trace.trace import Trace
from .counts import Counts, Part
from .engines import ENGINES
from .inputs import check_input_scale, integer_input
from .schedule import Schedule, schedule
from .state_width import state_width

BYTES = 8  # of a number in a trace


def simulate(
    network: SpikingNetwork,
    x,
    engine: str = "annarchy",
    steps: int | None = None,
    rasters: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    seed: int = 0,
    state_bits: int | None = None,
) -> Trace:
    """Run `network` on every sample of `x` and return the counts.

    Parameters
    ----------
    network : SpikingNetwork.
    x : (samples, …) inputs as the Keras model takes them, within the network's input range; a list
        of such arrays for several inputs.
    engine : ``annarchy`` (default; C++ simulation, compiled once and cached), ``batched``
        (TensorFlow, whole batches), ``event`` (a kernel in C++ in which spikes drive the work) or
        ``reference`` (numpy); all give equal integers.
    steps : int, simulated steps of a streaming code, 1..10000; default 32 (rate), as many as it
        needs to settle (signed). Exact codes have their own.
    rasters : int, record which neuron fired at which step for the first so many samples; default 0.
    workers : int, processes of the ANNarchy engine, threads of the event engine; default one per
        core.
    progress : called with (stage, done, in all); the stages are ``compile`` and ``simulate``.
    seed : int, of Poisson inputs; a sample's events depend on it and on the number of the sample
        only. Default 0.
    state_bits : int, width of a signed potential; default what the worst case needs. In a narrower
        one the potential of a streaming code saturates after the sum of each step, which the trace
        counts; exact codes do not run in a narrower one.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside of the input range, unknown engine, steps out
        of range or given for an exact code. MissingToolError : ANNarchy and the event engine need
        a compiler that is not installed.

    >>> from spikewatt import Connection, Population, SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    >>> trace = simulate(network, [[0.25, 1.0]], engine="reference", steps=8)
    >>> int(trace.spikes["input"].sum()), trace.outputs[0, -1].tolist()
    (10, [2, 8])
    """
    one_of("simulate.engine", "must name an engine", engine, ENGINES)
    if not isinstance(network, SpikingNetwork):
        law = "must be a SpikingNetwork"
        raise SpikewattError("simulate.network", law, type(network).__name__)
    plan = schedule(network, steps)
    if workers is not None:
        law = "must be a number of processes"
        workers = whole_number("simulate.workers", law, workers, 1, 1024)

    inputs = integer_input(network, x)
    check_input_scale(network, x)
    law = "must be a number of samples"
    rasters = whole_number("simulate.rasters", law, rasters, 0, 2**31)
    rasters = min(rasters, len(inputs))
    seed = whole_number("simulate.seed", "must be a seed", seed, 0, 2**31 - 1)

    # Potentials saturate only where they are narrower than the worst case.
    needed = state_width(network, plan)
    width = state_width(network, plan, state_bits)
    if width < needed:
        largest = 2 ** (width - 1) - 1
        plan = replace(plan, largest=largest)

    _check_memory(network, len(inputs), rasters, plan)
    digest = _digesting(inputs)
    counts = Counts.empty(network, len(inputs), plan.steps, rasters)
    part = Part(0, seed, workers, progress or silent)
    ENGINES[engine].run(
        network,
        inputs,
        plan,
        counts,
        part,
    )
    settings = _settings(
        network,
        engine,
        plan,
        counts,
        seed,
        width,
        needed,
    )
    return Trace(
        spikes=counts.spikes,
        synaptic_operations=counts.synaptic_operations,
        outputs=counts.outputs,
        layers=summarise(network),
        neurons={p.name: p.size for p in network.populations},
        network_hash=network.hash,
        data_hash=digest(),
        settings=settings,
        rasters=counts.rasters,
        saturations=counts.saturations,
    )


def _digesting(inputs: np.ndarray) -> Callable[[], str]:
    """The SHA-256 of the numbers, taken while the engine runs; what is returned waits for it."""
    numbers = np.ascontiguousarray(inputs, "<i8")
    digest = hashlib.sha256()
    thread = Thread(target=digest.update, args=(numbers.data.cast("B"),), daemon=True)
    thread.start()

    def found() -> str:
        thread.join()
        return digest.hexdigest()

    return found


def trace_bytes(network: SpikingNetwork, samples: int, steps: int | None, rasters: int = 0) -> int:
    """Bytes of the numbers in a trace: outputs at each step, spike counts, and rasters.

    Parameters
    ----------
    network : SpikingNetwork.
    samples, steps, rasters : as of `simulate`.
    """
    length = schedule(network, steps).steps
    outputs = sum(p.size for p in network.readouts)
    neurons = sum(p.size for p in network.populations)
    numbers = samples * (length * outputs + neurons)
    return BYTES * numbers + min(rasters, samples) * length * neurons


def _check_memory(network: SpikingNetwork, samples: int, rasters: int, plan: Schedule) -> None:
    """Raise where the trace alone is more than there is."""
    steps = plan.steps if plan.streaming else None
    needed = trace_bytes(network, samples, steps, rasters)
    what = f"the trace of {samples:,} samples of {plan.steps:,} steps"
    check_memory("simulate", what, needed, "fewer samples, steps or rasters at a time")


def _settings(
    network: SpikingNetwork,
    engine: str,
    plan: Schedule,
    counts: Counts,
    seed: int,
    width: int,
    needed: int,
) -> RunSettings:
    """What the trace says of the run."""
    resets = {str(p.reset) for p in network.populations}
    into_outputs = [c for p in network.readouts for c in network.incoming(p.name)]
    counts_output_spikes = any(isinstance(c.kind, Identity) for c in into_outputs)
    return RunSettings(
        engine=engine,
        code=network.code,
        input_code=network.input_code,
        schedule=plan,
        weight_bits=network.weight_bits,
        state_bits=width,
        needed_state_bits=needed,
        outputs=counts.columns,
        resets=tuple(sorted(resets)),
        counts_output_spikes=counts_output_spikes,
        seed=seed if network.input_code.drawn else None,
    )
