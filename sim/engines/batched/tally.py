"""Counting a batch.

Spikes and synaptic operations per sample and step, in as few sums as are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import LEDGERS, Counts
from .operators import import_tensorflow

EXACT_FLOAT32 = 2**24


@dataclass(frozen=True)
class Entry:
    """One entry of the ledgers.

    Operations on `connection` per spike, one number for all neurons or (neurons,).
    """

    connection: str
    ledger: str
    fan_out: int | np.ndarray

    @property
    def is_multiple(self) -> bool:
        """Whether the operations are a multiple of the spikes."""
        return isinstance(self.fan_out, int)


class Tally:
    """The counts of one population."""

    def __init__(self, network: SpikingNetwork, p: Population):
        self.population = p
        self.entries = [
            _entry(network, c, ledger) for c in network.outgoing(p.name) for ledger in LEDGERS
        ]
        counted = [entry.fan_out for entry in self.entries if not entry.is_multiple]
        self.fans = [np.ones(p.size), *counted]

    def count(self, spikes) -> list:
        """Sums per step and sample: of spikes, and of operations that are no multiple of them.

        Sums that may reach 2^24 are taken by rows, which are added in float64.

        Parameters
        ----------
        spikes : (steps, batch, *shape) tensor of 0 and 1.

        Returns
        -------
        list of (steps, batch) float64 tensors.
        """
        tf, p, steps = import_tensorflow(), self.population, spikes.shape[0]
        if max(fan.sum() for fan in self.fans) < EXACT_FLOAT32:  # one product reads the spikes once
            fans = np.stack(self.fans, axis=1).astype(spikes.dtype.as_numpy_dtype)
            sums = tf.matmul(tf.reshape(spikes, (-1, p.size)), fans)
            sums = tf.cast(tf.reshape(sums, (steps, -1, len(self.fans))), tf.float64)
            return [sums[:, :, i] for i in range(len(self.fans))]

        rows = tf.reshape(spikes, (steps, -1, p.shape[0], p.size // p.shape[0]))
        return [_by_rows(rows, fan.reshape(p.shape[0], -1)) for fan in self.fans]

    def fill(self, found: list, counts: Counts, part: slice, steps: slice) -> None:
        """Write what `count` found into the counts of samples `part` at `steps`."""
        size = part.stop - part.start
        spikes, *rest = (np.asarray(sums).T[:size].astype(np.int64) for sums in found)
        counts.spikes[self.population.name][part, steps] = spikes

        others = iter(rest)
        for entry in self.entries:
            operations = spikes * entry.fan_out if entry.is_multiple else next(others)
            counts.synaptic_operations[entry.ledger][entry.connection][part, steps] = operations


def _entry(network: SpikingNetwork, connection, ledger: str) -> Entry:
    fan = network.fan_out(connection, ledger == "nonzero")
    if fan.min() == fan.max():
        return Entry(connection.name, ledger, int(fan[0]))
    return Entry(connection.name, ledger, fan.astype(np.float64))


def _by_rows(rows, fan: np.ndarray) -> Any:
    """Weighted sums of (steps, batch, rows, per row) spikes, exact in float64 across rows."""
    tf = import_tensorflow()
    dtype = rows.dtype if fan.sum(axis=1).max() < EXACT_FLOAT32 else tf.float64
    weighted = tf.reduce_sum(tf.cast(rows, dtype) * tf.cast(fan, dtype), axis=3)
    return tf.reduce_sum(tf.cast(weighted, tf.float64), axis=2)
