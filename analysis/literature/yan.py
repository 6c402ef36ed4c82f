"""Yan, Bai, Tang & Wong 2024: three rules against an ANN of the same capacity.

T steps of spikes against activations of b = ⌈log2(T + 1)⌉ bits. Energies are of a 22 nm process.

Only the abstracts were read (v2, v4). Equations and constants are those of a summary of version 4,
but for two that no text at hand gives: `MAC_PER_BIT_J` is a law of ours, and
`WEIGHT_PER_BIT_J` was fitted to the sensitivity of the 5.7 % that the summary reports
(5.39 % to 6.08 % for half and one and a half times the energy of weights).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .assumptions import Assumptions, Bits, Reuse, State, Unit, WeightFetch
from .quantities.quantities import Quantities
from .quantities.span import Span
from .rule import Rule, Status, Swap, units

ACCUMULATE_J = 0.05448e-12
SPARSE_PER_BIT_J = 3.0e-12  # of an event, per bit and hop, with what it carries beside
DENSE_PER_BIT_J = 0.25e-12  # of an activation, per bit and hop
# A multiplication by an activation of b bits as b accumulates: our law, not the paper's.
MAC_PER_BIT_J = ACCUMULATE_J
WEIGHT_PER_BIT_J = 0.155e-12 / 4  # fitted, see above
DRAM_PER_BIT_J = 20.3e-12
INT8_BITS = 8

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
    fetch_per_bit_j : float, optional
        Of a weight; by default the fitted one.

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
    fetch_per_bit_j: float | None = None

    @property
    def mac_ratio(self) -> float:
        """k = E_MAC / E_ACC."""
        return self.bits * (MAC_PER_BIT_J / ACCUMULATE_J)

    @property
    def weight_j(self) -> float:
        """A weight, shared by all that use it."""
        per_bit_j = WEIGHT_PER_BIT_J if self.fetch_per_bit_j is None else self.fetch_per_bit_j
        return self.weight_bits * per_bit_j / self.reuse

    @property
    def dense_from(self) -> float:
        """s from which on dense movement costs less than events."""
        sparse_j = self.hops * SPARSE_PER_BIT_J + self.weight_j
        return (self.hops * DENSE_PER_BIT_J + self.weight_j) / sparse_j

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


def _thresholds(twins: Twins, quantities: Quantities) -> Span:
    """Break-even rates at both ends of what is known of the zeros."""
    zeros = quantities.zeros
    return Span(*(twins.break_even_rate(1 - end) for end in (zeros.high, zeros.low)))


class ComputeOnly(Rule):
    """T s < k (1 − γ), with k = b; s per neuron, as it is defined, and per synapse, as it costs."""

    name = "yan_compute"
    paper = "Yan 2024, compute"
    quantity = "spikes per neuron, per synapse"
    formula = "T s < k (1 − γ), k = E_MAC / E_ACC = b"
    depends_on = "the zeros of the ANN (--zeros)"
    assumptions = Assumptions(
        Unit.NEURON, WeightFetch.FREE, Reuse.NOT_ASKED, Bits.MATCHED, State.NOTHING
    )
    status = Status.CONSTANTS_OURS
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """T s."""
        return quantities.spikes_by_unit

    def threshold(self, quantities: Quantities) -> Span:
        """k (1 − γ)."""
        return self._threshold(twins_of(quantities), quantities)

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Each unit; weights from SRAM and DRAM, fetched each time; 8 bits; movement charged."""
        has, twins = self.has(quantities), twins_of(quantities)
        yield from units(quantities, self.threshold(quantities))

        for value, per_bit_j in (
            (WeightFetch.SRAM, WEIGHT_PER_BIT_J),
            (WeightFetch.DRAM, DRAM_PER_BIT_J),
        ):
            fetched = replace(twins, hops=0.0, reuse=1.0, fetch_per_bit_j=per_bit_j)
            most = _thresholds(fetched, quantities).scaled(quantities.steps)
            yield Swap("weight_fetch", value, has, most)

        unmatched = self._threshold(replace(twins, bits=INT8_BITS), quantities)
        yield Swap("bits", Bits.EIGHT, has, unmatched)
        moved = _thresholds(replace(twins, weight_bits=0), quantities)
        yield Swap("state", State.ROUTING, has, moved.scaled(quantities.steps))

    def _threshold(self, twins: Twins, quantities: Quantities) -> Span:
        zeros = quantities.zeros
        return Span(twins.mac_ratio * (1 - zeros.high), twins.mac_ratio * (1 - zeros.low))


