"""estimate: operations, seconds, memory and size of the trace of a run, before it is done."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ....errors import SpikewattError, SpikewattWarning, one_of, whole_number
from ...network.spiking_network import SpikingNetwork
from ..engines import ENGINES
from ..inputs import Inputs
from ..schedule import Schedule, schedule
from ..simulate import simulate
from ..state_width import state_width
from .choose import costs
from .model import Cost
from .probe import Probe, probe
from .work import Work, cores

TRIED = 32, 128  # samples of two small traces, whose files show how large one of all is
TRIED_S = 1.0  # of both at most
DRAWN = 128  # samples that are drawn where no inputs are given
MOST_SAMPLES = 10**9


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Parameters
    ----------
    samples, steps : int.
    synaptic_operations : float, of all samples, of every synapse that a spike arrives at.
    neuron_updates : float, of all samples.
    macs : float, multiply-accumulates of all samples in a loop without sparsity, as TensorFlow
        would run it: at each step, or once for an exact code.
    trace_bytes : float, of the numbers of the trace in memory.
    file_bytes : float, of its file.
    activity : str, how the operations are known.
    costs : engine -> Cost.
    """

    samples: int
    steps: int
    synaptic_operations: float
    neuron_updates: float
    macs: float
    trace_bytes: float
    file_bytes: float
    activity: str
    costs: Mapping[str, Cost]

    @property
    def engine(self) -> str:
        """The engine with the least estimated time, which ``auto`` takes."""
        return min(self.costs, key=lambda name: self.costs[name].seconds)

    def seconds(self, engine: str | None = None) -> float:
        """Of a run in `engine`, by default the fastest; infinite where it cannot do it."""
        return self.costs[engine or self.engine].seconds


def estimate(
    network: SpikingNetwork,
    x=None,
    steps: int | None = None,
    *,
    samples: int | None = None,
    rasters: int = 0,
    workers: int | None = None,
    seed: int = 0,
    state_bits: int | None = None,
    engines: Iterable[str] = tuple(ENGINES),
) -> Estimate:
    """What `simulate` would take with these arguments, in each engine.

    A few samples are run to see how active the network is. How fast the machine is was measured
    when it was first asked, which takes some seconds, and is bettered by each longer run; both are
    kept in the cache.

    Parameters
    ----------
    network : SpikingNetwork.
    x : inputs as of `simulate`; default None: pixels are drawn, each value equally often.
    steps, rasters, workers, seed, state_bits : as of `simulate`.
    samples : int, how many there will be; default as many as in `x`.
    engines : names of those to ask; default all.

    Raises
    ------
    SpikewattError : as `simulate`; neither `x` nor `samples`.

    >>> from spikewatt import Connection, Population, SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    >>> found = estimate(network, [[0.25, 1.0]], steps=8, samples=100)  # doctest: +SKIP
    >>> found.synaptic_operations, found.engine  # doctest: +SKIP
    (2000.0, 'event')
    """
    if not isinstance(network, SpikingNetwork):
        law = "must be a SpikingNetwork"
        raise SpikewattError("estimate.network", law, type(network).__name__)
    engines = list(engines)
    for name in engines:
        one_of("estimate.engines", "must name engines", name, ENGINES)
    plan = _plan(network, steps, state_bits)
    if x is None and samples is None:
        law = "takes inputs, or a number of samples"
        raise SpikewattError("estimate", law, "neither", "x, or samples=10000")

    activity = ""
    if x is None:
        x, activity = _drawn(network), ", pixels drawn"
    start = time.perf_counter()
    inputs = Inputs(network, x)
    around_s = (time.perf_counter() - start) / inputs.samples
    law = "must be a number of samples"
    samples = inputs.samples if samples is None else samples
    samples = whole_number("estimate.samples", law, samples, 1, MOST_SAMPLES)
    rasters = whole_number("estimate.rasters", law, rasters, 0, 2**31)
    found = probe(network, inputs, plan, seed, workers or cores())

    work = Work(network, plan, samples, found.operations, found.spikes, workers, rasters)
    file_bytes = _file_bytes(network, x, plan, work, found, state_bits)
    return Estimate(
        samples=samples,
        steps=plan.steps,
        synaptic_operations=found.operations * samples,
        neuron_updates=float(work.updates) * samples,
        macs=float(work.macs) * samples,
        trace_bytes=work.counts_bytes,
        file_bytes=file_bytes,
        activity=f"{found}{activity}",
        costs={
            name: replace(cost, running_s=cost.running_s + around_s * samples)
            for name, cost in costs(work, found, engines).items()
        },
    )


def _plan(network: SpikingNetwork, steps: int | None, state_bits: int | None) -> Schedule:
    """The schedule, with the width of the potentials where they saturate."""
    plan = schedule(network, steps)
    width = state_width(network, plan, state_bits)
    if width < state_width(network, plan):
        return replace(plan, largest=2 ** (width - 1) - 1)
    return plan


def _drawn(network: SpikingNetwork):
    """Inputs within the range of the network, each level equally often."""
    random = np.random.default_rng(0)
    levels = network.input_levels
    lowest = -levels if network.input_code.takes_negative else 0
    parts = []
    for p in network.inputs:
        pixels = random.integers(lowest, levels + 1, (DRAWN, *p.shape))
        parts.append(pixels * network.input_unit)
    return parts[0] if len(parts) == 1 else parts


def _file_bytes(
    network: SpikingNetwork,
    x,
    plan: Schedule,
    work: Work,
    found: Probe,
    state_bits: int | None,
) -> float:
    """Size of the trace's file: that of two small ones, continued in a straight line.

    Where a small trace would take long it is the size of its numbers, which are packed in a file.
    """
    several = isinstance(x, list | tuple) and len(network.inputs) > 1
    there = len(x[0]) if several else len(x)
    few, more = (min(count, there) for count in TRIED)
    if few == more or not found.sample_s or found.sample_s * (few + more) > TRIED_S:
        return work.counts_bytes

    sizes = []
    steps = plan.steps if plan.streaming else None
    for count in (few, more):
        part = [p[:count] for p in x] if several else x[:count]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpikewattWarning)  # what `simulate` says of all of `x`
            trace = simulate(network, part, "event", steps, state_bits=state_bits)
        with tempfile.TemporaryDirectory(prefix="spikewatt-") as folder:
            path = Path(folder, "small.trace")
            trace.save(path)
            sizes.append(path.stat().st_size)
    each = (sizes[1] - sizes[0]) / (more - few)
    rastered = min(work.rasters, work.samples) * plan.steps * work.neurons / 8
    return sizes[0] + each * (work.samples - few) + rastered
