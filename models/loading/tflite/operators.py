"""Operators of TensorFlow Lite as Keras layers: the one list of those that are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import FileFormatError
from ..building import Builder
from .tensors import Tensors


@dataclass(frozen=True, eq=False)
class Call:
    """One operator that is to be built.

    Parameters
    ----------
    where : str
        The file.
    kind : str
        Name of the operator.
    operator : OperatorT
        What was parsed.
    tensors : Tensors
        Of the graph.
    builder : Builder
        Makes the layers.
    values : dict from index of a tensor to Keras tensor
        What was built.
    batch : int
        Samples that the graph was made for.
    """

    where: str
    kind: str
    operator: Any
    tensors: Tensors
    builder: Builder
    values: dict[int, Any]
    batch: int

    @property
    def options(self) -> Any:
        """Of the operator; None where it has none."""
        return self.operator.builtinOptions

    @property
    def output(self) -> int:
        """Index of the only output."""
        return int(self.operator.outputs[0])

    def value(self, place: int) -> Any:
        """The Keras tensor of an input."""
        index = int(self.operator.inputs[place])
        if index not in self.values:
            raise self.refused(f"computes from {self.tensors.name(index)!r}, which is no layer")
        return self.values[index]

    def constant(self, place: int) -> np.ndarray | None:
        """An input that is a constant; None where it is left out or computed."""
        if place >= len(self.operator.inputs) or self.operator.inputs[place] < 0:
            return None
        return self.tensors.constant(int(self.operator.inputs[place]))

    def weights(self, place: int) -> np.ndarray:
        """An input that must be a constant."""
        found = self.constant(place)
        if found is None:
            raise self.refused("its weights are computed in the graph")
        return found

    def refused(self, got: str) -> FileFormatError:
        """The error about this operator."""
        law = f"operator {self.kind} must be one that Keras layers can express"
        return FileFormatError(self.where, law, got)


Operator = Callable[[Call], Any]
OPERATORS: dict[str, Operator] = {}
"""Name of an operator -> what builds its Keras tensor."""

REWRITES = ("QUANTIZE", "DEQUANTIZE")  # the same numbers, written another way


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Register a builder for the operators called `names`."""

    def register(function: Operator) -> Operator:
        for name in names:
            OPERATORS[name] = function
        return function

    return register


def build(call: Call) -> None:
    """Build one operator, with its fused activation, and keep what it gives in `call.values`.

    Raises
    ------
    FileFormatError : an operator, an option or a shape that is not known.
    """
    if _only_shapes(call):
        return
    if call.kind in REWRITES and (constant := call.constant(0)) is not None:
        call.tensors.folded[call.output] = constant
        return
    known = OPERATORS.get(call.kind)
    if known is None:
        raise FileFormatError(
            where=call.where,
            law="must consist of operators that are known",
            got=call.kind,
            allowed=", ".join(sorted(OPERATORS)),
        )

    made = _activated(call, known(call))
    expected = call.tensors.sample_shape(call.output, call.batch)
    if tuple(made.shape[1:]) != expected:
        raise call.refused(f"gives {tuple(made.shape[1:])} where the file says {expected}")
    call.values[call.output] = made


def _only_shapes(call: Call) -> bool:
    """Whether an operator computes a shape, which is known without it."""
    integers = call.tensors.type(call.output) in ("INT32", "INT64")
    return integers and call.kind in ("SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION", "GATHER")


def _activated(call: Call, x) -> Any:
    """`x` with the activation that is fused into the operator."""
    number = getattr(call.options, "fusedActivationFunction", 0)
    name = call.tensors.schema.activations.get(number, f"number {number}")
    if name == "NONE":
        return x
    if name == "RELU":
        return call.builder.relu(x)
    if name == "RELU6":
        return call.builder.relu(x, 6.0)
    raise call.refused(f"the fused activation {name}")


def _window(call: Call) -> dict[str, Any]:
    """Strides and padding of a convolution or a pool."""
    options = call.options
    return {
        "strides": (options.strideH, options.strideW),
        "padding": ("same", "valid")[options.padding],
    }


def _dilation(call: Call, window: dict[str, Any]) -> dict[str, Any]:
    dilation = (call.options.dilationHFactor, call.options.dilationWFactor)
    return window | {"dilation_rate": dilation}


@operator("CONV_2D")
def conv_2d(call: Call):
    """Weights (filters, rows, columns, channels / groups)."""
    kernel = call.weights(1).transpose(1, 2, 3, 0)
    x = call.value(0)
    groups = x.shape[-1] // kernel.shape[2]
    window = _dilation(call, _window(call))
    return call.builder.conv(x, kernel, call.constant(2), groups, **window)


