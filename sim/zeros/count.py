"""Counts zeros: sums over samples of what goes into each layer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .activation_zeros import LayerZeros
from .executed import Executed


@dataclass(eq=False)
class Counting:
    """Zeros of the inputs of one layer so far.

    Parameters
    ----------
    executed : Executed
        The layer.
    shares : list of array, (samples,)
        Share of zeros of each sample.
    nonzero_macs : list of array, (samples,)
        Multiply-accumulates whose activation is not zero.
    """

    executed: Executed
    shares: list[np.ndarray] = field(default_factory=list)
    nonzero_macs: list[np.ndarray] = field(default_factory=list)

    def add(self, nonzero: np.ndarray) -> None:
        """Count bool (samples, inputs), which activations are not zero."""
        self.shares.append(1.0 - nonzero.mean(axis=1))
        self.nonzero_macs.append(nonzero @ self.executed.reach.astype(np.float64))

    def result(self) -> LayerZeros:
        """Means and spread over all samples."""
        executed = self.executed
        shares = np.concatenate(self.shares)
        return LayerZeros(
            executed.layer.name,
            executed.population,
            executed.connection,
            len(executed.reach),
            float(shares.mean()),
            float(shares.std()),
            executed.layer.macs,
            float(np.concatenate(self.nonzero_macs).mean()),
        )
