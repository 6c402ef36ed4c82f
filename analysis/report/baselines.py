"""What a run measured of its ANN, for a reader: zeros of activations, and equal capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from ...models.capacity import capacity_bits
from ...sim.zeros.activation_zeros import ActivationZeros
from .findings import Column, Table
from .numbers import percent
from .units import PERCENT

SAME_CYCLES = (
    "It has no price of its own: the int8 kernels that are priced here take a byte for an "
    "activation of fewer bits, too."
)


@dataclass(frozen=True, eq=False)
class Baselines:
    """What was measured of the ANN.

    Parameters
    ----------
    levels : int
        The largest number that a neuron can send in an inference; under rate its steps.
    streaming : bool
        Whether these are steps.
    int8 : ActivationZeros, optional
        Of the int8 network; None where there is none.
    matched : ActivationZeros, optional
        Of the network with `bits`.
    accuracy : float, optional
        Of the network with `bits`, on all test images.
    notes : tuple of str
        What could not be had, and why.
    """

    levels: int
    streaming: bool
    int8: ActivationZeros | None = None
    matched: ActivationZeros | None = None
    accuracy: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def bits(self) -> int:
        """Of an activation that has as many values as a neuron can send numbers of spikes."""
        return capacity_bits(self.levels)

    @property
    def title(self) -> str:
        """The network with few bits, as a reader sees it."""
        return (
            f"{self.bits}-bit activations ({self.levels} {'steps' if self.streaming else 'levels'})"
        )

    @property
    def measured(self) -> tuple[ActivationZeros, ...]:
        """What a file of zeros holds."""
        return tuple(found for found in (self.int8, self.matched) if found is not None)

    @property
    def lines(self) -> tuple[str, ...]:
        """What a reader must know of the numbers."""
        if self.accuracy is None:
            return self.notes
        about = (
            f"capacity-matched ANN: {self.title}, {percent(self.accuracy)} right; up to the clips "
            f"of the conversion, weights as wide as those of the spiking network, inputs as they "
            f"are. {SAME_CYCLES}"
        )
        return (about, *self.notes)


def zeros_table(measured: Sequence[ActivationZeros]) -> Table:
    """One row per layer that multiplies and network: its zeros, and what is left to multiply."""
    rows = [
        {"network": found.network, "title": found.title, **asdict(layer)}
        for found in measured
        for layer in found.layers
    ]
    columns = (
        Column("layer", ("layer",)),
        Column("ANN", ("title",)),
        Column("zeros of its inputs", ("zero_share",), unit=PERCENT),
        Column("spread", ("zero_share_spread",), unit=PERCENT, leave_out=2),
        Column("multiply-accumulates", ("macs",), "{:,.0f}".format, leave_out=1, number=True),
        Column("not with zero", ("nonzero_macs",), "{:,.0f}".format, number=True),
    )
    samples = max(found.samples for found in measured)
    title = f"Zeros among the activations of the ANN, mean of {samples} test images"
    return Table("zeros", title, pd.DataFrame(rows), columns)
