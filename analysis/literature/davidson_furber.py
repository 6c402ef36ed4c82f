"""Davidson & Furber 2021: spikes per neuron, on the same silicon."""

from __future__ import annotations

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status

# Energies in units of a 32-bit addition (about 60 fJ in 22FDX).
DENSE_SYNAPSE = 12.0  # multiply-accumulate of 32 x 8 bits, and its memory accesses
SPIKING_SYNAPSE = 7.0  # per spike: read of 32 bits from SRAM 5, addition 1, writing back 1
MOST_SPIKES = DENSE_SYNAPSE / SPIKING_SYNAPSE


class DavidsonFurber(Rule):
    """A synapse costs the ANN 12 additions, and 7 for each spike: S/n < 12/7 = 1.71.

    The paper rounds to 1.72, and means spikes that transmit an output: per neuron. Where others
    quote it per synapse, the two agree if all neurons have one fan-out.
    """

    name = "davidson_furber"
    paper = "Davidson & Furber 2021"
    quantity = "spikes per neuron"
    formula = "S / n < 12 E / 7 E"
    depends_on = ""
    assumptions = Assumptions(
        Unit.NEURON, WeightFetch.SRAM, Reuse.NONE, Bits.NOT_MATCHED, State.STATE
    )
    status = Status.SECONDARY
    source = "Front. Neurosci. 15:651141, doi:10.3389/fnins.2021.651141"

    def has(self, quantities: Quantities) -> Span:
        """S / n."""
        return Span.of(quantities.spikes_per_neuron)

    def threshold(self, quantities: Quantities) -> Span:
        """12 / 7."""
        return Span.of(MOST_SPIKES)
