"""Nodes of ONNX, and the one list of operators that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import FileFormatError
from ..building import Builder
from .values import Graph, Value


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
