"""Read a Keras graph into populations and the sums that feed them; whatever is not understood is an error.

A Keras tensor is read as a `Value`: blocks of channels, each a sum of terms plus a bias. A term is a linear path from one
population: a scale per channel, a sum over windows, or weights. Batch norm, padding, average pooling, addition and concatenation
only rewrite values, in every position and exactly; a ReLU, a pool or an output closes a value into a population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import SpikewattError, check_name
from ..models.keras_backend import import_keras
from .geometry import Geometry

SUPPORTED = (
    "Dense, Conv2D, DepthwiseConv2D, SeparableConv2D, BatchNormalization, ReLU, Activation, AveragePooling2D, MaxPooling2D, "
    "GlobalAveragePooling2D, GlobalMaxPooling2D, Add, Concatenate, ZeroPadding2D, Flatten, Reshape, Dropout, QCFS, KBitReLU, "
    "a final Softmax; "
    "activations linear, relu, relu6 and (at an output) softmax"
)
NO_PADDING = ((0, 0), (0, 0))


@dataclass(frozen=True, eq=False)
class Term:
    """A linear path from population `source`: `weights` are values per spike; kinds and shapes as in `Connection`."""

    source: str
    kind: str
    weights: np.ndarray
    geometry: Geometry | None = None
    pooled: Geometry | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Some channels of a tensor: the sum of `terms` plus `bias` (broadcasts to `shape`).

    `padding` are zeros around that the terms do not see; `columns` are the positions in a flattened tensor; `name` is that of the layer.
    """

    shape: tuple[int, ...]
    terms: tuple[Term, ...]
    bias: np.ndarray
    name: str
    padding: tuple[tuple[int, int], tuple[int, int]] = NO_PADDING
    columns: np.ndarray | None = None

    @property
    def plain(self) -> bool:
        """Whether this is one population's spikes, scaled per channel and shifted."""
        return len(self.terms) == 1 and self.terms[0].kind == "identity" and self.terms[0].pooled is None


Value = list[Block]


