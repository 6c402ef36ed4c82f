"""Operators of ONNX on rows of numbers, and those that move axes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .calls import Call, operator
from .values import Value


@operator("Gemm")
def gemm(call: Call) -> Value:
    """alpha · A B + beta · C."""
    value = call.value(0, in_row=True)
    kernel = call.weights(1)
    if call.option("transA", 0):
        raise call.refused("transA=1")
    kernel = (kernel.T if call.option("transB", 0) else kernel) * call.option("alpha", 1.0)
    bias = None
    if call.is_given(2):
        shift = call.weights(2) * call.option("beta", 1.0)
        bias = np.broadcast_to(shift.reshape(-1), kernel.shape[1:])
    return _dense(call, value, kernel, bias)


@operator("MatMul")
def mat_mul(call: Call) -> Value:
    """A B."""
    return _dense(call, call.value(0, in_row=True), call.weights(1), None)


def _dense(call: Call, value: Value, kernel: np.ndarray, bias: np.ndarray | None) -> Value:
    last = value.axes[-1] == len(value.axes) - 1
    if kernel.ndim != 2 or not last or value.shape[-1] != kernel.shape[0]:
        raise call.refused(f"weights {kernel.shape} for an input of {value.shape}")
    if value.places is not None:
        moved = np.empty_like(kernel)
        moved[value.places] = kernel
        kernel = moved
    made = call.builder.dense(value.tensor, kernel, bias)
    return Value(made, value.axes)


@operator("Flatten", "Reshape")
def reshape(call: Call) -> Value:
    """All numbers in a row, or axes of one more or less."""
    value = call.value(0, in_row=True)
    size = math.prod(value.shape)
    shape: list[int] = [size]
    if call.node.op_type == "Flatten":
        if call.option("axis", 1) != 1:
            raise call.refused(f"axis={call.option('axis')}")
    else:
        shape = _wanted(call, size)

    if shape == list(value.shape):
        return value
    if shape == [size]:
        return _in_row(call, value)
    if value.axes != tuple(range(len(value.axes))) or value.places is not None:
        raise call.refused(f"{value.shape} to {tuple(shape)}, channels first")
    made = call.builder.reshape(value.tensor, tuple(shape))
    return Value(made, tuple(range(len(shape) + 1)), positive=value.positive)


def _wanted(call: Call, size: int) -> list[int]:
    """The shape of a sample that a Reshape asks for."""
    wanted = [int(n) for n in call.weights(1)]
    before = call.value(0, in_row=True).shape
    if len(wanted) < 2 or 0 in wanted[1 + len(before) :]:
        raise call.refused(f"the shape {wanted}")
    shape = [before[i] if n == 0 else n for i, n in enumerate(wanted[1:])]
    if -1 in shape:
        others = -math.prod(shape)
        shape[shape.index(-1)] = size // others if others > 0 else -1
    if math.prod(shape) != size or min(shape) < 1 or wanted[0] not in (-1, 0, 1):
        raise call.refused(f"the shape {wanted}, which moves the batch")
    return shape


def _in_row(call: Call, value: Value) -> Value:
    """An image in a row, with the place of each of its numbers."""
    keras_shape = tuple(value.tensor.shape[1:])
    order = [axis - 1 for axis in value.axes[1:]]
    places = np.arange(math.prod(keras_shape)).reshape(keras_shape).transpose(order).reshape(-1)
    made = call.builder.reshape(value.tensor, (len(places),))
    moved = not np.array_equal(places, np.arange(len(places)))
    return Value(made, (0, 1), places if moved else value.places, value.positive)


@operator("Squeeze", "Unsqueeze")
def axes_of_one(call: Call) -> Value:
    """Axes of one less, of an image that is one pixel."""
    value = call.value(0)
    size = math.prod(value.shape)
    if call.node.op_type == "Unsqueeze" or max(value.shape) != size:
        raise call.refused(f"an input of {value.shape}")
    return _in_row(call, value)


@operator("Transpose")
def transpose(call: Call) -> Value:
    """Axes in another order: nothing is moved, only written down."""
    value = call.value(0)
    count = len(value.axes)
    order = call.option("perm", list(range(count))[::-1])
    if order[0] != 0:
        raise call.refused(f"the order {order}, which moves the batch")
    return replace(value, axes=tuple(value.axes[axis] for axis in order))
