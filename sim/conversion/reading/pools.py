"""Pools: summed into the next weights where that is exact, populations of their own otherwise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...network.geometry import Geometry
from ..graph.blocks import Block, Value
from ..graph.nodes import AveragePoolNode, FlipNode, MaxPoolNode
from ..graph.terms import IdentityTerm, Term, sum_under
from .registry import Call, reads
from .shapes import flattened

AFTER_RELU = "pools what a ReLU gives"


@reads("MaxPooling1D", "MaxPooling2D")
def max_pooling(call: Call) -> Value:
    """The largest of each window."""
    return [_largest(call, block, _geometry(call, block)) for block in call.value]


@reads("GlobalMaxPooling1D", "GlobalMaxPooling2D")
def global_max_pooling(call: Call) -> Value:
    """The largest of each channel."""
    pooled = [_largest(call, block, _everything(block)) for block in call.value]
    return _global(call, pooled)


@reads("AveragePooling1D", "AveragePooling2D")
def average_pooling(call: Call) -> Value:
    """The mean of each window."""
    return [_mean(call, block, _geometry(call, block)) for block in call.value]


@reads("GlobalAveragePooling1D", "GlobalAveragePooling2D")
def global_average_pooling(call: Call) -> Value:
    """The mean of each channel."""
    pooled = [_mean(call, block, _everything(block)) for block in call.value]
    return _global(call, pooled)


def _geometry(call: Call, block: Block) -> Geometry:
    layer = call.layer
    window = tuple(layer.pool_size)
    strides = tuple(layer.strides)

    size = block.shape[:-1]
    return Geometry.of_keras(layer.padding, size, window, strides)


def _everything(block: Block) -> Geometry:
    size = block.shape[:-1]
    return Geometry(size, size)


def _global(call: Call, value: Value) -> Value:
    return value if call.layer.keepdims else flattened(value)


def _largest(call: Call, block: Block, geometry: Geometry) -> Block:
    """A population that passes on the largest value of each window of `block`."""
    if not block.plain or block.padding or block.bias.ndim > 1:
        raise call.refused(AFTER_RELU, f"{block.name!r}, which is not that")
    if (block.scale < 0).any():
        block = _flipped(call, block)

    shape = _pooled_shape(block, geometry)
    node = call.add(
        call.layer.name,
        lambda name: MaxPoolNode(name, shape, _source(block), geometry=geometry),
    )
    return _after_pool(call, block, block.bias, node.name, shape)


def _pooled_shape(block: Block, geometry: Geometry) -> tuple[int, ...]:
    size = geometry.output_size(block.shape[:-1])
    return (*size, block.shape[-1])


def _source(block: Block) -> tuple[Term, ...]:
    """The values of the population that a plain block scales, as they are."""
    (term,) = block.signals
    return (IdentityTerm.of(term.source, term.shape),)


def _flipped(call: Call, block: Block) -> Block:
    """`block` with weights above zero: a population transmits F − y where the weight is negative.

    With F the largest value of y, w y = w F + |w| (F − y): the first is a constant.
    """
    negative = block.scale < 0
    if not call.rules.flips:
        law = "a channel with a negative scale in front needs a min pool"
        got = f"{int(negative.sum())} such channels"
        raise call.refused(law, got, "code='radix' or 'sync_rate'")

    node = call.add(
        f"{call.layer.name}.flip",
        lambda name: FlipNode(name, block.shape, _source(block), negative=negative),
    )
    (term,) = block.signals
    flipped = term.then(np.abs, source=node.name)
    constant = term.then(
        lambda scale: np.where(negative, scale, 0.0),
        full_scale=True,
    )
    others = [term for term in block.terms if term.full_scale]

    return replace(block, terms=(flipped, constant, *others))


def _mean(call: Call, block: Block, geometry: Geometry) -> Block:
    """The mean of each window of `block`."""
    if not all(term.plain for term in block.terms):
        raise call.refused(AFTER_RELU, f"{block.name!r}, which is not that")

    shape = _pooled_shape(block, geometry)
    bias = _averaged(block, geometry, shape)
    exact = geometry.apart and not np.any(geometry.padding)

    if call.rules.merge_pools and exact:
        summed = replace(geometry, padding=block.padding)
        terms = tuple(_pooled(term, summed) for term in block.terms)
        return Block(
            shape,
            terms,
            bias,
            call.layer.name,
            bias_size=block.bias_size,
        )

    if not block.plain or block.padding:
        law = "a pool that cannot be merged pools the spikes of one population"
        raise call.refused(law, f"{block.name!r}")

    node = call.add(
        call.layer.name,
        lambda name: AveragePoolNode(name, shape, _source(block), geometry=geometry),
    )
    return _after_pool(call, block, bias, node.name, shape)


def _pooled(term: Term, geometry: Geometry) -> Term:
    """The mean over windows in front of `term`: their sum, with weights that are smaller."""
    size = float(math.prod(geometry.window))
    return term.then(lambda weights: weights / size, pooled=geometry)


def _after_pool(call: Call, block: Block, bias: np.ndarray, name: str, shape) -> Block:
    """What `block` is after a population called `name` has pooled it; constants stay constants."""
    (signal,) = block.signals
    signal = replace(signal, source=name, shape=shape)
    constants = [term for term in block.terms if term.full_scale]
    terms = [signal] + [replace(term, shape=shape) for term in constants]
    return Block(
        shape,
        tuple(terms),
        bias,
        call.layer.name,
        bias_size=block.bias_size,
    )


def _averaged(block: Block, geometry: Geometry, shape) -> np.ndarray:
    """Mean of the bias over each window, padding left out as Keras does."""
    if block.bias.ndim <= 1:
        return block.bias

    size = shape[:-1]
    bias = np.broadcast_to(block.bias, block.shape)
    total = sum_under(bias, geometry, size)
    count = sum_under(np.ones(block.shape), geometry, size)
    return total / count
