"""Pools: summed into the next weights where that is exact, populations of their own otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ....network.geometry import Geometry
from ...graph.blocks import Block, Value, added, with_channels
from ...graph.nodes import AveragePoolNode, FlipNode, InputNode, MaxPoolNode
from ...graph.terms import ConvolutionTerm, DepthwiseTerm, IdentityTerm, Term, sum_under
from ..registry import Call, reads
from .composed import composed
from .pairs import is_pair, operations, paired, share_of
from .shapes import flattened


@reads("MaxPooling1D", "MaxPooling2D")
def max_pooling(call: Call) -> Value:
    """The largest of each window."""
    return _pooled_each(call, _largest, _geometry)


@reads("GlobalMaxPooling1D", "GlobalMaxPooling2D")
def global_max_pooling(call: Call) -> Value:
    """The largest of each channel."""
    pooled = _pooled_each(call, _largest, _everything)
    return _global(call, pooled)


@reads("AveragePooling1D", "AveragePooling2D")
def average_pooling(call: Call) -> Value:
    """The mean of each window."""
    return _pooled_each(call, _mean, _geometry)


@reads("GlobalAveragePooling1D", "GlobalAveragePooling2D")
def global_average_pooling(call: Call) -> Value:
    """The mean of each channel."""
    pooled = _pooled_each(call, _mean, _everything)
    return _global(call, pooled)


def _pooled_each(call: Call, pool: Callable, geometry: Callable[[Call, Block], Geometry]) -> Value:
    """Every block under the window of the layer."""
    result = []
    for block, channels in list(with_channels(call.value)):
        if block.columns is not None:
            shape = tuple(call.sources[0].shape[1:])
            law = "its window slides over axes that the populations have"
            got = f"values in another order or shape, which were given the shape {shape}"
            hint = "Reshape and Permute stand right after an input, or in front of Flatten"
            raise call.refused(law, got, hint=hint)
        result.append(pool(call, block, channels, geometry(call, block)))
    return result


def _geometry(call: Call, block: Block) -> Geometry:
    layer = call.layer
    window = tuple(layer.pool_size)
    strides = tuple(layer.strides)

    size = block.shape[:-1]
    return Geometry.of_keras(layer.padding, size, window, strides)


def _everything(call: Call, block: Block) -> Geometry:
    size = block.shape[:-1]
    return Geometry(size, size)


def _global(call: Call, value: Value) -> Value:
    return value if call.layer.keepdims else flattened(value)


def _largest(call: Call, block: Block, channels: slice, geometry: Geometry) -> Block:
    """Populations that pass on the largest value of each window of `block`."""
    tensor = call.sources[0]
    plain = block.plain and block.bias.ndim <= 1
    if not plain and not (is_pair(call.nodes, block) and block.bias.ndim <= 1):
        # The largest of max(x, 0) is max(the largest x, 0): half a pair will do in front of ReLU.
        block = paired(call, block, channels, tensor, below=not call.rectified)

    zero_around = any(any(around) for around in block.padding)
    signed = call.rules.negative and any(
        isinstance(call.nodes[term.source], InputNode) for term in block.signals
    )
    if zero_around and (block.shifted or signed):
        block = paired(call, block, channels, tensor, below=not call.rectified)

    pooled = [_one_largest(call, part, geometry) for part in _parts(block)]
    terms = tuple(term for part in pooled for term in part.terms)
    return replace(pooled[0], terms=terms, bias=block.bias, bias_size=block.bias_size)


def _parts(block: Block) -> list[Block]:
    """A block per population: the largest of a signed value is the sum of theirs.

    Where anything in a window is above zero, the largest of what is below is 0, and the other way
    round.
    """
    constants = tuple(term for term in block.terms if term.full_scale)
    first, *others = block.signals
    parts = [replace(block, terms=(first, *constants))]
    return parts + [replace(block, terms=(term,), bias=np.zeros(1)) for term in others]


def _one_largest(call: Call, block: Block, geometry: Geometry) -> Block:
    """A population that passes on the largest value of each window of one population."""
    if (block.scale < 0).any():
        block = _flipped(call, block)
    padding = added(geometry.padding, block.padding)  # nothing is below the zeros around
    shape = _pooled_shape(block, geometry)
    window = replace(geometry, padding=padding)
    node = call.add(
        call.layer.name,
        lambda name: MaxPoolNode(name, shape, _source(block), geometry=window),
    )
    return _after_pool(call, block, block.bias, [node.name], shape)


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
        law = "a max pool over values below zero needs a min pool"
        got = f"{int(negative.sum())} channels with such values"
        hint = "code='radix' or 'sync_rate', or a ReLU in front of the pool"
        raise call.refused(law, got, hint=hint)

    (term,) = block.signals
    node = call.add(
        f"{call.layer.name}.flip",
        lambda name: FlipNode(
            name,
            block.shape,
            _source(block),
            negative=negative,
            padding=block.padding,
        ),
    )
    flipped = term.then(np.abs, source=node.name, shape=block.shape)
    constant = term.then(
        lambda scale: np.where(negative, scale, 0.0),
        full_scale=True,
    )
    others = [term for term in block.terms if term.full_scale]

    return replace(block, terms=(flipped, constant, *others), padding=())


def _mean(call: Call, block: Block, channels: slice, geometry: Geometry) -> Block:
    """The mean of each window of `block`."""
    shape = _pooled_shape(block, geometry)
    exact = geometry.apart and not np.any(geometry.padding)

    if call.rules.merge_pools and exact and all(term.plain for term in block.terms):
        summed = replace(geometry, padding=block.padding)
        terms = tuple(_pooled(term, summed) for term in block.terms)
        bias = _averaged(block, geometry, shape)
        return Block(
            shape,
            terms,
            bias,
            call.layer.name,
            bias_size=block.bias_size,
        )

    if not block.carried or any(term.pooled is not None for term in block.terms):
        merged = _merged_mean(call, block, geometry, shape)
        if merged is not None:
            return merged
        block = paired(call, block, channels, call.sources[0])

    bias = _averaged(block, geometry, shape)
    if block.padding:
        block = paired(call, block, channels, call.sources[0])
        bias = _averaged(block, geometry, shape)

    names = []
    for term in block.signals:
        node = call.add(
            call.layer.name,
            lambda name, term=term: AveragePoolNode(
                name,
                shape,
                (IdentityTerm.of(term.source, term.shape),),
                geometry=geometry,
            ),
        )
        names.append(node.name)
    return _after_pool(call, block, bias, names, shape)


def _merged_mean(
    call: Call,
    block: Block,
    geometry: Geometry,
    shape: tuple[int, ...],
) -> Block | None:
    """The mean after a convolution as one map, where that costs no more than a pair."""
    if np.any(geometry.padding) or block.padding:  # Keras leaves padding out of the mean
        return None

    box = np.full((*geometry.window, block.shape[-1], 1), 1.0 / math.prod(geometry.window))
    terms = []
    for term in block.terms:
        after = _mean_behind(call, term, geometry, box)
        if after is None:
            return None
        terms.append(after)

    merged = made = 0.0
    for term, after in zip(block.terms, terms, strict=True):
        share = share_of(call.nodes, term)
        merged += share * operations(after)
        made += share * operations(term)

    neurons = math.prod(block.shape)
    if merged > 2 * made + 3 * neurons:
        return None
    bias = _averaged(block, geometry, shape)
    return Block(shape, tuple(terms), bias, call.layer.name, bias_size=block.bias_size)


def _mean_behind(call: Call, term: Term, geometry: Geometry, box: np.ndarray) -> Term | None:
    """A mean after one path."""
    if term.plain and call.rules.merge_pools and geometry.apart:
        return _pooled(term, geometry)
    if isinstance(term, IdentityTerm) and term.plain:
        return term.then(lambda scale: box * scale[:, None], DepthwiseTerm, geometry=geometry)
    if not isinstance(term, ConvolutionTerm):
        return None

    one = term.geometry
    assert one is not None
    pointwise = math.prod(one.window) == 1 and set(one.strides) == {1} and not one.padded
    if pointwise and term.pooled is None and call.rules.merge_pools and geometry.apart:
        mean = _pooled(term, geometry)  # the mean of a pointwise map is the map of the mean
        return mean
    return composed(term, box, geometry, DepthwiseTerm, term.executed)


def _pooled(term: Term, geometry: Geometry) -> Term:
    """The mean over windows in front of `term`: their sum, with weights that are smaller."""
    size = float(math.prod(geometry.window))
    return term.then(lambda weights: weights / size, pooled=geometry)


def _after_pool(
    call: Call,
    block: Block,
    bias: np.ndarray,
    names: list[str],
    shape: tuple[int, ...],
) -> Block:
    """What `block` is after populations called `names` have pooled those of its paths.

    Constants stay constants.
    """
    pairs = zip(block.signals, names, strict=True)
    signals = [replace(signal, source=name, shape=shape) for signal, name in pairs]
    constants = [term for term in block.terms if term.full_scale]
    terms = signals + [replace(term, shape=shape) for term in constants]
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
