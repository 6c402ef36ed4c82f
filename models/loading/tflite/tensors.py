"""Tensors of a TensorFlow Lite graph: shapes, and constants as real numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....errors import FileFormatError
from .schema import Schema

TYPES = {
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "FLOAT64": np.float64,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
}


class Tensors:
    """The tensors of one graph.

    Parameters
    ----------
    where : str
        The file, for errors.
    graph : SubGraphT
        What was parsed.
    buffers : list of BufferT
        Of the model.
    schema : Schema
        Names.
    """

    def __init__(self, where: str, graph: Any, buffers: list, schema: Schema):
        self.where = where
        self.tensors = graph.tensors
        self.buffers = buffers
        self.schema = schema
        self.folded: dict[int, np.ndarray] = {}  # constants that the graph writes another way

    def name(self, index: int) -> str:
        """The name of a tensor."""
        return (self.tensors[index].name or b"").decode(errors="replace")

    def type(self, index: int) -> str:
        """The type of its numbers."""
        return self.schema.types.get(self.tensors[index].type, "unknown")

    def shape(self, index: int) -> tuple[int, ...]:
        """All axes, the batch among them."""
        found = self.tensors[index].shape
        return () if found is None else tuple(int(size) for size in found)

    def batch(self, inputs) -> int:
        """The number of samples that the graph was made for."""
        sizes = {self.shape(index)[:1] for index in inputs}
        if len(sizes) != 1 or sizes == {()} or min(min(sizes)) < 1:
            got = ", ".join(str(self.shape(index)) for index in inputs) or "no input"
            raise FileFormatError(self.where, "its inputs begin with the same batch", got)
        return sizes.pop()[0]

    def sample_shape(self, index: int, batch: int) -> tuple[int, ...]:
        """The shape without the batch."""
        shape = self.shape(index)
        if not shape or shape[0] != batch:
            got = f"{self.name(index)!r} of shape {shape} for batches of {batch}"
            raise FileFormatError(self.where, "each value begins with the batch", got)
        return shape[1:]

    def stored(self, index: int) -> np.ndarray | None:
        """The numbers as they stand in the file; None where the graph computes them."""
        tensor = self.tensors[index]
        buffer = self.buffers[tensor.buffer]
        data = buffer.data
        if getattr(buffer, "offset", 0) > 1:
            got = f"{self.name(index)!r}, which lies after the graph"
            raise FileFormatError(self.where, "holds its weights in its graph", got)
        if data is None or len(data) == 0:
            return None

        kind = self.type(index)
        shape = self.shape(index)
        content = np.asarray(data, np.uint8).tobytes()
        if kind not in TYPES:
            law = "weights are of a type that is known"
            raise FileFormatError(self.where, law, kind, ", ".join(TYPES))
        if tensor.sparsity is not None:
            raise FileFormatError(self.where, "weights are dense", f"sparse {self.name(index)!r}")

        dtype = np.dtype(TYPES[kind])
        if len(content) != math.prod(shape) * dtype.itemsize:
            got = f"{len(content)} bytes of {self.name(index)!r} for {kind} {shape}"
            raise FileFormatError(self.where, "weights fill their shape", got)
        return np.frombuffer(content, dtype).reshape(shape)

    def constant(self, index: int) -> np.ndarray | None:
        """The real numbers that a constant stands for: scale · (stored − zero point)."""
        if index in self.folded:
            return self.folded[index]
        stored = self.stored(index)
        if stored is None:
            return None

        found = self.tensors[index].quantization
        if found is None or found.scale is None or len(found.scale) == 0:
            return stored

        scale = np.asarray(found.scale, np.float64)
        zero = np.zeros(len(scale)) if found.zeroPoint is None else np.asarray(found.zeroPoint)
        if len(scale) > 1:  # one per channel
            axis = int(found.quantizedDimension)
            along = [1] * stored.ndim
            along[axis] = len(scale)
            scale, zero = scale.reshape(along), zero.reshape(along)
        return (scale * (stored.astype(np.float64) - zero)).astype(np.float32)
