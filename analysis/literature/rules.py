"""rules: what the literature says of a trace, beside what its prices say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...energy.pricing.prices import Prices
from ...sim.counts.counts import Counts
from ...sim.network.named import by_name
from ...sim.trace.trace import Trace
from ...sim.zeros.given import GivenZeros
from .assumptions import COLUMNS
from .bit_budget import BitBudget
from .dampfhoffer import Dampfhoffer
from .davidson_furber import DavidsonFurber
from .deciding import Deciding, assumed, deciding_assumption, sentence
from .dram_fetch import DramFetch
from .lemaire import Lemaire
from .own import own_rulings
from .quantities.quantities import Quantities, quantities_of
from .rule import Rule, Ruling
from .synops import SynapticOperations
from .turns import Turns, turns_of
from .yan import ComputeOnly, DataMovement, DenseLimit

if TYPE_CHECKING:
    import pandas as pd

RULES: dict[str, Rule] = by_name(
    (
        DavidsonFurber(),
        Lemaire(),
        Dampfhoffer(),
        ComputeOnly(),
        DataMovement(),
        DenseLimit(),
        DramFetch(),
        BitBudget(),
        SynapticOperations(),
    )
)


@dataclass(frozen=True)
class Rulings:
    """What all rules say of one trace.

    Parameters
    ----------
    quantities : Quantities
        What they were asked about.
    rulings : tuple of Ruling
        Our own first, where there are prices, then those of the literature.
    """

    quantities: Quantities
    rulings: tuple[Ruling, ...]

    def __getitem__(self, rule: str) -> Ruling:
        return {ruling.rule: ruling for ruling in self.rulings}[rule]

    def __repr__(self) -> str:
        said = ", ".join(f"{ruling.rule} {ruling.verdict}" for ruling in self.rulings)
        return f"Rulings({said})"

    @property
    def deciding(self) -> Deciding | None:
        """The assumption with which the verdicts go; None where they go with none."""
        return deciding_assumption(self.rulings)

    @cached_property
    def turns(self) -> tuple[Turns, ...]:
        """Which verdicts turn if one assumption is changed."""
        return turns_of(RULES.values(), self.rulings, self.quantities)

    @property
    def sentence(self) -> str:
        """Who says what, with which assumption that goes, and which change turns verdicts."""
        return sentence(self.rulings, _in_words(self.quantities), self.turns)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per rule.

        Columns rule, paper, quantity, has_low, has_high, threshold_low, threshold_high, verdict,
        depends_on, the assumptions (`Assumptions`), those of them that are inferred, formula,
        status, source.
        """
        import pandas as pd

        rows = []
        for ruling in self.rulings:
            rows.append(
                {
                    "rule": ruling.rule,
                    "paper": ruling.paper,
                    "quantity": ruling.quantity,
                    "has_low": ruling.has.low,
                    "has_high": ruling.has.high,
                    "threshold_low": ruling.threshold.low,
                    "threshold_high": ruling.threshold.high,
                    "verdict": str(ruling.verdict),
                    "depends_on": ruling.depends_on,
                    **{column: assumed(ruling, column) for column in COLUMNS},
                    "inferred": ", ".join(ruling.assumptions.inferred),
                    "formula": ruling.formula,
                    "status": str(ruling.status),
                    "source": ruling.source,
                }
            )
        return pd.DataFrame(rows)


def rules(
    work: Trace | Counts,
    prices: Prices | None = None,
    *,
    zeros: GivenZeros | None = None,
) -> Rulings:
    """What each rule of the literature says of `work`: do spikes win?

    Parameters
    ----------
    work : Trace or Counts
        What happened in the spiking network.
    prices : Prices, optional
        Its prices, for our own verdict beside the others.
    zeros : float, mapping or ActivationZeros, optional
        Share of zeros among the activations of the ANN, 0..1: of all, or population -> of its own.
        Without it they lie between bounds that the spikes give, and a rule whose threshold they
        straddle leaves the verdict open.

    Returns
    -------
    Rulings

    Raises
    ------
    SpikewattError
        See `quantities_of`.

    Examples
    --------
    >>> layers = [
    ...     {"name": "in", "neurons": 100, "fan_out": 10, "spikes": 90,
    ...      "synaptic_operations": 900},
    ...     {"name": "out", "neurons": 10, "fan_out": 0, "spikes": 0, "synaptic_operations": 0},
    ... ]
    >>> found = rules(Counts(layers, steps=5))
    >>> found["davidson_furber"].verdict, found["yan_movement"].verdict
    (<Verdict.WINS: 'wins'>, <Verdict.LOSES: 'loses'>)
    """
    quantities = quantities_of(work, zeros)
    own = () if prices is None else own_rulings(prices)
    found = [rule.ruling(quantities) for rule in RULES.values()]
    return Rulings(quantities, (*own, *found))


def _in_words(quantities: Quantities) -> str:
    """The trace in a few words."""
    return (
        f"With {quantities.spikes_per_neuron:.3g} spikes per neuron and "
        f"{quantities.spikes_per_synapse:.3g} per synapse at T = {quantities.steps}"
    )
