"""Layers and operators that bring tensors together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .....models.keras_backend import import_keras
from ...graph.blocks import Block, Value
from ..registry import Call, reads, reads_operation
from .scaling import scaled_and_shifted


@reads("Add")
def add(call: Call) -> Value:
    """The sum: all linear paths of all tensors lead to the same place."""
    return _total(call, [1.0] * len(call.inputs))


@reads("Subtract")
def subtract(call: Call) -> Value:
    """The first minus the second."""
    return _total(call, [1.0, -1.0])


@reads("Average")
def average(call: Call) -> Value:
    """The sum, divided."""
    count = len(call.inputs)
    return _total(call, [1.0 / count] * count)


@reads_operation("Add", "Subtract")
def plus_or_minus(call: Call) -> Value:
    """a + b or a - b, of tensors or with a constant."""
    sign = 1.0 if type(call.layer).__name__ == "Add" else -1.0
    first, second = call.arguments[:2]
    if _is_tensor(first) and _is_tensor(second):
        signs = [1.0, sign]
        return _total(call, signs)

    if _is_tensor(first):
        return scaled_and_shifted(call, np.ones(1), sign * np.asarray(second, np.float64))
    return scaled_and_shifted(call, np.full(1, sign), np.asarray(first, np.float64))


@reads_operation("Multiply", "Divide", "TrueDivide")
def times_or_over(call: Call) -> Value:
    """a * c or a / c, with a constant c."""
    first, second = call.arguments[:2]
    times = type(call.layer).__name__ == "Multiply"
    if not _is_tensor(first) and times:
        first, second = second, first

    if _is_tensor(second) or not _is_tensor(first):
        law = "multiplies a tensor by a constant, or divides it by one"
        raise call.refused(law, "two tensors" if _is_tensor(first) else "a constant over a tensor")

    factor = np.asarray(second, np.float64)
    if not times and not factor.all():
        raise call.refused("divides by what is not 0", 0)
    return scaled_and_shifted(call, factor if times else 1.0 / factor, np.zeros(1))


@reads_operation("Negative")
def negative(call: Call) -> Value:
    """-a."""
    return scaled_and_shifted(call, np.full(1, -1.0), np.zeros(1))


def _is_tensor(value) -> bool:
    return isinstance(value, import_keras().KerasTensor)


def _total(call: Call, factors: list[float]) -> Value:
    """Σ factor × input."""
    inputs = list(call.inputs)
    sizes = [_sizes(value) for value in inputs]
    if any(size != sizes[0] for size in sizes):
        inputs = [[block.inside() for block in value] for value in inputs]
        sizes = [_sizes(value) for value in inputs]
    if any(size != sizes[0] for size in sizes):
        shapes = [tuple(source.shape[1:]) for source in call.sources]
        law = "adds tensors of one shape, whose channels were joined alike"
        raise call.refused(law, shapes, hint="a 1x1 convolution in front of the addition")

    together = zip(*inputs, strict=True)
    return [_sum(blocks, factors, call.layer.name) for blocks in together]


def _sizes(value: Value) -> list[tuple]:
    return [(block.shape, block.padding, _places(block)) for block in value]


def _places(block: Block) -> bytes:
    return b"" if block.columns is None else block.columns.astype(np.int64).tobytes()


def _sum(blocks: tuple[Block, ...], factors: list[float], name: str) -> Block:
    pairs = zip(blocks, factors, strict=True)
    parts = [block if factor == 1.0 else _times(block, factor) for block, factor in pairs]
    terms = tuple(term for block in parts for term in block.terms)
    bias = sum((block.bias for block in parts), np.zeros(1))
    size = sum(block.rounded for block in blocks)

    return replace(
        blocks[0],
        terms=terms,
        bias=bias,
        name=name,
        bias_size=size,
    )


def _times(block: Block, factor: float) -> Block:
    return block.scaled(np.full(block.shape[-1], factor), np.zeros(1))


@reads("Concatenate")
@reads_operation("Concatenate")
def concatenate(call: Call) -> Value:
    """The channels of all tensors, one after the other."""
    rank = len(call.tensor.shape)
    if call.layer.axis not in (-1, rank - 1):
        raise call.refused("joins channels", f"axis {call.layer.axis}", -1)

    inputs = call.inputs
    if any(value[0].columns is None for value in inputs) and any(
        value[0].columns is not None for value in inputs
    ):
        raise call.refused("joins tensors of one kind", "a flat tensor beside one with axes")

    result = []
    first = 0

    for value, source in zip(inputs, call.sources, strict=True):
        result += [_moved(block, first) for block in value]
        first += source.shape[-1]

    return result


def _moved(block: Block, first: int) -> Block:
    if block.columns is None:
        return block
    return replace(block, columns=block.columns + first)
