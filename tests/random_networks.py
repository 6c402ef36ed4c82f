"""Random small spiking networks for property tests."""

from __future__ import annotations

import numpy as np
from spikewatt.sim.geometry import Geometry, output_shape
from spikewatt.sim.network import Connection, Population, SpikingNetwork


def random_network(seed: int, layers: int = 3, kinds: tuple[str, ...] = ("conv2d", "pool", "max_pool", "dense")) -> SpikingNetwork:
    """A chain of random conv2d, pool, max_pool and dense layers with random padding, strides, thresholds and biases."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(4, 9)), int(random.integers(4, 9)), int(random.integers(1, 4)))
    levels = int(random.choice([1, 16, 255]))
    populations = [Population("input", shape, "input", levels, 0, levels // 2)]
    connections: list[Connection] = []
    for i in range(layers):
        pre = populations[-1]
        kind = str(random.choice(kinds)) if len(pre.shape) == 3 else "dense"
        name = f"layer{i}"
        if kind == "dense":
            connection = Connection(pre.name, name, "dense", random.integers(-127, 128, (pre.size, int(random.integers(1, 20)))))
        else:
            window = tuple(int(random.integers(1, min(3, n) + 1)) for n in pre.shape[:2])
            strides = tuple(int(random.integers(1, 3)) for _ in range(2))
            padding = tuple(tuple(int(random.integers(0, k)) for _ in range(2)) for k in window)
            if kind != "conv2d":
                padding = tuple((0, min(after, 1)) for _, after in padding)  # each window keeps at least one input
            geometry = Geometry(window, strides, padding)
            weights = random.integers(-3, 4, (*window, pre.shape[2], int(random.integers(1, 6)))) if kind == "conv2d" else None
            connection = Connection(pre.name, name, kind, weights, geometry)
        post_shape = output_shape(connection, pre.shape)
        threshold = random.integers(1, 40, post_shape)
        if kind == "max_pool":
            populations.append(Population(name, post_shape, "max_pool", 1, 0, 0))
        else:
            populations.append(
                Population(name, post_shape, "integrate_and_fire", threshold, random.integers(-5, 9, post_shape), threshold // 2)
            )
        connections.append(connection)
    last = populations[-1]
    connections.append(Connection(last.name, "output", "dense", random.integers(-127, 128, (last.size, 4))))
    populations.append(Population("output", (4,), "readout", 1, random.integers(-9, 9, 4), 0))
    return SpikingNetwork(tuple(populations), tuple(connections), "rate", 1 / levels, 1.0, 8)


def random_input(network: SpikingNetwork, samples: int, seed: int) -> np.ndarray:
    """(samples, …) inputs on the network's grid."""
    shape = network.populations[0].shape
    return np.random.default_rng(seed).integers(0, network.input_levels + 1, (samples, *shape)) * network.input_unit
