"""Reads a Keras graph into populations to be and the sums that feed them.

Whatever is not understood is an error. Batch norm, padding, merged pools, additions and
concatenations only rewrite values; a ReLU, a pool or an output closes a value into a population.
Each kind of layer has its reader in a module beside this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ....errors import SpikewattError, check_name
from ....models.keras_backend import import_keras
from ..graph.blocks import Block, Value
from ..graph.graph import Graph, LayerCall
from ..graph.guard import FAULT_OF_READER
from ..graph.nodes import InputNode, Node, ReadoutNode
from ..graph.terms import IdentityTerm
from . import activations, linear, merges, pools, shapes
from .registry import Call, reader_of
from .rules import ReadingRules

LAYERS = (activations, linear, merges, pools, shapes)  # imported, so that they are registered


def read(model, rules: ReadingRules) -> Graph:
    """Read a Keras model.

    Parameters
    ----------
    model : Keras model
        Sequential or functional, built.
    rules : ReadingRules
        What the codes of the conversion mean for its graph.

    Returns
    -------
    Graph : its populations to be, in topological order, with weights in the terms of Keras.

    Raises
    ------
    SpikewattError : a layer that is not supported, or that stands where it cannot.
    """
    keras = import_keras()
    built = isinstance(model, keras.Model) and getattr(model, "built", False)
    if not built or not getattr(model, "outputs", None):
        law = "must be a built Keras 3 Sequential or functional model"
        raise SpikewattError("convert.model", law, type(model).__name__)
    return _GraphReader(model, rules).read()


class _GraphReader:
    """One walk over a model, from its inputs to its outputs."""

    def __init__(self, model, rules: ReadingRules):
        self.model, self.rules = model, rules
        self.inputs = {id(tensor) for tensor in model.inputs}
        self.layer_names = {layer.name for layer in model.layers}
        self.readers: dict[int, list[str]] = {}  # of a tensor: names of the layers that take it
        self.values: dict[int, Value] = {}  # by tensor
        self.nodes: dict[str, Node] = {}
        self.calls: list[LayerCall] = []

    def read(self) -> Graph:
        paths = [(tensor, self._path_to(tensor)) for tensor in self.model.outputs]
        self._note_readers([tensor for _, path in paths for tensor in path])

        for tensor in self.model.inputs:
            self.values[id(tensor)] = self._input(tensor)
        for output, path in paths:
            for tensor in path:
                if id(tensor) not in self.values:
                    self._read(tensor, final=tensor is output)
            self._output(output)

        self._check_that_all_was_read()
        inputs, outputs = tuple(self.model.inputs), tuple(self.model.outputs)
        nodes, calls = tuple(self.nodes.values()), tuple(self.calls)
        return Graph(nodes, calls, inputs, outputs, self.model.name)

    # The order in which tensors are read.

    def _path_to(self, output) -> list[Any]:
        """The tensors that `output` needs, each after those that it needs itself; no inputs."""
        found: list[Any] = []
        seen = set(self.inputs)
        open_tensors = [(output, iter(_sources(output)))]
        if id(output) in seen:
            return []
        seen.add(id(output))
        while open_tensors:
            tensor, rest = open_tensors[-1]
            source = next((s for s in rest if id(s) not in seen), None)
            if source is None:
                found.append(tensor)
                open_tensors.pop()
            else:
                seen.add(id(source))
                open_tensors.append((source, iter(_sources(source))))
        return found

    def _note_readers(self, tensors: list[Any]) -> None:
        for tensor in {id(tensor): tensor for tensor in tensors}.values():
            for source in _sources(tensor):
                self.readers.setdefault(id(source), []).append(tensor._keras_history[0].name)

    def _check_that_all_was_read(self) -> None:
        keras = import_keras()
        used = {id(call.layer) for call in self.calls}
        for layer in self.model.layers:
            if not isinstance(layer, keras.layers.InputLayer) and id(layer) not in used:
                where = f"convert: layer {layer.name!r} ({type(layer).__name__})"
                law = "must lie on the way from an input to an output"
                raise SpikewattError(where, law, "a layer that nothing reads")

    # Nodes and their names.

    def _add(self, name: str, make: Callable[[str], Node]) -> Node:
        """Keep the node that `make` makes of `name`, or of a numbered name where it is taken."""
        node = make(self._unique(name))
        self.nodes[node.name] = node
        return node

    def _unique(self, name: str) -> str:
        """`name`, numbered where a population has it; no number makes the name of a layer."""
        check_name(f"convert: layer {name!r}", name)
        found, number = name, 1
        while found in self.nodes or (number > 1 and found in self.layer_names):
            number += 1
            found = f"{name}.{number}"
        return found

    # Tensors.

    def _input(self, tensor) -> Value:
        shape = tuple(tensor.shape[1:])
        if not shape or None in shape or len(shape) not in (1, 3):
            law = "inputs are (rows, columns, channels) or (n,)"
            raise SpikewattError("convert.model", law, tensor.shape)
        node = self._add("input", lambda name: InputNode(name, shape, tensor=tensor))
        own = IdentityTerm.of(node.name, shape)
        columns = np.arange(shape[0]) if len(shape) == 1 else None
        return [Block(shape, (own,), np.zeros(1), node.name, columns=columns)]

    def _read(self, tensor, final: bool) -> None:
        """Keep the value of a tensor whose sources were read."""
        layer = tensor._keras_history[0]
        check_name(f"convert: layer {layer.name!r}", layer.name)
        softmax = activations.is_softmax(layer)
        taken = self.readers.get(id(tensor), [])
        sources = _sources(tensor)
        inputs = [self.values[id(source)] for source in sources]
        call = Call(
            layer, tensor, sources, inputs, self.rules, self._add, self.nodes, final and not taken
        )
        if softmax and final and taken:
            law = "its softmax is left out only where nothing reads it"
            raise call.refused(law, f"read by {', '.join(taken)}", "an output of its own")

        nodes_before = len(self.nodes)
        value = self._value(call)
        nodes = tuple(self.nodes.values())[nodes_before:]
        self.values[id(tensor)] = value
        self.calls.append(LayerCall(layer, tensor, value, nodes, softmax))

    def _value(self, call: Call) -> Value:
        layer = call.layer
        reader = reader_of(layer)
        if reader is None:
            raise call.refused("must be a supported layer", type(layer).__name__)
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise call.refused("data_format must be channels_last", layer.data_format)
        if mode := getattr(layer, "quantization_mode", None):
            raise call.refused(
                "its weights must not be quantised", mode, "a float network; see weight_bits"
            )

        value = activations.activated(call, reader(call))
        _check_shape(call, value)
        if not all(_finite(block) for block in value):
            law = "its weights must be finite"
            raise call.refused(law, "NaN or infinity", "finite weights")
        return value

    def _output(self, tensor) -> None:
        """Close the value of an output tensor into a read-out."""
        layer = tensor._keras_history[0]
        if len(tensor.shape) != 2:
            law = "has flat outputs, one value per class"
            raise SpikewattError("convert.model", law, tensor.shape, "Flatten and Dense at the end")

        value = self.values[id(tensor)]
        if len(value) != 1 or any(isinstance(term, IdentityTerm) for term in value[0].terms):
            law = "ends with a linear or softmax layer, whose potential is read out"
            raise SpikewattError(
                "convert.model", law, f"{layer.name!r}", "Dense without ReLU at the end"
            )
        (block,) = value
        softmax = activations.is_softmax(layer)

        def make(name: str) -> ReadoutNode:
            return ReadoutNode(
                name,
                block.shape,
                block.terms,
                block.bias,
                tensor,
                bias_size=block.bias_size,
                softmax=softmax,
            )

        self._add(block.name, make)


def _sources(tensor) -> list[Any]:
    """The tensors that went into the call which `tensor` came out of."""
    layer, index, _ = tensor._keras_history
    return list(layer._inbound_nodes[index].input_tensors)


def _check_shape(call: Call, value: Value) -> None:
    """Raise unless `value` has as many rows, columns and channels as the Keras tensor."""
    expected = tuple(call.tensor.shape[1:])
    if value[0].columns is not None:
        shape = (sum(math.prod(block.shape) for block in value),)
    else:
        shape = (*value[0].shape[:-1], sum(block.shape[-1] for block in value))
    if shape != expected:
        law = "the network read must equal Keras"
        raise call.refused(law, f"shape {shape} instead of {expected}", FAULT_OF_READER)


def _finite(block: Block) -> bool:
    arrays = [block.bias, *(term.weights for term in block.terms)]
    return all(np.isfinite(array).all() for array in arrays)
