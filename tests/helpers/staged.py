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


def one_layer_network() -> SpikingNetwork:
    """Under radix, without anything that integrates and fires."""
    pixels = Population("input", (5,), "input", 1, 0, 0, levels=255)
    classes = Population("output", (3,), "readout", 1, 0, 0)
    arrow = Connection("input", "output", "dense", np.arange(15).reshape(5, 3) - 7)
    return SpikingNetwork(
        [pixels, classes], [arrow], "radix", 1 / 255, 1.0, 8, input_code="bitplane"
    )
