"""What every engine returns, and the arithmetic limit that every engine obeys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import SpikewattError
from .network import SpikingNetwork


@dataclass
class Counts:
    """Counts of a run while an engine fills them: the numeric part of a Trace, with the same names and shapes."""

    spikes: dict[str, np.ndarray]
    synaptic_operations: dict[str, dict[str, np.ndarray]]
    outputs: np.ndarray
    rasters: dict[str, np.ndarray]

    @classmethod
    def empty(cls, network: SpikingNetwork, samples: int, steps: int, rasters: int) -> Counts:
        """Zeros for `samples` x `steps`, and rasters of the first `rasters` samples."""
        spiking = [p for p in network.populations if p.kind != "readout"]
        readout = network.populations[-1]
        return cls(
            {p.name: np.zeros((samples, steps), np.int64) for p in spiking},
            {column: {c.name: np.zeros((samples, steps), np.int64) for c in network.connections} for column in ("synapses", "nonzero")},
            np.zeros((samples, steps, readout.size), np.int64),
            {p.name: np.zeros((rasters, steps, p.size), bool) for p in spiking} if rasters else {},
        )


def largest_potential(network: SpikingNetwork, steps: int) -> int:
    """Bound on the magnitude of any potential or count within `steps`: v0 + threshold + steps (Σ|w| + |b|)."""
    largest = network.input_levels * (steps + 1)
    for p in network.populations[1:]:
        drive = np.abs(p.per_neuron("bias")).max()
        for c in network.incoming(p.name):
            if c.weights is None:
                drive += np.prod(c.geometry.window) if c.geometry else 0
            else:
                drive += np.abs(c.weights).sum(axis=tuple(range(c.weights.ndim - 1))).max()
        start = np.abs(p.per_neuron("initial_potential")).max() + p.per_neuron("threshold").max()
        largest = max(largest, int(start + steps * drive))
    return largest


def check_exact(network: SpikingNetwork, steps: int) -> None:
    """Raise unless all sums of this run stay exact in float64 (below 2^53)."""
    if (largest := largest_potential(network, steps)) >= 2**53:
        raise SpikewattError(
            "simulate.steps", "potentials stay below 2^53, where float64 is exact", largest, "fewer steps or smaller weights"
        )
