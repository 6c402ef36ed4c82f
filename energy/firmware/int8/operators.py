"""Operators of TensorFlow Lite as int8 layers: the one list of those that have a kernel in C."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import FileFormatError
from ....models.loading.tflite.tensors import Tensors
from .geometry import Shape, Window, axis
from .layers import (
    FRACTION_BITS,
    Add,
    AveragePool,
    Clamp,
    Conv,
    Dense,
    Depthwise,
    Layer,
    MaxPool,
    Softmax,
)
from .multipliers import Multiplier, quantised, softmax_exponentials

RESHAPES = ("EXPAND_DIMS", "RESHAPE", "SQUEEZE")  # the same bytes
ONLY_SHAPES = ("SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION", "GATHER")
ACTIVATIONS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


@dataclass(frozen=True, eq=False)
class Call:
    """One operator that is to be read.

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
    same : dict from int to int
        Tensors that are the bytes of another.
    """

    where: str
    kind: str
    operator: Any
    tensors: Tensors
    same: dict[int, int]

    @property
    def options(self) -> Any:
        """Of the operator."""
        return self.operator.builtinOptions

    @property
    def target(self) -> int:
        """The tensor that it writes."""
        return int(self.operator.outputs[0])

    def source(self, place: int) -> int:
        """A tensor that it reads, which the graph computes."""
        index = int(self.operator.inputs[place])
        if self.tensors.stored(index) is not None:
            raise self.refused("computes from a constant")
        return self.same.get(index, index)

    def constant(self, place: int) -> np.ndarray | None:
        """Stored numbers; None where the input is left out."""
        if place >= len(self.operator.inputs) or self.operator.inputs[place] < 0:
            return None
        return self.tensors.stored(int(self.operator.inputs[place]))

    def weights(self) -> np.ndarray:
        """int8 constants."""
        found = self.constant(1)
        if found is None or found.dtype != np.int8:
            raise self.refused("weights that are not int8 constants")
        return found

    def scales(self, index: int) -> np.ndarray:
        """float32 scales of a tensor."""
        found = self.tensors.tensors[index].quantization
        if found is None or found.scale is None or len(found.scale) == 0:
            raise self.refused(f"{self.tensors.name(index)!r}, which has no scale")
        return np.asarray(found.scale, np.float32)

    def zero(self, index: int) -> int:
        """Zero point of a tensor."""
        return int(self.tensors.tensors[index].quantization.zeroPoint[0])

    def image(self, index: int) -> Shape:
        """A tensor of (1, rows, columns, channels)."""
        shape = self.tensors.shape(index)
        if len(shape) != 4 or shape[0] != 1:
            raise self.refused(f"an image of shape {shape}")
        return Shape(*shape[1:])

    def input_image(self) -> Shape:
        """The image that it reads, in the shape that it was given last."""
        return self.image(int(self.operator.inputs[0]))

    def clamp(self) -> Clamp:
        """Of the output with its fused activation."""
        number = getattr(self.options, "fusedActivationFunction", 0)
        name = self.tensors.schema.activations.get(number, f"number {number}")
        if name not in ACTIVATIONS:
            raise self.refused(f"the fused activation {name}")

        scale, zero = self.scales(self.target)[0], self.zero(self.target)
        levels = [None if x is None else zero + _rounded(x / scale) for x in ACTIVATIONS[name]]
        low = -128 if levels[0] is None else max(-128, levels[0])
        high = 127 if levels[1] is None else min(127, levels[1])
        return Clamp(zero, low, high)

    def refused(self, got: str) -> FileFormatError:
        """The error about this operator."""
        law = f"operator {self.kind} must be one that a kernel in C can compute"
        return FileFormatError(self.where, law, got)


Operator = Callable[[Call], Layer]
OPERATORS: dict[str, Operator] = {}
"""Name of an operator -> what reads it."""


def operator(name: str) -> Callable[[Operator], Operator]:
    """Register a reader for the operator called `name`."""

    def register(function: Operator) -> Operator:
        OPERATORS[name] = function
        return function

    return register


@operator("FULLY_CONNECTED")
def dense(call: Call) -> Dense:
    """Weights (outputs, inputs)."""
    weights = call.weights()
    inputs = math.prod(call.tensors.shape(int(call.operator.inputs[0])))
    if inputs != weights.shape[1]:
        raise call.refused(f"{inputs} inputs for weights of {weights.shape[1]}")
    return Dense(**_weighted(call, len(weights)), weights=weights)


@operator("CONV_2D")
def conv(call: Call) -> Conv:
    """Weights (outputs, rows, columns, inputs)."""
    weights = call.weights()
    shape, output = call.input_image(), call.image(call.target)
    if weights.shape[3] != shape.channels:
        raise call.refused(f"groups: weights for {weights.shape[3]} of {shape.channels} channels")
    window = _window(call, shape, output, weights.shape[1:3])
    own = _weighted(call, len(weights))
    return Conv(**own, weights=weights, input=shape, output=output, window=window)


@operator("DEPTHWISE_CONV_2D")
def depthwise(call: Call) -> Depthwise:
    """Weights (1, rows, columns, outputs)."""
    weights = call.weights()[0]
    shape, output = call.input_image(), call.image(call.target)
    window = _window(call, shape, output, weights.shape[:2])
    own = _weighted(call, weights.shape[2])
    return Depthwise(**own, weights=weights, input=shape, output=output, window=window)


@operator("AVERAGE_POOL_2D")
def average_pool(call: Call) -> AveragePool:
    """Means over windows."""
    return AveragePool(**_pool(call))


@operator("MAX_POOL_2D")
def max_pool(call: Call) -> MaxPool:
    """Maxima over windows."""
    return MaxPool(**_pool(call))


@operator("ADD")
def add(call: Call) -> Add:
    """Of two tensors; both are scaled to twice the larger scale first."""
    shapes = [call.tensors.shape(int(index)) for index in call.operator.inputs]
    if shapes[0] != shapes[1]:
        raise call.refused(f"tensors of {shapes[0]} and {shapes[1]}")

    indices = [int(index) for index in call.operator.inputs]
    first, second = (float(call.scales(index)[0]) for index in indices)
    common = 2 * max(first, second)
    output = float(call.scales(call.target)[0])
    return Add(
        sources=(call.source(0), call.source(1)),
        target=call.target,
        elements=math.prod(shapes[0]),
        zeros=(call.zero(indices[0]), call.zero(indices[1])),
        scaled=(quantised(first / common), quantised(second / common)),
        sum=quantised(common / (2**FRACTION_BITS * output)),
        clamp=call.clamp(),
    )


@operator("SOFTMAX")
def softmax(call: Call) -> Softmax:
    """Over all classes; outputs are in units of 1/256, from −128."""
    shape = call.tensors.shape(call.target)
    if math.prod(shape) != shape[-1]:
        raise call.refused(f"several softmaxes in {shape}")
    scale, zero = float(call.scales(call.target)[0]), call.zero(call.target)
    if (scale, zero) != (1 / 256, -128):
        raise call.refused(f"outputs of scale {scale} and zero point {zero}")

    source = int(call.operator.inputs[0])
    table = softmax_exponentials(float(call.scales(source)[0]), float(call.options.beta))
    return Softmax((call.source(0),), call.target, elements=shape[-1], exponentials=table)


def _weighted(call: Call, outputs: int) -> dict[str, Any]:
    """What dense, conv and depthwise have in common."""
    index = int(call.operator.inputs[0])
    bias = call.constant(2)
    return {
        "sources": (call.source(0),),
        "target": call.target,
        "bias": np.zeros(outputs, np.int32) if bias is None else bias,
        "multipliers": _multipliers(call, index, outputs),
        "input_zero": call.zero(index),
        "clamp": call.clamp(),
    }


def _multipliers(call: Call, source: int, outputs: int) -> tuple[Multiplier, ...]:
    """From sums to outputs, for each channel: input scale · weight scale / output scale."""
    given, output = call.scales(source)[0], float(call.scales(call.target)[0])
    scales = call.scales(int(call.operator.inputs[1]))
    if len(scales) == 1 and call.kind == "FULLY_CONNECTED":
        # The product of two float32 is a float32 here, as in the interpreter.
        return (quantised(float(given * scales[0]) / output),) * outputs
    each = np.broadcast_to(scales, outputs)
    return tuple(quantised(float(given) * float(scale) / output) for scale in each)


def _window(call: Call, shape: Shape, output: Shape, size: tuple[int, ...]) -> Window:
    options = call.options
    same = options.padding == 0
    row_dilation = getattr(options, "dilationHFactor", 1)
    column_dilation = getattr(options, "dilationWFactor", 1)
    rows = axis(shape.rows, output.rows, size[0], options.strideH, row_dilation, same)
    columns = axis(shape.columns, output.columns, size[1], options.strideW, column_dilation, same)
    return Window(rows, columns)


def _pool(call: Call) -> dict[str, Any]:
    shape, output = call.input_image(), call.image(call.target)
    size = (call.options.filterHeight, call.options.filterWidth)
    return {
        "sources": (call.source(0),),
        "target": call.target,
        "input": shape,
        "output": output,
        "window": _window(call, shape, output, size),
        "clamp": call.clamp(),
    }


def _rounded(x: float) -> int:
    """The nearest integer, halves away from zero."""
    return int(math.copysign(math.floor(abs(float(x)) + 0.5), x))
