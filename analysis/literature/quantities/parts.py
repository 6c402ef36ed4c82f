"""LayerQuantities: what one layer does, as spikes and as an ANN."""

from __future__ import annotations

from dataclasses import dataclass

from .span import Span


@dataclass(frozen=True)
class LayerQuantities:
    """One connection that spikes feed, in one inference, mean over the samples.

    Parameters
    ----------
    name : str
    pre, post : str
        Populations that it leads from and to.
    inputs, outputs : int
        Neurons of both.
    spikes_in, spikes_out : float
        Spikes of both.
    operations : float
        Synaptic operations.
    macs : float
        Multiply-accumulates of the ANN here, taps on padding included; 0 of a pool or an identity.
    parameters : float
        Weights and biases that are stored.
    is_windowed : bool
        Whether weights are shared by a window that slides.
    post_steps : int
        Steps at which a neuron of `post` is updated.
    zeros : Span
        Share of the zeros among the activations that the ANN multiplies here.
    """

    name: str
    pre: str
    post: str
    inputs: int
    outputs: int
    spikes_in: float
    spikes_out: float
    operations: float
    macs: float
    parameters: float
    is_windowed: bool
    post_steps: int
    zeros: Span


@dataclass(frozen=True)
class Work:
    """All layers, and what belongs to none.

    Parameters
    ----------
    layers : tuple of LayerQuantities
    steps : int
        Longest window in which a population sends, times the spikes that a neuron may send in one.
    levels : int
        Largest value that so many steps transmit.
    weight_bits, state_bits : int or None
    updates : float
        Neuron updates.
    ann_neurons : int
    """

    layers: tuple[LayerQuantities, ...]
    steps: int
    levels: int
    weight_bits: int | None
    state_bits: int | None
    updates: float
    ann_neurons: int
