"""Layers that move values and compute nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..graph.blocks import Block, Value, added, with_channels
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

    result = []
    for block, own in with_channels(value):
        columns = place[..., own].reshape(-1)
        result.append(replace(block, columns=columns))

    return result


@reads("Reshape")
def reshape(call: Call) -> Value:
    """The same shape again, or all values in a row."""
    before = tuple(call.sources[0].shape[1:])
    after = tuple(call.tensor.shape[1:])
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
        law = "pads what a ReLU gives"
        raise call.refused(law, f"{block.name!r}, which is not that")

    around = call.layer.padding
    sizes = zip(block.shape[:-1], around, strict=True)
    size = [n + before + after for n, (before, after) in sizes]

    bias = np.zeros(1)
    if block.bias.any():
        everywhere = np.broadcast_to(block.bias, block.shape)
        bias = np.pad(everywhere, (*around, (0, 0)))

    return replace(
        block,
        shape=(*size, block.shape[-1]),
        padding=added(around, block.padding),
        bias=bias,
    )
