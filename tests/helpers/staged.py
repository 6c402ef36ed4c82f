"""Staged networks of random ones."""

from __future__ import annotations

import numpy as np
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import with_planes
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.staged.margins import largest_margin
from spikewatt.sim.staged.rule import MarginRule
from spikewatt.sim.staged.staged_network import StagedNetwork

from .random_networks import random_input, random_network

SAMPLES = 12


def radix_network(seed: int, **options) -> SpikingNetwork:
    """A random radix network with bit planes at its input."""
    return random_network(seed, code="radix", input_code="bitplane", **options)


def staged_network(seed: int, threshold: float = 0.3, planes: tuple[int, ...] = (1, 2)):
    """A StagedNetwork of a random network and of it with fewer planes; and inputs."""
    network = radix_network(seed)
    x = random_input(network, SAMPLES, seed)
    stages = [*(with_planes(network, n) for n in planes), network]
    scales = [largest_margin(simulate(s, x, "event").outputs[:, -1]) for s in stages[:-1]]
    return StagedNetwork(tuple(stages), MarginRule(threshold, tuple(scales))), x


def one_layer_network(size: int = 5) -> SpikingNetwork:
    """Under radix, without anything that integrates and fires."""
    pixels = Population("input", (size,), "input", 1, 0, 0, levels=255)
    classes = Population("output", (3,), "readout", 1, 0, 0)
    arrow = Connection("input", "output", "dense", np.arange(3 * size).reshape(size, 3) % 15 - 7)
    return SpikingNetwork(
        [pixels, classes], [arrow], "radix", 1 / 255, 1.0, 8, input_code="bitplane"
    )


def two_readouts_network() -> SpikingNetwork:
    """Under radix, one hidden population and two read-outs."""
    populations = [
        Population("input", (5,), "input", 1, 0, 0, levels=255),
        Population("hidden", (6,), "integrate_and_fire", 300, 0, 150, levels=15),
        Population("first", (3,), "readout", 1, 0, 0),
        Population("second", (2,), "readout", 1, 0, 0),
    ]
    arrows = [
        Connection("input", "hidden", "dense", np.arange(30).reshape(5, 6) % 11),
        Connection("hidden", "first", "dense", np.arange(18).reshape(6, 3) % 7 - 3),
        Connection("hidden", "second", "dense", np.arange(12).reshape(6, 2) % 5 - 2),
    ]
    return SpikingNetwork(populations, arrows, "radix", 1 / 255, 1.0, 8, input_code="bitplane")
