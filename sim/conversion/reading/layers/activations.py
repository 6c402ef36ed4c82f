"""Activations: they close a value into populations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .....models.keras_backend import import_keras
from ...graph.blocks import Block, Value, with_channels
from ...graph.nodes import InputNode, ReluNode
from ...graph.terms import IdentityTerm
from ..functions import FUNCTIONS, described, known_function
from ..registry import READERS, Call, is_keras_layer, reads, reads_operation
from .pairs import is_pair, paired
from .scaling import part_of

SPIKES_CARRY = "has an activation that spikes carry"
TRAIN_WITH_RELU = "train it with ReLU, ReLU6, LeakyReLU or PReLU in place of it"


@reads("Activation")
def activation(call: Call) -> Value:
    """What goes in: `activated` applies the function of any layer that has one."""
    return call.value


def activated(call: Call, value: Value) -> Value:
    """`value` after the activation function of the layer, where it has one."""
    function = getattr(call.layer, "activation", None)
    if function is None:
        return value
    if isinstance(function, import_keras().layers.Layer):
        return _by_layer(call, value, function)

    known = known_function(function)
    if known is None:
        return _unknown(call, value, function)
    if known.squashes and not call.final:
        raise _inner(call, known.name)

    return _rectified(call, value, known.maximum) if known.rectifies else value


def _by_layer(call: Call, value: Value, layer) -> Value:
    """`value` after a layer that stands as the activation of another one."""
    reader = READERS.get(type(layer).__name__) if is_keras_layer(layer) else None
    if reader is None or reader not in (relu, leaky_relu, prelu, quantised_relu):
        raise call.refused(SPIKES_CARRY, type(layer).__name__, hint=TRAIN_WITH_RELU)

    named = _Named(layer, call.layer.name)
    return reader(replace(call, layer=named, inputs=[value], sources=[call.tensor]))


class _Named:
    """A layer under the name of the one that it is the activation of."""

    def __init__(self, layer, name: str):
        self.layer = layer
        self.name = name

    def __getattr__(self, key: str):
        return getattr(self.layer, key)


def _unknown(call: Call, value: Value, function) -> Value:
    """`value` after a function that is no activation of the list."""
    keras = import_keras()
    if function in (keras.activations.leaky_relu, keras.ops.leaky_relu):
        return _leaky(call, value, np.full(1, 0.2), inner=True)

    got = described(function)
    hint = TRAIN_WITH_RELU
    if any(function.__name__ == known.name for known in FUNCTIONS if known.name):
        hint = "use the function of Keras"
    raise call.refused(SPIKES_CARRY, got, hint=hint)


def _inner(call: Call, name: str):
    law = f"a {name} must be the last layer"
    return call.refused(law, "another place", hint=f"spikes carry no {name}: end the model with it")


@reads("ReLU")
def relu(call: Call) -> Value:
    """max(x, 0), with a cap where the layer has one; below zero with a slope."""
    layer = call.layer
    if np.any(layer.threshold):
        raise call.refused("has threshold 0", f"threshold={layer.threshold}")

    slope = float(np.max(layer.negative_slope or 0.0))
    if slope and layer.max_value is not None:
        got = f"max_value={layer.max_value}, negative_slope={slope:g}"
        raise call.refused("has a cap or a slope below zero, not both", got)

    return _leaky(call, call.value, np.full(1, slope), layer.max_value, _is_inner(call))


@reads_operation("ReLU")
def relu_function(call: Call) -> Value:
    """`keras.activations.relu` with arguments."""
    return relu(call)


@reads_operation("Relu", "Relu6")
def relu_operation(call: Call) -> Value:
    """`keras.ops.relu`, `keras.ops.relu6`."""
    capped = type(call.layer).__name__ == "Relu6"
    return _rectified(call, call.value, 6.0 if capped else None)


@reads_operation("Maximum")
def maximum(call: Call) -> Value:
    """`keras.ops.maximum(x, 0)`."""
    if not any(np.isscalar(x) and x == 0 for x in call.arguments[:2]):
        raise call.refused("is the larger of x and 0", "another maximum")
    return _rectified(call, call.value, None)


@reads("LeakyReLU")
@reads_operation("LeakyRelu")
def leaky_relu(call: Call) -> Value:
    """max(x, 0) − a max(−x, 0)."""
    slope = np.full(1, float(call.layer.negative_slope))
    return _leaky(call, call.value, slope, inner=_is_inner(call))


@reads("PReLU")
def prelu(call: Call) -> Value:
    """max(x, 0) − a max(−x, 0), with a trained a."""
    slope = np.asarray(call.layer.alpha, np.float64)
    return _leaky(call, call.value, slope, inner=_is_inner(call))


@reads("QCFS", "KBitReLU")
def quantised_relu(call: Call) -> Value:
    """A ReLU of few levels, which was trained with them."""
    maximum = float(call.layer.largest)
    levels = int(call.layer.levels)
    return _rectified(call, call.value, maximum, levels)


@reads("Softmax")
@reads_operation("Softmax", "Sigmoid")
def squashed(call: Call) -> Value:
    """What goes in: an output is read out before its softmax, which keeps the order."""
    last = len(call.tensor.shape) - 1
    if getattr(call.layer, "axis", -1) not in (-1, last):
        raise call.refused("axis must be the channels", call.layer.axis, -1)
    if not call.final:
        raise _inner(call, type(call.layer).__name__.lower())

    return call.value


def _is_inner(call: Call) -> bool:
    """Whether it is the activation of another layer, without a tensor between them."""
    return isinstance(call.layer, _Named)


def _leaky(
    call: Call,
    value: Value,
    slope: np.ndarray,
    maximum: float | None = None,
    inner: bool = False,
) -> Value:
    """A pair of populations per block, of which the one below zero is scaled by `slope`."""
    if not slope.any():
        return _rectified(call, value, maximum)

    # Where Keras shows only what comes out, what is below zero is scaled by the slope.
    tensor = call.tensor if inner else call.sources[0]
    if inner and (slope < 0).any():
        raise call.refused("has a slope of at least 0", float(slope.min()))

    shape = tuple(call.tensor.shape[1:])
    result = []

    for block, channels in with_channels(value):
        own = part_of(block, channels, slope, shape)
        if not is_pair(call.nodes, block) or block.bias.any():
            block = paired(call, block, channels, tensor, slope=own if inner else None)
        result.append(_with_slope(block, own))

    return result


def _with_slope(block: Block, slope: np.ndarray) -> Block:
    """A pair s x₊ − s x₋ with the second one scaled by the slope."""
    if len(block.signals) == 1:
        return block
    above, below = block.signals
    scale = slope if slope.shape else slope.reshape(1)
    return replace(block, terms=(above, below.scaled(scale)))


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

    block = block.inside()
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
