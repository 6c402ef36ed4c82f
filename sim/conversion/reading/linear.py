"""Layers with weights, and batch norm: they rewrite values exactly, in every position."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....errors import SpikewattError
from ...network.connection import ExecutedLayer
from ...network.connection_kinds import ConnectionKind, Conv2D, Dense, Depthwise
from ...network.geometry import Geometry
from ..graph.blocks import Block, Value, added
from ..graph.terms import (
    ConvolutionTerm,
    DenseTerm,
    DepthwiseTerm,
    IdentityTerm,
    Term,
    sum_of,
    taps,
)
from .registry import Call, reads

LINEAR_BEFORE = "a ReLU stands between two linear layers"


def _array(weights) -> np.ndarray:
    return np.asarray(weights, np.float64)


def _bias(layer) -> np.ndarray:
    return _array(layer.bias) if layer.use_bias else np.zeros(1)


def _executed(
    name: str, kind: ConnectionKind, kernel: np.ndarray, positions: int, channels: int
) -> ExecutedLayer:
    """What Keras executes: a kernel at every position; with a bias per channel, as it is stored."""
    macs, outputs = positions * kernel.size, positions * channels
    return ExecutedLayer(name, kind, macs, outputs, kernel.size + channels)


def _positions(call: Call) -> int:
    """Window positions of a convolution."""
    return math.prod(call.tensor.shape[1:-1])


@reads("Dense")
def dense(call: Call) -> Value:
    """y = x W + b; two dense layers without an activation between them are one linear map."""
    rank = len(call.sources[0].shape)
    if rank != 2 or any(block.columns is None for block in call.value):
        law = "its input must be flat"
        raise call.refused(law, call.sources[0].shape, "Flatten in front of it")

    kernel, total = _array(call.layer.kernel), _bias(call.layer)
    bias_size = _bias_size(call, kernel, total)
    size = kernel.shape[1]
    executed = _executed(call.layer.name, Dense(), kernel, 1, size)
    terms: list[Term] = []
    for block in call.value:
        rows = kernel[block.columns]
        total = total + np.broadcast_to(block.bias, block.shape).reshape(-1) @ rows
        terms += [_dense_term(call, block, term, rows, executed) for term in block.terms]

    bias = np.broadcast_to(total, (size,))
    columns = np.arange(size)
    name = call.layer.name
    return [Block((size,), tuple(terms), bias, name, columns=columns, bias_size=bias_size)]


def _dense_term(
    call: Call, block: Block, term: Term, rows: np.ndarray, executed: ExecutedLayer
) -> Term:
    """What `term` becomes when its block is multiplied by `rows` of a kernel."""
    path = (*term.executed, executed)
    if isinstance(term, DenseTerm):
        return term.then(lambda weights: weights @ rows, executed=path)
    if not isinstance(term, IdentityTerm) or block.padding:
        law = "a ReLU stands between a convolution and the next linear layer"
        raise call.refused(law, f"none after {block.name!r}")

    def by_row(scale: np.ndarray) -> np.ndarray:
        return rows * np.broadcast_to(scale, block.shape).reshape(-1)[:, None]

    return term.then(by_row, DenseTerm, executed=path)


@reads("Conv2D")
def conv2d(call: Call) -> Value:
    """A window that slides over all channels."""
    kernel = _array(call.layer.kernel)
    executed = _executed(call.layer.name, Conv2D(), kernel, _positions(call), kernel.shape[-1])
    return _convolved(call, kernel, _bias(call.layer), (executed,))


@reads("SeparableConv2D")
def separable_conv2d(call: Call) -> Value:
    """A depthwise convolution and a pointwise one: one linear map, of which Keras executes two."""
    depthwise, pointwise = _array(call.layer.depthwise_kernel), _array(call.layer.pointwise_kernel)
    channels, multiplier = depthwise.shape[-2:]
    by_channel = pointwise.reshape(channels, multiplier, -1)
    kernel = np.einsum("abcm,cmo->abco", depthwise, by_channel)

    name, positions = call.layer.name, _positions(call)
    first = _executed(f"{name}.depthwise", Depthwise(), depthwise, positions, channels * multiplier)
    second = _executed(f"{name}.pointwise", Conv2D(), pointwise, positions, kernel.shape[-1])
    return _convolved(call, kernel, _bias(call.layer), (first, second))


def _convolved(
    call: Call, kernel: np.ndarray, bias: np.ndarray, executed: tuple[ExecutedLayer, ...]
) -> Value:
    """The value after a window that slides over all channels."""
    geometry = _geometry(call, kernel.shape[:-2])
    size = geometry.output_size(call.value[0].shape[:-1])

    terms, total, first = [], bias, 0
    for block in call.value:
        channels = slice(first, first + block.shape[-1])
        first += block.shape[-1]
        part = kernel[..., channels, :]
        total = total + _convolved_bias(block, geometry, size, part, "...c,co->...o")
        terms += [
            _windowed_term(ConvolutionTerm, call, block, term, part, geometry, executed)
            for term in block.terms
        ]
    shape, bias_size = (*size, kernel.shape[-1]), _bias_size(call, kernel, bias)
    return [Block(shape, tuple(terms), total, call.layer.name, bias_size=bias_size)]


@reads("DepthwiseConv2D")
def depthwise_conv2d(call: Call) -> Value:
    """A window that slides over each channel; it keeps blocks apart."""
    kernel, bias = _array(call.layer.kernel), _bias(call.layer)
    geometry = _geometry(call, kernel.shape[:-2])
    size = geometry.output_size(call.value[0].shape[:-1])
    multiplier = kernel.shape[-1]
    channels = call.tensor.shape[-1]
    executed = _executed(call.layer.name, Depthwise(), kernel, _positions(call), channels)

    result, first = [], 0
    for block in call.value:
        last = first + block.shape[-1]
        part = kernel[..., first:last, :]
        own = bias[first * multiplier : last * multiplier] if bias.size > 1 else bias
        first = last
        total = own + _convolved_bias(block, geometry, size, part, "...c,cm->...cm")
        terms = [
            _windowed_term(DepthwiseTerm, call, block, term, part, geometry, (executed,))
            for term in block.terms
        ]
        shape = (*size, block.shape[-1] * multiplier)
        bias_size = _bias_size(call, kernel, bias)
        result.append(Block(shape, tuple(terms), total, call.layer.name, bias_size=bias_size))
    return result


def _geometry(call: Call, window: tuple[int, ...]) -> Geometry:
    """The window of a convolution; raises where it has groups or holes."""
    layer = call.layer
    groups = getattr(layer, "groups", 1)
    if groups != 1 or any(rate != 1 for rate in layer.dilation_rate):
        got = f"groups={groups}, dilation_rate={layer.dilation_rate}"
        raise call.refused("must have groups=1 and dilation_rate=1", got)
    if layer.padding not in ("valid", "same"):
        raise call.refused("padding must be supported", layer.padding, "valid, same")
    size = call.value[0].shape[:-1]
    return Geometry.of_keras(layer.padding, size, tuple(window), tuple(layer.strides))


def _windowed_term(
    kind: type[ConvolutionTerm],
    call: Call,
    block: Block,
    term: Term,
    kernel: np.ndarray,
    geometry: Geometry,
    executed: tuple[ExecutedLayer, ...],
) -> Term:
    """What `term` becomes when a window slides over its block."""
    if not isinstance(term, IdentityTerm):
        raise call.refused(LINEAR_BEFORE, f"none after {block.name!r}")
    if term.pooled is not None and block.padding:
        law = "zero padding does not follow a merged average pool"
        raise SpikewattError(f"convert: layer {call.layer.name!r}", law, block.padding)

    window = replace(geometry, padding=added(geometry.padding, block.padding))
    path = (*term.executed, *executed)
    return term.then(lambda scale: kernel * scale[:, None], kind, geometry=window, executed=path)


def _convolved_bias(
    block: Block, geometry: Geometry, size, kernel: np.ndarray, subscripts: str
) -> np.ndarray:
    """The bias of `block` after a convolution: under zero padding it depends on the position."""
    if not block.bias.any():
        return np.zeros(1)
    bias = np.broadcast_to(block.bias, block.shape)
    parts = (np.einsum(subscripts, x, kernel[tap]) for tap, x in taps(bias, geometry, size))
    return sum_of(parts).reshape(*size, -1)


def _bias_size(call: Call, kernel: np.ndarray, bias: np.ndarray) -> float:
    """At most the largest number that is added on the way to the bias after `kernel`."""
    before = max(block.rounded for block in call.value)
    gain = np.abs(kernel).sum(axis=tuple(range(kernel.ndim - 1))).max()
    return float(before * gain + np.abs(bias).max())


@reads("BatchNormalization")
def batch_normalization(call: Call) -> Value:
    """y = γ (x − μ) / √(σ² + ε) + β: a scale and a shift per channel."""
    rank = len(call.sources[0].shape)
    if list(np.atleast_1d(call.layer.axis)) not in ([-1], [rank - 1]):
        raise call.refused("axis must be the channels", call.layer.axis, -1)

    scale, shift = _scale_and_shift(call.layer)
    largest_scale = float(np.abs(scale).max())
    largest_shift = float(np.abs(_array(call.layer.moving_mean) * scale).max())
    result, first = [], 0
    for block in call.value:
        own: slice | np.ndarray = slice(first, first + block.shape[-1])
        first += block.shape[-1]
        if block.columns is not None and rank == 2:
            if len(block.shape) != 1:
                law = "stands in front of Flatten, or behind a Dense layer"
                raise call.refused(law, "behind Flatten")
            own = block.columns
        changed = block.scaled(scale[own], shift[own])
        result.append(replace(changed, bias_size=block.rounded * largest_scale + largest_shift))
    return result


def _scale_and_shift(layer) -> tuple[np.ndarray, np.ndarray]:
    """(channels,) γ / √(σ² + ε) and β − μ times it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1.0 / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale = scale * _array(layer.gamma)
    beta = _array(layer.beta) if layer.center else 0.0
    return scale, beta - _array(layer.moving_mean) * scale
