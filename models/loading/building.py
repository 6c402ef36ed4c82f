"""Keras layers from arrays: what graphs of other formats are rebuilt with."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ..keras_backend import import_keras

Pads = tuple[tuple[int, int], ...]


class Builder:
    """Makes layers, numbers their names, and keeps their weights until the model stands.

    Images are (rows, columns, channels). Each method takes a Keras tensor and returns one.
    """

    def __init__(self) -> None:
        self.layers = import_keras().layers
        self.count: Counter[str] = Counter()
        self.weights: list[tuple[Any, list[np.ndarray]]] = []

    def name(self, kind: str) -> str:
        """The next name for a layer of a kind.

        >>> builder = Builder()
        >>> builder.name("dense"), builder.name("dense")
        ('dense1', 'dense2')
        """
        self.count[kind] += 1
        return f"{kind}{self.count[kind]}"

    def input(self, shape: tuple[int, ...]):
        """An input of the model."""
        return self.layers.Input(shape, name=self.name("input"))

    def model(self, inputs: list, outputs: list, name: str):
        """The finished model, with its weights."""
        one_input = inputs[0] if len(inputs) == 1 else inputs
        one_output = outputs[0] if len(outputs) == 1 else outputs
        model = import_keras().Model(one_input, one_output, name=name)
        for layer, arrays in self.weights:
            layer.set_weights(arrays)
        return model

    def _with_weights(self, layer, x, arrays: list[np.ndarray | None]):
        made = layer(x)
        kept = [np.asarray(array, np.float32) for array in arrays if array is not None]
        self.weights.append((layer, kept))
        return made

    # Layers with weights.

    def dense(self, x, kernel: np.ndarray, bias: np.ndarray | None):
        """x kernel + bias; kernel (inputs, outputs)."""
        layer = self.layers.Dense(
            kernel.shape[-1],
            use_bias=bias is not None,
            name=self.name("dense"),
        )
        return self._with_weights(layer, x, [kernel, bias])

    def conv(self, x, kernel: np.ndarray, bias: np.ndarray | None, groups: int = 1, **window):
        """A convolution; kernel (*window, channels / groups, filters)."""
        size = kernel.shape[:-2]
        kind = self.layers.Conv1D if len(size) == 1 else self.layers.Conv2D
        layer = kind(
            kernel.shape[-1],
            size,
            groups=groups,
            use_bias=bias is not None,
            name=self.name("conv"),
            **window,
        )
        return self._with_weights(layer, x, [kernel, bias])

    def depthwise(self, x, kernel: np.ndarray, bias: np.ndarray | None, **window):
        """A convolution of each channel; kernel (rows, columns, channels, multiplier)."""
        layer = self.layers.DepthwiseConv2D(
            kernel.shape[:2],
            depth_multiplier=kernel.shape[-1],
            use_bias=bias is not None,
            name=self.name("depthwise"),
            **window,
        )
        return self._with_weights(layer, x, [kernel, bias])

    def scale(self, x, scale: np.ndarray, shift: np.ndarray):
        """x · scale + shift per channel, as the batch normalisation that does it."""
        channels = x.shape[-1]
        gamma, beta = (np.broadcast_to(array, (channels,)) for array in (scale, shift))
        layer = self.layers.BatchNormalization(epsilon=0.0, name=self.name("scale"))
        none, one = np.zeros(channels), np.ones(channels)
        return self._with_weights(layer, x, [gamma, beta, none, one])

    # Layers without.

    def relu(self, x, largest: float | None = None, slope: float = 0.0):
        """max(x, 0), at most `largest`, and `slope` · x below zero."""
        layer = self.layers.ReLU(largest, negative_slope=slope, name=self.name("relu"))
        return layer(x)

    def softmax(self, x):
        """Shares of classes."""
        return self.layers.Softmax(name=self.name("softmax"))(x)

    def activation(self, x, function: str):
        """A Keras activation function by name."""
        return self.layers.Activation(function, name=self.name(function))(x)

    def pool(self, x, kind: str, size: tuple[int, ...], **window):
        """``average`` or ``max`` over windows."""
        dimensions = f"{len(size)}D"
        title = {"average": "AveragePooling", "max": "MaxPooling"}[kind]
        layer = getattr(self.layers, title + dimensions)
        return layer(size, name=self.name(kind), **window)(x)

    def global_average(self, x, keepdims: bool):
        """The mean over all positions of an image or of frames."""
        dimensions = f"{len(x.shape) - 2}D"
        layer = getattr(self.layers, f"GlobalAveragePooling{dimensions}")
        return layer(keepdims=keepdims, name=self.name("mean"))(x)

    def pad(self, x, around: Pads):
        """Zeros around rows and columns."""
        if not np.any(around):
            return x
        one_axis = len(around) == 1
        layer = self.layers.ZeroPadding1D if one_axis else self.layers.ZeroPadding2D
        return layer(around[0] if one_axis else around, name=self.name("pad"))(x)

    def reshape(self, x, shape: tuple[int, ...]):
        """The same values in another shape of a sample."""
        if tuple(x.shape[1:]) == shape:
            return x
        if len(shape) == 1:
            return self.layers.Flatten(name=self.name("flatten"))(x)
        return self.layers.Reshape(shape, name=self.name("reshape"))(x)

    def permute(self, x, order: tuple[int, ...]):
        """Axes of a sample in another order, counted from 1."""
        if order == tuple(range(1, len(order) + 1)):
            return x
        return self.layers.Permute(order, name=self.name("permute"))(x)

    def merge(self, kind: str, parts: list, **options):
        """``add``, ``subtract``, ``multiply``, ``maximum`` or ``concatenate`` of tensors."""
        layer = getattr(self.layers, kind.capitalize())
        return layer(name=self.name(kind), **options)(parts)
