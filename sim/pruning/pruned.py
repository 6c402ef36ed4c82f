"""Pruned: what is left of a network, and how it came to that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..network.spiking_network import SpikingNetwork
from .cut import Cut

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Round:
    """One attempt to prune more.

    Parameters
    ----------
    number : int, from 1
    what : str
        ``channels``, ``synapses`` or both.
    where : str
        The knobs that were turned, each with its share.
    saved : float
        Share of the unpruned network's operations, or of what else was the aim, saved then.
    accuracy : float
        Share of the validation samples; without labels the agreement with the unpruned network.
    loss_points : float
        Percentage points less than without pruning.
    kept : bool
        False: it broke the budget, and was undone.
    """

    number: int
    what: str
    where: str
    saved: float
    accuracy: float
    loss_points: float
    kept: bool


@dataclass(frozen=True, eq=False, repr=False)
class Pruned:
    """A pruned network.

    Parameters
    ----------
    network : SpikingNetwork
        An ordinary one, with a hash of its own.
    before : SpikingNetwork
        What was pruned.
    cut : Cut
        What is kept of it; channels that nothing hears then are gone from `network`, too.
    rounds : tuple of Round
    accuracy_before, accuracy : float
        On the validation samples.
    saved : float
        Share of what was to be saved, there.
    model : Keras model or None
        Fine-tuned, with zeros where synapses were cut.
    """

    network: SpikingNetwork
    before: SpikingNetwork
    cut: Cut
    rounds: tuple[Round, ...]
    accuracy_before: float
    accuracy: float
    saved: float
    model: Any = None

    def __repr__(self) -> str:
        kept = sum(each.kept for each in self.rounds)
        return (
            f"Pruned({self.network!r}, saved {self.saved:.1%}, "
            f"loss {self.loss_points:.2f} points, {kept} of {len(self.rounds)} rounds kept)"
        )

    @property
    def loss_points(self) -> float:
        """Accuracy lost on the validation samples, percentage points."""
        return 100 * (self.accuracy_before - self.accuracy)

    def table(self) -> pd.DataFrame:
        """One row per round: what, where, what it saves, accuracy, whether it was kept."""
        import pandas as pd

        return pd.DataFrame([asdict(each) for each in self.rounds])

    def removed(self) -> pd.DataFrame:
        """One row per connection: channels at its end and weights, before and after."""
        import pandas as pd

        rows = []
        after = {c.name: c for c in self.network.connections}
        for c in self.before.connections:
            if c.weights is None:
                continue
            left = after[c.name].weights
            assert left is not None
            rows.append(
                {
                    "connection": c.name,
                    "channels_before": self.before.population(c.post).shape[-1],
                    "channels": self.network.population(c.post).shape[-1],
                    "weights_before": c.weights.size,
                    "nonzero_weights_before": int((c.weights != 0).sum()),
                    "weights": left.size,
                    "nonzero_weights": int((left != 0).sum()),
                }
            )
        return pd.DataFrame(rows)
