"""Small networks that every engine runs once on a machine, to see how fast it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ...network.connection import Connection
from ...network.geometry import Geometry
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import Counts, Part
from ..schedule import Schedule, schedule
from .probe import operations_of, spikes_of
from .records import Features, Record
from .work import Work

UNCERTAIN = 0.02  # weight of a guess beside a run that was measured
LEVELS = 255
SPIKES = 15  # levels of a neuron
population: Any = Population  # they take plain numbers and names
connection: Any = Connection
network: Any = SpikingNetwork
DENSE, FILTERS, SIDE = 256, 16, 16
Run = Callable[[SpikingNetwork, np.ndarray, Schedule, Counts, Part], None]


def dense(code: str, size: int = DENSE, hidden: int = 2) -> SpikingNetwork:
    """Dense layers of `size` neurons, of which about a fifth fires at a step."""
    random = np.random.default_rng(0)
    populations = [_input(code, (size,))]
    connections = []
    for i in range(hidden + 1):
        last = i == hidden
        post = _readout(10) if last else _neurons(code, f"hidden{i}", (size,), size)
        weights = random.integers(-100, 128, (size, post.size))
        connections.append(connection(populations[-1].name, post.name, "dense", weights))
        populations.append(post)
    return _network(code, populations, connections)


def convolutional(code: str, filters: int = FILTERS, side: int = SIDE) -> SpikingNetwork:
    """Two convolutions of 3 x 3 and a read-out."""
    random = np.random.default_rng(0)
    window = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
    populations = [_input(code, (side, side, 3))]
    connections = []
    for i in range(2):
        pre = populations[-1]
        seen = pre.shape[-1]
        post = _neurons(code, f"convolution{i}", (side, side, filters), 9 * seen)
        weights = random.integers(-100, 128, (3, 3, seen, filters))
        connections.append(connection(pre.name, post.name, "conv2d", weights, window))
        populations.append(post)

    readout = _readout(10)
    weights = random.integers(-100, 128, (populations[-1].size, readout.size))
    connections.append(connection(populations[-1].name, readout.name, "dense", weights))
    return _network(code, [*populations, readout], connections)


def _input(code: str, shape: tuple[int, ...]) -> Population:
    levels = LEVELS if code == "radix" else SPIKES
    threshold = 1 if code == "radix" else LEVELS if code == "rate" else LEVELS // SPIKES
    return population("input", shape, "input", threshold, 0, 0, levels=levels)


def _neurons(code: str, name: str, shape: tuple[int, ...], fan_in: int) -> Population:
    # A weight is 14 on average: about a fifth fires.
    threshold = 14 * fan_in if code != "radix" else 14 * fan_in * 4
    return population(name, shape, "integrate_and_fire", threshold, 0, 0, levels=SPIKES)


def _readout(size: int) -> Population:
    return population("output", (size,), "readout", 1, 0, 0)


def _network(code: str, populations, connections) -> SpikingNetwork:
    input_code = "bitplane" if code == "radix" else "if"
    return network(populations, connections, code, 1 / LEVELS, 1.0, 8, input_code=input_code)


def pixels(network: SpikingNetwork, samples: int) -> np.ndarray:
    """(samples, neurons) integers, equally often each."""
    random = np.random.default_rng(1)
    size = sum(p.size for p in network.inputs)
    return random.integers(0, network.input_levels + 1, (samples, size))


def timed(
    run: Run,
    network: SpikingNetwork,
    steps: int | None,
    samples: tuple[int, int],
    features: Callable[[Work], tuple[Features, Features]],
) -> Iterator[Record]:
    """Two runs of one network; what the larger takes longer is what samples take.

    Parameters
    ----------
    run : the engine.
    samples : of the smaller and the larger run.
    features : what a run has to do before the first sample, and for all.
    """
    plan = schedule(network, steps)
    taken, found = [], []
    for count in samples:
        inputs = pixels(network, count)
        given = Work(network, plan, count, 0.0, 0.0, 1)
        ready, _ = features(given)
        start = time.perf_counter()
        counts = Counts.empty(network, count, plan.steps, 0)
        run(network, inputs, plan, counts, Part())
        taken.append(time.perf_counter() - start)

        operations, spikes = operations_of(counts), spikes_of(counts)
        work = Work(network, plan, count, operations / count, spikes / count, 1)
        found.append((ready, features(work)[1]))

    for (ready, running), seconds in zip(found, taken, strict=True):
        amounts = {**ready, **running}
        yield Record({name: a for name, a in amounts.items() if a > 0}, seconds, once=True)


def beside_an_addition(times: Mapping[str, float]) -> Iterator[Record]:
    """Guesses of what cannot be measured in a moment, beside what numpy takes for an addition.

    Parameters
    ----------
    times : feature -> how many additions of one integer of many to another a unit of it takes.
    """
    values = np.arange(2**20)
    taken = []
    for _ in range(15):
        start = time.perf_counter()
        values = values + 1
        taken.append(time.perf_counter() - start)
    addition_s = float(np.median(taken)) / values.size
    for name, times_that in times.items():
        yield Record({name: 1.0}, times_that * addition_s, once=True, weight=UNCERTAIN)
