"""What a connection adds up, in whole numbers and exactly, by the fastest kernel that is exact."""

from __future__ import annotations

from typing import Any

from ...network.connection_kinds import (
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
)
from .blocks import block
from .kernels import Bytes, Float, FusedFloat, Kernel, Whole
from .operators import Operator
from .parts import Values

KERNELS: dict[type, tuple[type[Kernel], ...]] = {
    Dense: (Bytes, Float),
    Conv1D: (Bytes, Float),
    Conv2D: (Bytes, Float),
    Depthwise: (Whole,),
    GroupedConvolution: (FusedFloat,),
    TransposedConvolution: (FusedFloat,),
    Identity: (Whole,),
    Pool: (Whole,),
    MaxPool: (Whole,),
}


class Sums:
    """One connection: (batch, *pre shape) whole numbers to (batch, *post shape) sums.

    `products` and `total` follow each other. The first calls kernels; the second is arithmetic,
    neuron by neuron, that may be fused with what is done with the sums.

    Parameters
    ----------
    operator : of whole numbers, int64.
    values : what is sent.
    compiled : bool, whether it may use kernels that have to be compiled.
    """

    def __init__(self, operator: Operator, values: Values, compiled: bool = True):
        self.operator = operator
        summed = operator.connection.summed
        seen = Values(values.largest * summed, values.signed)
        self.kernel = _fastest(operator, seen, compiled)
        self.together = block(self.total)

    def __call__(self, x) -> Any:
        """Weighted sums (max_pool: largest value of each window)."""
        return self.together(self.products(x))

    def products(self, x) -> list:
        """Sums of the parts; see parts.py."""
        return self.kernel.products(x)

    def total(self, products: list) -> Any:
        """The sums, int32 where they fit, else int64 (max_pool: of the type of what was sent)."""
        return self.kernel.total(products)


def _fastest(operator: Operator, values: Values, compiled: bool) -> Kernel:
    """The kernel of least cost that is exact."""
    kinds = KERNELS[type(operator.connection.kind)]
    allowed = [kind for kind in kinds if compiled or not kind.compiled]
    kernels = [kind(operator, values) for kind in allowed if kind.can(operator, values)]
    return min(kernels, key=lambda kernel: kernel.cost)
