"""Activations: they close a value into populations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..graph.blocks import Block, Value, with_channels
from ..graph.nodes import InputNode, ReluNode
from ..graph.terms import IdentityTerm
from .functions import described, known_function
from .registry import Call, reads


@reads("Activation")
def activation(call: Call) -> Value:
    """What goes in: `activated` applies the function of any layer that has one."""
    return call.value


def activated(call: Call, value: Value) -> Value:
    """`value` after the activation function of the layer, where it has one."""
    function = getattr(call.layer, "activation", None)
    if function is None:
        return value

    known = known_function(function)
    if known is None:
        raise call.refused("activation must be supported", described(function))
    if known.normalises and not call.final:
        raise call.refused("a softmax must be the last layer", "another place")

    return _rectified(call, value, known.maximum) if known.rectifies else value


@reads("ReLU")
def relu(call: Call) -> Value:
    """max(x, 0), with a cap where the layer has one."""
    slope = call.layer.negative_slope
    threshold = call.layer.threshold
    if np.any(slope) or np.any(threshold):
        got = f"negative_slope={slope}, threshold={threshold}"
        raise call.refused("must be a plain ReLU", got)

    return _rectified(call, call.value, call.layer.max_value)


@reads("QCFS", "KBitReLU")
def quantised_relu(call: Call) -> Value:
    """A ReLU of few levels, which was trained with them."""
    maximum = float(call.layer.largest)
    levels = int(call.layer.levels)
    return _rectified(call, call.value, maximum, levels)


@reads("Softmax")
def softmax(call: Call) -> Value:
    """What goes in: an output is read out before its softmax, which keeps the order."""
    last = len(call.tensor.shape) - 1
    if call.layer.axis not in (-1, last):
        raise call.refused("axis must be the channels", call.layer.axis, -1)
    if not call.final:
        raise call.refused("must be the last layer", "another place")

    return call.value


def _rectified(
    call: Call,
    value: Value,
    maximum: float | None,
    levels: int = 0,
) -> Value:
    """A population per block."""
    return [
        _closed(call, block, channels, maximum, levels) for block, channels in with_channels(value)
    ]


def _closed(
    call: Call,
    block: Block,
    channels: slice,
    maximum: float | None,
    levels: int,
) -> Block:
    """`block` as a population."""
    from_input = block.plain and _reads_input(call, block)
    below_zero = from_input and call.rules.negative
    if maximum is None and not below_zero and _is_positive(block):
        return block  # a population's own values

    if block.padding:
        law = "zero padding stands in front of a convolution or pool"
        raise call.refused(law, "a ReLU")

    place = channels if block.columns is None else block.columns

    def make(name: str) -> ReluNode:
        return ReluNode(
            name,
            block.shape,
            block.terms,
            block.bias,
            call.tensor,
            place,
            bias_size=block.bias_size,
            maximum=maximum,
            levels=levels,
        )

    name = call.layer.name if below_zero else block.name
    node = call.add(name, make)
    own = IdentityTerm.of(node.name, block.shape)

    return replace(
        block,
        terms=(own,),
        bias=np.zeros(1),
        bias_size=0.0,
    )


def _is_positive(block: Block) -> bool:
    """Whether `block` is what spikes carry, with no sign changed and nothing added."""
    if not block.plain or block.shifted:
        return False
    return bool((block.scale >= 0).all())


def _reads_input(call: Call, block: Block) -> bool:
    (term,) = block.signals
    return isinstance(call.nodes[term.source], InputNode)
