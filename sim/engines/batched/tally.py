"""Counting a batch.

Spikes and synaptic operations per sample and step: one product of the spikes with what each counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ..counts import LEDGERS, Counts
from .operators import Operator, import_tensorflow
from .parts import Values, in_bytes
from .sums import Sums

SPIKES = Values(1)


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
    """The counts of one population.

    Parameters
    ----------
    compiled : see `Sums`.
    """

    def __init__(self, network: SpikingNetwork, p: Population, compiled: bool = True):
        self.population = p

        self.entries = []
        for c in network.outgoing(p.name):
            for ledger in LEDGERS:
                entry = _entry(network, c, ledger)
                self.entries.append(entry)

        # What a spike counts: 1, then operations of the entries that are no multiple of it; each in
        # bytes, so that one product of bytes finds them all.
        counted = [entry.fan_out for entry in self.entries if not entry.is_multiple]
        self.digits, columns = [], []
        for fan in (np.ones(p.size, np.int64), *counted):
            found = in_bytes(fan)
            self.digits.append([worth for worth, _ in found])
            columns += [digit for _, digit in found]
        matrix = Operator.matrix(np.stack(columns, axis=1), np.int64)
        self.sums = Sums(matrix, SPIKES, compiled)

    @property
    def type(self) -> type:
        """Of the sums."""
        return self.sums.kernel.whole

    def count(self, spikes) -> Any:
        """Sums per step and sample, which `fill` takes.

        Parameters
        ----------
        spikes : (steps, batch, *shape) tensor of uint8, 0 and 1.

        Returns
        -------
        (steps, batch, digits) tensor of whole numbers.
        """
        tf = import_tensorflow()
        flat = tf.reshape(spikes, (-1, self.population.size))
        sums = self.of_step(flat)
        steps, batch = tf.shape(spikes)[0], tf.shape(spikes)[1]
        return tf.reshape(sums, (steps, batch, sums.shape[-1]))

    def of_step(self, spikes) -> Any:
        """(batch, digits) sums of one step's spikes, (batch, neurons)."""
        products = self.sums.products(spikes)
        return self.sums.total(products)

    def fill(self, found, counts: Counts, part: slice, steps: slice) -> None:
        """Write what `count` found into the counts of samples `part` at `steps`."""
        size = part.stop - part.start
        by_sample = np.asarray(found).astype(np.int64).transpose(2, 1, 0)
        digits = iter(by_sample[:, :size])

        sums = []
        for worths in self.digits:
            parts = [worth * next(digits) for worth in worths]
            sums.append(sum(parts[1:], parts[0]))
        spikes, *others = sums
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
    return Entry(name, ledger, fan.astype(np.int64))
