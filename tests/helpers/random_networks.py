"""Random small spiking networks for property tests: chains, residual branches, two inputs, every code."""

from __future__ import annotations

import numpy as np
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

KINDS = ("conv2d", "depthwise", "pool", "max_pool", "dense")


def random_network(
    seed: int,
    layers: int = 3,
    kinds: tuple[str, ...] = KINDS,
    code: str = "rate",
    input_code: str = "if",
    residual: bool = False,
    inputs: int = 1,
    resets: tuple[str, ...] = ("subtract", "zero"),
) -> SpikingNetwork:
    """A random network with random padding, strides, thresholds, biases and numbers of levels."""
    random = np.random.default_rng(seed)
    shape = (int(random.integers(4, 8)), int(random.integers(4, 8)), int(random.integers(1, 4)))
    pixels = 255 if input_code == "bitplane" else int(random.choice([1, 16, 255]))
    exact = CODES[code].exact

    def levels() -> int:
        bits = int(random.integers(1, 5))
        return (
            0
            if code == "rate"
            else (2**bits - 1 if code == "radix" else int(random.integers(1, 9)))
        )

    def window(size, largest=3):
        window = tuple(int(random.integers(1, min(largest, n) + 1)) for n in size)
        return window, tuple(int(random.integers(1, 3)) for _ in range(2))

    def neurons(
        name: str, shape: tuple[int, ...], kind: str = "integrate_and_fire", limit: int = 0
    ) -> Population:
        threshold = random.integers(1, 40, shape)
        bias = random.integers(-5, 9, shape)
        start = threshold // 2 + (0 if code == "rate" else bias)
        if kind == "readout":
            return Population(
                name, shape, kind, 1, bias if code == "rate" else 0, 0 if code == "rate" else bias
            )
        if kind == "max_pool":
            return Population(name, shape, kind, 1, 0, 0, limit)
        return Population(name, shape, kind, threshold, bias if code == "rate" else 0, start, limit or levels(),
                          str(random.choice(resets)) if code == "rate" else "subtract")  # fmt: skip

    populations: list[Population] = []
    for i in range(inputs):
        name = "input" if i == 0 else f"input{i}"
        if input_code == "bitplane":
            populations.append(Population(name, shape, "input", 1, 0, 0, 255))
        else:
            count = 0 if code == "rate" else int(random.integers(1, 9))
            populations.append(
                Population(
                    name,
                    shape,
                    "input",
                    pixels,
                    0,
                    pixels // 2 if input_code == "if" else 0,
                    count or int(code != "rate"),
                )
            )
    connections: list[Connection] = []
    pre, limit = populations[0], 0
    if inputs > 1:
        joined = neurons("joined", shape)
        for i, source in enumerate(populations):
            connections.append(
                Connection(
                    source.name,
                    "joined",
                    "identity",
                    random.integers(-9, 10, shape[2]) + (i == 0) * 10,
                )
            )
        populations.append(joined)
        pre = joined
    for i in range(layers):
        allowed = [k for k in kinds if k == "dense" or len(pre.shape) == 3]
        if (
            code == "signed"
            or (pre.kind == "input" and input_code != "bitplane" and exact)
            or (
                pre.kind == "input"
                and (code, input_code) not in (("rate", "if"), ("radix", "bitplane"))
            )
        ):
            allowed = [k for k in allowed if k != "max_pool"]
        kind = str(random.choice(allowed or ["dense"]))
        name = f"layer{i}"
        pooled = None
        if (
            kind in ("conv2d", "dense")
            and len(pre.shape) == 3
            and random.random() < 0.4
            and min(pre.shape[:2]) >= 2
        ):
            pooled = Geometry((2, 2), (2, 2))
        seen = (*pooled.output_size(pre.shape[:2]), pre.shape[2]) if pooled else pre.shape
        if kind == "dense":
            weights = random.integers(-127, 128, (int(np.prod(seen)), int(random.integers(1, 20))))
            connection = Connection(pre.name, name, "dense", weights, None, pooled)
        else:
            size, strides = window(seen[:2])
            padding = tuple(tuple(int(random.integers(0, k)) for _ in range(2)) for k in size)
            if kind in ("pool", "max_pool"):
                padding = tuple(
                    (0, min(after, 1)) for _, after in padding
                )  # each window keeps at least one input
            weights = None
            if kind == "conv2d":
                weights = random.integers(-3, 4, (*size, seen[2], int(random.integers(1, 6))))
            elif kind == "depthwise":
                weights = random.integers(-9, 10, (*size, seen[2], int(random.integers(1, 3))))
            connection = Connection(
                pre.name, name, kind, weights, Geometry(size, strides, padding), pooled
            )
        post_shape = connection.post_shape(pre.shape)
        limit = pre.levels if kind == "max_pool" else 0
        populations.append(
            neurons(
                name, post_shape, "max_pool" if kind == "max_pool" else "integrate_and_fire", limit
            )
        )
        connections.append(connection)
        pre = populations[-1]
        if residual and pre.kind != "max_pool" and pre.size < 400:
            add = neurons(f"add{i}", pre.shape)
            connections.append(Connection(pre.name, add.name, "dense", random.integers(-9, 10, (pre.size, pre.size)))
                               if len(pre.shape) == 1 else
                               Connection(pre.name, add.name, "conv2d", random.integers(-9, 10, (1, 1, pre.shape[2], pre.shape[2])),
                                          Geometry((1, 1), (1, 1))))  # fmt: skip
            populations.append(add)
            deeper = neurons(f"deep{i}", pre.shape)
            connections.append(
                Connection(add.name, deeper.name, "identity", random.integers(1, 30, pre.shape[-1]))
            )
            connections.append(
                Connection(pre.name, deeper.name, "identity", random.integers(1, 30, pre.shape[-1]))
            )  # skips one layer
            populations.append(deeper)
            pre = deeper
    weights = random.integers(-127, 128, (pre.size, 4))
    connections.append(Connection(pre.name, "output", "dense", weights))
    populations.append(neurons("output", (4,), "readout"))
    return SpikingNetwork(
        tuple(populations),
        tuple(connections),
        code,
        1 / pixels,
        1.0,
        8,
        f"random{seed}",
        input_code,
    )


def random_input(network: SpikingNetwork, samples: int, seed: int):
    """Inputs on the network's grid: an array, or a list of them for several inputs."""
    random = np.random.default_rng(seed)
    lowest = -network.input_levels if network.input_code.takes_negative else 0
    found = [
        random.integers(lowest, network.input_levels + 1, (samples, *p.shape)) * network.input_unit
        for p in network.inputs
    ]
    return found if len(found) > 1 else found[0]
