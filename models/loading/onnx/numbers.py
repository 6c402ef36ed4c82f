"""Operators of ONNX that treat numbers one by one, or put tensors together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .calls import Call, operator
from .values import Value


@operator("BatchNormalization")
def batch_normalization(call: Call) -> Value:
    """(x − mean) / √(variance + ε) · scale + shift, per channel."""
    value = call.value(0)
    if len(value.axes) > 2:
        value = call.image(0)
    scale, shift, mean, variance = (call.weights(i).astype(np.float64) for i in range(1, 5))
    factor = scale / np.sqrt(variance + call.option("epsilon", 1e-5))
    made = call.builder.scale(value.tensor, factor, shift - mean * factor)
    return replace(value, tensor=made, positive=False)


@operator("Relu")
def relu(call: Call) -> Value:
    """max(x, 0)."""
    value = call.value(0, in_row=True)
    return replace(value, tensor=call.builder.relu(value.tensor), positive=True)


@operator("Clip")
def clip(call: Call) -> Value:
    """min(max(x, 0), largest)."""
    value = call.value(0, in_row=True)
    low = call.constant(1) if call.is_given(1) else call.option("min")
    high = call.constant(2) if call.is_given(2) else call.option("max")
    if low is None or float(low) != 0:
        raise call.refused(f"from {low} on, not from 0")
    largest = None if high is None else float(high)
    return replace(value, tensor=call.builder.relu(value.tensor, largest), positive=True)


@operator("LeakyRelu")
def leaky_relu(call: Call) -> Value:
    """x, or alpha · x below zero."""
    value = call.value(0, in_row=True)
    made = call.builder.relu(value.tensor, slope=float(call.option("alpha", 0.01)))
    return replace(value, tensor=made, positive=False)


@operator("Sigmoid", "Tanh")
def function(call: Call) -> Value:
    """An activation function."""
    value = call.value(0, in_row=True)
    made = call.builder.activation(value.tensor, call.node.op_type.lower())
    return replace(value, tensor=made, positive=call.node.op_type == "Sigmoid")


@operator("Softmax")
def softmax(call: Call) -> Value:
    """Shares of classes."""
    value = call.value(0)
    count = len(value.axes)
    axis = value.axes[call.option("axis", -1) % count]
    if axis != count - 1:
        raise call.refused(f"axis {axis} of {count}, channels last")
    return replace(value, tensor=call.builder.softmax(value.tensor), positive=True)


@operator("Identity", "Dropout")
def unchanged(call: Call) -> Value:
    """What does nothing outside of training."""
    return call.value(0, in_row=True)


@operator("Concat")
def concat(call: Call) -> Value:
    """Along any axis but the batch."""
    parts = [call.value(place) for place in range(len(call.node.input))]
    first = parts[0]
    if any(part.axes != first.axes for part in parts):
        raise call.refused("parts whose axes differ in order")
    axis = first.axes[call.option("axis") % len(first.axes)]
    if axis == 0:
        raise call.refused("a concatenation of batches")
    made = call.builder.merge("concatenate", [part.tensor for part in parts], axis=axis)
    return replace(first, tensor=made, positive=all(part.positive for part in parts))


@operator("Add", "Sub", "Mul", "Div")
def arithmetic(call: Call) -> Value:
    """Of two tensors, or of a tensor and a constant per channel."""
    kind = call.node.op_type
    first, second = call.constant(0), call.constant(1)
    if first is None and second is None:
        return _of_two(call, kind)

    if first is not None and kind in ("Sub", "Div"):
        raise call.refused("a constant that comes first")
    number = first if first is not None else call.weights(1)
    value = call.value(1 if first is not None else 0)
    number = _per_channel(call, number.astype(np.float64), value)
    one, zero = np.ones(1), np.zeros(1)
    scale, shift = {
        "Add": lambda: (one, number),
        "Sub": lambda: (one, -number),
        "Mul": lambda: (number, zero),
        "Div": lambda: (1 / number, zero),
    }[kind]()
    made = call.builder.scale(value.tensor, scale, shift)
    return replace(value, tensor=made, positive=False)


def _of_two(call: Call, kind: str) -> Value:
    left, right = call.value(0), call.value(1)
    names = {"Add": "add", "Sub": "subtract", "Mul": "multiply"}
    if kind not in names or left.axes != right.axes or left.shape != right.shape:
        raise call.refused(f"tensors of {left.shape} and {right.shape}")
    made = call.builder.merge(names[kind], [left.tensor, right.tensor])
    positive = kind == "Add" and left.positive and right.positive
    return replace(left, tensor=made, positive=positive)


def _per_channel(call: Call, number: np.ndarray, value: Value) -> np.ndarray:
    """A constant as one number, or one per channel."""
    if number.size == 1:
        return number.reshape(-1)
    axes = len(value.axes)
    shape = (1,) * (axes - number.ndim) + number.shape
    channels = value.axes.index(axes - 1)  # in ONNX
    along = [size if place == channels else 1 for place, size in enumerate(shape)]
    if len(shape) != axes or list(shape) != along or number.size != value.tensor.shape[-1]:
        raise call.refused(f"a constant of shape {number.shape} for values of {value.shape}")
    return number.reshape(-1)
