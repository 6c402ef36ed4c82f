"""What goes into the operators of an int8 network that have weights, as TensorFlow Lite runs it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .int8 import Int8Network, as_levels, interpreter_of, run_together
from .loading.tflite.schema import Schema, name_of
from .loading.tflite.tensors import Tensors

WEIGHTED = {  # operator -> place of its activations among what it reads; weights are next to them
    "FULLY_CONNECTED": 0,
    "CONV_2D": 0,
    "DEPTHWISE_CONV_2D": 0,
    "TRANSPOSE_CONV": 2,
}
WEIGHTS = 1


@dataclass(frozen=True)
class WeightedOperator:
    """An operator of an int8 graph that multiplies by constants.

    Parameters
    ----------
    tensor : int
        What goes in.
    inputs : int
        Its elements, of one sample.
    weights : int
        Of the constants.
    scale : float
    zero : int
        A level q stands for scale · (q − zero).
    """

    tensor: int
    inputs: int
    weights: int
    scale: float
    zero: int


def weighted_operators(network: Int8Network) -> tuple[WeightedOperator, ...]:
    """The operators of `network` with weights, in the order of execution."""
    schema = Schema()
    stored = schema.parse(network.content)
    graph = stored.subgraphs[0]
    tensors = Tensors("int8 network", graph, stored.buffers, schema)
    found = []
    for operator in graph.operators:
        kind = name_of(schema, stored.operatorCodes[operator.opcodeIndex])
        if kind not in WEIGHTED:
            continue
        tensor = int(operator.inputs[WEIGHTED[kind]])
        weights = tensors.shape(int(operator.inputs[WEIGHTS]))
        quantised = tensors.tensors[tensor].quantization
        found.append(
            WeightedOperator(
                tensor,
                math.prod(tensors.shape(tensor)),
                math.prod(weights),
                float(quantised.scale[0]),
                int(quantised.zeroPoint[0]),
            )
        )
    return tuple(found)


def levels_at(
    network: Int8Network, tensors: Sequence[int], x: np.ndarray
) -> Iterator[dict[int, np.ndarray]]:
    """int8 (samples, elements) of each of `tensors`, some samples at a time.

    Parameters
    ----------
    network : Int8Network
    tensors : sequence of int
        As of `WeightedOperator.tensor`.
    x : float (samples, ...)
        Inputs as the Keras model takes them.
    """
    interpreter = interpreter_of(network.content, keeps_all=True)
    given = interpreter.get_input_details()[0]
    shape = tuple(int(size) for size in given["shape"][1:])
    together = run_together(interpreter, len(x), shape)

    for start in range(0, len(x), together):
        levels = as_levels(x[start : start + together].reshape(-1, *shape), given)
        # The last images come with dark ones, so that the interpreter is made ready once.
        whole = np.zeros((together, *shape), np.int8)
        whole[: len(levels)] = levels
        interpreter.set_tensor(given["index"], whole)
        interpreter.invoke()
        yield {
            index: interpreter.get_tensor(index).reshape(together, -1)[: len(levels)]
            for index in tensors
        }
