"""Layers that spread or cut what goes in: windows that slide over what comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ....network.connection import ExecutedLayer
from ....network.connection_kinds import TransposedConvolution
from ....network.geometry import Geometry
from ...graph.blocks import Block, Value, with_channels
from ...graph.terms import IdentityTerm, Term, TransposedTerm
from ..registry import Call, reads
from .convolutions import check_axes
from .pairs import carried
from .weights import array, bias_of, bias_size, executed_layer


@reads("UpSampling1D", "UpSampling2D")
def up_sampling(call: Call) -> Value:
    """Every value several times."""
    interpolation = getattr(call.layer, "interpolation", "nearest")
    if interpolation != "nearest":
        law = "repeats values: interpolation is nearest"
        raise call.refused(law, interpolation, hint="interpolation='nearest', or Conv2DTranspose")

    times = tuple(np.atleast_1d(call.layer.size).tolist())
    return _copied(call, Geometry(times, times))


@reads("Cropping1D", "Cropping2D")
def cropping(call: Call) -> Value:
    """What is left within a border."""
    border = call.layer.cropping
    if len(call.sources[0].shape) == 3:
        border = (tuple(border),)
    one = (1,) * len(border)
    return _copied(call, Geometry(one, one, tuple(tuple(sides) for sides in border)))


def _copied(call: Call, geometry: Geometry) -> Value:
    """Each block through a window of ones; nothing is multiplied."""
    check_axes(call)
    result = []
    for block, _ in with_channels(carried(call)):
        block = _without_padding(call, block)
        ones = np.ones((*geometry.window, 1, block.shape[-1]))
        terms = [_spread(term, ones, geometry, ()) for term in block.terms]
        changed = replace(block, terms=tuple(terms), name=call.layer.name)
        result.append(_under(block, changed, ones, geometry))
    return result


@reads("Conv1DTranspose", "Conv2DTranspose")
def transposed_convolution(call: Call) -> Value:
    """A convolution backwards: every value goes through the window."""
    check_axes(call)
    layer = call.layer
    if any(rate != 1 for rate in layer.dilation_rate):
        raise call.refused("has no dilation", layer.dilation_rate, 1)

    kernel = np.swapaxes(array(layer.kernel), -1, -2)  # Keras has channels out in front
    bias = bias_of(layer)
    geometry = _geometry(call, kernel)
    positions = int(np.prod(call.sources[0].shape[1:-1]))
    executed = executed_layer(
        layer.name, TransposedConvolution(), kernel, positions, kernel.shape[-1]
    )

    value = carried(call)
    terms: list[Term] = []
    total = bias
    for block, channels in with_channels(value):
        block = _without_padding(call, block)
        part = kernel[..., channels, :]
        terms += [_spread(term, part, geometry, (executed,)) for term in block.terms]
        total = total + _under(block, block, part, geometry).bias

    shape = tuple(call.tensor.shape[1:])
    size = bias_size(value, kernel, bias)
    return [Block(shape, tuple(terms), total, layer.name, bias_size=size)]


def _geometry(call: Call, kernel: np.ndarray) -> Geometry:
    """The window over what comes out."""
    window = kernel.shape[:-2]
    strides = tuple(call.layer.strides)
    sizes = zip(call.sources[0].shape[1:-1], call.tensor.shape[1:-1], window, strides, strict=True)

    padding = []
    for before, after, taps, stride in sizes:
        total = (before - 1) * stride + taps - after
        first = max(taps - stride, 0) // 2 if call.layer.padding == "same" else 0
        if total < first:
            law = "its windows cover all that comes out"
            got = f"a window of {taps} at strides of {stride}"
            raise call.refused(law, got, hint="a window at least as large as the strides")
        padding.append((first, total - first))
    return Geometry(window, strides, tuple(padding))


def _without_padding(call: Call, block: Block) -> Block:
    if any(any(sides) for sides in block.padding):
        law = "does not follow zero padding"
        raise call.refused(law, block.padding, hint="a layer between them")
    return block


def _spread(
    term: Term,
    kernel: np.ndarray,
    geometry: Geometry,
    executed: tuple[ExecutedLayer, ...],
) -> Term:
    """What a path from a population becomes."""
    assert isinstance(term, IdentityTerm)
    by_channel = kernel.shape[-2] == 1 and len(term.weights) == kernel.shape[-1]

    def spread(scale: np.ndarray) -> np.ndarray:
        return kernel * (scale if by_channel else scale[:, None])

    path = (*term.executed, *executed)
    return term.then(spread, TransposedTerm, geometry=geometry, executed=path)


def _under(before: Block, after: Block, kernel: np.ndarray, geometry: Geometry) -> Block:
    """`after` with what the bias of `before` becomes, and its shape."""
    path = TransposedTerm("bias", before.shape, kernel, lambda unit: unit, geometry)
    everywhere = np.broadcast_to(before.bias, before.shape)
    bias = path.apply(everywhere[None])[0]
    if not before.bias.any():
        bias = np.zeros(1)
    return replace(after, shape=(*path.size, kernel.shape[-1]), bias=bias)
