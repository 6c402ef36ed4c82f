"""Probe: a few samples of a run, run beforehand to see how active the network is."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from ....errors import MissingToolError
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part
from ..event import engine as event
from ..event.compiled import kernel
from ..inputs import Inputs
from ..reference import run as run_reference
from ..schedule import Schedule, schedule

PROBE_S = 0.2  # of the longest call, about
MOST_TIMES = 16  # as many samples as in the call before
FEWEST_STEPS = 16  # of a streaming code that is too long to run whole
MOST_OPERATIONS = 2e9  # of a sample in which every neuron fires at every step
LONG_S = 10.0  # a first call that takes so long is not repeated
MOST_SYNAPSES = 2e7  # that the reference engine unrolls for a probe
ASSUMED = 0.1  # spikes per neuron and step, where nothing can be run


@dataclass(frozen=True)
class Probe:
    """What a few samples did.

    Parameters
    ----------
    samples : int, how many; 0 where none could be run.
    engine : str, that ran them; empty where none did.
    operations, spikes : float, of one sample; operations of all synapses.
    ready_s, sample_s : float, seconds before the first sample, and of each; 0 where not known.
    """

    samples: int
    engine: str
    operations: float
    spikes: float
    ready_s: float = 0.0
    sample_s: float = 0.0

    def __str__(self) -> str:
        if not self.samples:
            return f"assumed: {ASSUMED:g} spikes per neuron and step"
        return f"{self.samples} samples in the {self.engine} engine"


def probe(
    network: SpikingNetwork, inputs: Inputs, plan: Schedule, seed: int, workers: int
) -> Probe:
    """Run a few of the `inputs`, spread evenly over them.

    In the event engine, whose own time it shows; without a compiler in the reference engine.
    """
    shorter, share = _shortened(network, plan)
    try:
        kernel()
    except MissingToolError:
        return _in_reference(network, inputs, shorter, seed, share)

    def run(samples: int) -> tuple[Counts, float]:
        part = _spread(inputs, samples)
        start = time.perf_counter()
        counts = Counts.empty(network, samples, shorter.steps, 0)
        event.run(network, part, shorter, counts, Part(0, seed, workers))
        return counts, time.perf_counter() - start

    samples = min(inputs.samples, 2 * workers)
    counts, first_s = run(samples)
    again_s = first_s
    if first_s < LONG_S:
        counts, again_s = run(samples)
    ready_s = max(first_s - again_s, 0.0)

    # More of them until they take long enough to tell: several at once may be quicker.
    while again_s < PROBE_S and samples < inputs.samples:
        more = int(samples * min(PROBE_S / again_s, MOST_TIMES))
        samples = min(inputs.samples, max(2 * samples, more))
        counts, again_s = run(samples)
    sample_s = again_s / samples * share
    operations, spikes = operations_of(counts), spikes_of(counts)
    return Probe(
        samples,
        "event",
        operations / samples * share,
        spikes / samples * share,
        ready_s,
        sample_s,
    )


def _in_reference(
    network: SpikingNetwork, inputs: Inputs, plan: Schedule, seed: int, share: float
) -> Probe:
    """As `probe`, by the engine that needs nothing; a large network is not run but assumed."""
    synapses = {c.name: network.fan_out(c) for c in network.connections}
    if sum(int(fan.sum()) for fan in synapses.values()) > MOST_SYNAPSES:
        operations, spikes = _assumed(network, plan, synapses)
        return Probe(0, "", operations * share, spikes * share)

    samples = min(inputs.samples, 2)
    counts = Counts.empty(network, samples, plan.steps, 0)
    run_reference(network, _spread(inputs, samples), plan, counts, Part(0, seed))
    operations, spikes = operations_of(counts), spikes_of(counts)
    return Probe(samples, "reference", operations / samples * share, spikes / samples * share)


def _assumed(
    network: SpikingNetwork, plan: Schedule, synapses: dict[str, np.ndarray]
) -> tuple[float, float]:
    """Operations and spikes of a sample where every neuron fires equally often."""
    each = {name: ASSUMED * window.length for name, window in plan.windows.items()}
    spikes = sum(each.get(p.name, 0.0) * p.size for p in network.populations)
    operations = 0.0
    for c in network.connections:
        operations += each.get(c.pre, 0.0) * float(synapses[c.name].sum())
    return operations, spikes


def _shortened(network: SpikingNetwork, plan: Schedule) -> tuple[Schedule, float]:
    """A plan of fewer steps where a sample takes long, and how many times as long `plan` is."""
    if not plan.streaming:
        return plan, 1.0
    synapses = sum(int(network.fan_out(c).sum()) for c in network.connections)
    steps = max(FEWEST_STEPS, int(MOST_OPERATIONS / max(synapses, 1)))
    if steps >= plan.steps:
        return plan, 1.0
    shorter = replace(schedule(network, steps), largest=plan.largest)
    return shorter, plan.steps / steps


def _spread(inputs: Inputs, samples: int) -> np.ndarray:
    """(samples, neurons) integers of so many of the inputs, evenly spread."""
    if samples == inputs.samples:
        return inputs.levels(0, samples)
    found = np.empty((samples, inputs.neurons), np.int64)
    places = np.linspace(0, inputs.samples - 1, samples).round().astype(int)
    for i, place in enumerate(places):
        inputs.levels(place, place + 1, found[i : i + 1])
    return found


def operations_of(counts: Counts) -> float:
    """Synaptic operations of all samples, of all synapses."""
    arrays = counts.synaptic_operations["synapses"].values()
    return float(sum(array.sum() for array in arrays))


def spikes_of(counts: Counts) -> float:
    """Spikes of all samples."""
    return float(sum(array.sum() for array in counts.spikes.values()))
