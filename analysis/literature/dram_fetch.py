"""One DRAM fetch per accumulate: what a weight costs where it does not stay on the chip."""

from __future__ import annotations

from collections.abc import Iterator

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap, units

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
    """s < ⌈log2(T + 1)⌉ / (8 T).

    The source charges the potential, too (0.25 pJ/bit); beside 20 pJ per bit of a weight that moves
    its table by less than it prints, and its closed form leaves it out.
    """

    name = "dram_fetch"
    paper = "spyx 2026"
    quantity = "spikes per neuron, per synapse; and step"
    formula = "s < b / (w T)"
    depends_on = ""
    assumptions = Assumptions(Unit.STEP, WeightFetch.DRAM, Reuse.NONE, Bits.MATCHED, State.STATE)
    status = Status.READ
    source = "github.com/kmheckel/spyx, research/new/honest_energy_accounting"

    def has(self, quantities: Quantities) -> Span:
        """s: a mean over neurons; costed per layer by the source, as synapses meet it."""
        return quantities.rate_by_unit

    def threshold(self, quantities: Quantities) -> Span:
        """b / (w T)."""
        width = quantities.weight_bits or WEIGHT_BITS
        return Span.of(highest_rate(quantities.steps, quantities.activation_bits, width))

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Each unit; one fetch for all that use it; an ANN of 8 bits, not of matched ones."""
        has, threshold = self.has(quantities), self.threshold(quantities)
        yield from units(quantities, threshold, quantities.steps)
        yield Swap("reuse", Reuse.LAYER, has, threshold.scaled(1 / quantities.reuse))
        width = quantities.weight_bits or WEIGHT_BITS
        unmatched = Span.of(highest_rate(quantities.steps, WEIGHT_BITS, width))
        yield Swap("bits", Bits.EIGHT, has, unmatched)
