"""Dampfhoffer et al. 2023: spikes per synapse, between two bounds."""

from __future__ import annotations

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status

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
        Unit.SYNAPSE, WeightFetch.SRAM, Reuse.BOUNDS, Bits.NOT_MATCHED, State.STATE
    )
    status = Status.ABSTRACT
    source = "IEEE Trans. Emerg. Top. Comput. Intell. 7(3):731, doi:10.1109/TETCI.2022.3214509"

    def has(self, quantities: Quantities) -> Span:
        """SOP / MAC."""
        return Span.of(quantities.spikes_per_synapse)

    def threshold(self, quantities: Quantities) -> Span:
        """The bounds of the paper."""
        return BETWEEN
