"""Yan, Bai, Tang & Wong 2024: three rules against an ANN of the same capacity.

T steps of spikes against activations of b = ⌈log2(T + 1)⌉ bits. Energies are of a 22 nm process.

Only the abstracts were read (v2, v4). Equations and constants are those of a summary of version 4,
but for two that no text at hand gives: `MAC_PER_BIT_J` is a law of ours, and
`WEIGHT_PER_BIT_J` was fitted to the sensitivity of the 5.7 % that the summary reports
(5.39 % to 6.08 % for half and one and a half times the energy of weights).
"""

from __future__ import annotations

from dataclasses import dataclass

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status

ACCUMULATE_J = 0.05448e-12
SPARSE_PER_BIT_J = 3.0e-12  # of an event, per bit and hop, with what it carries beside
DENSE_PER_BIT_J = 0.25e-12  # of an activation, per bit and hop
# A multiplication by an activation of b bits as b accumulates: our law, not the paper's.
MAC_PER_BIT_J = ACCUMULATE_J
WEIGHT_PER_BIT_J = 0.155e-12 / 4  # fitted, see above

WEIGHT_BITS = 8  # where counts do not say
SOURCE = "doi:10.48550/arXiv.2409.08290 (v4)"


@dataclass(frozen=True)
class Twins:
    """A spiking network and the quantised ANN of its capacity, per synapse of the ANN.

    Parameters
    ----------
    steps : int
        T.
    bits : int
        b, of an activation of the ANN.
    weight_bits : int, default 4
    hops : float, default 1
        That an event or activation travels.
    reuse : float, default 1
        Multiply-accumulates per fetch of a weight, on both sides.

    Examples
    --------
    >>> f"{Twins(5, 3).break_even_rate():.3f}"
    '0.057'
    """

    steps: int
    bits: int
    weight_bits: int = 4
    hops: float = 1.0
    reuse: float = 1.0

    @property
    def mac_ratio(self) -> float:
        """k = E_MAC / E_ACC."""
        return self.bits * (MAC_PER_BIT_J / ACCUMULATE_J)

    @property
    def weight_j(self) -> float:
        """A weight, shared by all that use it."""
        return self.weight_bits * WEIGHT_PER_BIT_J / self.reuse

    def spiking_j(self, rate: float) -> float:
        """T s (E_ACC + h E_sparse + E_w), or dense movement where that costs less.

        Parameters
        ----------
        rate : float
            s, spikes per synapse and step.
        """
        sparse_j = rate * (self.hops * SPARSE_PER_BIT_J + self.weight_j)
        dense_j = self.hops * DENSE_PER_BIT_J + self.weight_j
        return self.steps * (rate * ACCUMULATE_J + min(sparse_j, dense_j))

    def dense_j(self, active: float) -> float:
        """(1 − γ) E_MAC + b h E_dense + E_w.

        Parameters
        ----------
        active : float
            1 − γ, share of the activations that are not zero.
        """
        mac_j = self.bits * MAC_PER_BIT_J
        return active * mac_j + self.bits * self.hops * DENSE_PER_BIT_J + self.weight_j

    def ratio(self, rate: float, active: float | None = None) -> float:
        """E_SNN / E_QNN; `active` by default the mean of its bounds."""
        if active is None:
            active = mean_active(rate, self.steps)
        return self.spiking_j(rate) / self.dense_j(active)

    def break_even_rate(self, active: float | None = None) -> float:
        """s below which spikes take less energy.

        Parameters
        ----------
        active : float, optional
            1 − γ; by default it goes with s, as the mean of its bounds.
        """
        per_rate_j = ACCUMULATE_J + self.hops * SPARSE_PER_BIT_J + self.weight_j
        if active is not None:
            return self.dense_j(active) / (self.steps * per_rate_j)
        active_per_rate = mean_active(1.0, self.steps)
        mac_j = active_per_rate * self.bits * MAC_PER_BIT_J
        return self.dense_j(0.0) / (self.steps * per_rate_j - mac_j)


def mean_active(rate: float, steps: int) -> float:
    """1 − γ where s lies in the middle of its bounds, (1 − γ) / T and 1 − γ."""
    return 2 * rate / (1 + 1 / steps)


def twins_of(quantities: Quantities) -> Twins:
    """The twins of a trace, one hop apart, each weight fetched once for all that it is used for."""
    return Twins(
        quantities.steps,
        quantities.activation_bits,
        quantities.weight_bits or WEIGHT_BITS,
        reuse=quantities.reuse,
    )


class ComputeOnly(Rule):
    """T s < k (1 − γ), with k = b."""

    name = "yan_compute"
    paper = "Yan 2024, compute"
    quantity = "spikes per synapse"
    formula = "T s < k (1 − γ), k = E_MAC / E_ACC = b"
    depends_on = "the zeros of the ANN (--zeros)"
    assumptions = Assumptions(
        Unit.SYNAPSE, WeightFetch.FREE, Reuse.NOT_ASKED, Bits.MATCHED, State.NOTHING
    )
    status = Status.SECONDARY
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """T s."""
        return Span.of(quantities.spikes_per_synapse)

    def threshold(self, quantities: Quantities) -> Span:
        """k (1 − γ)."""
        factor, zeros = twins_of(quantities).mac_ratio, quantities.zeros
        return Span(factor * (1 - zeros.high), factor * (1 - zeros.low))


class DataMovement(Rule):
    """Spikes travel as events at 3 pJ per bit, activations at 0.25 pJ; 5.7 % at T = 5."""

    name = "yan_movement"
    paper = "Yan 2024, movement"
    quantity = "spikes per synapse and step"
    formula = "s < (b (1 − γ) E_ACC + b E_dense + E_w) / (T (E_ACC + E_sparse + E_w))"
    depends_on = "the zeros of the ANN (--zeros)"
    assumptions = Assumptions(Unit.STEP, WeightFetch.SRAM, Reuse.LAYER, Bits.MATCHED, State.ROUTING)
    status = Status.SECONDARY
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """s."""
        return Span.of(quantities.rate)

    def threshold(self, quantities: Quantities) -> Span:
        """The break-even rate."""
        twins, zeros = twins_of(quantities), quantities.zeros
        return Span(*(twins.break_even_rate(1 - end) for end in (zeros.high, zeros.low)))


class DenseLimit(Rule):
    """Where every step moves everything, T / b: never below 1."""

    name = "yan_dense_limit"
    paper = "Yan 2024, dense limit"
    quantity = "energy, spiking / dense"
    formula = "T / b < 1"
    depends_on = ""
    assumptions = Assumptions(
        Unit.STEPS, WeightFetch.SRAM, Reuse.LAYER, Bits.MATCHED, State.ROUTING
    )
    status = Status.SECONDARY
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """T / b."""
        return Span.of(quantities.steps / quantities.activation_bits)

    def threshold(self, quantities: Quantities) -> Span:
        """1."""
        return Span.of(1.0)