@operator("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(call: Call):
    """Weights (1, rows, columns, channels · multiplier)."""
    x = call.value(0)
    weights = call.weights(1)
    kernel = weights.reshape(*weights.shape[1:3], x.shape[-1], -1)
    window = _dilation(call, _window(call))
    return call.builder.depthwise(x, kernel, call.constant(2), **window)


@operator("FULLY_CONNECTED")
def fully_connected(call: Call):
    """Weights (outputs, inputs)."""
    kernel = call.weights(1).T
    x = call.value(0)
    if not call.options.keepNumDims and len(x.shape) > 2:
        x = call.builder.reshape(x, (math.prod(x.shape[1:]),))
    if x.shape[-1] != kernel.shape[0]:
        raise call.refused(f"{x.shape[-1]} inputs for weights of {kernel.shape[0]}")
    return call.builder.dense(x, kernel, call.constant(2))


@operator("AVERAGE_POOL_2D", "MAX_POOL_2D")
def pool_2d(call: Call):
    """Windows over rows and columns."""
    kind = call.kind.split("_")[0].lower()
    size = (call.options.filterHeight, call.options.filterWidth)
    return call.builder.pool(call.value(0), kind, size, **_window(call))


@operator("MEAN")
def mean(call: Call):
    """Over all positions."""
    x = call.value(0)
    axes = len(x.shape)
    over = sorted(int(axis) % axes for axis in call.weights(1).reshape(-1))
    if over != list(range(1, axes - 1)):
        raise call.refused(f"a mean over the axes {over} of {axes}")
    return call.builder.global_average(x, bool(call.options.keepDims))


@operator("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
def reshape(call: Call):
    """Into the shape that the file says."""
    shape = call.tensors.sample_shape(call.output, call.batch)
    return call.builder.reshape(call.value(0), shape)


@operator("TRANSPOSE")
def transpose(call: Call):
    """Axes in another order; the batch stays first."""
    order = tuple(int(axis) for axis in call.weights(1))
    if order[0] != 0:
        raise call.refused(f"the order {order}, which moves the batch")
    return call.builder.permute(call.value(0), order[1:])


@operator("PAD", "PADV2")
def pad(call: Call):
    """Zeros around rows and columns."""
    around = [(int(before), int(after)) for before, after in call.weights(1)]
    filled = call.constant(2)
    if filled is not None and np.any(filled):
        raise call.refused("padding with other values than 0")
    inner = around[1:-1]
    if any(around[0]) or any(around[-1]) or not inner or np.min(around) < 0:
        raise call.refused(f"padding by {around}")
    return call.builder.pad(call.value(0), tuple(inner))


@operator("CONCATENATION")
def concatenation(call: Call):
    """Along any axis but the batch."""
    parts = [call.value(place) for place in range(len(call.operator.inputs))]
    axis = int(call.options.axis) % len(parts[0].shape)
    if axis == 0:
        raise call.refused("a concatenation of batches")
    return call.builder.merge("concatenate", parts, axis=axis)


@operator("ADD", "SUB", "MUL")
def arithmetic(call: Call):
    """Of two tensors, or of a tensor and a constant per channel."""
    first, second = call.constant(0), call.constant(1)
    if first is None and second is None:
        kind = {"ADD": "add", "SUB": "subtract", "MUL": "multiply"}[call.kind]
        left, right = call.value(0), call.value(1)
        if left.shape != right.shape:
            raise call.refused(f"tensors of {left.shape} and {right.shape}")
        return call.builder.merge(kind, [left, right])

    place, number = (1, first) if first is not None else (0, second)
    x = call.value(place)
    number = _per_channel(call, np.asarray(number, np.float64), x.shape[-1])
    if call.kind == "MUL":
        return call.builder.scale(x, number, np.zeros(1))
    if call.kind == "ADD":
        return call.builder.scale(x, np.ones(1), number)
    if first is None:
        return call.builder.scale(x, np.ones(1), -number)
    return call.builder.scale(x, -np.ones(1), number)


def _per_channel(call: Call, number: np.ndarray, channels: int) -> np.ndarray:
    """A constant as one number, or one per channel."""
    if number.size not in (1, channels) or (number.ndim and number.shape[-1] != number.size):
        raise call.refused(f"a constant of shape {number.shape} for {channels} channels")
    return number.reshape(-1)


@operator("RELU")
def relu(call: Call):
    """max(x, 0)."""
    return call.builder.relu(call.value(0))


@operator("RELU6")
def relu6(call: Call):
    """min(max(x, 0), 6)."""
    return call.builder.relu(call.value(0), 6.0)


@operator("LEAKY_RELU")
def leaky_relu(call: Call):
    """x, or alpha · x below zero."""
    return call.builder.relu(call.value(0), slope=float(call.options.alpha))


@operator("LOGISTIC")
def logistic(call: Call):
    """1 / (1 + exp(−x))."""
    return call.builder.activation(call.value(0), "sigmoid")


@operator("TANH")
def tanh(call: Call):
    """tanh(x)."""
    return call.builder.activation(call.value(0), "tanh")


@operator("SOFTMAX")
def softmax(call: Call):
    """Shares of classes."""
    if call.options.beta != 1:
        raise call.refused(f"beta {call.options.beta}")
    return call.builder.softmax(call.value(0))


@operator(*REWRITES)
def unchanged(call: Call):
    """The same numbers, written another way."""
    return call.value(0)
