"""Convolutions: a window slides over rows and columns, over all channels or over each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ....errors import SpikewattError
from ...network.connection import ExecutedLayer
from ...network.connection_kinds import Conv1D, Conv2D, Convolution, Depthwise
from ...network.geometry import Geometry
from ..graph.blocks import Block, Value, added, with_channels
from ..graph.terms import (
    Convolution1DTerm,
    ConvolutionTerm,
    DepthwiseTerm,
    IdentityTerm,
    Term,
    sum_of,
    taps,
)
from .registry import Call, reads
from .weights import LINEAR_BEFORE, array, bias_of, bias_size, executed_layer


@reads("Conv1D")
def conv1d(call: Call) -> Value:
    """A window that slides along one axis, over all channels."""
    return _convolution(call, Conv1D(), Convolution1DTerm)


@reads("Conv2D")
def conv2d(call: Call) -> Value:
    """A window that slides over rows and columns, over all channels."""
    return _convolution(call, Conv2D(), ConvolutionTerm)


def _convolution(call: Call, kind: Convolution, term: type[ConvolutionTerm]) -> Value:
    kernel = array(call.layer.kernel)
    executed = executed_layer(
        call.layer.name,
        kind,
        kernel,
        _positions(call),
        kernel.shape[-1],
    )
    return _convolved(call, kernel, (executed,), term)


@reads("SeparableConv2D")
def separable_conv2d(call: Call) -> Value:
    """A depthwise convolution and a pointwise one: one linear map, of which Keras executes two."""
    depthwise = array(call.layer.depthwise_kernel)
    pointwise = array(call.layer.pointwise_kernel)
    channels, multiplier = depthwise.shape[-2:]
    by_channel = pointwise.reshape(channels, multiplier, -1)
    kernel = np.einsum("abcm,cmo->abco", depthwise, by_channel)

    name = call.layer.name
    positions = _positions(call)
    first = executed_layer(
        f"{name}.depthwise",
        Depthwise(),
        depthwise,
        positions,
        channels * multiplier,
    )
    second = executed_layer(
        f"{name}.pointwise",
        Conv2D(),
        pointwise,
        positions,
        kernel.shape[-1],
    )

    return _convolved(call, kernel, (first, second))


def _positions(call: Call) -> int:
    """Window positions."""
    return math.prod(call.tensor.shape[1:-1])


def _convolved(
    call: Call,
    kernel: np.ndarray,
    executed: tuple[ExecutedLayer, ...],
    kind: type[ConvolutionTerm] = ConvolutionTerm,
) -> Value:
    """One block: all channels in lead to all channels out."""
    bias = bias_of(call.layer)
    sliding = _Sliding(call, _geometry(call, kernel), executed, kind)

    terms: list[Term] = []
    total = bias

    for block, channels in with_channels(call.value):
        part = kernel[..., channels, :]
        total = total + sliding.bias(block, part, "...c,co->...o")
        terms += [sliding.term(block, term, part) for term in block.terms]

    block = Block(
        (*sliding.size, kernel.shape[-1]),
        tuple(terms),
        total,
        call.layer.name,
        bias_size=bias_size(call.value, kernel, bias),
    )
    return [block]


@reads("DepthwiseConv2D")
def depthwise_conv2d(call: Call) -> Value:
    """A window that slides over each channel; it keeps blocks apart."""
    kernel = array(call.layer.kernel)
    bias = bias_of(call.layer)
    multiplier = kernel.shape[-1]
    executed = executed_layer(
        call.layer.name,
        Depthwise(),
        kernel,
        _positions(call),
        kernel.shape[-2] * multiplier,
    )
    sliding = _Sliding(call, _geometry(call, kernel), (executed,), DepthwiseTerm)
    bias = np.broadcast_to(bias, (kernel.shape[-2] * multiplier,))

    result = []
    for block, channels in with_channels(call.value):
        part = kernel[..., channels, :]
        own = bias[channels.start * multiplier : channels.stop * multiplier]
        before = sliding.bias(block, part, "...c,cm->...cm")
        changed = Block(
            (*sliding.size, block.shape[-1] * multiplier),
            tuple(sliding.term(block, term, part) for term in block.terms),
            own + before,
            call.layer.name,
            bias_size=bias_size(call.value, kernel, bias),
        )
        result.append(changed)

    return result


def _geometry(call: Call, kernel: np.ndarray) -> Geometry:
    """The window of a convolution; raises where it has groups or holes."""
    layer = call.layer
    groups = getattr(layer, "groups", 1)
    if groups != 1 or any(rate != 1 for rate in layer.dilation_rate):
        got = f"groups={groups}, dilation_rate={layer.dilation_rate}"
        raise call.refused("must have groups=1 and dilation_rate=1", got)

    size = call.value[0].shape[:-1]
    window = kernel.shape[:-2]
    strides = tuple(layer.strides)
    if layer.padding == "causal":  # nothing is heard before it happens
        return Geometry(window, strides, tuple((taps - 1, 0) for taps in window))

    if layer.padding not in ("valid", "same"):
        law = "padding must be supported"
        raise call.refused(law, layer.padding, "valid, same, causal")
    return Geometry.of_keras(layer.padding, size, window, strides)


@dataclass(frozen=True, eq=False)
class _Sliding:
    """A window that slides over the blocks of a call.

    Parameters
    ----------
    call : Call
        The layer.
    geometry : Geometry
        The window.
    executed : tuple of ExecutedLayer
        What Keras executes.
    kind : type of Term
        What a path becomes.
    """

    call: Call
    geometry: Geometry
    executed: tuple[ExecutedLayer, ...]
    kind: type[ConvolutionTerm]

    @property
    def size(self) -> tuple[int, ...]:
        """Positions along each axis."""
        before = self.call.value[0].shape[:-1]
        return self.geometry.output_size(before)

    def term(self, block: Block, term: Term, kernel: np.ndarray) -> Term:
        """What `term` becomes under the `kernel` of its block."""
        if not isinstance(term, IdentityTerm):
            raise self.call.refused(LINEAR_BEFORE, f"none after {block.name!r}")
        if term.pooled is not None and block.padding:
            where = f"convert: layer {self.call.layer.name!r}"
            law = "zero padding does not follow a merged average pool"
            raise SpikewattError(where, law, block.padding)

        padding = added(self.geometry.padding, block.padding)
        return term.then(
            lambda scale: kernel * scale[:, None],
            self.kind,
            geometry=replace(self.geometry, padding=padding),
            executed=(*term.executed, *self.executed),
        )

    def bias(self, block: Block, kernel: np.ndarray, subscripts: str) -> np.ndarray:
        """What the bias of a block becomes: under zero padding it depends on the position."""
        if not block.bias.any():
            return np.zeros(1)

        bias = np.broadcast_to(block.bias, block.shape)
        under = taps(bias, self.geometry, self.size)
        parts = (np.einsum(subscripts, x, kernel[tap]) for tap, x in under)

        return sum_of(parts).reshape(*self.size, -1)
