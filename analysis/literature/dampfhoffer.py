"""Dampfhoffer et al. 2023: spikes per synapse, between two bounds."""

from __future__ import annotations

from collections.abc import Iterator

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap

# Between what an ANN saves at most by reuse of data and by zeros, and an ANN that does neither.
BETWEEN = Span(0.15, 1.38)  # spikes per synapse and inference


class Dampfhoffer(Rule):
    """Integrate-and-fire wins below 0.15, loses above 1.38 spikes per synapse; between is open."""

    name = "dampfhoffer"
    paper = "Dampfhoffer 2023"
    quantity = "spikes per synapse"
    formula = "SOP / MAC < 0.15 to 1.38"
    depends_on = "how well the ANN reuses data and skips zeros"
    assumptions = Assumptions(
        Unit.SYNAPSE,
        WeightFetch.SRAM,
        Reuse.BOUNDS,
        Bits.NOT_MATCHED,
        State.STATE,
        inferred=("weight_fetch", "bits", "state"),
    )
    status = Status.ABSTRACT
    source = "IEEE Trans. Emerg. Top. Comput. Intell. 7(3):731, doi:10.1109/TETCI.2022.3214509"

    def has(self, quantities: Quantities) -> Span:
        """SOP / MAC."""
        return Span.of(quantities.spikes_per_synapse)

    def threshold(self, quantities: Quantities) -> Span:
        """The bounds of the paper."""
        return BETWEEN

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Per neuron; and either bound, at which the ANN skips zeros, too, or does not."""
        yield Swap("unit", Unit.NEURON, Span.of(quantities.spikes_per_neuron), BETWEEN)
        yield Swap("reuse", Reuse.LAYER, self.has(quantities), Span.of(BETWEEN.low))
        yield Swap("reuse", Reuse.NONE, self.has(quantities), Span.of(BETWEEN.high))
