"""Layers that bring tensors together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..graph.blocks import Block, Value
from .registry import Call, reads


@reads("Add")
def add(call: Call) -> Value:
    """The sum: all linear paths of all tensors lead to the same place."""
    sizes = [_sizes(value) for value in call.inputs]
    if any(size != sizes[0] for size in sizes):
        raise call.refused("adds tensors of equal channels and padding", sizes)
    together = zip(*call.inputs, strict=True)
    return [_sum(blocks, call.layer.name) for blocks in together]


def _sizes(value: Value) -> list[tuple]:
    return [(block.shape, block.padding) for block in value]


def _sum(blocks: tuple[Block, ...], name: str) -> Block:
    terms = tuple(term for block in blocks for term in block.terms)
    bias = sum((block.bias for block in blocks), np.zeros(1))
    size = sum(block.rounded for block in blocks)

    return replace(
        blocks[0],
        terms=terms,
        bias=bias,
        name=name,
        bias_size=size,
    )


@reads("Concatenate")
def concatenate(call: Call) -> Value:
    """The channels of all tensors, one after the other."""
    rank = len(call.tensor.shape)
    if call.layer.axis not in (-1, rank - 1):
        raise call.refused("joins channels", f"axis {call.layer.axis}", -1)

    result = []
    first = 0

    for value, source in zip(call.inputs, call.sources, strict=True):
        result += [_moved(block, first) for block in value]
        first += source.shape[-1]

    return result


def _moved(block: Block, first: int) -> Block:
    if block.columns is None:
        return block
    return replace(block, columns=block.columns + first)
