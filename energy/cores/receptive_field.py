"""Receptive fields: which inputs the neurons of a layer hear, by the kind of its connection.

Inputs that are always heard together (all channels of a convolution at one place) are one *unit*,
and neurons that hear the same (all channels out at one place) are one *group*. So a table of
places is all that is kept, and a core that is filled looks at groups, not at neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from math import prod

import numpy as np

from ...sim.network.connection_kinds import (
    ConnectionKind,
    Convolution,
    Dense,
    GroupedConvolution,
    Identity,
    TransposedConvolution,
    Windowed,
)
from ...sim.network.geometry import Geometry
from ...sim.trace.layer_summary import LayerSummary

OUTSIDE = -1  # a tap that lies on no input
Span = tuple[np.ndarray, np.ndarray]  # of each position along one axis: first input, and after last


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """What the neurons of one layer hear.

    Parameters
    ----------
    places : ndarray of int, (positions, taps)
        Places of the pre population under the window at each position, OUTSIDE for none.
    parts : int
        Parts of the channels, each of which is heard by neurons of its own; unit =
        place · parts + part.
    weight : int
        Neurons of the pre population in one unit; unit u is neurons u · weight and after.
    together : int
        Neurons of the post population, one after the other, that hear the same.
    """

    places: np.ndarray
    parts: int
    weight: int
    together: int

    def units(self, first: int, last: int) -> np.ndarray:
        """(groups, taps) units that the groups first <= g < last hear, OUTSIDE for none."""
        group = np.arange(first, last)
        place = self.places[group // self.parts]
        part = (group % self.parts)[:, None]
        return np.where(place == OUTSIDE, OUTSIDE, place * self.parts + part)

    def inputs(self, first: int, last: int) -> np.ndarray:
        """(neurons, inputs) pre neurons that the neurons first <= n < last hear, OUTSIDE for none.

        Examples
        --------
        >>> field = ReceptiveField(np.array([[0, 1], [1, -1]]), 1, 2, 1)
        >>> field.inputs(0, 2).tolist()
        [[0, 1, 2, 3], [2, 3, -1, -1]]
        """
        neuron = np.arange(first, last)
        group = neuron // self.together
        units = self.units(group[0], group[-1] + 1)[group - group[0]]
        inside = units[:, :, None] * self.weight + np.arange(self.weight)
        heard = np.where(units[:, :, None] == OUTSIDE, OUTSIDE, inside)
        return heard.reshape(len(neuron), -1)


def receptive_field(layer: LayerSummary) -> ReceptiveField:
    """The receptive field of the neurons of a layer."""
    return _field(layer.kind, layer)


@singledispatch
def _field(kind: ConnectionKind, layer: LayerSummary) -> ReceptiveField:
    raise NotImplementedError(f"receptive field of a {kind} connection")


@_field.register
def _(kind: Dense, layer: LayerSummary) -> ReceptiveField:
    """Everything."""
    everything = np.zeros((1, 1), np.int64)
    return ReceptiveField(everything, 1, prod(layer.pre_shape), layer.post_neurons)


@_field.register
def _(kind: Convolution, layer: LayerSummary) -> ReceptiveField:
    """All channels of the window."""
    return ReceptiveField(_places(layer), 1, layer.pre_shape[-1], layer.post_shape[-1])


@_field.register
def _(kind: GroupedConvolution, layer: LayerSummary) -> ReceptiveField:
    """The channels of its group."""
    assert layer.geometry is not None
    window = Geometry.from_lists(layer.geometry).window
    channels = layer.pre_shape[-1]
    inside = min(max(layer.fan_in // prod(window), 1), channels)
    groups = channels // inside
    together = layer.post_shape[-1] // groups
    return ReceptiveField(_places(layer), groups, inside, together)


@_field.register
def _(kind: TransposedConvolution, layer: LayerSummary) -> ReceptiveField:
    """All channels of the neurons whose window lies on it."""
    assert layer.geometry is not None
    geometry = Geometry.from_lists(layer.geometry)

    spans = []
    for axis, size in enumerate(layer.post_shape[:-1]):
        last = np.arange(size) + geometry.padding[axis][0]
        stride = geometry.strides[axis]
        first = -(-(last - geometry.reach[axis] + 1) // stride)
        spans.append((first, last // stride + 1))
    places = _under(spans, layer.pre_shape[:-1])
    return ReceptiveField(places, 1, layer.pre_shape[-1], layer.post_shape[-1])


@_field.register(Windowed)
@_field.register(Identity)
def _(kind: ConnectionKind, layer: LayerSummary) -> ReceptiveField:
    """The window of its own channel; of a depthwise layer, several post channels share one."""
    channels = layer.pre_shape[-1]
    return ReceptiveField(_places(layer), channels, 1, layer.post_shape[-1] // channels)


def _places(layer: LayerSummary) -> np.ndarray:
    """What each position sees, through the pool before it if any."""
    windows = [Geometry.from_lists(lists) for lists in (layer.geometry, layer.pooled) if lists]

    spans = []
    for axis, size in enumerate(layer.post_shape[:-1]):
        start = np.arange(size)
        stop = start + 1
        for window in windows:
            start, stop = _before(window, axis, start, stop)
            start = np.maximum(start, 0)
        spans.append((start, stop))
    return _under(spans, layer.pre_shape[:-1])


def _before(
    geometry: Geometry, axis: int, start: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The inputs of the positions start <= p < stop of a window; borders may lie outside."""
    stride = geometry.strides[axis]
    padding_before, _ = geometry.padding[axis]
    first = start * stride - padding_before
    last_position = (stop - 1) * stride - padding_before
    return first, last_position + geometry.reach[axis]


def _under(spans: list[Span], size: tuple[int, ...]) -> np.ndarray:
    """(positions, taps) places of a population of `size` in all the spans of a position.

    >>> _under([(np.array([-1, 1]), np.array([2, 4]))], (3,)).tolist()
    [[-1, 0, 1], [1, 2, -1]]
    """
    places = np.zeros((1, 1), np.int64)
    for (start, stop), length in zip(spans, size, strict=True):
        taps = int((stop - start).max())
        along = start[:, None] + np.arange(taps)
        outside = (along < 0) | (along >= np.minimum(stop, length)[:, None])
        along = np.where(outside, OUTSIDE, along)

        # Every position so far with every one of this axis; so for the taps.
        before, here = places[:, None, :, None], along[None, :, None, :]
        nowhere = (before == OUTSIDE) | (here == OUTSIDE)
        joined = np.where(nowhere, OUTSIDE, before * length + here)
        places = joined.reshape(len(places) * len(along), -1)
    return places
