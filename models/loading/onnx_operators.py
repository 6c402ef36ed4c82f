"""Operators of ONNX as Keras layers: the one list of those that are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import FileFormatError
from .building import Builder
from .onnx_values import Graph, Value


@dataclass(frozen=True, eq=False)
class Call:
    """One node that is to be built.

    Parameters
    ----------
    graph : Graph
        All of it.
    node : NodeProto
        What was parsed.
    builder : Builder
        Makes the layers.
    values : dict from name to Value
        What was built.
    """

    graph: Graph
    node: Any
    builder: Builder
    values: dict[str, Value]

    def option(self, name: str, usual: Any = None) -> Any:
        """An attribute of the node."""
        from onnx.helper import get_attribute_value

        for attribute in self.node.attribute:
            if attribute.name == name:
                return get_attribute_value(attribute)
        return usual

    def is_given(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return place < len(self.node.input) and bool(self.node.input[place])

    def constant(self, place: int) -> np.ndarray | None:
        """A constant input; None where it is computed or left out."""
        return self.graph.constants.get(self.node.input[place]) if self.is_given(place) else None

    def weights(self, place: int) -> np.ndarray:
        """An input that must be a constant."""
        found = self.constant(place)
        if found is None:
            raise self.refused("its weights are computed in the graph")
        return found

    def value(self, place: int, in_row: bool = False) -> Value:
        """A computed input; only where `in_row` may it be an image in a row."""
        name = self.node.input[place]
        if name not in self.values:
            raise self.refused(f"computes from {name!r}, which is no layer")
        value = self.values[name]
        if value.places is not None and not in_row:
            raise self.refused("an image in a row goes to a Gemm or MatMul")
        return value

    def image(self, place: int) -> Value:
        """A computed input with channels first."""
        value = self.value(place)
        if not value.channels_first:
            raise self.refused(f"an input of {value.shape}, whose channels are not first")
        return value

    def refused(self, got: str) -> FileFormatError:
        """The error about this node."""
        law = f"operator {self.node.op_type} must be one that Keras layers can express"
        return FileFormatError(self.graph.where, law, got)


Operator = Callable[[Call], Value]
OPERATORS: dict[str, Operator] = {}
"""Name of an operator -> what builds its value."""


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Register a builder for the operators called `names`."""

    def register(function: Operator) -> Operator:
        for name in names:
            OPERATORS[name] = function
        return function

    return register


def build(call: Call) -> None:
    """Build one node and keep what it gives in `call.values`.

    Raises
    ------
    FileFormatError : an operator or an option that is not known.
    """
    from onnx import numpy_helper

    kind, result = call.node.op_type, call.node.output[0]
    if kind == "Constant":
        tensor = call.option("value")
        if tensor is None:
            raise call.refused("a constant that is no tensor")
        call.graph.constants[result] = numpy_helper.to_array(tensor)
        return

    known = OPERATORS.get(kind) if call.node.domain in ("", "ai.onnx") else None
    if known is None:
        raise FileFormatError(
            where=call.graph.where,
            law="must consist of operators that are known",
            got=kind,
            allowed=", ".join(sorted(OPERATORS)),
        )
    call.values[result] = known(call)


# ------------------------------------------------------------------ windows


def _window(call: Call, value: Value, size: tuple[int, ...]) -> tuple[dict[str, Any], tuple]:
    """(strides and padding for Keras, zeros to put around before)."""
    strides = tuple(call.option("strides", [1] * len(size)))
    dilation = tuple(call.option("dilations", [1] * len(size)))
    given = call.option("pads", [0] * 2 * len(size))
    automatic = call.option("auto_pad", b"NOTSET").decode()
    if call.option("ceil_mode", 0):
        raise call.refused("ceil_mode=1")

    around = tuple(zip(given[: len(size)], given[len(size) :], strict=True))
    same = _same(value.shape[1:], size, strides, dilation)
    if automatic == "SAME_LOWER":
        raise call.refused("auto_pad=SAME_LOWER")
    if automatic == "SAME_UPPER" or (automatic == "NOTSET" and np.any(around) and around == same):
        return {"strides": strides, "padding": "same"}, ()

    window = {"strides": strides, "padding": "valid"}
    return window, around if automatic == "NOTSET" and np.any(around) else ()


