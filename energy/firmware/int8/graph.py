"""The int8 graph of a TensorFlow Lite file."""

from __future__ import annotations

from dataclasses import dataclass

from ....errors import FileFormatError, SpikewattError
from ....models.loading.tflite.schema import Schema, name_of
from ....models.loading.tflite.tensors import Tensors
from .layers import Layer
from .operators import ONLY_SHAPES, OPERATORS, RESHAPES, Call


@dataclass(frozen=True, eq=False)
class Int8Graph:
    """Layers in order, and the tensors between them.

    Parameters
    ----------
    layers : tuple of Layer
    sizes : dict from tensor to int
        Elements, each one byte; tensors that are the same bytes are one.
    input, output : int
        Tensors.
    input_scale, input_zero : float, int
        A real input is scale · (level − zero).
    """

    layers: tuple[Layer, ...]
    sizes: dict[int, int]
    input: int
    output: int
    input_scale: float
    input_zero: int


def read_graph(content: bytes, where: str = "int8 network") -> Int8Graph:
    """Read a file as `models.int8.quantise_int8` makes it.

    Parameters
    ----------
    content : bytes
        The ``.tflite`` file.
    where : str, default "int8 network"
        Its name in errors.

    Raises
    ------
    SpikewattError
        An operator for which there is no kernel in C; the error lists those that there are.
    FileFormatError
        Several inputs or outputs, or values that are not int8.
    """
    schema = Schema()
    stored = schema.parse(content)
    graph = stored.subgraphs[0]
    tensors = Tensors(where, graph, stored.buffers, schema)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        got = f"{len(graph.inputs)} and {len(graph.outputs)}"
        raise FileFormatError(where, "must have one input and one output", got)

    same: dict[int, int] = {}  # a tensor -> the one whose bytes it is
    layers = []
    for operator in graph.operators:
        kind = name_of(schema, stored.operatorCodes[operator.opcodeIndex])
        call = Call(where, kind, operator, tensors, same)
        if kind in ONLY_SHAPES and tensors.type(call.target) != "INT8":
            continue
        if kind in RESHAPES:
            same[call.target] = call.source(0)
            continue
        layers.append(_layer(call))

    first, last = (int(found[0]) for found in (graph.inputs, graph.outputs))
    _check_int8(where, tensors, (first, last))
    last = same.get(last, last)
    ends = [first, *(layer.target for layer in layers)]
    sizes = {index: call_size(tensors, index) for index in ends}
    found = tensors.tensors[first].quantization
    scale, zero = float(found.scale[0]), int(found.zeroPoint[0])
    return Int8Graph(tuple(layers), sizes, first, last, scale, zero)


def call_size(tensors: Tensors, index: int) -> int:
    """Elements of a tensor."""
    size = 1
    for length in tensors.shape(index):
        size *= length
    return size


def _layer(call: Call) -> Layer:
    if call.kind not in OPERATORS:
        raise SpikewattError(
            where=call.where,
            law="each operator needs a kernel in C",
            got=call.kind,
            allowed=", ".join(sorted((*OPERATORS, *RESHAPES))),
        )
    return OPERATORS[call.kind](call)


def _check_int8(where: str, tensors: Tensors, ends: tuple[int, int]) -> None:
    for index in ends:
        if tensors.type(index) != "INT8" or tensors.shape(index)[:1] not in ((), (1,)):
            got = f"{tensors.type(index)} {tensors.shape(index)}"
            raise FileFormatError(where, "takes and gives one sample of int8", got)
