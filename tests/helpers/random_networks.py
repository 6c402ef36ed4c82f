"""Random small spiking networks: chains, residual branches, two inputs, every code.

A seed gives the same network for ever: tests name seeds. `networks` is the same as a strategy of
hypothesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
from hypothesis import strategies as st
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

KINDS = ("conv2d", "depthwise", "pool", "max_pool", "dense")
COMPARABLE_INPUTS = (("rate", "if"), ("radix", "bitplane"))  # (code, input code) of a max pool
PIXELS = (1, 16, 255)  # levels of inputs
MOST_RESIDUAL = 400  # neurons of a layer that gets a residual branch


def random_network(
    seed: int,
    layers: int = 3,
    kinds: tuple[str, ...] = KINDS,
    code: str = "rate",
    input_code: str = "if",
    residual: bool = False,
    inputs: int = 1,
    resets: tuple[str, ...] = ("subtract", "zero"),
    pixels: int | None = None,
) -> SpikingNetwork:
    """A random network with random padding, strides, thresholds, biases and numbers of levels.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    layers : int, default 3
        Hidden layers, besides those of residual branches.
    kinds : tuple of str
        Kinds of connections to choose from.
    code, input_code : str, default "rate" and "if"
        Of the network.
    residual : bool, default False
        Whether branches that skip a layer follow each layer.
    inputs : int, default 1
        Input populations, which are added.
    resets : tuple of str
        To choose from under ``rate``.
    pixels : int, optional
        Levels of an input that is not a bit plane; default one of 1, 16 and 255.
    """
    growing = _Growing(seed, kinds, code, input_code, resets, pixels)
    return growing.network(layers, residual, inputs)


def random_input(network: SpikingNetwork, samples: int, seed: int):
    """Inputs on the network's grid: an array, or a list of them for several inputs."""
    random = np.random.default_rng(seed)
    largest = network.input_levels
    lowest = -largest if network.input_code.takes_negative else 0

    found = []
    for p in network.inputs:
        pixels = random.integers(lowest, largest + 1, (samples, *p.shape))
        found.append(pixels * network.input_unit)
    return found if len(found) > 1 else found[0]


def side_by_side(networks: Sequence[SpikingNetwork]) -> SpikingNetwork:
    """One network that holds several, none of which touches another.

    An engine that starts a process for each run does all of them in one.

    Parameters
    ----------
    networks : SpikingNetworks of one code, input code and input unit.
    """
    populations, connections = [], []
    for i, network in enumerate(networks):
        assert (network.code, network.input_code) == (networks[0].code, networks[0].input_code)
        assert network.input_unit == networks[0].input_unit
        for p in network.populations:
            populations.append(replace(p, name=f"{p.name}_{i}"))
        for c in network.connections:
            connections.append(replace(c, pre=f"{c.pre}_{i}", post=f"{c.post}_{i}"))

    populations.sort(key=lambda p: not p.kind.is_input)  # inputs come first
    return replace(
        networks[0],
        populations=tuple(populations),
        connections=tuple(connections),
        output_unit=1.0,
    )


def networks(largest_seed: int = 10_000, **options) -> st.SearchStrategy[SpikingNetwork]:
    """A strategy of random networks, with the options of `random_network`; small seeds come first.

    The seed stands in the network's name.
    """
    seeds = st.integers(0, largest_seed)
    return seeds.map(lambda seed: random_network(seed, **options))


