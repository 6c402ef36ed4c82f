"""What a kind of connection says, and the two kinds without a window.

A kind has no state. Its methods take the weights and the geometry of a connection, and the shape
that the weights see.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ....errors import SpikewattError
from ..named import Named

Shape = tuple[int, ...]
Numbers = Any  # integers, shaped as the kind says; None where it has no weights
Window = Any  # Geometry; None where the kind has none
Synapses = tuple[np.ndarray, np.ndarray, np.ndarray]  # weight, post and pre of each


class ConnectionKind(Named):
    """How the neurons of one population reach those of the next.

    Facts
    -----
    weighted : has weights; else each synapse counts 1.
    windowed : has a geometry.
    narrow : weights are as narrow as `SpikingNetwork.weight_bits`; else as wide as they have to be.
    multiplies : an ANN multiplies and accumulates here; else it touches elements.
    compares : a max pool: spikes are compared, not added.
    """

    weighted = True
    windowed = False
    narrow = True
    multiplies = True
    compares = False

    def post_shape(self, where: str, weights: Numbers, geometry: Window, seen: Shape) -> Shape:
        """Shape of the post population.

        Raises SpikewattError about `where` if weights do not fit.
        """
        raise NotImplementedError

    def fan_out(self, weights, geometry, seen: Shape, post: Shape, nonzero: bool) -> np.ndarray:
        """(neurons seen,) synapses of each, borders exact; with `nonzero` those of weight != 0."""
        raise NotImplementedError

    def synapses(self, weights, geometry, seen: Shape, post: Shape) -> Synapses:
        """Weight, post neuron and pre neuron of every synapse, weights of 0 included."""
        raise NotImplementedError

    def taps(self, geometry: Window, seen: Shape, weights: Numbers = None) -> int:
        """Synapses of one post neuron, taps on padding included."""
        raise NotImplementedError

    def summed_axes(self, rank: int) -> tuple[int, ...]:
        """Axes of weights of `rank` over which one post neuron adds up."""
        return ()

    def largest_row(self, weights: Numbers, geometry: Window) -> int:
        """Largest Σ |w| into one post neuron."""
        if weights is None:
            return prod(geometry.window) if geometry else 1
        rows = np.abs(weights).sum(axis=self.summed_axes(weights.ndim))
        return int(rows.max())

    def mixed_axons(self, weights, pre: Shape, summed: int) -> int:
        """Pre neurons with weights of both signs, borders not looked at.

        `summed` neurons share a weight.
        """
        return 0


class Dense(ConnectionKind):
    """All to all; weights (pre size, post size)."""

    name = "dense"

    def post_shape(self, where, weights, geometry, seen):
        """(post size,)."""
        size = prod(seen)
        if weights.ndim != 2 or weights.shape[0] != size:
            law = "dense weights are (pre size, post size)"
            raise SpikewattError(where, law, weights.shape, f"({size}, n)")
        return (weights.shape[1],)

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """All post neurons, or the nonzero weights of a row."""
        if nonzero:
            return np.count_nonzero(weights, axis=1)
        pre_size, post_size = weights.shape
        return np.full(pre_size, post_size, np.int64)

    def synapses(self, weights, geometry, seen, post):
        """One per weight."""
        pre, post = np.indices(weights.shape)
        return weights.ravel(), post.ravel(), pre.ravel()

    def taps(self, geometry, seen, weights=None):
        """All that is seen."""
        return prod(seen)

    def summed_axes(self, rank):
        """Rows."""
        return (0,)

    def mixed_axons(self, weights, pre, summed):
        """Rows with both signs."""
        mixed = mixed_signs(weights, axes=(1,))
        return int(mixed.sum()) * summed


class Identity(ConnectionKind):
    """One synapse per neuron, with a ratio of units as weight, as wide as it has to be.

    Weights (channels,), or one per neuron in the shape of the population.
    """

    name = "identity"
    narrow = False
    multiplies = False

    def post_shape(self, where, weights, geometry, seen):
        """As before."""
        channels = seen[-1]
        if weights.shape not in ((channels,), seen):
            law = "identity weights are (channels,), or one per neuron"
            raise SpikewattError(where, law, weights.shape, (channels,))
        return seen

    def fan_out(self, weights, geometry, seen, post, nonzero):
        """1, or 0 where only nonzero weights count and the channel's is 0."""
        each = np.ones(weights.shape, np.int64)
        if nonzero:
            each = (weights != 0).astype(np.int64)
        return np.broadcast_to(each, seen).reshape(-1)

    def synapses(self, weights, geometry, seen, post):
        """Each neuron to its own."""
        neuron = np.arange(prod(seen))
        weight = np.broadcast_to(weights, seen)
        return weight.ravel(), neuron, neuron

    def taps(self, geometry, seen, weights=None):
        """1."""
        return 1


def mixed_signs(weights: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Where there are weights of both signs along `axes`."""
    excites = (weights > 0).any(axis=axes)
    inhibits = (weights < 0).any(axis=axes)
    return np.asarray(excites & inhibits)
