"""Judge: how much a network loses on validation samples, and what it still does there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..engines.simulate import simulate
from ..network.spiking_network import SpikingNetwork
from ..trace.trace import Trace

OPERATIONS, NONZERO_SYNAPSES, NEURONS = "operations", "synapses", "neurons"
AIMS = (OPERATIONS, NONZERO_SYNAPSES, NEURONS)


@dataclass(frozen=True)
class Judge:
    """Validation samples, and the network that others are compared with.

    Parameters
    ----------
    network : SpikingNetwork
        Unpruned.
    x : as of `simulate`
    labels : array (samples,), optional
        Right answers; without them those of the unpruned network.
    aim : str
        What is saved: ``operations`` (those of weights that are not 0, per inference),
        ``synapses`` (that exist and have such a weight) or ``neurons``.
    engine, steps, seed : as of `simulate`
    """

    network: SpikingNetwork
    x: object
    labels: np.ndarray | None = None
    aim: str = OPERATIONS
    engine: str = "event"
    steps: int | None = None
    seed: int = 0

    def run(self, network: SpikingNetwork) -> Trace:
        """The trace of `network`."""
        return simulate(network, self.x, self.engine, self.steps, seed=self.seed)

    @cached_property
    def before(self) -> Trace:
        """That of the unpruned network."""
        return self.run(self.network)

    @cached_property
    def accuracy_before(self) -> float:
        """Of the unpruned network; 1 without labels."""
        return self.accuracy(self.before)

    def accuracy(self, trace: Trace) -> float:
        """Share of right answers, or of those of the unpruned network."""
        if self.labels is not None:
            return float(trace.accuracy(self.labels)[-1])
        return float((trace.predictions() == self.before.predictions()).mean())

    def loss_points(self, trace: Trace) -> float:
        """Accuracy that is lost, in percentage points; negative where it is gained."""
        return 100 * (self.accuracy_before - self.accuracy(trace))

    def amount(self, network: SpikingNetwork, trace: Trace) -> float:
        """What is to be saved, as it is with `network`."""
        if self.aim == OPERATIONS:
            return trace.mean_operations(ledger="nonzero")
        if self.aim == NEURONS:
            return float(sum(p.size for p in network.populations))
        return float(nonzero_synapses(network))

    def saved(self, network: SpikingNetwork, trace: Trace) -> float:
        """Share of the unpruned network's amount that `network` saves."""
        whole = self.amount(self.network, self.before)
        return 1 - self.amount(network, trace) / whole if whole else 0.0

    def disturbance(self, trace: Trace) -> float:
        """Mean square by which the outputs moved, over their variance between classes."""
        one, other = self.before.outputs[:, -1], trace.outputs[:, -1]
        one, other = (np.asarray(each, np.float64) for each in (one, other))
        spread = one.var(axis=1).mean() if one.shape[1] > 1 else one.var()
        moved = other - one
        if moved.shape[1] > 1:
            moved = moved - moved.mean(axis=1, keepdims=True)
        return float(np.square(moved).mean() / (spread or 1.0))


def nonzero_synapses(network: SpikingNetwork) -> int:
    """Synapses whose weight is not 0."""
    return sum(int(network.fan_out(c, nonzero=True).sum()) for c in network.connections)
