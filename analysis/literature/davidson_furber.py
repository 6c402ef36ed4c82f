"""Davidson & Furber 2021: spikes per neuron, on the same silicon."""

from __future__ import annotations

from collections.abc import Iterator

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap, units

# Energies in units of a 32-bit addition (about 60 fJ in 22FDX).
DENSE_SYNAPSE = 12.0  # multiply-accumulate of 32 x 8 bits, and its memory accesses
SPIKING_SYNAPSE = 7.0  # per spike: read of 32 bits from SRAM 5, addition 1, writing back 1
READ = 5.0  # of 32 bits, on both sides; taken here for that of a weight
WRITE_BACK = 1.0
MOST_SPIKES = DENSE_SYNAPSE / SPIKING_SYNAPSE


class DavidsonFurber(Rule):
    """A synapse costs the ANN 12 additions, and 7 for each spike: S/n < 12/7 = 1.71.

    The paper rounds to 1.72, and means spikes that transmit an output: per neuron; but what they
    cost is counted at synapses, and others quote it per synapse. Both readings are evaluated.
    """

    name = "davidson_furber"
    paper = "Davidson & Furber 2021"
    quantity = "spikes per neuron, per synapse"
    formula = "S / n < 12 E / 7 E"
    depends_on = ""
    assumptions = Assumptions(
        Unit.NEURON, WeightFetch.SRAM, Reuse.NONE, Bits.NOT_MATCHED, State.STATE
    )
    status = Status.SECONDARY
    source = "Front. Neurosci. 15:651141, doi:10.3389/fnins.2021.651141"

    def has(self, quantities: Quantities) -> Span:
        """S / n, and SOP / MAC."""
        return quantities.spikes_by_unit

    def threshold(self, quantities: Quantities) -> Span:
        """12 / 7."""
        return Span.of(MOST_SPIKES)

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Each unit; reads that cost nothing; one read for all that use it; no writing back."""
        has, threshold = self.has(quantities), self.threshold(quantities)
        yield from units(quantities, threshold)
        free = (DENSE_SYNAPSE - READ) / (SPIKING_SYNAPSE - READ)
        yield Swap("weight_fetch", WeightFetch.FREE, has, Span.of(free))
        reused = (DENSE_SYNAPSE - READ + READ / quantities.reuse) / SPIKING_SYNAPSE
        yield Swap("reuse", Reuse.LAYER, has, Span.of(reused))
        stateless = DENSE_SYNAPSE / (SPIKING_SYNAPSE - WRITE_BACK)
        yield Swap("state", State.NOTHING, has, Span.of(stateless))
