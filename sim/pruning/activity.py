"""What each neuron sends, mean over samples; what never sends anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..engines.blocks import parts
from ..engines.inputs import Inputs, integer_input
from ..engines.samples import some_of
from ..engines.schedule import Schedule, schedule
from ..engines.simulate import simulate
from ..network.spiking_network import SpikingNetwork

RASTER_BYTES = 2**27  # of the samples that run together


@dataclass(frozen=True)
class Activity:
    """What the neurons of a network send per inference, mean over samples.

    Parameters
    ----------
    values : mapping of array, (*shape of the population) float64
        Population -> Σ gain · spike, spikes taken back subtracted.
    spikes : mapping of array, likewise
        Population -> spikes of either sign.
    most : mapping of array, likewise
        Population -> spikes of the sample with the most: 0 where the neuron is silent.
    samples, steps : int
    """

    values: dict[str, np.ndarray]
    spikes: dict[str, np.ndarray]
    most: dict[str, np.ndarray]
    samples: int
    steps: int

    def silent(self, population: str) -> np.ndarray:
        """Bool (*shape): neurons that sent no spike in any sample."""
        return self.most[population] == 0


def activity(network: SpikingNetwork, x, steps: int | None = None, seed: int = 0) -> Activity:
    """Run `network` on `x` and keep what each neuron sent.

    Parameters
    ----------
    network : SpikingNetwork
    x : as of `simulate`
    steps, seed : as of `simulate`

    Raises
    ------
    SpikewattError : as of `simulate`.
    """
    plan = schedule(network, steps)
    runs = _exact(network, x) if network.code.exact else _streaming(network, plan, x, seed)

    fires = [p for p in network.populations if p.kind.fires and p.name in plan.windows]
    values = {p.name: np.zeros(p.shape) for p in fires}
    spikes = {p.name: np.zeros(p.shape) for p in fires}
    most = {p.name: np.zeros(p.shape, np.int64) for p in fires}
    samples = 0
    for count, found in runs:
        samples += count
        for p in fires:
            if p.name not in found:
                continue
            sent, fired = (part.reshape(count, *p.shape) for part in found[p.name])
            values[p.name] += sent.sum(axis=0, dtype=np.float64)
            spikes[p.name] += fired.sum(axis=0, dtype=np.float64)
            most[p.name] = np.maximum(most[p.name], fired.max(axis=0))

    for name in values:
        values[name] /= samples
        spikes[name] /= samples
    return Activity(values, spikes, most, samples, plan.steps)


Found = Iterator[tuple[int, dict[str, tuple[np.ndarray, np.ndarray]]]]


def _exact(network: SpikingNetwork, x) -> Found:
    """Samples, and of each population values and spikes: the code says how many carry a value."""
    from ..engines.batched.engine import VALUES_BATCH, values

    levels = integer_input(network, x)
    for start in range(0, len(levels), VALUES_BATCH):
        part = levels[start : start + VALUES_BATCH]
        found = {}
        for name, q in values(network, part).items():
            p = network.population(name)
            doubles = network.input_code.doubles if p.kind.is_input else network.code.doubles
            sent = np.abs(q.astype(np.int64))
            found[name] = (q, np.bitwise_count(sent) if doubles else sent)
        yield len(part), found


def _streaming(network: SpikingNetwork, plan: Schedule, x, seed: int) -> Found:
    """Likewise, from which neuron fired at which step."""
    neurons = sum(p.size for p in network.populations)
    at_once = max(1, RASTER_BYTES // (neurons * plan.steps))
    gains = {
        name: np.array([window.gain(t) for t in range(plan.steps)], np.int64)
        for name, window in plan.windows.items()
    }
    for start, stop in parts(Inputs(network, x).samples, at_once):
        count, some = stop - start, some_of(network, x, slice(start, stop))
        trace = simulate(network, some, "event", plan.steps, rasters=count, seed=seed)
        found = {}
        for name, raster in trace.rasters.items():
            if name not in gains:
                continue
            sent = np.einsum("stn,t->sn", raster.astype(np.int64), gains[name])
            found[name] = (sent, np.abs(raster).sum(axis=1, dtype=np.int64))
        yield count, found
