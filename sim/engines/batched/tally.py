"""Counting a batch.

Spikes and synaptic operations per sample and step, in as few sums as are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

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

        self.entries = []
        for c in network.outgoing(p.name):
            for ledger in LEDGERS:
                entry = _entry(network, c, ledger)
                self.entries.append(entry)

        # What a spike counts: 1, then operations of the entries that are no multiple of it.
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
        largest = max(fan.sum() for fan in self.fans)
        if largest < EXACT_FLOAT32:
            return self._at_once(spikes)
        return self._by_rows(spikes)

    def _at_once(self, spikes) -> list:
        """All sums by one product, which reads the spikes once."""
        tf = import_tensorflow()
        steps, kinds = spikes.shape[0], len(self.fans)

        fans = np.stack(self.fans, axis=1)
        fans = fans.astype(spikes.dtype.as_numpy_dtype)
        flat = tf.reshape(spikes, (-1, self.population.size))
        sums = tf.matmul(flat, fans)

        sums = tf.reshape(sums, (steps, -1, kinds))
        sums = tf.cast(sums, tf.float64)
        return [sums[:, :, kind] for kind in range(kinds)]

    def _by_rows(self, spikes) -> list:
        """Sums within a row of the population, which are added in float64."""
        tf, p = import_tensorflow(), self.population
        count = p.shape[0]
        per_row = p.size // count
        rows = tf.reshape(spikes, (spikes.shape[0], -1, count, per_row))

        found = []
        for fan in self.fans:
            by_row = fan.reshape(count, per_row)
            largest = by_row.sum(axis=1).max()
            dtype = rows.dtype if largest < EXACT_FLOAT32 else tf.float64

            weighted = tf.cast(rows, dtype) * tf.cast(by_row, dtype)
            within = tf.reduce_sum(weighted, axis=3)
            within = tf.cast(within, tf.float64)
            across = tf.reduce_sum(within, axis=2)
            found.append(across)
        return found

    def fill(self, found: list, counts: Counts, part: slice, steps: slice) -> None:
        """Write what `count` found into the counts of samples `part` at `steps`."""
        size = part.stop - part.start

        def by_sample(sums) -> np.ndarray:
            return np.asarray(sums).T[:size].astype(np.int64)

        spikes, *others = map(by_sample, found)
        name = self.population.name
        counts.spikes[name][part, steps] = spikes

        remaining = iter(others)
        for entry in self.entries:
            if entry.is_multiple:
                operations = spikes * entry.fan_out
            else:
                operations = next(remaining)
            ledger = counts.synaptic_operations[entry.ledger]
            ledger[entry.connection][part, steps] = operations


def _entry(network: SpikingNetwork, connection, ledger: str) -> Entry:
    name = connection.name
    fan = network.fan_out(connection, ledger == "nonzero")
    if fan.min() == fan.max():
        return Entry(name, ledger, int(fan[0]))
    return Entry(name, ledger, fan.astype(np.float64))
