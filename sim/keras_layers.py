"""Read a Keras chain into the stages that a spiking network is made of; whatever is not understood is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SpikewattError, check_name
from ..models.keras_backend import import_keras

SUPPORTED = (
    "Dense, Conv2D, BatchNormalization directly after one of these, ReLU, AveragePooling2D, MaxPooling2D, Flatten, Dropout, "
    "a final Softmax; activations linear, relu and (last layer) softmax"
)


@dataclass
class Linear:
    """A Dense or Conv2D layer with its batch norm folded in. ``tensor`` is the Keras tensor after its ReLU, None without one."""

    name: str
    kind: str
    weights: np.ndarray
    bias: np.ndarray
    strides: tuple[int, int]
    padding: str
    tensor: Any = None


@dataclass
class Pool:
    """An average or max pooling layer."""

    name: str
    mode: str
    window: tuple[int, int]
    strides: tuple[int, int]
    padding: str


def _unsupported(layer, law: str, got: object, allowed: object = SUPPORTED) -> SpikewattError:
    return SpikewattError(f"convert: layer {layer.name!r} ({type(layer).__name__})", law, got, allowed)


def _chain(model) -> list[tuple[Any, Any]]:
    """(layer, its output tensor) from input to output; a branch, a shared layer or a second input or output is an error."""
    keras = import_keras()
    if not isinstance(model, keras.Model) or not getattr(model, "built", False) or not getattr(model, "outputs", None):
        raise SpikewattError("convert.model", "must be a built Keras 3 Sequential or functional model", type(model).__name__)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise SpikewattError(
            "convert.model", "must have one input and one output", f"{len(model.inputs)} and {len(model.outputs)}", "a chain"
        )
    chain, tensor = [], model.outputs[0]
    while True:
        layer, node_index, _ = tensor._keras_history
        if isinstance(layer, keras.layers.InputLayer):
            break
        inputs = layer._inbound_nodes[node_index].input_tensors
        if len(inputs) != 1:
            raise _unsupported(layer, "must have one input: the network is a chain", f"{len(inputs)} inputs")
        chain.append((layer, tensor))
        tensor = inputs[0]
    visited = [layer.name for layer, _ in chain]
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer) and visited.count(layer.name) != 1:
            raise _unsupported(layer, "must be used exactly once on the way from input to output", f"{visited.count(layer.name)} uses")
    return chain[::-1]


def read_stages(model) -> list[Linear | Pool]:
    """The stages of a Keras chain in order.

    Raises
    ------
    SpikewattError : an unsupported layer, activation, option or order, named with what is supported.
    """
    keras = import_keras()
    layers = keras.layers
    stages: list[Linear | Pool] = []
    open_linear: Linear | None = None  # a linear stage whose ReLU has not come yet
    chain = _chain(model)
    for position, (layer, tensor) in enumerate(chain):
        check_name(f"convert: layer {layer.name!r}", layer.name)
        last = position == len(chain) - 1
        kind = type(layer)  # a subclass may compute something else
        if kind in (layers.Dense, layers.Conv2D):
            if open_linear:
                raise _unsupported(layer, "a ReLU stands between two linear layers", f"none after {open_linear.name!r}")
            open_linear = _linear(layer)
            stages.append(open_linear)
            activation = layer.activation
            if activation is keras.activations.relu:
                open_linear.tensor, open_linear = tensor, None
            elif activation is keras.activations.softmax and last:
                pass
            elif activation is not keras.activations.linear:
                raise _unsupported(layer, "activation must be supported", getattr(activation, "__name__", str(activation)))
        elif kind is layers.BatchNormalization:
            if open_linear is None or chain[position - 1][0].name != open_linear.name:
                raise _unsupported(layer, "must come directly after a Dense or Conv2D without activation", "another place")
            _fold(layer, open_linear)
        elif kind is layers.ReLU:
            if layer.max_value is not None or layer.negative_slope or layer.threshold:
                raise _unsupported(layer, "must be a plain ReLU", f"max_value={layer.max_value}, negative_slope={layer.negative_slope}")
            if open_linear is None:
                raise _unsupported(layer, "must come after a Dense or Conv2D without activation", "another place")
            open_linear.tensor, open_linear = tensor, None
        elif kind in (layers.AveragePooling2D, layers.MaxPooling2D):
            if open_linear:
                raise _unsupported(layer, "pools what a ReLU gives", f"no ReLU after {open_linear.name!r}")
            _channels_last(layer)
            mode = "average" if kind is layers.AveragePooling2D else "max"
            stages.append(Pool(layer.name, mode, tuple(layer.pool_size), tuple(layer.strides), layer.padding))
        elif kind is layers.Softmax:
            if not last:
                raise _unsupported(layer, "must be the last layer", "another place")
        elif kind is layers.Flatten:
            _channels_last(layer)
        elif kind is not layers.Dropout:
            raise _unsupported(layer, "must be a supported layer", type(layer).__name__)
    if open_linear is None:
        raise SpikewattError(
            "convert.model",
            "ends with a linear or softmax layer, whose potential is read out",
            f"a last layer {chain[-1][0].name!r} that is not" if chain else "no layer",
            "Dense or Conv2D without ReLU",
        )
    if len(chain[-1][1].shape) != 2:
        raise SpikewattError("convert.model", "has a flat output, one value per class", chain[-1][1].shape, "Flatten and Dense at the end")
    return stages


def _channels_last(layer) -> None:
    if layer.data_format != "channels_last":
        raise _unsupported(layer, "data_format must be channels_last", layer.data_format)


def _linear(layer) -> Linear:
    """The weights and options of a Dense or Conv2D layer, as float64."""
    if getattr(layer, "quantization_mode", None) is not None:
        raise _unsupported(layer, "its weights must not be quantised", layer.quantization_mode, "a float network; see weight_bits")
    weights = np.asarray(layer.kernel, np.float64)
    bias = np.asarray(layer.bias, np.float64) if layer.use_bias else np.zeros(weights.shape[-1])
    if weights.ndim == 2:
        if len(layer.input.shape) != 2:
            raise _unsupported(layer, "its input must be flat", layer.input.shape, "Flatten in front of it")
        _finite(layer, weights, bias)
        return Linear(layer.name, "dense", weights, bias, (1, 1), "valid")
    _channels_last(layer)
    if layer.groups != 1 or tuple(layer.dilation_rate) != (1, 1):
        raise _unsupported(layer, "must have groups=1 and dilation_rate=1", f"groups={layer.groups}, dilation_rate={layer.dilation_rate}")
    if layer.padding not in ("valid", "same"):
        raise _unsupported(layer, "padding must be supported", layer.padding, "valid, same")
    _finite(layer, weights, bias)
    return Linear(layer.name, "conv2d", weights, bias, tuple(layer.strides), layer.padding)


def _finite(layer, *arrays: np.ndarray) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise _unsupported(layer, "its weights must be finite", "NaN or infinity", "finite weights")


def _fold(layer, linear: Linear) -> None:
    """Fold a batch norm backwards: W' = W g, b' = beta + (b - mean) g with g = gamma / sqrt(variance + epsilon), per output channel."""
    if layer.axis not in (-1, len(layer.input.shape) - 1):
        raise _unsupported(layer, "axis must be the channels", layer.axis, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1.0 / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
    if layer.scale:
        scale *= np.asarray(layer.gamma, np.float64)
    shift = np.asarray(layer.beta, np.float64) if layer.center else 0.0
    linear.weights = linear.weights * scale
    linear.bias = shift + (linear.bias - np.asarray(layer.moving_mean, np.float64)) * scale
    _finite(layer, linear.weights, linear.bias)