def _same(sizes, window, strides, dilation) -> tuple[tuple[int, int], ...]:
    """The zeros that Keras puts around under ``same``."""
    found = []
    for size, taps, stride, step in zip(sizes, window, strides, dilation, strict=True):
        seen = (taps - 1) * step + 1
        total = max((-(-size // stride) - 1) * stride + seen - size, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


@operator("Conv")
def conv(call: Call) -> Value:
    """Weights (filters, channels / group, *window)."""
    value = call.image(0)
    weights = call.weights(1)
    size = weights.shape[2:]
    if len(size) not in (1, 2):
        raise call.refused(f"a window of {len(size)} axes")

    window, around = _window(call, value, size)
    window["dilation_rate"] = tuple(call.option("dilations", [1] * len(size)))
    group = call.option("group", 1)
    channels = value.shape[0]
    bias = call.weights(2) if call.is_given(2) else None
    x = call.builder.pad(value.tensor, around)

    moved = np.moveaxis(weights, (0, 1), (-1, -2))  # (*window, channels / group, filters)
    if group == channels > 1 and len(size) == 2:
        kernel = moved.reshape(*size, channels, -1)
        return replace(
            value, tensor=call.builder.depthwise(x, kernel, bias, **window), positive=False
        )
    made = call.builder.conv(x, moved, bias, group, **window)
    return replace(value, tensor=made, positive=False)


@operator("MaxPool", "AveragePool")
def pool(call: Call) -> Value:
    """Windows over rows and columns."""
    value = call.image(0)
    kind = "max" if call.node.op_type == "MaxPool" else "average"
    size = tuple(call.option("kernel_shape"))
    if any(rate != 1 for rate in call.option("dilations", [1])):
        raise call.refused("dilations")

    window, around = _window(call, value, size)
    counted = bool(call.option("count_include_pad", 0))
    padded = window["padding"] == "same" or bool(around)
    if kind == "average" and padded and counted == (window["padding"] == "same"):
        raise call.refused(f"padding with count_include_pad={int(counted)}")
    if kind == "max" and around and not value.positive:
        raise call.refused("padding of numbers below zero")

    x = call.builder.pad(value.tensor, around)
    return replace(value, tensor=call.builder.pool(x, kind, size, **window))


@operator("GlobalAveragePool")
def global_average(call: Call) -> Value:
    """The mean over all positions, whose axes stay."""
    value = call.image(0)
    return replace(value, tensor=call.builder.global_average(value.tensor, keepdims=True))


@operator("ReduceMean")
def reduce_mean(call: Call) -> Value:
    """The mean over all positions."""
    value = call.value(0)
    count = len(value.axes)
    given = call.constant(1) if call.is_given(1) else call.option("axes")
    over = sorted(value.axes[int(axis) % count] for axis in ([] if given is None else given))
    if over != list(range(1, count - 1)):
        raise call.refused(f"a mean over the axes {over} of {count}, channels last")

    keepdims = bool(call.option("keepdims", 1))
    made = call.builder.global_average(value.tensor, keepdims)
    axes = value.axes if keepdims else (0, 1)
    return replace(value, tensor=made, axes=axes)


@operator("Pad")
def pad(call: Call) -> Value:
    """Zeros around rows and columns."""
    value = call.image(0)
    given = call.constant(1) if call.is_given(1) else call.option("pads")
    filled = call.constant(2) if call.is_given(2) else None
    count = len(value.axes)
    if given is None or len(given) != 2 * count or call.option("mode", b"constant") != b"constant":
        raise call.refused("a mode or axes of its own")
    around = tuple((int(given[i]), int(given[count + i])) for i in range(count))
    if (
        any(around[0])
        or any(around[1])
        or np.min(around) < 0
        or (filled is not None and filled.any())
    ):
        raise call.refused(f"padding by {around}, or with other values than 0")
    return replace(value, tensor=call.builder.pad(value.tensor, around[2:]))


# ------------------------------------------------------------------ rows of numbers


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


# ------------------------------------------------------------------ numbers one by one


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