class _Growing:
    """A network that grows from its inputs; the order of the draws is what a seed stands for."""

    def __init__(self, seed: int, kinds, code: str, input_code: str, resets, pixels: int | None):
        self.seed, self.random = seed, np.random.default_rng(seed)
        self.kinds, self.code, self.input_code, self.resets = kinds, code, input_code, resets
        self.streaming_rate = code == "rate"
        self.populations: list[Population] = []
        self.connections: list[Connection] = []

        rows, columns, channels = self.draw(4, 8), self.draw(4, 8), self.draw(1, 4)
        self.input_shape = (rows, columns, channels)
        drawn = int(self.random.choice(PIXELS)) if input_code != "bitplane" else 255
        self.pixels = pixels or drawn

    def draw(self, low: int, high: int) -> int:
        """A whole number, below `high`."""
        return int(self.random.integers(low, high))

    def weights(self, largest: int, *shape: int) -> np.ndarray:
        """Random integers, −largest..largest."""
        return self.random.integers(-largest, largest + 1, shape)

    def network(self, layers: int, residual: bool, inputs: int) -> SpikingNetwork:
        """Inputs, layers with or without residual branches, and a read-out."""
        for i in range(inputs):
            self.populations.append(self.input("input" if i == 0 else f"input{i}"))
        pre = self.join() if inputs > 1 else self.populations[0]

        for i in range(layers):
            pre = self.layer(f"layer{i}", pre)
            small = not pre.kind.compares and pre.size < MOST_RESIDUAL
            if residual and small:
                pre = self.branch(i, pre)

        self.connect(pre.name, "output", "dense", self.weights(127, pre.size, 4))
        self.populations.append(self.readout("output", (4,)))
        return SpikingNetwork(
            tuple(self.populations),
            tuple(self.connections),
            self.code,
            1 / self.pixels,
            1.0,
            8,
            f"random{self.seed}",
            self.input_code,
        )

    # Populations

    def input(self, name: str) -> Population:
        """An input population."""
        if self.input_code == "bitplane":
            return Population(name, self.input_shape, "input", 1, 0, 0, 255)

        levels = 0 if self.streaming_rate else self.draw(1, 9)
        start = self.pixels // 2 if self.input_code == "if" else 0
        return Population(name, self.input_shape, "input", self.pixels, 0, start, levels)

    def numbers(self, shape) -> tuple[np.ndarray, np.ndarray]:
        """Thresholds and biases."""
        return self.random.integers(1, 40, shape), self.random.integers(-5, 9, shape)

    def neurons(self, name: str, shape) -> Population:
        """Integrate-and-fire neurons; under exact codes the bias is part of the start."""
        threshold, bias = self.numbers(shape)
        levels = self.levels()
        kind = "integrate_and_fire"
        if self.streaming_rate:
            reset = str(self.random.choice(self.resets))
            return Population(name, shape, kind, threshold, bias, threshold // 2, levels, reset)

        start = threshold // 2 + bias
        return Population(name, shape, kind, threshold, 0, start, levels)

    def levels(self) -> int:
        """Levels of a population, 0 under a code that has no limit."""
        bits = self.draw(1, 5)
        if self.streaming_rate:
            return 0
        return 2**bits - 1 if CODES[self.code].doubles else self.draw(1, 9)

    def max_pool(self, name: str, shape, levels: int) -> Population:
        """Neurons that repeat the largest count of their window."""
        self.numbers(shape)
        return Population(name, shape, "max_pool", 1, 0, 0, levels)

    def readout(self, name: str, shape) -> Population:
        """Neurons that integrate."""
        _, bias = self.numbers(shape)
        each_step, once = (bias, 0) if self.streaming_rate else (0, bias)
        return Population(name, shape, "readout", 1, each_step, once)

    # Connections

    def connect(self, *args) -> None:
        """Add a connection."""
        self.connections.append(Connection(*args))

    def join(self) -> Population:
        """A population that adds all inputs."""
        joined = self.neurons("joined", self.input_shape)
        for i, source in enumerate(self.populations):
            weights = self.random.integers(-9, 10, self.input_shape[2])
            if i == 0:
                weights = weights + 10  # so that something arrives
            self.connect(source.name, "joined", "identity", weights)
        self.populations.append(joined)
        return joined

    def layer(self, name: str, pre: Population) -> Population:
        """One more layer, of a random kind that can follow `pre`."""
        kind = str(self.random.choice(self.allowed(pre) or ["dense"]))
        connection = self.connection(name, pre, kind)

        shape = connection.post_shape(pre.shape)
        if kind == "max_pool":
            post = self.max_pool(name, shape, pre.levels)
        else:
            post = self.neurons(name, shape)
        self.populations.append(post)
        self.connections.append(connection)
        return post

    def allowed(self, pre: Population) -> list[str]:
        """Kinds that can follow `pre`."""
        found = [k for k in self.kinds if k == "dense" or len(pre.shape) == 3]
        codes = (self.code, self.input_code)
        incomparable = pre.kind.is_input and codes not in COMPARABLE_INPUTS
        if self.code == "signed" or incomparable:
            found = [k for k in found if k != "max_pool"]
        return found

    def connection(self, name: str, pre: Population, kind: str) -> Connection:
        """A connection of this kind with random weights, window, strides and padding."""
        pooled = self.pooled(pre, kind)
        seen = (*pooled.output_size(pre.shape[:2]), pre.shape[2]) if pooled else pre.shape
        if kind == "dense":
            weights = self.random.integers(-127, 128, (prod(seen), self.draw(1, 20)))
            return Connection(pre.name, name, "dense", weights, None, pooled)

        geometry = self.geometry(seen[:2], of_pool=kind in ("pool", "max_pool"))
        weights = None
        if kind == "conv2d":
            shape = (*geometry.window, seen[2], self.draw(1, 6))
            weights = self.random.integers(-3, 4, shape)
        elif kind == "depthwise":
            shape = (*geometry.window, seen[2], self.draw(1, 3))
            weights = self.random.integers(-9, 10, shape)
        return Connection(pre.name, name, kind, weights, geometry, pooled)

    def pooled(self, pre: Population, kind: str) -> Geometry | None:
        """Windows in front of the weights, now and then."""
        if kind not in ("conv2d", "dense") or len(pre.shape) != 3:
            return None
        wanted = self.random.random() < 0.4
        return Geometry((2, 2), (2, 2)) if wanted and min(pre.shape[:2]) >= 2 else None

    def geometry(self, size: tuple[int, int], of_pool: bool) -> Geometry:
        """A window of up to 3 x 3; each window of a pool keeps at least one input."""
        window = tuple(self.draw(1, min(3, n) + 1) for n in size)
        strides = tuple(self.draw(1, 3) for _ in range(2))
        padding = [tuple(self.draw(0, k) for _ in range(2)) for k in window]
        if of_pool:
            padding = [(0, min(after, 1)) for _, after in padding]
        return Geometry(window, strides, tuple(padding))

    def branch(self, i: int, pre: Population) -> Population:
        """A residual branch: one layer more, added to what it was made of."""
        inner = self.neurons(f"add{i}", pre.shape)
        if len(pre.shape) == 1:
            weights = self.weights(9, pre.size, pre.size)
            self.connect(pre.name, inner.name, "dense", weights)
        else:
            weights = self.weights(9, 1, 1, pre.shape[2], pre.shape[2])
            self.connect(pre.name, inner.name, "conv2d", weights, Geometry((1, 1), (1, 1)))
        self.populations.append(inner)

        deeper = self.neurons(f"deep{i}", pre.shape)
        for source in (inner, pre):
            weights = self.random.integers(1, 30, pre.shape[-1])
            self.connect(source.name, deeper.name, "identity", weights)
        self.populations.append(deeper)
        return deeper
