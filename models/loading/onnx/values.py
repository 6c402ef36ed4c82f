"""Values of an ONNX graph: where its axes lie in a Keras tensor, whose channels are last."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import FileFormatError
from ..building import Builder

WINDOWED = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization")


@dataclass(frozen=True, eq=False)
class Value:
    """What a layer gives.

    Parameters
    ----------
    tensor : Keras tensor
        With the batch first and the channels last.
    axes : tuple of int
        For each axis in ONNX its axis in `tensor`: (0, 3, 1, 2) of an image, channels first.
    places : int array, optional
        Of an image in a row: for each place in ONNX its place in `tensor`; None where the same.
    positive : bool, default False
        Whether no number is below zero.
    """

    tensor: Any
    axes: tuple[int, ...]
    places: np.ndarray | None = None
    positive: bool = False

    @property
    def channels_first(self) -> bool:
        """Whether ONNX has the channels of an image before its rows."""
        return len(self.axes) > 2 and self.axes == first_to_last(len(self.axes))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a sample, as ONNX sees it."""
        return tuple(self.tensor.shape[axis] for axis in self.axes[1:])


def first_to_last(axes: int) -> tuple[int, ...]:
    """Where the axes of images with channels first lie if the channels are last.

    >>> first_to_last(4)
    (0, 3, 1, 2)
    """
    return (0, axes - 1, *range(1, axes - 1))


def channels_last(builder: Builder, shape: tuple[int, ...], first: bool) -> Value:
    """An input of the model.

    Parameters
    ----------
    builder : Builder
        Makes it.
    shape : tuple of int
        Of a sample in ONNX.
    first : bool
        Whether channels come first in it.
    """
    axes = len(shape) + 1
    if not first:
        return Value(builder.input(shape), tuple(range(axes)))
    return Value(builder.input((*shape[1:], shape[0])), first_to_last(axes))


class Graph:
    """Nodes, constants, inputs and outputs of an ONNX graph.

    Parameters
    ----------
    where : str
        The file, for errors.
    graph : GraphProto
        What was parsed.
    """

    def __init__(self, where: str, graph: Any):
        from onnx import numpy_helper

        self.where = where
        self.nodes = list(graph.node)
        self.constants: dict[str, np.ndarray] = {}
        for tensor in graph.initializer:
            self.constants[tensor.name] = numpy_helper.to_array(tensor)

        entries = [entry for entry in graph.input if entry.name not in self.constants]
        self.inputs = [(entry.name, self._sample_shape(entry)) for entry in entries]
        self.outputs = [entry.name for entry in graph.output]

    def _sample_shape(self, entry: Any) -> tuple[int, ...]:
        """The shape of an input without its batch."""
        axes = entry.type.tensor_type.shape.dim
        sizes = tuple(int(axis.dim_value) for axis in axes)[1:]
        if not sizes or min(sizes) < 1:
            named = tuple(axis.dim_param or axis.dim_value for axis in axes)
            raise FileFormatError(
                where=self.where,
                law="its inputs have fixed sizes after the batch",
                got=f"{entry.name!r} {named}",
            )
        return sizes

    def takes_channels_first(self, name: str) -> bool:
        """Whether an input reaches a window or a batch norm before its axes are moved."""
        takers = defaultdict(list)
        for node in self.nodes:
            for source in node.input:
                takers[source].append(node)

        waiting, seen = [name], set()
        while waiting:
            for node in takers[waiting.pop(0)]:
                if node.op_type in WINDOWED:
                    return True
                if node.op_type not in ("Transpose", "Reshape", "Flatten", "Gemm", "MatMul"):
                    waiting += [result for result in node.output if result not in seen]
                    seen.update(node.output)
        return False
