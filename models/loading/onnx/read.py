"""ONNX files: the graph and the weights, rebuilt as a Keras model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....errors import FileFormatError
from ....installed import not_installed
from ..building import Builder
from . import numbers, rows, windows
from .calls import Call, build
from .values import Graph, channels_last

OPERATORS = (numbers, rows, windows)  # so that they are registered


def holds(path: Path, start: bytes) -> bool:
    """Whether a file is called like one of ONNX, whose content has no mark of its own."""
    return path.suffix.lower() == ".onnx"


def read(path: Path):
    """The network in an ONNX file.

    Images are (rows, columns, channels), also where the file has channels first.
    """
    graph = Graph(str(path), _parsed(path))
    builder = Builder()
    values: dict[str, Any] = {}
    inputs = []
    for name, shape in graph.inputs:
        values[name] = channels_last(builder, shape, graph.takes_channels_first(name))
        inputs.append(values[name].tensor)

    for node in graph.nodes:
        build(Call(graph, node, builder, values))

    outputs = []
    for name in graph.outputs:
        if name not in values:
            raise FileFormatError(graph.where, "must compute its outputs", f"{name!r}")
        if values[name].places is not None:
            law = "its outputs are computed by layers"
            raise FileFormatError(graph.where, law, f"{name!r}, an image in a row")
        outputs.append(values[name].tensor)
    return builder.model(inputs, outputs, "onnx")


def _parsed(path: Path) -> Any:
    """The graph of a file, which the package onnx reads and checks."""
    try:
        import onnx
    except ImportError as error:
        raise not_installed("ONNX files", "need the package onnx", "onnx", got=error) from error

    # Weights in other files are not loaded: a name in a file opens nothing.
    model = onnx.load(path, load_external_data=False)
    if not model.graph.node:
        raise FileFormatError(str(path), "must hold a graph", "none, or a damaged file")
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise FileFormatError(
                where=str(path),
                law="must hold its weights itself",
                got=f"{tensor.name!r}, which lies in another file",
                hint="onnx.save(onnx.load('this.onnx'), 'whole.onnx')",
            )
    onnx.checker.check_model(model)
    return model.graph
