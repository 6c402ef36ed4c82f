"""What networks answer on validation samples, and what each answer costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import SpikewattError
from ....models.decision import decided_by
from ...engines.simulate import simulate
from ...gating.planes import mean_planes
from ...network.spiking_network import SpikingNetwork
from ..margins import is_number, largest_margin, margins
from ..part import operations_of

OPERATIONS, PLANES = COSTS = ("operations", "planes")
POINT = 0.01  # of accuracy


class Lossy:
    """What was chosen on validation samples, and what it lost there.

    Facts: `accuracy` with it, and the `reference` from which a budget counts.
    """

    accuracy: float
    reference: float

    @property
    def lost_points(self) -> float:
        """Percentage points of accuracy below the reference."""
        return (self.reference - self.accuracy) / POINT


@dataclass(frozen=True, eq=False)
class Evaluated:
    """One network on all validation samples.

    Parameters
    ----------
    network : SpikingNetwork.
    predictions, margins : (samples,), of its answers.
    operations : (samples,) synaptic operations.
    scale : int, the largest margin.
    """

    network: SpikingNetwork
    predictions: np.ndarray
    margins: np.ndarray
    operations: np.ndarray
    scale: int

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.predictions)

    def cost(self, of: str) -> np.ndarray:
        """(samples,) operations or planes of each answer."""
        if of == PLANES:
            return np.full(self.samples, mean_planes(self.network))
        return self.operations


def evaluated(
    network: SpikingNetwork, x, engine: str = "event", workers: int | None = None
) -> Evaluated:
    """Run a network of an exact code with one read-out."""
    trace = simulate(network, x, engine, workers=workers)
    last = np.asarray(trace.outputs[:, -1])
    operations = operations_of(trace)
    return Evaluated(network, decided_by(last), margins(last), operations, largest_margin(last))


def checked_budget(where: str, budget_points: object) -> float:
    """Percentage points of accuracy that may be lost.

    Raises
    ------
    SpikewattError : no number in 0..100.
    """
    if not is_number(budget_points) or not 0 <= budget_points <= 100:
        law = "is a number of percentage points"
        raise SpikewattError(f"{where}.budget_points", law, repr(budget_points), "0..100")
    return float(budget_points)


def checked_reference(where: str, reference: object, otherwise: float) -> float:
    """The accuracy from which a budget counts; `otherwise` where none is given.

    Raises
    ------
    SpikewattError : no number in 0..1.
    """
    if reference is None:
        return otherwise
    if not is_number(reference) or not 0 <= reference <= 1:
        raise SpikewattError(f"{where}.reference", "is an accuracy", repr(reference), "0..1")
    return float(reference)


def points(share: float) -> str:
    """A difference of shares, as an error says it."""
    return f"{share / POINT:.2f} points"
