"""Read a Keras graph into populations and the sums that feed them; whatever is not understood is an error.

Batch norm, padding, average pooling, addition and concatenation only rewrite values (linear_layers.py); a ReLU, a pool or an output
closes a value into a population.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError, check_name
from ...models.keras_backend import import_keras
from ..network.geometry import Geometry
from .graph_values import NO_PADDING, Block, Emit, Node, Term, Value, refused, taps
from .linear_layers import LinearLayers


class GraphReader(LinearLayers):
    """Walks a Keras model from its outputs, and emits its populations in topological order.

    Parameters
    ----------
    emit : see `Emit`. merge_pools : sum average pools into the next layer's weights, instead of making them populations.
    negative : whether inputs may be below zero, so that a ReLU on them does something.
    flips : whether a max pool over a negative scale may become a min pool (exact codes only).
    """

    def __init__(self, model, emit: Emit, merge_pools: bool, flips: bool, negative: bool):
        keras = import_keras()
        from ...models.quantised_layers import LAYERS

        self.quantised = LAYERS
        self.keras, self.layers, self.emit = keras, keras.layers, emit
        self.merge_pools, self.flips, self.negative = merge_pools, flips, negative
        self.names: dict[str, int] = {}
        self.values: dict[int, Value] = {}
        self.used: set[str] = set()
        if (
            not isinstance(model, keras.Model)
            or not getattr(model, "built", False)
            or not getattr(model, "outputs", None)
        ):
            raise SpikewattError(
                "convert.model",
                "must be a built Keras 3 Sequential or functional model",
                type(model).__name__,
            )
        for tensor in model.inputs:
            self.values[id(tensor)] = self._input(tensor)
        for tensor in model.outputs:
            self._output(tensor)
        for layer in model.layers:
            if not isinstance(layer, self.layers.InputLayer) and layer.name not in self.used:
                raise refused(
                    layer,
                    "must lie on the way from an input to an output",
                    "a layer that nothing reads",
                )

    def _name(self, name: str) -> str:
        """`name`, numbered where a shared layer makes several populations."""
        check_name(f"convert: layer {name!r}", name)
        self.names[name] = self.names.get(name, 0) + 1
        return name if self.names[name] == 1 else f"{name}.{self.names[name]}"

    def _input(self, tensor) -> Value:
        shape = tuple(tensor.shape[1:])
        if not shape or None in shape or len(shape) not in (1, 3):
            raise SpikewattError(
                "convert.model", "inputs are (rows, columns, channels) or (n,)", tensor.shape
            )
        name = self._name("input")
        unit, _ = self.emit(Node(name, "input", shape, tensor=tensor))
        columns = np.arange(shape[0]) if len(shape) == 1 else None
        return [Block(shape, (Term(name, "identity", unit),), np.zeros(1), name, columns=columns)]

    def _output(self, tensor) -> None:
        """Close the value of an output tensor into a read-out."""
        layer = tensor._keras_history[0]
        if (
            isinstance(layer, self.layers.Softmax)
            or getattr(getattr(layer, "activation", None), "__name__", "") == "softmax"
        ):
            value = self.read(tensor, final=True)
        else:
            value = self.read(tensor)
        if len(tensor.shape) != 2:
            raise SpikewattError(
                "convert.model",
                "has flat outputs, one value per class",
                tensor.shape,
                "Flatten and Dense at the end",
            )
        if len(value) != 1 or any(term.kind == "identity" for term in value[0].terms):
            raise SpikewattError("convert.model", "ends with a linear or softmax layer, whose potential is read out", f"{layer.name!r}",
                                 "Dense without ReLU at the end")  # fmt: skip
        block = value[0]
        self.emit(
            Node(self._name(block.name), "readout", block.shape, block.terms, block.bias, tensor)
        )

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
        own = ours or getattr(self.layers, type(layer).__name__, None) is type(
            layer
        )  # a subclass may compute something else
        if method is None or not own:
            raise refused(layer, "must be a supported layer", type(layer).__name__)
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise refused(layer, "data_format must be channels_last", layer.data_format)
        if getattr(layer, "quantization_mode", None) is not None:
            raise refused(
                layer,
                "its weights must not be quantised",
                layer.quantization_mode,
                "a float network; see weight_bits",
            )
        value = method(layer, *inputs)
        activation = getattr(layer, "activation", None)
        if activation is not None:
            value = self._activate(layer, activation, value, tensor, final)
        elif ours:
            value = self._relu(layer, value, tensor, float(layer.largest), int(layer.levels))
        elif isinstance(layer, self.layers.ReLU):
            value = self._relu(layer, value, tensor, layer.max_value)
        elif isinstance(layer, self.layers.Softmax) and not final:
            raise refused(layer, "must be the last layer", "another place")
        for block in value:
            if (
                not all(np.isfinite(term.weights).all() for term in block.terms)
                or not np.isfinite(block.bias).all()
            ):
                raise refused(
                    layer, "its weights must be finite", "NaN or infinity", "finite weights"
                )
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
            raise refused(layer, "activation must be supported", name)
        return self._relu(layer, value, tensor, 6.0 if name == "relu6" else None)

    def _relu(self, layer, value: Value, tensor, maximum: float | None, levels: int = 0) -> Value:
        """One population per block; a value that is a population's own spikes already is left as it is."""
        result, first = [], 0
        for block in value:
            channels = slice(first, first + block.shape[-1])
            first += block.shape[-1]
            signed = (
                self.negative and block.plain and block.terms[0].source.split(".")[0] == "input"
            )
            if (
                block.plain
                and maximum is None
                and (block.terms[0].weights >= 0).all()
                and not block.bias.any()
                and not signed
            ):
                result.append(block)
                continue
            if block.padding != NO_PADDING:
                raise refused(
                    layer, "zero padding stands in front of a convolution or pool", "a ReLU"
                )
            name = self._name(layer.name if signed else block.name)
            unit, _ = self.emit(
                Node(
                    name,
                    "relu",
                    block.shape,
                    block.terms,
                    block.bias,
                    tensor,
                    channels,
                    maximum,
                    levels=levels,
                )
            )
            result.append(replace(block, terms=(Term(name, "identity", unit),), bias=np.zeros(1)))
        return result

    def _max_pool(self, layer, value: Value, window, strides, mode: str) -> Value:
        result = []
        for block in value:
            if not block.plain or block.padding != NO_PADDING or block.bias.ndim > 1:
                raise refused(
                    layer, "pools what a ReLU gives", f"{block.name!r}, which is not that"
                )
            term = block.terms[0]
            if (term.weights < 0).any():
                if not self.flips:
                    law = "a channel with a negative scale in front needs a min pool"
                    raise refused(
                        layer,
                        law,
                        f"{int((term.weights < 0).sum())} such channels",
                        "code='radix' or 'sync_rate'",
                    )
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
                raise refused(
                    layer, "pools what a ReLU gives", f"{block.name!r}, which is not that"
                )
            geometry = Geometry.of_keras(mode, block.shape[:2], window, strides)
            shape = (*geometry.output_size(block.shape[:2]), block.shape[2])
            apart = all(s >= w for s, w in zip(geometry.strides, geometry.window, strict=True))
            bias = _averaged(block, geometry, shape)
            if self.merge_pools and apart and geometry.padding == NO_PADDING:
                summed = replace(geometry, padding=block.padding)
                size = float(np.prod(window))
                terms = tuple(
                    replace(term, weights=term.weights / size, pooled=summed)
                    for term in block.terms
                )
                result.append(Block(shape, terms, bias, layer.name))
                continue
            if not block.plain or block.padding != NO_PADDING:
                raise refused(
                    layer,
                    "a pool that cannot be merged pools the spikes of one population",
                    f"{block.name!r}",
                )
            name = self._name(layer.name)
            self.emit(Node(name, "pool", shape, block.terms, geometry=geometry))
            result.append(
                Block(shape, (Term(name, "identity", block.terms[0].weights),), bias, layer.name)
            )
        return result

    # Layers by name.

    def _same(self, layer, value: Value) -> Value:
        return value

    _Dropout = _SpatialDropout2D = _GaussianNoise = _Softmax = _Activation = _QCFS = _KBitReLU = (
        _same
    )

    def _ReLU(self, layer, value: Value) -> Value:
        if np.any(layer.negative_slope) or np.any(layer.threshold):
            raise refused(
                layer,
                "must be a plain ReLU",
                f"negative_slope={layer.negative_slope}, threshold={layer.threshold}",
            )
        return value

    def _MaxPooling2D(self, layer, value: Value) -> Value:
        return self._max_pool(
            layer, value, tuple(layer.pool_size), tuple(layer.strides), layer.padding
        )

    def _AveragePooling2D(self, layer, value: Value) -> Value:
        return self._average_pool(
            layer, value, tuple(layer.pool_size), tuple(layer.strides), layer.padding
        )

    def _GlobalAveragePooling2D(self, layer, value: Value) -> Value:
        size = value[0].shape[:2]
        pooled = self._average_pool(layer, value, size, size, "valid")
        return pooled if layer.keepdims else self._Flatten(layer, pooled)

    def _GlobalMaxPooling2D(self, layer, value: Value) -> Value:
        size = value[0].shape[:2]
        pooled = self._max_pool(layer, value, size, size, "valid")
        return pooled if layer.keepdims else self._Flatten(layer, pooled)


def _averaged(block: Block, geometry: Geometry, shape) -> np.ndarray:
    """Mean of the bias over each window, padding left out as Keras does."""
    if block.bias.ndim <= 1:
        return block.bias
    bias = np.broadcast_to(block.bias, block.shape)
    total = sum(tap for _, tap in taps(bias, geometry, shape[:2]))
    inside = sum(tap for _, tap in taps(np.ones(block.shape), geometry, shape[:2]))
    return np.asarray(total / inside)
