"""A small network with what tools that count operations disagree on, and its inputs."""

# Populations and connections take names and plain numbers too.
# pyright: reportArgumentType=false

from __future__ import annotations

import numpy as np

from ...sim.network.connection import Connection
from ...sim.network.geometry import Geometry
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork

SAMPLES = 3


def standing_network() -> SpikingNetwork:
    """A small network with what the tools disagree on.

    Borders, strides, a depthwise layer, a pool in front of weights, weights of zero.
    """
    random = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return random.integers(-3, 5, shape) * (random.random(shape) < 0.8)

    populations = (
        Population("input", (9, 9, 2), "input", 16, 0, 8),
        _firing("same", (9, 9, 4), 9),
        _firing("strided", (4, 4, 6), 12),
        _firing("depthwise", (4, 4, 6), 6),
        _firing("hidden", (12,), 14),
        Population("output", (5,), "readout", 1, 0, 0),
    )

    padded = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
    strided = Geometry((3, 3), (2, 2), ((0, 0), (0, 0)))
    pool = Geometry((2, 2), (2, 2))
    connections = (
        Connection("input", "same", "conv2d", weights(3, 3, 2, 4), padded),
        Connection("same", "strided", "conv2d", weights(3, 3, 4, 6), strided),
        Connection("strided", "depthwise", "depthwise", weights(3, 3, 6, 1), padded),
        Connection("depthwise", "hidden", "dense", weights(24, 12), None, pool),
        Connection("hidden", "output", "dense", weights(12, 5)),
    )
    return SpikingNetwork(populations, connections, "rate", 1 / 16, 1.0, 8, "crosscheck")


def _firing(name: str, shape: tuple[int, ...], threshold: int) -> Population:
    """A population that integrates and fires, from half its threshold."""
    return Population(name, shape, "integrate_and_fire", threshold, 0, threshold // 2)


def standing_input() -> np.ndarray:
    """(SAMPLES, 9, 9, 2) inputs of the standing network."""
    random = np.random.default_rng(1)
    return random.integers(0, 17, (SAMPLES, 9, 9, 2)) / 16
