"""One DRAM fetch per accumulate: what a weight costs where it does not stay on the chip."""

from __future__ import annotations

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status

WEIGHT_BITS = 8  # of the source, where counts do not say


def highest_rate(steps: int, activation_bits: int, weight_bits: int = WEIGHT_BITS) -> float:
    """s below which spikes fetch fewer bits of weights.

        s = b / (w T)

    Spikes fetch w bits for each of T s accumulates per synapse, the ANN, whose weights are as wide
    as its activations, b bits once.

    Parameters
    ----------
    steps : int
        T.
    activation_bits : int
        b, ⌈log2(T + 1)⌉.
    weight_bits : int, default 8
        w, of the spiking network.

    Examples
    --------
    >>> highest_rate(5, 3), highest_rate(10, 4)
    (0.075, 0.05)
    """
    return activation_bits / (weight_bits * steps)


class DramFetch(Rule):
    """s < ⌈log2(T + 1)⌉ / (8 T)."""

    name = "dram_fetch"
    paper = "spyx 2026"
    quantity = "spikes per synapse and step"
    formula = "s < b / (w T)"
    depends_on = ""
    assumptions = Assumptions(Unit.STEP, WeightFetch.DRAM, Reuse.NONE, Bits.MATCHED, State.NOTHING)
    status = Status.READ
    source = "github.com/kmheckel/spyx, research/new/honest_energy_accounting"

    def has(self, quantities: Quantities) -> Span:
        """s."""
        return Span.of(quantities.rate)

    def threshold(self, quantities: Quantities) -> Span:
        """b / (w T)."""
        width = quantities.weight_bits or WEIGHT_BITS
        return Span.of(highest_rate(quantities.steps, quantities.activation_bits, width))