@dataclass(frozen=True, eq=False)
class Node:
    """A population to be: ``input``, ``relu``, ``readout``, ``pool``, ``max_pool`` or
    ``flip`` (levels minus value, where the weight is negative).

    `tensor` is the Keras tensor whose values it carries, `channels` its slice of them, `maximum` a cap such as ReLU6's, `levels` the
    number of steps up to it where the layer was trained with them.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    terms: tuple[Term, ...] = ()
    bias: np.ndarray = field(default_factory=lambda: np.zeros(1))
    tensor: Any = None
    channels: slice = field(default_factory=lambda: slice(None))
    maximum: float | None = None
    geometry: Geometry | None = None
    levels: int = 0


Emit = Callable[[Node], tuple[np.ndarray, int]]
"""Takes a node; returns the value of one of its spikes per channel, and the number of levels that it transmits."""


class GraphReader:
    """Walks a Keras model from its outputs, and emits its populations in topological order.

    Parameters
    ----------
    emit : see `Emit`. merge_pools : sum average pools into the next layer's weights, instead of making them populations.
    flips : whether a max pool over a negative scale may become a min pool (exact codes only).
    """

    def __init__(self, model, emit: Emit, merge_pools: bool, flips: bool):
        keras = import_keras()
        from ..models.quantised_layers import LAYERS

        self.quantised = LAYERS
        self.keras, self.layers, self.emit = keras, keras.layers, emit
        self.merge_pools, self.flips = merge_pools, flips
        self.names: dict[str, int] = {}
        self.values: dict[int, Value] = {}
        self.used: set[str] = set()
        if not isinstance(model, keras.Model) or not getattr(model, "built", False) or not getattr(model, "outputs", None):
            raise SpikewattError("convert.model", "must be a built Keras 3 Sequential or functional model", type(model).__name__)
        for tensor in model.inputs:
            self.values[id(tensor)] = self._input(tensor)
        for tensor in model.outputs:
            self._output(tensor)
        for layer in model.layers:
            if not isinstance(layer, self.layers.InputLayer) and layer.name not in self.used:
                raise self._refused(layer, "must lie on the way from an input to an output", "a layer that nothing reads")

    def _refused(self, layer, law: str, got: object, allowed: object = SUPPORTED) -> SpikewattError:
        return SpikewattError(f"convert: layer {layer.name!r} ({type(layer).__name__})", law, got, allowed)

    def _name(self, name: str) -> str:
        """`name`, numbered where a shared layer makes several populations."""
        check_name(f"convert: layer {name!r}", name)
        self.names[name] = self.names.get(name, 0) + 1
        return name if self.names[name] == 1 else f"{name}.{self.names[name]}"

    def _input(self, tensor) -> Value:
        shape = tuple(tensor.shape[1:])
        if not shape or None in shape or len(shape) not in (1, 3):
            raise SpikewattError("convert.model", "inputs are (rows, columns, channels) or (n,)", tensor.shape)
        name = self._name("input")
        unit, _ = self.emit(Node(name, "input", shape, tensor=tensor))
        columns = np.arange(shape[0]) if len(shape) == 1 else None
        return [Block(shape, (Term(name, "identity", unit),), np.zeros(1), name, columns=columns)]

    def _output(self, tensor) -> None:
        """Close the value of an output tensor into a read-out."""
        layer = tensor._keras_history[0]
        if isinstance(layer, self.layers.Softmax) or getattr(getattr(layer, "activation", None), "__name__", "") == "softmax":
            value = self.read(tensor, final=True)
        else:
            value = self.read(tensor)
        if len(tensor.shape) != 2:
            raise SpikewattError("convert.model", "has flat outputs, one value per class", tensor.shape, "Flatten and Dense at the end")
        if len(value) != 1 or any(term.kind == "identity" for term in value[0].terms):
            raise SpikewattError("convert.model", "ends with a linear or softmax layer, whose potential is read out", f"{layer.name!r}",
                                 "Dense without ReLU at the end")  # fmt: skip
        block = value[0]
        self.emit(Node(self._name(block.name), "readout", block.shape, block.terms, block.bias, tensor))

    def read(self, tensor, final: bool = False) -> Value:
        """The value of a Keras tensor; `final` allows softmax, which the read-out leaves out."""
        if id(tensor) in self.values:
            return self.values[id(tensor)]
        layer, index, _ = tensor._keras_history
        self.used.add(layer.name)
        check_name(f"convert: layer {layer.name!r}", layer.name)
        inputs = [self.read(source) for source in layer._inbound_nodes[index].input_tensors]
        method = getattr(self, f"_{type(layer).__name__}", None)
        ours = type(layer) in self.quantised
        own = ours or getattr(self.layers, type(layer).__name__, None) is type(layer)  # a subclass may compute something else
        if method is None or not own:
            raise self._refused(layer, "must be a supported layer", type(layer).__name__)
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise self._refused(layer, "data_format must be channels_last", layer.data_format)
        if getattr(layer, "quantization_mode", None) is not None:
            raise self._refused(layer, "its weights must not be quantised", layer.quantization_mode, "a float network; see weight_bits")
        value = method(layer, *inputs)
        activation = getattr(layer, "activation", None)
        if activation is not None:
            value = self._activate(layer, activation, value, tensor, final)
        elif ours:
            value = self._relu(layer, value, tensor, float(layer.largest), int(layer.levels))
        elif isinstance(layer, self.layers.ReLU):
            value = self._relu(layer, value, tensor, layer.max_value)
        elif isinstance(layer, self.layers.Softmax) and not final:
            raise self._refused(layer, "must be the last layer", "another place")
        for block in value:
            if not all(np.isfinite(term.weights).all() for term in block.terms) or not np.isfinite(block.bias).all():
                raise self._refused(layer, "its weights must be finite", "NaN or infinity", "finite weights")
        self.values[id(tensor)] = value
        return value

    # Layers that close values into populations.

    def _activate(self, layer, activation, value: Value, tensor, final: bool) -> Value:
        name = getattr(activation, "__name__", str(activation))
        if name == "linear":
            return value
        if name == "softmax" and final:
            return value
        if name not in ("relu", "relu6"):
            raise self._refused(layer, "activation must be supported", name)
        return self._relu(layer, value, tensor, 6.0 if name == "relu6" else None)

    def _relu(self, layer, value: Value, tensor, maximum: float | None, levels: int = 0) -> Value:
        """One population per block; a value that is a population's own spikes already is left as it is."""
        result, first = [], 0
        for block in value:
            channels = slice(first, first + block.shape[-1])
            first += block.shape[-1]
            if block.plain and maximum is None and (block.terms[0].weights >= 0).all() and not block.bias.any():
                result.append(block)
                continue
            if block.padding != NO_PADDING:
                raise self._refused(layer, "zero padding stands in front of a convolution or pool", "a ReLU")
            name = self._name(block.name)
            unit, _ = self.emit(Node(name, "relu", block.shape, block.terms, block.bias, tensor, channels, maximum, levels=levels))
            result.append(replace(block, terms=(Term(name, "identity", unit),), bias=np.zeros(1)))
        return result

    def _max_pool(self, layer, value: Value, window, strides, mode: str) -> Value:
        result = []
        for block in value:
            if not block.plain or block.padding != NO_PADDING or block.bias.ndim > 1:
                raise self._refused(layer, "pools what a ReLU gives", f"{block.name!r}, which is not that")
            term = block.terms[0]
            if (term.weights < 0).any():
                if not self.flips:
                    law = "a channel with a negative scale in front needs a min pool"
                    raise self._refused(layer, law, f"{int((term.weights < 0).sum())} such channels", "code='radix' or 'sync_rate'")
                name = self._name(f"{layer.name}.flip")
                _, levels = self.emit(Node(name, "flip", block.shape, (term,)))
                # w q = w (L - y) with y = L - q, so the largest w q is w L + |w| times the largest y.
                bias = block.bias + np.where(term.weights < 0, term.weights * levels, 0.0)
                term = Term(name, "identity", np.abs(term.weights))
            else:
                bias = block.bias
            geometry = Geometry.of_keras(mode, block.shape[:2], window, strides)
            shape = (*geometry.output_size(block.shape[:2]), block.shape[2])
            name = self._name(layer.name)
            self.emit(Node(name, "max_pool", shape, (term,), geometry=geometry))
            result.append(Block(shape, (Term(name, "identity", term.weights),), bias, layer.name))
        return result

    def _average_pool(self, layer, value: Value, window, strides, mode: str) -> Value:
        result = []
        for block in value:
            if any(term.kind != "identity" or term.pooled for term in block.terms):
                raise self._refused(layer, "pools what a ReLU gives", f"{block.name!r}, which is not that")
            geometry = Geometry.of_keras(mode, block.shape[:2], window, strides)
            shape = (*geometry.output_size(block.shape[:2]), block.shape[2])
            apart = all(s >= w for s, w in zip(geometry.strides, geometry.window, strict=True))
            bias = _averaged(block, geometry, shape)
            if self.merge_pools and apart and geometry.padding == NO_PADDING:
                summed = replace(geometry, padding=block.padding)
                size = float(np.prod(window))
                terms = tuple(replace(term, weights=term.weights / size, pooled=summed) for term in block.terms)
                result.append(Block(shape, terms, bias, layer.name))
                continue
            if not block.plain or block.padding != NO_PADDING:
                raise self._refused(layer, "a pool that cannot be merged pools the spikes of one population", f"{block.name!r}")
            name = self._name(layer.name)
            self.emit(Node(name, "pool", shape, block.terms, geometry=geometry))
            result.append(Block(shape, (Term(name, "identity", block.terms[0].weights),), bias, layer.name))
        return result

    # Linear layers.

    def _kernel(self, layer, kernel, bias) -> tuple[np.ndarray, np.ndarray]:
        return np.asarray(kernel, np.float64), np.asarray(bias, np.float64) if layer.use_bias else np.zeros(1)

    def _Dense(self, layer, value: Value) -> Value:
        kernel, bias = self._kernel(layer, layer.kernel, layer.bias)
        if len(layer.input.shape) != 2 or any(block.columns is None for block in value):
            raise self._refused(layer, "its input must be flat", layer.input.shape, "Flatten in front of it")
        terms, total = [], bias
        for block in value:
            rows = kernel[block.columns]
            total = total + np.broadcast_to(block.bias, block.shape).reshape(-1) @ rows
            for term in block.terms:
                if term.kind == "dense":  # two linear layers are one
                    terms.append(replace(term, weights=term.weights @ rows))
                elif term.kind != "identity" or block.padding != NO_PADDING:
                    raise self._refused(
                        layer, "a ReLU stands between a convolution and the next linear layer", f"none after {block.name!r}"
                    )
                else:
                    scale = np.broadcast_to(term.weights, block.shape).reshape(-1)
                    terms.append(Term(term.source, "dense", rows * scale[:, None], None, term.pooled))
        size = kernel.shape[1]
        return [Block((size,), tuple(terms), np.broadcast_to(total, (size,)), layer.name, columns=np.arange(size))]

    def _Conv2D(self, layer, value: Value) -> Value:
        return self._convolve(layer, value, *self._kernel(layer, layer.kernel, layer.bias))

    def _SeparableConv2D(self, layer, value: Value) -> Value:
        depthwise, pointwise = np.asarray(layer.depthwise_kernel, np.float64), np.asarray(layer.pointwise_kernel, np.float64)
        bias = np.asarray(layer.bias, np.float64) if layer.use_bias else np.zeros(1)
        by_channel = pointwise.reshape(depthwise.shape[2], depthwise.shape[3], -1)
        return self._convolve(layer, value, np.einsum("abcm,cmo->abco", depthwise, by_channel), bias)

    def _convolve(self, layer, value: Value, kernel: np.ndarray, bias: np.ndarray) -> Value:
        self._plain_convolution(layer)
        geometry, shape = self._geometry(layer, value, kernel.shape[:2])
        terms, total, first = [], bias, 0
        for block in value:
            part = kernel[:, :, first : first + block.shape[2]]
            first += block.shape[2]
            total = total + _convolved_bias(block, geometry, shape, part, "all")
            for term in block.terms:
                if term.kind != "identity":
                    raise self._refused(layer, "a ReLU stands between two linear layers", f"none after {block.name!r}")
                window = replace(geometry, padding=_joined(geometry.padding, block.padding, layer, term))
                terms.append(Term(term.source, "conv2d", part * term.weights[:, None], window, term.pooled))
        return [Block((*shape, kernel.shape[3]), tuple(terms), total, layer.name)]

    def _DepthwiseConv2D(self, layer, value: Value) -> Value:
        kernel, bias = self._kernel(layer, layer.kernel, layer.bias)
        self._plain_convolution(layer)
        geometry, shape = self._geometry(layer, value, kernel.shape[:2])
        result, first, multiplier = [], 0, kernel.shape[3]
        for block in value:
            channels = block.shape[2]
            part = kernel[:, :, first : first + channels]
            own = bias[first * multiplier : (first + channels) * multiplier] if bias.size > 1 else bias
            first += channels
            terms = []
            for term in block.terms:
                if term.kind != "identity":
                    raise self._refused(layer, "a ReLU stands between two linear layers", f"none after {block.name!r}")
                window = replace(geometry, padding=_joined(geometry.padding, block.padding, layer, term))
                terms.append(Term(term.source, "depthwise", part * term.weights[:, None], window, term.pooled))
            total = own + _convolved_bias(block, geometry, shape, part, "each")
            result.append(Block((*shape, channels * multiplier), tuple(terms), total, layer.name))
        return result

    def _plain_convolution(self, layer) -> None:
        if getattr(layer, "groups", 1) != 1 or tuple(layer.dilation_rate) != (1, 1):
            got = f"groups={getattr(layer, 'groups', 1)}, dilation_rate={layer.dilation_rate}"
            raise self._refused(layer, "must have groups=1 and dilation_rate=1", got)
        if layer.padding not in ("valid", "same"):
            raise self._refused(layer, "padding must be supported", layer.padding, "valid, same")

    def _geometry(self, layer, value: Value, window) -> tuple[Geometry, tuple[int, int]]:
        size = value[0].shape[:2]
        geometry = Geometry.of_keras(layer.padding, size, tuple(window), tuple(layer.strides))
        return geometry, geometry.output_size(size)

    def _BatchNormalization(self, layer, value: Value) -> Value:
        rank = len(layer.input.shape)
        if layer.axis not in (-1, rank - 1) and list(np.atleast_1d(layer.axis)) not in ([-1], [rank - 1]):
            raise self._refused(layer, "axis must be the channels", layer.axis, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = 1.0 / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
        if layer.scale:
            scale = scale * np.asarray(layer.gamma, np.float64)
        shift = (np.asarray(layer.beta, np.float64) if layer.center else 0.0) - np.asarray(layer.moving_mean, np.float64) * scale
        result, first = [], 0
        for block in value:
            if block.columns is not None and rank == 2:
                own = block.columns
                if len(block.shape) != 1:
                    raise self._refused(layer, "stands in front of Flatten, or behind a Dense layer", "behind Flatten")
            else:
                own = np.arange(first, first + block.shape[-1])
            first += block.shape[-1]
            terms = []
            for term in block.terms:
                by_channel = scale[own].reshape(term.weights.shape[2:]) if term.kind == "depthwise" else scale[own]
                terms.append(replace(term, weights=term.weights * by_channel))
            result.append(replace(block, terms=tuple(terms), bias=block.bias * scale[own] + shift[own]))
        return result

    def _Add(self, layer, *values: Value) -> Value:
        sizes = [[(block.shape, block.padding) for block in value] for value in values]
        if any(size != sizes[0] for size in sizes):
            raise self._refused(layer, "adds tensors of equal channels and padding", sizes)
        name = layer.name
        return [
            replace(blocks[0], terms=tuple(t for b in blocks for t in b.terms), bias=sum((b.bias for b in blocks), np.zeros(1)), name=name)
            for blocks in zip(*values, strict=True)
        ]

    def _Concatenate(self, layer, *values: Value) -> Value:
        rank = len(layer.output.shape)
        if layer.axis not in (-1, rank - 1):
            raise self._refused(layer, "joins channels", f"axis {layer.axis}", -1)
        result, first = [], 0
        for value, source in zip(values, layer.input, strict=True):
            for block in value:
                columns = None if block.columns is None else block.columns + first
                result.append(replace(block, columns=columns))
            first += source.shape[-1]
        return result

    # Layers that only move things.

    def _Flatten(self, layer, value: Value) -> Value:
        if value[0].columns is not None:
            return value
        rows, columns = value[0].shape[:2]
        channels = sum(block.shape[2] for block in value)
        at = np.arange(rows * columns * channels).reshape(rows, columns, channels)
        result, first = [], 0
        for block in value:
            result.append(replace(block, columns=at[:, :, first : first + block.shape[2]].reshape(-1)))
            first += block.shape[2]
        return result

    def _Reshape(self, layer, value: Value) -> Value:
        target = tuple(layer.output.shape[1:])
        if target == tuple(layer.input.shape[1:]):
            return value
        if len(target) != 1:
            raise self._refused(layer, "keeps the shape or flattens", target)
        return self._Flatten(layer, value)

    def _ZeroPadding2D(self, layer, value: Value) -> Value:
        (top, bottom), (left, right) = layer.padding
        result = []
        for block in value:
            if any(term.kind != "identity" for term in block.terms):
                raise self._refused(layer, "pads what a ReLU gives", f"{block.name!r}, which is not that")
            bias = np.broadcast_to(block.bias, block.shape)
            shape = (block.shape[0] + top + bottom, block.shape[1] + left + right, block.shape[2])
            (a, b), (c, d) = block.padding
            bias = np.pad(bias, ((top, bottom), (left, right), (0, 0))) if block.bias.any() else np.zeros(1)
            result.append(replace(block, shape=shape, padding=((a + top, b + bottom), (c + left, d + right)), bias=bias))
        return result

    def _same(self, layer, value: Value) -> Value:
        return value

    _Dropout = _SpatialDropout2D = _GaussianNoise = _Softmax = _Activation = _QCFS = _KBitReLU = _same

    def _ReLU(self, layer, value: Value) -> Value:
        if np.any(layer.negative_slope) or np.any(layer.threshold):
            raise self._refused(layer, "must be a plain ReLU", f"negative_slope={layer.negative_slope}, threshold={layer.threshold}")
        return value

    def _MaxPooling2D(self, layer, value: Value) -> Value:
        return self._max_pool(layer, value, tuple(layer.pool_size), tuple(layer.strides), layer.padding)

    def _AveragePooling2D(self, layer, value: Value) -> Value:
        return self._average_pool(layer, value, tuple(layer.pool_size), tuple(layer.strides), layer.padding)

    def _GlobalAveragePooling2D(self, layer, value: Value) -> Value:
        size = value[0].shape[:2]
        pooled = self._average_pool(layer, value, size, size, "valid")
        return pooled if layer.keepdims else self._Flatten(layer, pooled)

    def _GlobalMaxPooling2D(self, layer, value: Value) -> Value:
        size = value[0].shape[:2]
        pooled = self._max_pool(layer, value, size, size, "valid")
        return pooled if layer.keepdims else self._Flatten(layer, pooled)


def _joined(inner, outer, layer, term: Term):
    """Padding of a convolution on a padded block."""
    if term.pooled is not None and outer != NO_PADDING:
        raise SpikewattError(f"convert: layer {layer.name!r}", "zero padding does not follow a merged average pool", outer)
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(inner, outer, strict=True))


