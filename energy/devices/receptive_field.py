"""Receptive fields: which inputs one post neuron hears, by the kind of its connection."""

from __future__ import annotations

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


@singledispatch
def mark_inputs(kind: ConnectionKind, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """Mark the inputs of one post neuron.

    Parameters
    ----------
    kind : ConnectionKind
        That of the layer.
    layer : LayerSummary
    neuron : int
        Of the post population.
    heard : ndarray of bool, pre shape
        Where the marks are added.
    """
    raise NotImplementedError(f"receptive field of a {kind} connection")


@mark_inputs.register
def _(kind: Dense, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """Everything."""
    heard[...] = True


@mark_inputs.register
def _(kind: Convolution, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """All channels of the window."""
    *position, _ = np.unravel_index(neuron, layer.post_shape)
    heard[(*_window(layer, position), slice(None))] = True


@mark_inputs.register
def _(kind: GroupedConvolution, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """The channels of its group."""
    *position, channel = np.unravel_index(neuron, layer.post_shape)
    assert layer.geometry is not None
    window = Geometry.from_lists(layer.geometry).window
    channels = layer.pre_shape[-1]
    inside = min(max(layer.fan_in // prod(window), 1), channels)
    group = int(channel) * (channels // inside) // layer.post_shape[-1]
    own = slice(group * inside, (group + 1) * inside)
    heard[(*_window(layer, position), own)] = True


@mark_inputs.register
def _(kind: TransposedConvolution, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """All channels of the neurons whose window lies on it."""
    *position, _ = np.unravel_index(neuron, layer.post_shape)
    assert layer.geometry is not None
    geometry = Geometry.from_lists(layer.geometry)

    span = []
    for axis, at in enumerate(position):
        last = int(at) + geometry.padding[axis][0]
        stride = geometry.strides[axis]
        first = -(-(last - geometry.reach[axis] + 1) // stride)
        span.append(slice(max(first, 0), last // stride + 1))
    heard[(*span, slice(None))] = True


@mark_inputs.register(Windowed)
@mark_inputs.register(Identity)
def _(kind: ConnectionKind, layer: LayerSummary, neuron: int, heard: np.ndarray) -> None:
    """The window of its own channel; of a depthwise layer, several post channels share one."""
    *position, channel = np.unravel_index(neuron, layer.post_shape)
    own = int(channel) * layer.pre_shape[-1] // layer.post_shape[-1]
    heard[(*_window(layer, position), own)] = True


def _window(layer: LayerSummary, position) -> tuple[slice, ...]:
    """The slice of each axis that a post position sees, through the pool before it if any."""
    geometry = Geometry.from_lists(layer.geometry) if layer.geometry else None
    pool = Geometry.from_lists(layer.pooled) if layer.pooled else None

    span = []
    for axis, at in enumerate(position):
        start = int(at)
        stop = start + 1
        if geometry:
            start, stop = _before(geometry, axis, start, stop)
            start = max(start, 0)
        if pool:
            start, stop = _before(pool, axis, start, stop)
            start = max(start, 0)
        span.append(slice(start, max(stop, 0)))
    return tuple(span)


def _before(geometry: Geometry, axis: int, start: int, stop: int) -> tuple[int, int]:
    """The inputs of the positions start <= p < stop of a window; borders may lie outside."""
    stride = geometry.strides[axis]
    padding_before, _ = geometry.padding[axis]
    first = start * stride - padding_before
    last_position = (stop - 1) * stride - padding_before
    return first, last_position + geometry.reach[axis]
