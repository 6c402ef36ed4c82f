"""Reads a Keras graph into populations to be and the sums that feed them.

Whatever is not understood is an error. Batch norm, padding, merged pools, additions and
concatenations only rewrite values; a ReLU, a pool or an output closes a value into a population.
Each kind of layer has its reader in a module beside this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ....errors import SpikewattError, check_name
from ....models.keras_backend import import_keras
from ..graph.blocks import Block, Value
from ..graph.graph import Graph, LayerCall, where
from ..graph.guard import misread
from ..graph.nodes import HalfNode, InputNode, MaxPoolNode, Node, ReadoutNode, ReluNode
from ..graph.terms import IdentityTerm
from .functions import FUNCTIONS, squashed_by
from .layers import activations, convolutions, linear, merges, pools, scaling, shapes, spreading
from .layers.activations import activated
from .layers.linear import in_a_row
from .layers.pairs import carried_where_many_take_it
from .nested import inlined, layer_of
from .order import arguments_of, path_to, sources_of, takers_of
from .refusals import check_weights, unsupported
from .registry import OPERATIONS, READERS, Call, reader_of
from .rules import ReadingRules
from .takers import is_rectified, reach

LAYERS = (  # so that they are registered
    activations,
    convolutions,
    linear,
    merges,
    pools,
    scaling,
    shapes,
    spreading,
)


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


def supported_layers() -> str:
    """The Keras layers, activation functions and operations that `convert` reads, as text.

    >>> supported_layers().split(", ")[-3:]
    ['Subtract', 'Transpose', 'TrueDivide']
    """
    layers = ", ".join(sorted(READERS))
    inside = ", ".join(function.name for function in FUNCTIONS if not function.squashes)
    at_end = ", ".join(function.name for function in FUNCTIONS if function.squashes)

    operations = ", ".join(sorted(OPERATIONS))
    activations = f"activations {inside} and (at an output) {at_end}"

    return f"{layers}; {activations}; operations of keras.ops {operations}"


class _GraphReader:
    """One walk over a model, from its inputs to its outputs."""

    def __init__(self, model, rules: ReadingRules):
        self.model = model
        self.rules = rules
        self.inputs, self.outputs = inlined(model)
        self.layer_names = {layer.name for layer in model._flatten_layers()}
        self.takers: dict[int, list[Any]] = {}  # id of a tensor -> what takes it gives
        self.values: dict[int, Value] = {}  # id of a tensor -> what was read
        self.nodes: dict[str, Node] = {}
        self.calls: list[LayerCall] = []

    def read(self) -> Graph:
        inputs = self.inputs
        outputs = self.outputs
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
            is_model = isinstance(layer, keras.Model)  # its own layers were read in its place
            if not is_input and not is_model and id(layer) not in used:
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
        if None in shape:
            law = "every axis of an input but that of the samples has a size"
            hint = "build the model with a fixed input shape"
            raise SpikewattError("convert.model", law, tuple(tensor.shape), hint=hint)
        if len(shape) not in (1, 2, 3):
            law = "inputs are (rows, columns, channels), (length, channels) or (n,)"
            raise SpikewattError("convert.model", law, tuple(tensor.shape))

        node = self._add("input", lambda name: InputNode(name, shape, tensor=tensor))
        own = IdentityTerm.of(node.name, shape)
        columns = np.arange(shape[0]) if len(shape) == 1 else None

        return [Block(shape, (own,), np.zeros(1), node.name, columns=columns)]

    def _read(self, tensor, final: bool) -> None:
        """Keep the value of a tensor whose sources were read."""
        layer = layer_of(tensor)
        sources = sources_of(tensor)
        check_name(f"convert: layer {layer.name!r}", layer.name)
        takers = self._takers_of(tensor)
        inputs = [self.values[id(source)] for source in sources]

        def settle(position: int, value: Value) -> None:
            inputs[position] = value
            self.values[id(sources[position])] = value

        call = Call(
            layer,
            tensor,
            sources,
            inputs=inputs,
            rules=self.rules,
            add=self._add,
            nodes=self.nodes,
            final=final and not takers,
            takers_of=self._takers_of,
            settle=settle,
            reshape=self._reshape,
            rectifies=self._is_rectified,
            arguments=arguments_of(tensor),
        )

        squashed = squashed_by(layer)
        if squashed and final and takers:
            law = f"its {squashed} is left out only where nothing reads it"
            names = ", ".join(layer_of(taker).name for taker in takers)
            raise call.refused(law, f"read by {names}", "an output of its own")

        before = len(self.nodes)
        value = self._value(call)
        if len(takers) > 1 and not call.rectified:
            value = carried_where_many_take_it(call, value, reach(tensor, self._takers_of))
        nodes = tuple(self.nodes.values())[before:]
        self.values[id(tensor)] = value
        pools = any(isinstance(node, MaxPoolNode) for node in nodes)
        rectified = pools and call.rectified
        self.calls.append(LayerCall(layer, tensor, value, nodes, squashed, rectified))

    def _is_rectified(self, tensor) -> bool:
        return is_rectified(tensor, self._takers_of, self.outputs)

    def _takers_of(self, tensor) -> list[Any]:
        return self.takers.get(id(tensor), [])

    def _reshape(self, name: str, shape: tuple[int, ...]) -> Node | None:
        """The input called `name` under `shape`, where nothing has taken it as it is."""
        node = self.nodes[name]
        taken = any(term.source == name for other in self.nodes.values() for term in other.terms)
        if not isinstance(node, InputNode) or taken:
            return None

        for tensor_id, value in self.values.items():
            holds = any(term.source == name for block in value for term in block.terms)
            if holds and len(self.takers.get(tensor_id, [])) > 1:
                return None

        self.nodes[name] = replace(node, shape=shape)
        return self.nodes[name]

    def _value(self, call: Call) -> Value:
        """What comes out of a call, with its activation."""
        layer = call.layer
        reader = reader_of(layer)
        if reader is None:
            raise unsupported(call)

        data_format = getattr(layer, "data_format", None) or "channels_last"
        if data_format != "channels_last":
            hint = "build it with data_format='channels_last'"
            raise call.refused("its channels are the last axis", data_format, hint=hint)
        if mode := getattr(layer, "quantization_mode", None):
            law = "its weights must not be quantised"
            hint = "convert the float network; weight_bits sets the width"
            raise call.refused(law, mode, hint=hint)

        check_weights(call)
        value = activated(call, reader(call))
        _check_shape(call, value)
        return value

    def _output(self, tensor) -> None:
        """Close the value of an output tensor into a read-out."""
        layer = layer_of(tensor)
        value = self.values[id(tensor)]
        if len(tensor.shape) != 2:
            law = "has flat outputs, one value per class"
            allowed = "Flatten and Dense at the end"
            raise SpikewattError("convert.model", law, tensor.shape, allowed)

        if len(value) != 1:
            law = "an output comes from one layer"
            got = f"{layer.name!r}, which joins several"
            raise SpikewattError("convert.model", law, got, hint="make each of them an output")

        (block,) = value
        block = in_a_row(block.inside())
        fires = isinstance(self.nodes[block.signals[0].source], ReluNode)
        if block.plain and fires and not isinstance(self.nodes[block.signals[0].source], HalfNode):
            law = "ends with a linear, softmax or sigmoid layer, whose potential is read out"
            got = f"{layer.name!r}, which ends in spikes"
            hint = "end with a Dense layer without ReLU"
            raise SpikewattError("convert.model", law, got, hint=hint)

        def make(name: str) -> ReadoutNode:
            return ReadoutNode(
                name,
                block.shape,
                block.terms,
                block.bias,
                tensor,
                bias_size=block.bias_size,
                squashed=squashed_by(layer),
            )

        self._add(block.name, make)


def _check_shape(call: Call, value: Value) -> None:
    """Raise unless `value` has as many rows, columns and channels as the Keras tensor."""
    expected = tuple(call.tensor.shape[1:])
    size = sum(math.prod(block.shape) for block in value)
    shape: tuple[int, ...] = (size,)
    if value[0].columns is None:
        channels = sum(block.shape[-1] for block in value)
        shape = (*value[0].shape[:-1], channels)
    elif size == math.prod(expected):
        return

    if shape != expected:
        raise misread(call.layer, f"shape {shape} instead of {expected}")