class DataMovement(Rule):
    """Spikes travel as events at 3 pJ per bit, activations at 0.25 pJ; 5.7 % at T = 5."""

    name = "yan_movement"
    paper = "Yan 2024, movement"
    quantity = "spikes per neuron, per synapse; and step"
    formula = "s < (b (1 − γ) E_ACC + b E_dense + E_w) / (T (E_ACC + E_sparse + E_w))"
    depends_on = "the zeros of the ANN (--zeros)"
    assumptions = Assumptions(
        Unit.STEP,
        WeightFetch.SRAM,
        Reuse.LAYER,
        Bits.MATCHED,
        State.ROUTING,
        inferred=("weight_fetch",),
    )
    status = Status.CONSTANTS_OURS
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """s."""
        return quantities.rate_by_unit

    def threshold(self, quantities: Quantities) -> Span:
        """The break-even rate."""
        return _thresholds(twins_of(quantities), quantities)

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """Each unit; weights for nothing and from DRAM; fetched each time; 8 bits; no movement."""
        has, twins = self.has(quantities), twins_of(quantities)
        yield from units(quantities, self.threshold(quantities), quantities.steps)
        for column, value, other in (
            ("weight_fetch", WeightFetch.FREE, replace(twins, weight_bits=0)),
            ("weight_fetch", WeightFetch.DRAM, replace(twins, fetch_per_bit_j=DRAM_PER_BIT_J)),
            ("reuse", Reuse.NONE, replace(twins, reuse=1.0)),
            ("bits", Bits.EIGHT, replace(twins, bits=INT8_BITS)),
            ("state", State.NOTHING, replace(twins, hops=0.0)),
        ):
            yield Swap(column, value, has, _thresholds(other, quantities))


class DenseLimit(Rule):
    """Where every step moves everything, T / b: never below 1.

    Its condition is dense activity: s from 0.12 to 0.17 on, by the width of weights. Below that,
    events cost less than dense movement, and the rule says nothing.
    """

    name = "yan_dense_limit"
    paper = "Yan 2024, dense limit"
    quantity = "energy, spiking / dense"
    formula = "T / b < 1, of dense activity"
    depends_on = ""
    assumptions = Assumptions(
        Unit.STEPS,
        WeightFetch.SRAM,
        Reuse.LAYER,
        Bits.MATCHED,
        State.ROUTING,
        inferred=("weight_fetch",),
    )
    status = Status.CONSTANTS_OURS
    source = SOURCE

    def has(self, quantities: Quantities) -> Span:
        """T / b."""
        return Span.of(quantities.steps / quantities.activation_bits)

    def threshold(self, quantities: Quantities) -> Span:
        """1."""
        return Span.of(1.0)

    def not_met(self, quantities: Quantities) -> str:
        """Dense activity, by either unit; one hop and no reuse, as the paper reports it."""
        least = replace(twins_of(quantities), reuse=1.0).dense_from
        if quantities.rate_by_unit.low >= least:
            return ""
        return f"does not apply: dense activity is s from {least:.2f} on"

    def swaps(self, quantities: Quantities) -> Iterator[Swap]:
        """An ANN of 8 bits, not of matched ones."""
        ratio = Span.of(quantities.steps / INT8_BITS)
        yield Swap("bits", Bits.EIGHT, ratio, self.threshold(quantities))
