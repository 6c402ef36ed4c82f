"""Shen et al. 2024: the bit budget."""

from __future__ import annotations

from collections.abc import Iterator

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap

WEIGHT_BITS = 8  # where counts do not say
INT8_BITS = 8


def bit_budget(weight_bits: int, activation_bits: int, steps: int = 1) -> int:
    """Bits of a weight × bits of an activation × steps; a spike has 1 bit, an ANN 1 step.

    Examples
    --------
    >>> bit_budget(8, 8), bit_budget(8, 1, steps=4)
    (64, 32)
    """
    return weight_bits * activation_bits * steps


class BitBudget(Rule):
    """w · 1 · T < 8 · 8: the budget of the spikes against that of the int8 network."""

    name = "bit_budget"
    paper = "Shen 2024"
    quantity = "bit budget"
    formula = "w · 1 · T < 8 · 8"
    depends_on = ""
    assumptions = Assumptions(
        Unit.STEPS,
        WeightFetch.FREE,
        Reuse.NOT_ASKED,
        Bits.BUDGET,
        State.NOTHING,
        inferred=("weight_fetch", "reuse", "state"),
    )
    status = Status.ABSTRACT
    source = "CVPR 2024, doi:10.48550/arXiv.2311.10802"

    def has(self, quantities: Quantities) -> Span:
        """w T."""
        width = quantities.weight_bits or WEIGHT_BITS
        return Span.of(float(bit_budget(width, 1, quantities.steps)))

    def threshold(self, quantities: Quantities) -> Span:
        """That of int8."""
        return Span.of(float(bit_budget(INT8_BITS, INT8_BITS)))

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """The budget of an ANN that carries as much as T steps: w b."""
        width = quantities.weight_bits or WEIGHT_BITS
        matched = Span.of(float(bit_budget(width, quantities.activation_bits)))
        yield Swap("bits", Bits.MATCHED, self.has(quantities), matched)
