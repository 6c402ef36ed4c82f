"""The connections of a SpikingNetwork as TensorFlow operations on whole batches; every sum is exact in the chosen precision."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...network.connection import Connection
from ...network.geometry import Geometry, pooled_shape
from ...network.spiking_network import SpikingNetwork


def import_tensorflow() -> Any:
    """The module tensorflow, with TF32 off: its 10-bit products would not be exact."""
    from ....models.keras_backend import import_keras

    import_keras()
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)
    return tf


def _taps(x, geometry: Geometry, size: tuple[int, ...], tf):
    """The input under each tap of a window at all its positions, one tensor (batch, rows, columns, channels) per tap."""
    padded = (
        tf.pad(x, [[0, 0], *map(list, geometry.padding), [0, 0]]) if np.any(geometry.padding) else x
    )
    (rows, columns), (down, right) = size, geometry.strides
    for a in range(geometry.window[0]):
        for b in range(geometry.window[1]):
            yield padded[
                :, a : a + (rows - 1) * down + 1 : down, b : b + (columns - 1) * right + 1 : right
            ]


class Operator:
    """One connection: ``operator(x)`` maps (batch, *pre shape) to (batch, *post shape)."""

    def __init__(self, network: SpikingNetwork, connection: Connection, dtype):
        self.connection, self.dtype = connection, dtype
        self.pre_shape, self.post_shape = (
            network.population(connection.pre).shape,
            network.population(connection.post).shape,
        )
        self.seen = pooled_shape(connection, self.pre_shape)
        self.weights = None if connection.weights is None else connection.weights.astype(dtype)

    def __call__(self, x) -> Any:
        """Weighted sums (max_pool: largest value of each window)."""
        tf, c = import_tensorflow(), self.connection
        x = tf.reshape(x, (-1, *self.pre_shape))
        if c.pooled is not None:
            x = tf.add_n(list(_taps(x, c.pooled, self.seen[:2], tf)))
        if c.kind == "dense":
            return tf.matmul(tf.reshape(x, (-1, int(np.prod(self.seen)))), self.weights)
        if c.kind == "identity":
            return x * self.weights
        g = c.geometry
        assert g is not None
        if c.kind == "pool":
            return tf.add_n(list(_taps(x, g, self.post_shape[:2], tf)))
        if c.kind == "max_pool":
            largest = None
            for tap in _taps(x, g, self.post_shape[:2], tf):
                largest = tap if largest is None else tf.maximum(largest, tap)
            return largest
        if c.kind == "depthwise":
            assert self.weights is not None
            total = 0.0
            for i, tap in enumerate(_taps(x, g, self.post_shape[:2], tf)):
                weight = self.weights[i // g.window[1], i % g.window[1]]
                total = total + tap[..., None] * weight
            return tf.reshape(total, (-1, *self.post_shape))
        padding = [[0, 0], *map(list, g.padding), [0, 0]]
        if g.strides[0] == g.strides[1]:
            return tf.nn.conv2d(x, self.weights, strides=g.strides, padding=padding)
        # oneDNN's convolution gives wrong sums at strides (1, 2) of one channel onto one column.
        return tf.nn.conv2d(x, self.weights, strides=1, padding=padding)[
            :, :: g.strides[0], :: g.strides[1]
        ]
