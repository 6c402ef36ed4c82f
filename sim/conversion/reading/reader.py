"""Reads a Keras graph into populations to be and the sums that feed them.

Whatever is not understood is an error. Batch norm, padding, merged pools, additions and
concatenations only rewrite values; a ReLU, a pool or an output closes a value into a population.
Each kind of layer has its reader in a module beside this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ....errors import SpikewattError, check_name
from ....models.keras_backend import import_keras
from ..graph.blocks import Block, Value
from ..graph.graph import Graph, LayerCall, where
from ..graph.guard import misread
from ..graph.nodes import InputNode, Node, ReadoutNode
from ..graph.terms import IdentityTerm
from . import activations, convolutions, linear, merges, pools, shapes
from .activations import activated
from .functions import ends_with_softmax
from .order import path_to, sources_of, takers_of
from .registry import Call, reader_of
from .rules import ReadingRules

LAYERS = (activations, convolutions, linear, merges, pools, shapes)  # so that they are registered


def read(model, rules: ReadingRules) -> Graph:
    """Read a Keras model, once.

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
        self.model = model
        self.rules = rules
        self.layer_names = {layer.name for layer in model.layers}
        self.takers: dict[int, list[str]] = {}  # id of a tensor -> names of layers
        self.values: dict[int, Value] = {}  # id of a tensor -> what was read
        self.nodes: dict[str, Node] = {}
        self.calls: list[LayerCall] = []

    def read(self) -> Graph:
        inputs = self.model.inputs
        outputs = self.model.outputs
        paths = [path_to(output, inputs) for output in outputs]
        self.takers = takers_of([tensor for path in paths for tensor in path])

        for tensor in inputs:
            self.values[id(tensor)] = self._input(tensor)

        for output, path in zip(outputs, paths, strict=True):
            for tensor in path:
                if id(tensor) not in self.values:
                    self._read(tensor, final=tensor is output)
            self._output(output)

        self._check_that_all_was_read()
        return Graph(
            tuple(self.nodes.values()),
            tuple(self.calls),
            tuple(inputs),
            tuple(outputs),
            self.model.name,
        )

    def _check_that_all_was_read(self) -> None:
        keras = import_keras()
        used = {id(call.layer) for call in self.calls}

        for layer in self.model.layers:
            is_input = isinstance(layer, keras.layers.InputLayer)
            if not is_input and id(layer) not in used:
                law = "must lie on the way from an input to an output"
                raise SpikewattError(where(layer), law, "a layer that nothing reads")

    # Nodes and their names.

    def _add(self, name: str, make: Callable[[str], Node]) -> Node:
        """Keep the node that `make` makes of `name`, or of a numbered name where it is taken."""
        node = make(self._unique(name))
        self.nodes[node.name] = node
        return node

    def _unique(self, name: str) -> str:
        """`name`, numbered where a population has it; no number makes the name of a layer."""
        check_name(f"convert: layer {name!r}", name)
        found = name
        number = 1

        while found in self.nodes or (number > 1 and found in self.layer_names):
            number += 1
            found = f"{name}.{number}"

        return found

    # Tensors.

    def _input(self, tensor) -> Value:
        shape = tuple(tensor.shape[1:])
        if not shape or None in shape or len(shape) not in (1, 2, 3):
            law = "inputs are (rows, columns, channels), (length, channels) or (n,)"
            raise SpikewattError("convert.model", law, tensor.shape)

        node = self._add("input", lambda name: InputNode(name, shape, tensor=tensor))
        own = IdentityTerm.of(node.name, shape)
        columns = np.arange(shape[0]) if len(shape) == 1 else None

        return [Block(shape, (own,), np.zeros(1), node.name, columns=columns)]

    def _read(self, tensor, final: bool) -> None:
        """Keep the value of a tensor whose sources were read."""
        layer = tensor._keras_history[0]
        sources = sources_of(tensor)
        check_name(f"convert: layer {layer.name!r}", layer.name)
        takers = self.takers.get(id(tensor), [])
        call = Call(
            layer,
            tensor,
            sources,
            inputs=[self.values[id(source)] for source in sources],
            rules=self.rules,
            add=self._add,
            nodes=self.nodes,
            final=final and not takers,
        )

        softmax = ends_with_softmax(layer)
        if softmax and final and takers:
            law = "its softmax is left out only where nothing reads it"
            raise call.refused(law, f"read by {', '.join(takers)}", "an output of its own")

        before = len(self.nodes)
        value = self._value(call)
        nodes = tuple(self.nodes.values())[before:]
        self.values[id(tensor)] = value
        self.calls.append(LayerCall(layer, tensor, value, nodes, softmax))

    def _value(self, call: Call) -> Value:
        """What comes out of a call, with its activation."""
        layer = call.layer
        reader = reader_of(layer)
        if reader is None:
            raise call.refused("must be a supported layer", type(layer).__name__)

        data_format = getattr(layer, "data_format", "channels_last")
        if data_format != "channels_last":
            raise call.refused("data_format must be channels_last", data_format)
        if mode := getattr(layer, "quantization_mode", None):
            law = "its weights must not be quantised"
            raise call.refused(law, mode, "a float network; see weight_bits")

        value = activated(call, reader(call))
        _check_shape(call, value)
        if not all(_finite(block) for block in value):
            law = "its weights must be finite"
            raise call.refused(law, "NaN or infinity", "finite weights")

        return value

    def _output(self, tensor) -> None:
        """Close the value of an output tensor into a read-out."""
        layer = tensor._keras_history[0]
        value = self.values[id(tensor)]
        if len(tensor.shape) != 2:
            law = "has flat outputs, one value per class"
            allowed = "Flatten and Dense at the end"
            raise SpikewattError("convert.model", law, tensor.shape, allowed)

        terms = value[0].terms
        if len(value) != 1 or any(isinstance(term, IdentityTerm) for term in terms):
            law = "ends with a linear or softmax layer, whose potential is read out"
            allowed = "Dense without ReLU at the end"
            raise SpikewattError("convert.model", law, f"{layer.name!r}", allowed)

        (block,) = value

        def make(name: str) -> ReadoutNode:
            return ReadoutNode(
                name,
                block.shape,
                block.terms,
                block.bias,
                tensor,
                bias_size=block.bias_size,
                softmax=ends_with_softmax(layer),
            )

        self._add(block.name, make)


def _check_shape(call: Call, value: Value) -> None:
    """Raise unless `value` has as many rows, columns and channels as the Keras tensor."""
    size = sum(math.prod(block.shape) for block in value)
    shape: tuple[int, ...] = (size,)
    if value[0].columns is None:
        channels = sum(block.shape[-1] for block in value)
        shape = (*value[0].shape[:-1], channels)

    expected = tuple(call.tensor.shape[1:])
    if shape != expected:
        raise misread(call.layer, f"shape {shape} instead of {expected}")


def _finite(block: Block) -> bool:
    arrays = [block.bias, *(term.weights for term in block.terms)]
    return all(np.isfinite(array).all() for array in arrays)
