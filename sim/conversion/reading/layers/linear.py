"""Dense layers: they rewrite values exactly."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ....network.connection import ExecutedLayer
from ....network.connection_kinds import Dense
from ...graph.blocks import Block, Value
from ...graph.terms import (
    Convolution1DTerm,
    ConvolutionTerm,
    DenseTerm,
    DepthwiseTerm,
    GroupedTerm,
    IdentityTerm,
    Term,
)
from ..registry import Call, reads
from .convolutions import pointwise
from .pairs import prepared
from .weights import array, bias_of, bias_size, executed_layer

LARGEST_MERGED = 2**24  # weights of a dense layer that a convolution was merged into


@reads("Dense")
def dense(call: Call) -> Value:
    """y = x W + b, of a flat tensor, or at every position of one that is not."""
    if len(call.sources[0].shape) != 2:
        return pointwise(call)

    kernel = array(call.layer.kernel)
    bias = bias_of(call.layer)
    size = kernel.shape[1]
    executed = executed_layer(call.layer.name, Dense(), kernel, 1, size)

    def after(block: Block, _: slice, term: Term) -> Term | None:
        return _multiplied(block, term, kernel[block.columns], executed)

    value = prepared(call, after, lambda block, _: math.prod(block.shape) * size)
    terms: list[Term] = []
    total = bias

    for block in value:
        rows = kernel[block.columns]
        before = np.broadcast_to(block.bias, block.shape)
        total = total + before.reshape(-1) @ rows
        for term in block.inside().terms:
            path = after(block, slice(None), term)
            assert path is not None
            terms.append(path)

    block = Block(
        (size,),
        tuple(terms),
        np.broadcast_to(total, (size,)),
        call.layer.name,
        columns=np.arange(size),
        bias_size=bias_size(value, kernel, bias),
    )
    return [block]


def _multiplied(
    block: Block,
    term: Term,
    rows: np.ndarray,
    executed: ExecutedLayer,
) -> Term | None:
    """What `term` becomes when its block is multiplied by `rows` of a kernel; None: it cannot."""
    path = (*term.executed, executed)
    if isinstance(term, DenseTerm):
        return term.then(lambda weights: weights @ rows, executed=path)

    if isinstance(term, IdentityTerm):

        def by_row(scale: np.ndarray) -> np.ndarray:
            everywhere = np.broadcast_to(scale, block.shape)
            by_input = everywhere.reshape(-1)
            return rows * by_input[:, None]

        return term.then(by_row, DenseTerm, executed=path)

    if isinstance(term, ConvolutionTerm) and not isinstance(term, GroupedTerm):
        return _behind_convolution(term, rows, path)
    return None


def _behind_convolution(term: ConvolutionTerm, rows: np.ndarray, path) -> Term | None:
    """A dense layer after a convolution: every input to every output."""
    seen = term.seen_shape
    outputs = rows.shape[1]
    if math.prod(seen) * outputs > LARGEST_MERGED:
        return None

    geometry = term.geometry
    assert geometry is not None
    size = term.size
    by_channel = isinstance(term, DepthwiseTerm)
    channels = term.weights.shape[-2:] if by_channel else term.weights.shape[-1:]
    by_place = rows.reshape(*size, *channels, outputs)
    subscripts = "cm,...cmu->...cu" if by_channel else "io,...ou->...iu"

    def unrolled(weights: np.ndarray) -> np.ndarray:
        total = np.zeros((*seen, outputs))
        for tap, positions, under in geometry.on_inputs(seen, size):
            part = np.einsum(subscripts, weights[tap], by_place[np.ix_(*positions)])
            total[np.ix_(*under)] += part
        return total.reshape(-1, outputs)

    return term.then(unrolled, DenseTerm, geometry=None, executed=path)


def in_a_row(block: Block) -> Block:
    """A block of one position as flat channels, where its paths are convolutions over all of them.

    A window that has one position is a dense layer.
    """
    channels = block.shape[-1]
    one = len(block.shape) > 1 and math.prod(block.shape) == channels
    terms = [
        _behind_convolution(term, np.eye(channels), term.executed)
        for term in block.terms
        if isinstance(term, ConvolutionTerm) and type(term) in (ConvolutionTerm, Convolution1DTerm)
    ]
    flat = tuple(term for term in terms if term is not None)
    if not one or len(flat) < len(block.terms):
        return block

    bias = np.broadcast_to(block.bias, block.shape).reshape(-1)
    return replace(block, shape=(channels,), terms=flat, bias=bias)
