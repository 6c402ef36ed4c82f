"""Layers that move values and compute nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..graph.blocks import Block, Value, added
from ..graph.terms import IdentityTerm
from .registry import Call, reads


@reads("Dropout", "SpatialDropout2D", "GaussianNoise")
def unchanged(call: Call) -> Value:
    """What does nothing outside of training."""
    return call.value


@reads("Flatten")
def flatten(call: Call) -> Value:
    """All values in a row, channels innermost."""
    return flattened(call.value)


def flattened(value: Value) -> Value:
    """`value` with the place of each of its values in the flat tensor."""
    if value[0].columns is not None:
        return value
    size = value[0].shape[:-1]
    channels = sum(block.shape[-1] for block in value)
    place = np.arange(np.prod(size) * channels).reshape(*size, channels)

    result, first = [], 0
    for block in value:
        last = first + block.shape[-1]
        result.append(replace(block, columns=place[..., first:last].reshape(-1)))
        first = last
    return result


@reads("Reshape")
def reshape(call: Call) -> Value:
    """The same shape again, or all values in a row."""
    before, after = (tuple(tensor.shape[1:]) for tensor in (call.sources[0], call.tensor))
    if after == before:
        return call.value
    if len(after) != 1:
        raise call.refused("keeps the shape or flattens", after)
    return flattened(call.value)


@reads("ZeroPadding2D")
def zero_padding(call: Call) -> Value:
    """Zeros around, which the next convolution takes into its window."""
    return [_padded(call, block) for block in call.value]


def _padded(call: Call, block: Block) -> Block:
    if not all(isinstance(term, IdentityTerm) for term in block.terms):
        raise call.refused("pads what a ReLU gives", f"{block.name!r}, which is not that")

    around = call.layer.padding
    sizes = zip(block.shape, around, strict=False)
    size = tuple(n + before + after for n, (before, after) in sizes)

    bias = np.zeros(1)
    if block.bias.any():
        bias = np.pad(np.broadcast_to(block.bias, block.shape), (*around, (0, 0)))
    return replace(
        block, shape=(*size, block.shape[-1]), padding=added(around, block.padding), bias=bias
    )
