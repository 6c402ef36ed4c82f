"""Small spiking networks with random weights: what loops are measured on, and tested with."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np

from ....sim.network.codes import code_named
from ....sim.network.connection import Connection
from ....sim.network.connection_kinds import CONNECTION_KINDS, Dense
from ....sim.network.geometry import Geometry
from ....sim.network.input_codes import INPUT_CODES
from ....sim.network.population import (
    Input,
    IntegrateAndFire,
    Population,
    PopulationKind,
    Readout,
)
from ....sim.network.spiking_network import SpikingNetwork

LEVELS = 15  # of an exact code: K = 4 bits, or so many spikes


def input_population(code: str, shape: tuple[int, ...]) -> Population:
    """Inputs that `code` listens to: they integrate the pixel, or send its bits."""
    if code == "radix":
        return _population("input", shape, Input(), 1, levels=LEVELS)
    levels = LEVELS if code == "sync_rate" else 0
    return _population("input", shape, Input(), 16, 0, 8, levels)


def hidden_population(
    code: str, name: str, shape: tuple[int, ...], random: np.random.Generator, fan_in: int
) -> Population:
    """Neurons that integrate and fire now and then."""
    exact = code != "rate"
    threshold = int(40 * np.sqrt(fan_in)) + 1
    bias = 0 if exact else random.integers(-20, 20, shape[-1:])
    start = random.integers(0, threshold, shape[-1:])
    levels = LEVELS if exact else 0
    return _population(name, shape, IntegrateAndFire(), threshold, bias, start, levels)


def readout_population(size: int) -> Population:
    """Classes."""
    return _population("output", (size,), Readout(), 1)


def weights_of(random: np.random.Generator, *shape: int) -> np.ndarray:
    """int8 weights."""
    return random.integers(-127, 128, shape)


def dense_network(code: str, sizes: tuple[int, ...], seed: int = 0) -> SpikingNetwork:
    """Fully connected layers.

    >>> dense_network("rate", (8, 4, 3)).synapses
    44
    """
    random = np.random.default_rng(seed)
    populations = [input_population(code, sizes[:1])]
    arrows = []
    for number, (before, size) in enumerate(pairwise(sizes), start=1):
        last = number == len(sizes) - 1
        name = "output" if last else f"hidden{number}"
        post = (
            readout_population(size)
            if last
            else hidden_population(code, name, (size,), random, before)
        )
        weights = weights_of(random, before, size)
        arrows.append(Connection(populations[-1].name, name, Dense(), weights))
        populations.append(post)
    return _network(populations, arrows, code)


def window_network(
    code: str,
    shape: tuple[int, int, int],
    kind: str,
    channels: int = 4,
    geometry: Geometry | None = None,
    pooled: Geometry | None = None,
    seed: int = 0,
) -> SpikingNetwork:
    """Inputs, one connection with a window (or ``identity``), and a dense read-out.

    Parameters
    ----------
    code : ``rate``, ``radix`` or ``sync_rate``.
    shape : rows, columns, channels of the inputs.
    kind : ``conv2d``, ``depthwise``, ``pool`` or ``identity``.
    channels : of a convolution; of others those of the inputs stay.
    """
    random = np.random.default_rng(seed)
    window = geometry or Geometry((3, 3), (1, 1))
    *_, before = shape
    weights = {
        "conv2d": lambda: weights_of(random, *window.window, before, channels),
        "depthwise": lambda: weights_of(random, *window.window, before, 1),
        "pool": lambda: None,
        "identity": lambda: random.integers(1, 300, before),
    }[kind]()
    connection = Connection(
        "input",
        "hidden1",
        CONNECTION_KINDS[kind],
        weights,
        None if kind == "identity" else window,
        pooled,
    )
    there = connection.post_shape(shape)
    fan_in = connection.taps(shape)
    hidden = hidden_population(code, "hidden1", there, random, fan_in)
    dense = Connection("hidden1", "output", Dense(), weights_of(random, prod(there), 10))
    populations = [input_population(code, shape), hidden, readout_population(10)]
    return _network(populations, [connection, dense], code)


def _population(
    name: str,
    shape: tuple[int, ...],
    kind: PopulationKind,
    threshold: int,
    bias: np.ndarray | int = 0,
    start: np.ndarray | int = 0,
    levels: int = 0,
) -> Population:
    numbers = np.asarray(threshold), np.asarray(bias), np.asarray(start)
    return Population(name, shape, kind, numbers[0], numbers[1], numbers[2], levels)


def _network(populations: list[Population], arrows: list[Connection], code: str) -> SpikingNetwork:
    input_code = INPUT_CODES["bitplane" if code == "radix" else "if"]
    return SpikingNetwork(
        tuple(populations),
        tuple(arrows),
        code_named("code", code),
        1 / 16,
        1.0,
        8,
        input_code=input_code,
    )


def inputs_of(network: SpikingNetwork, share: float, samples: int = 1, seed: int = 0) -> np.ndarray:
    """(samples, …) inputs of which about `share` are not dark, at random levels."""
    random = np.random.default_rng(seed)
    shape = (samples, *network.inputs[0].shape)
    levels = random.integers(1, network.input_levels + 1, shape)
    lit = random.random(shape) < share
    return levels * lit * network.input_unit
