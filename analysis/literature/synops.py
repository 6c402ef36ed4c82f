"""The proxy of Intel's N-DNS challenge: operations, and ten for each neuron."""

from __future__ import annotations

from collections.abc import Iterator

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap

OPERATIONS_PER_UPDATE = 10.0


def effective_operations(operations: float, updates: float) -> float:
    """SynOPS + 10 · NeuronOPS, of a second or of an inference.

    Parameters
    ----------
    operations : float
        Synaptic operations, or multiply-accumulates.
    updates : float
        Neuron updates.

    Examples
    --------
    >>> effective_operations(1000, 20)
    1200.0
    """
    return operations + OPERATIONS_PER_UPDATE * updates


class SynapticOperations(Rule):
    """SOP + 10 U of the spikes against MAC + 10 m of the ANN, whose m neurons update once."""

    name = "synops_proxy"
    paper = "Intel N-DNS 2023"
    quantity = "effective operations, spiking / dense"
    formula = "(SOP + 10 U) / (MAC + 10 m) < 1"
    depends_on = ""
    assumptions = Assumptions(
        Unit.OPERATIONS, WeightFetch.FREE, Reuse.NOT_ASKED, Bits.NOT_MATCHED, State.STATE
    )
    status = Status.SECONDARY
    source = "Neuromorph. Comput. Eng. 3:034005, doi:10.1088/2634-4386/ace737"

    def has(self, quantities: Quantities) -> Span:
        """Spiking over dense."""
        spiking = effective_operations(quantities.operations, quantities.updates)
        dense = effective_operations(quantities.macs, quantities.ann_neurons)
        return Span.of(spiking / dense)

    def threshold(self, quantities: Quantities) -> Span:
        """1."""
        return Span.of(1.0)

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Without updates: SOP / MAC."""
        has = Span.of(quantities.operations / quantities.macs)
        yield Swap("state", State.NOTHING, has, self.threshold(quantities))
