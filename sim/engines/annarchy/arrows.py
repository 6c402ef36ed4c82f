"""The synapses of a plan: where the spikes of each neuron of the flat population go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...network.connection import Connection
from ...network.spiking_network import SpikingNetwork
from ..event.patches import patches
from .layout import Layout, Row, Segment


@dataclass(frozen=True)
class Arrows:
    """Synapses by pre neuron, in 32-bit integers.

    A neuron has branches, one per connection; a branch has runs, which it shares with other neurons
    of its connection: neighbours among the post neurons that have neighbours among the weights.

    Parameters
    ----------
    first : (pre neurons + 1,) first branch of each neuron, and where the last one ends.
    branches : (branches, 4) first run, run after the last, what is added to the places of post
        neurons, and to those of weights. Where the first run is −1, the branch is one synapse,
        at these places.
    runs : (runs, 3) post neuron, weight, length.
    weights : integers, flat.
    ranges : (ranges, 3) pre neuron, pre neuron after the last, post neuron to which every spike of
        these adds 1.
    """

    first: np.ndarray
    branches: np.ndarray
    runs: np.ndarray
    weights: np.ndarray
    ranges: np.ndarray


class Gathered:
    """Arrows while they are gathered, connection by connection."""

    def __init__(self):
        self.pre: list[np.ndarray] = []
        self.branches: list[np.ndarray] = []
        self.runs: list[np.ndarray] = []
        self.weights: list[np.ndarray] = []
        self.ranges: list[tuple[int, int, int]] = []
        self.run_count = self.weight_count = 0

    def add(
        self,
        pre: np.ndarray,
        runs: tuple[np.ndarray, np.ndarray],
        offsets: tuple[np.ndarray, np.ndarray],
        table: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        """More arrows.

        Parameters
        ----------
        pre : (branches,) neuron of each branch.
        runs : (branches,) each: first run of `table`, run after the last.
        offsets : (branches,) each: what is added to post neurons, and to places in `weights`.
        table : (runs, 3) as of Arrows.
        """
        begin, end = runs
        to_post, to_weight = offsets
        branches = np.empty((len(pre), 4), np.int32)
        branches[:, 0] = begin + self.run_count
        branches[:, 1] = end + self.run_count
        branches[:, 2] = to_post
        branches[:, 3] = to_weight + self.weight_count

        (single,) = np.nonzero(end - begin == 1)
        run = table[begin[single]]
        is_one = run[:, 2] == 1
        single, run = single[is_one], run[is_one]
        branches[single, 0] = -1
        branches[single, 2:] += run[:, :2]

        self.pre.append(pre)
        self.branches.append(branches)
        self.runs.append(table.astype(np.int32))
        self.weights.append(weights.astype(np.int32))
        self.run_count += len(table)
        self.weight_count += len(weights)

    def arrows(self, neurons: int) -> Arrows:
        """All of them, by pre neuron."""
        pre = np.concatenate([np.zeros(0, np.int64), *self.pre])
        order = np.argsort(pre, kind="stable")
        per_neuron = np.bincount(pre, minlength=neurons)
        return Arrows(
            first=np.concatenate([[0], np.cumsum(per_neuron)]).astype(np.int32),
            branches=np.concatenate([np.zeros((0, 4), np.int32), *self.branches])[order],
            runs=np.concatenate([np.zeros((0, 3), np.int32), *self.runs]),
            weights=np.concatenate([np.zeros(0, np.int32), *self.weights]),
            ranges=np.array(self.ranges, np.int32).reshape(-1, 3),
        )


class Synapses:
    """All that neurons are connected by: to neurons, to windows of max pools, to read-outs; and
    what observers count of them.
    """

    def __init__(self, layout: Layout):
        self.synapses = Gathered()
        self.windows = Gathered()
        self.read = Gathered()
        self.counted = Gathered()

        for c in layout.network.connections:
            if not is_analog(layout.network, c):
                self._connect(layout, c)
        for (name, extra), segment in layout.segments.items():
            if segment.relay:
                self._repeat(layout.segments[name, extra - 1], segment)
        self._count(layout)

    def _connect(self, layout: Layout, c: Connection) -> None:
        """The synapses of one connection."""
        network = layout.network
        pre = network.population(c.pre)
        post = network.population(c.post)
        heard = layout.segments[c.pre, layout.gap(c)]
        if post.kind.is_readout:
            gathered, first = self.read, layout.readouts[c.post].start
        else:
            gathered = self.windows if c.kind.compares else self.synapses
            first = layout.segments[c.post, 0].first

        found = patches(c, pre.shape, post.shape)
        (connected,) = np.nonzero(found.position >= 0)
        position, channel = found.position[connected], found.channel[connected]
        gathered.add(
            pre=heard.first + connected,
            runs=(found.first[position], found.first[position + 1]),
            offsets=(first + found.channel_post[channel], found.channel_weight[channel]),
            table=np.stack([found.run_post, found.run_weight, found.run_length], axis=1),
            weights=np.asarray(found.weights),
        )

    def _repeat(self, before: Segment, relay: Segment) -> None:
        """A relay hears the population, or the relay before it, neuron by neuron."""
        own = np.arange(relay.population.size)
        self.synapses.add(
            pre=before.first + own,
            runs=(np.zeros_like(own), np.ones_like(own)),
            offsets=(relay.first + own, np.zeros_like(own)),
            table=np.array([[0, 0, 1]]),
            weights=np.ones(1, np.int64),
        )

    def _count(self, layout: Layout) -> None:
        """What the rows of each population count; its rows are neighbours."""
        by_pre: dict[str, list[tuple[int, Row]]] = {}
        for i, row in enumerate(layout.rows):
            if row.ledger is None:
                neurons = layout.segments[row.pre, 0].neurons
                self.counted.ranges.append((neurons.start, neurons.stop, i))
            else:
                by_pre.setdefault(row.pre, []).append((i, row))

        for name, rows in by_pre.items():
            place, _ = rows[0]
            fans = np.stack([row.fan_out for _, row in rows], axis=1)
            distinct, which = np.unique(fans, axis=0, return_inverse=True)
            which = which.reshape(-1)
            self.counted.add(
                pre=layout.segments[name, 0].first + np.arange(len(fans)),
                runs=(np.zeros_like(which), np.ones_like(which)),
                offsets=(np.zeros_like(which), which * len(rows)),
                table=np.array([[place, 0, len(rows)]]),
                weights=distinct.reshape(-1),
            )


def is_analog(network: SpikingNetwork, c: Connection) -> bool:
    """Whether `c` is multiplied by a host, before the first step."""
    pre = network.population(c.pre)
    return network.input_code.analog and pre.kind.is_input
