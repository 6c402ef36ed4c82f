"""TensorFlow Lite files: the graph and the weights, rebuilt as a Keras model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....errors import FileFormatError
from ..building import Builder
from .operators import Call, build
from .schema import Schema, name_of
from .tensors import Tensors

MAGIC = b"TFL3"


def holds(path: Path, start: bytes) -> bool:
    """Whether a file is a flatbuffer of TensorFlow Lite."""
    return start[4:8] == MAGIC


def read(path: Path):
    """The network in a TensorFlow Lite file.

    Integers become the real numbers that they stand for; their rounding and the limits of integer
    activations are not part of the network.
    """
    schema = Schema()
    content = path.read_bytes()
    stored = schema.parse(content)
    where = str(path)
    if not stored.subgraphs:
        raise FileFormatError(where, "must hold a graph", "none")

    graph = stored.subgraphs[0]
    tensors = Tensors(where, graph, stored.buffers, schema)
    builder = Builder()
    values: dict[int, Any] = {}
    batch = tensors.batch(graph.inputs)
    for index in graph.inputs:
        values[index] = builder.input(tensors.sample_shape(index, batch))

    for operator in graph.operators:
        kind = name_of(schema, stored.operatorCodes[operator.opcodeIndex])
        build(Call(where, kind, operator, tensors, builder, values, batch))

    missing = [index for index in graph.outputs if index not in values]
    if missing:
        got = f"{tensors.name(missing[0])!r}, which nothing computes"
        raise FileFormatError(where, "must compute its outputs", got)
    inputs = [values[index] for index in graph.inputs]
    outputs = [values[index] for index in graph.outputs]
    return builder.model(inputs, outputs, "tflite")
