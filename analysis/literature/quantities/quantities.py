"""Quantities: what the rules ask of a trace, or of counts, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isclose

from ....errors import SpikewattError
from ....sim.counts.counts import Counts
from ....sim.trace.guard import check_trace
from ....sim.trace.trace import Trace
from .of_counts import work_of_counts
from .of_trace import work_of_trace
from .parts import LayerQuantities, Work
from .span import Span
from .zeros import Zeros, with_zeros


@dataclass(frozen=True)
class Quantities:
    """One inference, mean over the samples. Layers whose input a host multiplies are left out.

    Parameters
    ----------
    steps : int
        T, the longest window in which a population of spikes is sent. Where a neuron may send
        several spikes in a step, each counts as a step of its own.
    activation_bits : int
        ⌈log2(L + 1)⌉ bits of the capacity-matched ANN, L the levels that T steps transmit: T of
        them, 2^T − 1 of radix.
    weight_bits, state_bits : int or None
        Widths of a weight and of a potential; None where counts do not say.
    neurons : int
        That send spikes to a layer.
    spikes : float
        That they send.
    updates : float
        Neuron updates, those of inputs that integrate their pixels too.
    ann_neurons : int
        Neurons of the ANN, each updated once: those that a layer fed by spikes leads to, max pools
        left out.
    layers : tuple of LayerQuantities
    knows_zeros : bool
        Whether the zeros of the ANN were given; else they are bounds from the spikes.

    Raises
    ------
    SpikewattError
        No layer that multiplies is fed by spikes.
    """

    steps: int
    activation_bits: int
    weight_bits: int | None
    state_bits: int | None
    neurons: int
    spikes: float
    updates: float
    ann_neurons: int
    layers: tuple[LayerQuantities, ...]
    knows_zeros: bool = False

    def __post_init__(self) -> None:
        if not sum(layer.macs for layer in self.layers):
            law = "must have a layer that multiplies and is fed by spikes"
            raise SpikewattError("rules", law, "none")

    @cached_property
    def operations(self) -> float:
        """Synaptic operations."""
        return sum(layer.operations for layer in self.layers)

    @cached_property
    def macs(self) -> float:
        """Multiply-accumulates of the dense network."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def parameters(self) -> float:
        """Weights that are stored."""
        return sum(layer.parameters for layer in self.layers if layer.macs)

    @property
    def spikes_per_neuron(self) -> float:
        """Spikes / neurons."""
        return self.spikes / self.neurons

    @property
    def spikes_per_synapse(self) -> float:
        """Synaptic operations / multiply-accumulates: how often a synapse of the ANN is used."""
        return self.operations / self.macs

    @property
    def rate(self) -> float:
        """s, spikes per synapse and step: the spike rate, weighted with what a spike costs."""
        return self.spikes_per_synapse / self.steps

    @property
    def spikes_by_unit(self) -> Span:
        """Spikes per neuron and per synapse, as two readings of one rate.

        They are one where all neurons have one fan-out; a merged pool and layers of unlike fan-out
        and activity part them.
        """
        return _both(self.spikes_per_neuron, self.spikes_per_synapse)

    @property
    def rate_by_unit(self) -> Span:
        """The same per step."""
        return self.spikes_by_unit.scaled(1 / self.steps)

    @property
    def reuse(self) -> float:
        """Multiply-accumulates per stored weight: 1 of a dense layer, many of a convolution."""
        return max(1.0, self.macs / self.parameters) if self.parameters else 1.0

    @cached_property
    def zeros(self) -> Span:
        """γ, share of the multiply-accumulates of the ANN whose activation is zero."""
        low = sum(layer.macs * layer.zeros.low for layer in self.layers) / self.macs
        high = sum(layer.macs * layer.zeros.high for layer in self.layers) / self.macs
        return Span.of(low) if self.knows_zeros else Span(low, high)


def _both(one: float, other: float) -> Span:
    """Two readings; one value where they differ by rounding alone."""
    if isclose(one, other, rel_tol=1e-12):
        return Span.of(other)
    return Span(min(one, other), max(one, other))


def quantities_of(work: Trace | Counts, zeros: Zeros = None) -> Quantities:
    """What the rules ask of `work`.

    Parameters
    ----------
    work : Trace or Counts
        Counts feed each layer from the one before it; a layer of unknown parameters has one of its
        own for each synapse.
    zeros : float or mapping, optional
        Share of zeros among the activations of the ANN: of all, or population -> of its own. Where
        a population has none, they lie between bounds: of n neurons that sent S spikes in T steps
        at least n − S sent nothing, and at most n − S / T.

    Returns
    -------
    Quantities

    Raises
    ------
    SpikewattError
        A share outside 0..1, a population that the work does not have, work without a layer that
        multiplies, or no trace and no counts.

    Examples
    --------
    >>> layers = [
    ...     {"name": "in", "neurons": 4, "fan_out": 2, "spikes": 8, "synaptic_operations": 16},
    ...     {"name": "out", "neurons": 2, "fan_out": 0, "spikes": 0, "synaptic_operations": 0},
    ... ]
    >>> found = quantities_of(Counts(layers, steps=10))
    >>> found.spikes_per_neuron, found.spikes_per_synapse, found.rate
    (2.0, 2.0, 0.2)
    >>> found.zeros
    Span(low=0.0, high=0.8)
    """
    found = _work(work)
    layers = with_zeros(found.layers, zeros)
    senders = {layer.pre: layer for layer in layers}
    return Quantities(
        found.steps,
        found.levels.bit_length(),
        found.weight_bits,
        found.state_bits,
        sum(layer.inputs for layer in senders.values()),
        sum(layer.spikes_in for layer in senders.values()),
        found.updates,
        found.ann_neurons,
        layers,
        zeros is not None and all(layer.zeros.is_known for layer in layers if layer.macs),
    )


def can_be_ruled(work: Trace | Counts) -> bool:
    """Whether a layer that multiplies is fed by spikes, so that rules have something to say."""
    return any(layer.macs for layer in _work(work).layers)


def _work(work: object) -> Work:
    if isinstance(work, Trace):
        return work_of_trace(check_trace("rules", work))
    if isinstance(work, Counts):
        return work_of_counts(work)
    law = "must be a trace or counts"
    raise SpikewattError("rules.work", law, type(work).__name__)
