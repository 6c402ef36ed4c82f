"""Signed values: a pair of populations carries what is linear after linear.

A population transmits what is above zero. So x is carried as max(x, 0) − max(−x, 0): two
populations, of which one is silent wherever the other fires. A linear map whose input is linear
itself is merged into that instead, where this costs fewer operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...graph.blocks import Block, Value, with_channels
from ...graph.nodes import HalfNode, InputNode, Node
from ...graph.terms import IdentityTerm, Term
from ..registry import Call

Merge = Callable[[Block, slice, Term], Term | None]
"""Takes a block, its channels and one of its terms; returns that term after the layer, or None."""

Macs = Callable[[Block, slice], int]
"""Multiplications of a layer on a block."""


def prepared(call: Call, merge: Merge, macs: Macs) -> Value:
    """The input of a linear layer, carried by populations where merging is dearer or impossible.

    Parameters
    ----------
    call : Call
        The layer.
    merge : function
        Gives a path after the layer.
    macs : function
        Of the layer on a block that is carried.
    """

    def keep(block: Block, channels: slice) -> bool:
        return block.carried or _merging_is_cheap(call, block, channels, merge, macs)

    return _carried_unless(call, keep)


def carried(call: Call, position: int = 0) -> Value:
    """An input of `call`, each block carried by populations."""
    return _carried_unless(call, lambda block, _: block.carried, position)


def _carried_unless(
    call: Call,
    keep: Callable[[Block, slice], bool],
    position: int = 0,
) -> Value:
    value = call.inputs[position]
    blocks = list(with_channels(value))
    result = [
        block if keep(block, channels) else paired(call, block, channels, call.sources[position])
        for block, channels in blocks
    ]
    if any(new is not old for new, old in zip(result, value, strict=True)):
        call.settle(position, result)  # what else takes this tensor takes the populations too
    return result


def _merging_is_cheap(
    call: Call,
    block: Block,
    channels: slice,
    merge: Merge,
    macs: Macs,
) -> bool:
    """Whether the paths through a block cost no more as one map than through a pair."""
    merged = 0.0
    made = 0.0

    for term in block.signals:
        share = share_of(call.nodes, term)
        after = merge(block, channels, term)
        if after is None:
            return False
        merged += share * operations(after)
        made += share * operations(term)

    if any(term.full_scale and merge(block, channels, term) is None for term in block.terms):
        return False

    takers = max(len(call.takers_of(call.sources[0])), 1)
    neurons = math.prod(block.shape)
    pair = (2 * made + 2 * neurons) / takers + macs(block, channels)
    return merged <= pair


def carried_where_many_take_it(call: Call, value: Value, populations: int) -> Value:
    """What comes out of `call`, carried where so many populations take it that this is cheaper.

    Parameters
    ----------
    call : Call
        What gives it.
    value : list of Block
        What comes out.
    populations : int
        That would sum all its paths, each for itself.
    """
    return [
        paired(call, block, channels, call.tensor)
        if _is_worth_a_pair(call, block, populations)
        else block
        for block, channels in with_channels(value)
    ]


def _is_worth_a_pair(call: Call, block: Block, populations: int) -> bool:
    if populations < 3 or block.carried:
        return False

    made = sum(share_of(call.nodes, term) * operations(term) for term in block.signals)
    neurons = math.prod(block.shape)
    pair = 2 * made + 2 * neurons + populations * neurons
    return pair < populations * made


def share_of(nodes: dict[str, Node], term: Term) -> float:
    """Of the operations of a path: only one half of a pair fires."""
    return 0.5 if isinstance(nodes[term.source], HalfNode) else 1.0


def operations(term: Term) -> int:
    """Synapses of a path, taps on padding included."""
    together = math.prod(term.pooled.window) if term.pooled else 1
    return max(term.macs, math.prod(term.seen_shape)) * together


def paired(
    call: Call,
    block: Block,
    channels: slice,
    tensor,
    below: bool = True,
    slope: np.ndarray | None = None,
) -> Block:
    """`block` as a pair of populations; as one where nothing is below zero.

    Parameters
    ----------
    call : Call
        Which needs it.
    block : Block
        Part of an input of it.
    channels : slice
        Of the tensor, which the block holds.
    tensor : Keras tensor
        Of which the block is a part; its values are those of the pair.
    below : bool, default True
        Whether what is below zero is needed.
    slope : array, default none
        By which `tensor` is scaled below zero, where Keras shows it only after a LeakyReLU.
    """
    block = block.inside()
    place = channels if block.columns is None else block.columns

    def half(sign: float, partner: str) -> Callable[[str], HalfNode]:
        factor = np.full(1, sign)
        side = block if sign > 0 else block.scaled(_everywhere(block, -1.0), factor * 0.0)

        def make(name: str) -> HalfNode:
            return HalfNode(
                name,
                block.shape,
                side.terms,
                side.bias,
                tensor,
                place,
                bias_size=block.bias_size,
                sign=sign,
                slope=1.0 if slope is None else slope,
                partner=partner,
            )

        return make

    above = call.add(block.name, half(1.0, ""))
    terms: list[Term] = [IdentityTerm.of(above.name, block.shape)]

    if below and not is_positive(call.nodes, block):
        minus = call.add(f"{above.name}.minus", half(-1.0, above.name))
        whole = IdentityTerm.of(minus.name, block.shape)
        terms.append(whole.scaled(np.full(block.shape[-1], -1.0)))

    return replace(block, terms=tuple(terms), bias=np.zeros(1), bias_size=0.0)


def _everywhere(block: Block, factor: float) -> np.ndarray:
    return np.full(block.shape[-1], factor)


def is_positive(nodes: dict[str, Node], block: Block) -> bool:
    """Whether nothing can be below zero: what populations transmit, no sign changed."""
    from_input = any(isinstance(nodes[term.source], InputNode) for term in block.terms)
    signs = [(term.weights >= 0).all() for term in block.terms]
    return not from_input and all(signs) and bool((block.bias >= 0).all())


def is_pair(nodes: dict[str, Node], block: Block) -> bool:
    """Whether a block is s x₊ − r x₋, the two halves of one value, with s and r of equal sign."""
    if len(block.signals) != 2 or not block.carried:
        return False
    if any(term.pooled is not None for term in block.signals):
        return False

    above, below = block.signals
    first, second = nodes[above.source], nodes[below.source]
    if not isinstance(second, HalfNode) or second.partner != first.name:
        return False

    return bool((above.weights * below.weights <= 0).all())
