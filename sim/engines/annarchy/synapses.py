"""The synapses of a plan, collected connection by connection."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from ...network.connection import Connection
from ...network.spiking_network import SpikingNetwork
from ...network.synapses import unroll
from .layout import Layout, Segment


class Entries:
    """Entries of a sparse matrix while they are collected."""

    def __init__(self):
        self.values: list[np.ndarray] = []
        self.rows: list[np.ndarray] = []
        self.columns: list[np.ndarray] = []

    def add(self, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
        """More entries."""
        self.values.append(values)
        self.rows.append(rows)
        self.columns.append(columns)

    def matrix(self, shape: tuple[int, int]) -> csr_array:
        """All of them."""
        if not self.values:
            return csr_array(shape, dtype=np.float64)
        values = np.concatenate(self.values).astype(np.float64)
        rows = np.concatenate(self.rows)
        columns = np.concatenate(self.columns)
        return csr_array((values, (rows, columns)), shape=shape)


class Synapses:
    """The four matrices of a Plan while they are collected."""

    def __init__(self):
        self.synapses = Entries()
        self.windows = Entries()
        self.read = Entries()
        self.counted = Entries()


def synapses_of(layout: Layout) -> Synapses:
    """All that neurons are connected by."""
    parts = Synapses()
    for c in layout.network.connections:
        if not is_analog(layout.network, c):
            _connect(layout, parts, c)

    for (name, extra), segment in layout.segments.items():
        if segment.relay:
            before = layout.segments[name, extra - 1]
            _repeat(parts, before, segment)

    for i, row in enumerate(layout.rows):
        pre = layout.segments[row.pre, 0]
        neurons = pre.first + np.arange(row.fan_out.size)
        rows = np.full(len(neurons), i)
        parts.counted.add(row.fan_out, rows, neurons)
    return parts


def _repeat(parts: Synapses, before: Segment, relay: Segment) -> None:
    """A relay hears the population, or the relay before it, neuron by neuron."""
    own = np.arange(relay.population.size)
    one = np.ones(len(own))
    parts.synapses.add(one, relay.first + own, before.first + own)


def _connect(layout: Layout, parts: Synapses, c: Connection) -> None:
    """The synapses of one connection. A weight of zero delivers nothing.

    The ledger counts it in closed form.
    """
    network = layout.network
    pre = network.population(c.pre)
    post = network.population(c.post)
    matrix = unroll(c, pre.shape, post.shape).tocoo()

    there = matrix.data != 0
    weight = matrix.data[there]
    rows = matrix.row[there]
    heard = layout.segments[c.pre, layout.gap(c)]
    columns = heard.first + matrix.col[there]

    if post.kind.is_readout:
        observers = layout.readouts[c.post]
        parts.read.add(weight, observers.start + rows, columns)
        return

    entries = parts.windows if c.kind.compares else parts.synapses
    neurons = layout.segments[c.post, 0]
    entries.add(weight, neurons.first + rows, columns)


def is_analog(network: SpikingNetwork, c: Connection) -> bool:
    """Whether `c` is multiplied by a host, before the first step."""
    pre = network.population(c.pre)
    return network.input_code.analog and pre.kind.is_input
