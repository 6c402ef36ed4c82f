"""Activations: they close a value into populations."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from ....models.keras_backend import import_keras
from ..graph.blocks import Block, Value
from ..graph.nodes import InputNode, ReluNode
from ..graph.terms import IdentityTerm
from .registry import ACTIVATIONS, Call, reads

RELU6 = 6.0


@reads("Activation")
def activation(call: Call) -> Value:
    """What goes in: the function is applied after any layer that has one, by `activated`."""
    return call.value


@reads("ReLU")
def relu(call: Call) -> Value:
    """max(x, 0), with a cap where the layer has one."""
    layer = call.layer
    if np.any(layer.negative_slope) or np.any(layer.threshold):
        got = f"negative_slope={layer.negative_slope}, threshold={layer.threshold}"
        raise call.refused("must be a plain ReLU", got)
    return _rectified(call, call.value, layer.max_value)


@reads("QCFS", "KBitReLU")
def quantised_relu(call: Call) -> Value:
    """A ReLU of few levels, which was trained with them."""
    return _rectified(call, call.value, float(call.layer.largest), int(call.layer.levels))


@reads("Softmax")
def softmax(call: Call) -> Value:
    """What goes in: an output is read out before its softmax, which keeps the order."""
    if call.layer.axis not in (-1, len(call.tensor.shape) - 1):
        raise call.refused("axis must be the channels", call.layer.axis, -1)
    if not call.final:
        raise call.refused("must be the last layer", "another place")
    return call.value


def activated(call: Call, value: Value) -> Value:
    """`value` after the activation function of the layer, where it has one."""
    function = getattr(call.layer, "activation", None)
    if function is None:
        return value

    name = known_function(function)
    if name == "linear" or (name == "softmax" and call.final):
        return value
    if name == "relu":
        return _rectified(call, value, None)
    if name == "relu6":
        return _rectified(call, value, RELU6)
    if name == "softmax":
        raise call.refused("a softmax must be the last layer", "another place")
    raise call.refused("activation must be supported", _described(function))


def known_function(function) -> str | None:
    """Which activation a function is, by identity: its `__name__` may be that of another one."""
    keras = import_keras()
    tensorflow = sys.modules.get("tensorflow")
    modules = (keras.activations, keras.ops, getattr(tensorflow, "nn", None))
    for name in ACTIVATIONS:
        if any(function is getattr(module, name, None) for module in modules):
            return name
    return None


def _described(function) -> str:
    name = getattr(function, "__name__", str(function))
    if name in ACTIVATIONS:
        return f"{name} of {function.__module__}, which is not that of Keras"
    return name


def is_softmax(layer) -> bool:
    """Whether a layer ends with a softmax."""
    if isinstance(layer, import_keras().layers.Softmax):
        return True
    function = getattr(layer, "activation", None)
    return function is not None and known_function(function) == "softmax"


def _rectified(call: Call, value: Value, maximum: float | None, levels: int = 0) -> Value:
    """A population per block."""
    result, first = [], 0
    for block in value:
        last = first + block.shape[-1]
        place = slice(first, last) if block.columns is None else block.columns
        first = last
        result.append(_closed(call, block, place, maximum, levels))
    return result


def _closed(call: Call, block: Block, place, maximum: float | None, levels: int) -> Block:
    """`block` as a population; a value that is a population's own already is left as it is."""
    signed = block.plain and call.rules.negative and _is_input(call, block)
    rectified = block.plain and (block.scale >= 0).all() and not block.shifted
    if rectified and maximum is None and not signed:
        return block
    if block.padding:
        raise call.refused("zero padding stands in front of a convolution or pool", "a ReLU")

    def make(name: str) -> ReluNode:
        return ReluNode(
            name,
            block.shape,
            block.terms,
            block.bias,
            call.tensor,
            place,
            block.bias_size,
            maximum,
            levels,
        )

    node = call.add(call.layer.name if signed else block.name, make)
    own = IdentityTerm.of(node.name, block.shape)
    return replace(block, terms=(own,), bias=np.zeros(1), bias_size=0.0)


def _is_input(call: Call, block: Block) -> bool:
    (term,) = block.signals
    return isinstance(call.nodes[term.source], InputNode)