def _taps(x: np.ndarray, geometry: Geometry, size):
    """((row, column), input under the tap) for all taps of a window over `x` (rows, columns, channels), zero padded."""
    padded = np.pad(x, (*geometry.padding, (0, 0)))
    for a in range(geometry.window[0]):
        for b in range(geometry.window[1]):
            rows = slice(a, a + (size[0] - 1) * geometry.strides[0] + 1, geometry.strides[0])
            columns = slice(b, b + (size[1] - 1) * geometry.strides[1] + 1, geometry.strides[1])
            yield (a, b), padded[rows, columns]


def _convolved_bias(block: Block, geometry: Geometry, size, kernel: np.ndarray, channels: str) -> np.ndarray:
    """What the bias of `block` becomes behind a convolution: under zero padding it depends on the position."""
    if not block.bias.any():
        return np.zeros(1)
    subscripts = "yxc,co->yxo" if channels == "all" else "yxc,cm->yxcm"
    bias = np.broadcast_to(block.bias, block.shape)
    total = sum(np.einsum(subscripts, tap, kernel[at]) for at, tap in _taps(bias, geometry, size))
    return np.asarray(total).reshape(*size, -1)


def _averaged(block: Block, geometry: Geometry, shape) -> np.ndarray:
    """Mean of the bias over each window, padding left out as Keras does."""
    if block.bias.ndim <= 1:
        return block.bias
    bias = np.broadcast_to(block.bias, block.shape)
    total = sum(tap for _, tap in _taps(bias, geometry, shape[:2]))
    inside = sum(tap for _, tap in _taps(np.ones(block.shape), geometry, shape[:2]))
    return np.asarray(total / inside)
