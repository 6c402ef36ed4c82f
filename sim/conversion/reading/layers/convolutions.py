"""Convolutions: a window slides over all channels, over groups of them or over each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ....network.connection import ExecutedLayer
from ....network.connection_kinds import Conv1D, Conv2D, Convolution, Depthwise, GroupedConvolution
from ....network.geometry import Geometry
from ...graph.blocks import Block, Value, added, with_channels
from ...graph.terms import (
    Convolution1DTerm,
    ConvolutionTerm,
    DepthwiseTerm,
    GroupedTerm,
    IdentityTerm,
    Term,
    sum_of,
    taps,
)
from ..registry import Call, reads
from .composed import composed
from .pairs import carried, prepared
from .weights import array, bias_of, bias_size, executed_layer


@reads("Conv1D", "Conv2D")
def convolution(call: Call) -> Value:
    """A window that slides along one axis or two, over all channels or over groups of them."""
    kernel = array(call.layer.kernel)
    if call.layer.groups > 1:
        return _grouped(call, kernel)

    geometry = _geometry(call, kernel)
    executed = _executed(call, call.layer.name, _kind(geometry.axes), kernel, kernel.shape[-1])
    return _convolved(call, kernel, bias_of(call.layer), geometry, executed)


def pointwise(call: Call) -> Value:
    """A dense layer on the last axis: a convolution with a window of one."""
    check_axes(call)
    kernel = array(call.layer.kernel)
    axes = len(call.sources[0].shape) - 2
    if axes > 2:
        raise call.refused("its input has at most four axes", call.sources[0].shape)

    one = (1,) * axes
    executed = _executed(call, call.layer.name, _kind(axes), kernel, kernel.shape[-1])
    by_window = kernel.reshape(*one, *kernel.shape)
    return _convolved(call, by_window, bias_of(call.layer), Geometry(one, one), executed)


@reads("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> Value:
    """A depthwise convolution and a pointwise one: one linear map, of which Keras executes two."""
    name = call.layer.name
    depthwise = array(call.layer.depthwise_kernel)
    pointwise_kernel = array(call.layer.pointwise_kernel)
    geometry = _geometry(call, depthwise)
    channels, multiplier = depthwise.shape[-2:]
    by_channel = pointwise_kernel.reshape(channels, multiplier, -1)
    kernel = np.einsum("...cm,cmo->...co", depthwise, by_channel)

    first = _executed(call, f"{name}.depthwise", Depthwise(), depthwise, channels * multiplier)
    kind = _kind(geometry.axes)
    second = _executed(call, f"{name}.pointwise", kind, pointwise_kernel, kernel.shape[-1])
    return _convolved(call, kernel, bias_of(call.layer), geometry, first, second)


@reads("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise_convolution(call: Call) -> Value:
    """A window that slides over each channel; it keeps blocks apart."""
    kernel = array(call.layer.kernel)
    name = call.layer.name
    geometry = _geometry(call, kernel)
    executed = _executed(call, name, Depthwise(), kernel, math.prod(kernel.shape[-2:]))
    return _by_channel(call, kernel, bias_of(call.layer), geometry, executed, name)


# One window.


def check_axes(call: Call) -> None:
    """Raise SpikewattError unless a window can slide over what the populations carry."""
    if all(block.columns is None for block in call.value):
        return
    shape = tuple(call.sources[0].shape[1:])
    law = "its window slides over axes that the populations have"
    got = f"values in another order or shape, which were given the shape {shape}"
    hint = "Reshape and Permute stand right after an input, or in front of Flatten and Dense"
    raise call.refused(law, got, hint=hint)


def _kind(axes: int) -> Convolution:
    return Conv1D() if axes == 1 else Conv2D()


def _geometry(call: Call, kernel: np.ndarray) -> Geometry:
    """The window of a layer."""
    check_axes(call)
    layer = call.layer
    size = call.value[0].shape[:-1]
    window = kernel.shape[:-2]
    strides = tuple(layer.strides)
    dilation = tuple(layer.dilation_rate)
    if layer.padding == "causal":  # nothing is heard before it happens
        reach = Geometry(window, strides, (), dilation).reach
        before = tuple((taps - 1, 0) for taps in reach)
        return Geometry(window, strides, before, dilation)

    if layer.padding not in ("valid", "same"):
        law = "padding must be supported"
        raise call.refused(law, layer.padding, "valid, same, causal")
    return Geometry.of_keras(layer.padding, size, window, strides, dilation)


def _executed(
    call: Call,
    name: str,
    kind: Convolution | Depthwise,
    kernel: np.ndarray,
    channels: int,
) -> ExecutedLayer:
    positions = math.prod(call.tensor.shape[1:-1])
    return executed_layer(name, kind, kernel, positions, channels)


@dataclass(frozen=True, eq=False)
class _Window:
    """A window that slides over blocks.

    Parameters
    ----------
    geometry : Geometry
        Of the layer.
    executed : tuple of ExecutedLayer
        What Keras executes.
    kind : type of Term
        What a path from a population becomes.
    """

    geometry: Geometry
    executed: tuple[ExecutedLayer, ...]
    kind: type[ConvolutionTerm]

    def size(self, block: Block) -> tuple[int, ...]:
        """Positions along each axis."""
        return self.geometry.output_size(block.shape[:-1])

    def after(self, block: Block, term: Term, kernel: np.ndarray) -> Term | None:
        """What `term` of `block` becomes under the `kernel` of the block; None: it cannot."""
        padding = added(self.geometry.padding, block.padding)
        geometry = replace(self.geometry, padding=padding)
        path = (*term.executed, *self.executed)

        if isinstance(term, IdentityTerm) and term.by_channel:
            by_input = self._by_input
            return term.then(
                lambda scale: kernel * by_input(kernel, scale),
                self.kind,
                geometry=geometry,
                executed=path,
            )

        if isinstance(term, ConvolutionTerm):
            return composed(term, kernel, geometry, self.kind, path)
        return None

    def _by_input(self, kernel: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """`scale` of the channels in, as it broadcasts to the kernel."""
        if self.kind is not GroupedTerm:
            return scale[:, None]
        inside, outputs = kernel.shape[-2:]
        groups = len(scale) // inside
        by_group = scale.reshape(groups, inside).T
        return np.repeat(by_group, outputs // groups, axis=1)

    def bias(self, block: Block, apply: Callable[[np.ndarray, tuple], np.ndarray]) -> np.ndarray:
        """What the bias of a block becomes: under zero padding it depends on the position."""
        if not block.bias.any():
            return np.zeros(1)

        size = self.size(block)
        bias = np.broadcast_to(block.bias, block.shape)
        under = taps(bias, self.geometry, size)
        parts = (apply(x, tap) for tap, x in under)
        return sum_of(parts).reshape(*size, -1)

    def macs(self, block: Block, kernel: np.ndarray) -> int:
        """Multiplications of the layer on a block."""
        return math.prod(self.size(block)) * kernel.size


def _convolved(
    call: Call,
    kernel: np.ndarray,
    bias: np.ndarray,
    geometry: Geometry,
    *executed: ExecutedLayer,
) -> Value:
    """One block: all channels in lead to all channels out."""
    window = _Window(
        geometry, executed, Convolution1DTerm if geometry.axes == 1 else ConvolutionTerm
    )

    def after(block: Block, channels: slice, term: Term) -> Term | None:
        return window.after(block, term, kernel[..., channels, :])

    def macs(block: Block, channels: slice) -> int:
        return window.macs(block, kernel[..., channels, :])

    value = prepared(call, after, macs)
    terms: list[Term | None] = []
    total = bias

    for block, channels in with_channels(value):
        part = kernel[..., channels, :]
        total = total + window.bias(block, lambda x, tap, part=part: x @ part[tap])
        terms += [after(block, channels, term) for term in block.terms]

    block = Block(
        (*window.size(value[0]), kernel.shape[-1]),
        tuple(term for term in terms if term is not None),
        total,
        call.layer.name,
        bias_size=bias_size(value, kernel, bias),
    )
    return [block]


def _by_channel(
    call: Call,
    kernel: np.ndarray,
    bias: np.ndarray,
    geometry: Geometry,
    executed: ExecutedLayer,
    name: str,
) -> Value:
    """Each block for itself."""
    window = _Window(geometry, (executed,), DepthwiseTerm)
    multiplier = kernel.shape[-1]
    bias = np.broadcast_to(bias, (kernel.shape[-2] * multiplier,))

    def after(block: Block, channels: slice, term: Term) -> Term | None:
        return window.after(block, term, kernel[..., channels, :])

    def macs(block: Block, channels: slice) -> int:
        return window.macs(block, kernel[..., channels, :])

    value = prepared(call, after, macs)
    result = []

    for block, channels in with_channels(value):
        part = kernel[..., channels, :]
        own = bias[channels.start * multiplier : channels.stop * multiplier]
        before = window.bias(block, lambda x, tap, part=part: x[..., None] * part[tap])
        terms = [after(block, channels, term) for term in block.terms]
        changed = Block(
            (*window.size(block), block.shape[-1] * multiplier),
            tuple(term for term in terms if term is not None),
            own + before,
            name,
            bias_size=bias_size(value, kernel, bias),
        )
        result.append(changed)

    return result


def _grouped(call: Call, kernel: np.ndarray) -> Value:
    """Groups of channels, each with its own part of the kernel."""
    value = carried(call)
    if len(value) != 1:
        law = "its groups lie in one tensor, not in joined ones"
        raise call.refused(law, f"{len(value)} joined tensors", hint="use groups=1")

    (block,) = value
    name = call.layer.name
    geometry = _geometry(call, kernel)
    executed = _executed(call, name, GroupedConvolution(), kernel, kernel.shape[-1])
    window = _Window(geometry, (executed,), GroupedTerm)
    bias = bias_of(call.layer)

    def apply(x: np.ndarray, tap: tuple) -> np.ndarray:
        return GroupedTerm._tap(x, kernel[tap])

    terms = [window.after(block, term, kernel) for term in block.terms]
    changed = Block(
        (*window.size(block), kernel.shape[-1]),
        tuple(term for term in terms if term is not None),
        bias + window.bias(block, apply),
        name,
        bias_size=bias_size(value, kernel, bias),
    )
    return [changed]
