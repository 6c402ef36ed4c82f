"""The connections of a SpikingNetwork as TensorFlow operations on whole batches.

An operation is linear in what is sent and in the weights, of any type; whether its sums are exact
in that type is asked in kernels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import prod
from typing import Any

import numpy as np

from ...network.connection import Connection, Shape
from ...network.connection_kinds import (
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
)
from ...network.geometry import Geometry
from ...network.spiking_network import SpikingNetwork


@cache
def import_tensorflow() -> Any:
    """The module tensorflow, with TF32 off: its 10-bit products would not be exact."""
    from ....models.keras_backend import import_keras

    import_keras()
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)
    return tf


class Operator:
    """One connection: ``operator(x)`` maps (batch, *pre shape) to (batch, *post shape).

    Parameters
    ----------
    dtype : numpy type in which the sums are taken.
    """

    def __init__(self, network: SpikingNetwork, connection: Connection, dtype):
        pre = network.population(connection.pre).shape
        post = network.population(connection.post).shape
        self._between(connection, pre, post, dtype)

    @classmethod
    def between(cls, connection: Connection, pre: Shape, post: Shape, dtype) -> Operator:
        """That of a connection between populations of shapes `pre` and `post`."""
        operator = cls.__new__(cls)
        operator._between(connection, pre, post, dtype)
        return operator

    @classmethod
    def matrix(cls, weights: np.ndarray, dtype) -> Operator:
        """The product with a matrix (inputs, outputs), which is no connection of a network."""
        inputs, outputs = weights.shape
        connection = Connection("inputs", "outputs", Dense(), weights)
        return cls.between(connection, (inputs,), (outputs,), dtype)

    def _between(self, connection: Connection, pre: Shape, post: Shape, dtype) -> None:
        self.connection = connection
        self.pre_shape, self.post_shape = pre, post
        self.seen = connection.seen(self.pre_shape)
        self.weights = None
        if connection.weights is not None:
            self.weights = connection.weights.astype(dtype)
        self.apply = OPERATIONS[type(connection.kind)]

    def __call__(self, x) -> Any:
        """Weighted sums (max_pool: largest value of each window)."""
        return self.apply(self, self.before(x), self.weights)

    def before(self, x) -> Any:
        """What the weights see: `x`, summed over windows where a pool was merged into them."""
        tf = import_tensorflow()
        x = tf.reshape(x, (-1, *self.pre_shape))
        pooled = self.connection.pooled
        if pooled is None:
            return x
        under = taps(x, pooled, self.seen[:-1])
        return tf.add_n(list(under))

    def largest_row(self, weights: np.ndarray | None) -> int:
        """Largest Σ |w| of `weights` into one neuron, over what they see."""
        c = self.connection
        return c.kind.largest_row(weights, c.geometry)

    @property
    def numbers(self) -> np.ndarray:
        """The weights of a weighted connection."""
        assert self.weights is not None
        return self.weights

    @property
    def geometry(self) -> Geometry:
        """The window of a windowed connection."""
        assert self.connection.geometry is not None
        return self.connection.geometry


def taps(x, geometry: Geometry, positions: tuple[int, ...]) -> Iterator[Any]:
    """The input under each tap of a window at all its positions.

    One tensor (batch, *positions, channels) per tap.
    """
    tf = import_tensorflow()
    if geometry.padded:
        x = tf.pad(x, _around(geometry))

    for tap in np.ndindex(*geometry.window):
        under = []
        axes = zip(tap, geometry.dilation, positions, geometry.strides, strict=True)
        for place, apart, count, stride in axes:
            first = place * apart
            last = first + (count - 1) * stride
            under.append(slice(first, last + 1, stride))
        yield x[(slice(None), *under)]


def _around(geometry: Geometry) -> list[list[int]]:
    """Zeros before and after each axis of (batch, *axes, channels)."""
    padding = [list(pad) for pad in geometry.padding]
    return [[0, 0], *padding, [0, 0]]


def _dense(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    flat = tf.reshape(x, (-1, prod(operator.seen)))
    return tf.matmul(flat, weights)


def _identity(operator: Operator, x, weights) -> Any:
    return x * weights


def _pool(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    under = taps(x, operator.geometry, operator.post_shape[:-1])
    return tf.add_n(list(under))


def _max_pool(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    largest, *others = taps(x, operator.geometry, operator.post_shape[:-1])
    for tap in others:
        largest = tf.maximum(largest, tap)
    return largest


def _depthwise(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    axes = operator.geometry.axes
    by_tap = weights.reshape(-1, *weights.shape[axes:])
    under = taps(x, operator.geometry, operator.post_shape[:-1])

    products = []
    for tap, weight in zip(under, by_tap, strict=True):
        product = tap[..., None] * weight
        products.append(product)
    total = tf.add_n(products)
    return tf.reshape(total, (-1, *operator.post_shape))


def _conv2d(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    geometry = operator.geometry
    padding = _around(geometry)
    down, right = geometry.strides
    apart = geometry.dilation
    if down == right:
        return tf.nn.conv2d(x, weights, geometry.strides, padding, dilations=apart)

    # oneDNN's convolution gives wrong sums at strides (1, 2) of one channel onto one column.
    dense = tf.nn.conv2d(x, weights, strides=1, padding=padding, dilations=apart)
    return dense[:, ::down, ::right]


def _conv1d(operator: Operator, x, weights) -> Any:
    tf, g = import_tensorflow(), operator.geometry
    (before_after,), (stride,) = g.padding, g.strides
    padded = tf.pad(x, [[0, 0], list(before_after), [0, 0]])
    return tf.nn.conv1d(padded, weights, stride, "VALID", dilations=g.dilation)


def _grouped(operator: Operator, x, weights) -> Any:
    under = taps(x, operator.geometry, operator.post_shape[:-1])
    return _sum_of_groups(operator, under, weights)


def _sum_of_groups(operator: Operator, under: Iterator[Any], weights: np.ndarray) -> Any:
    tf = import_tensorflow()
    inside, outputs = weights.shape[-2:]
    groups = operator.seen[-1] // inside

    # Channels in of each group onto the channels out of it, tap by tap.
    by_tap = weights.reshape(-1, inside, groups, outputs // groups)
    products = []
    for tap, weight in zip(under, by_tap, strict=True):
        positions = tf.reshape(tap, (-1, groups, inside))
        products.append(tf.einsum("pgi,igo->pgo", positions, weight))
    total = tf.add_n(products)
    return tf.reshape(total, (-1, *operator.post_shape))


def _transposed(operator: Operator, x, weights) -> Any:
    tf = import_tensorflow()
    geometry = operator.geometry
    around = []

    # Zeros between the neurons and around them: then the window slides as in a convolution.
    for axis in range(geometry.axes):
        size, stride = x.shape[axis + 1], geometry.strides[axis]
        after_each = [[0, 0]] * (len(x.shape) + 1)
        after_each[axis + 2] = [0, stride - 1]
        apart = tf.pad(tf.expand_dims(x, axis + 2), after_each)
        shape = [-1, *x.shape[1:]]
        shape[axis + 1] = size * stride
        x = tf.reshape(apart, shape)

        reach = geometry.reach[axis] - 1
        before = geometry.padding[axis][0]
        room = operator.post_shape[axis] + before - size * stride
        around.append([reach, max(room, 0)])
    x = tf.pad(x, [[0, 0], *around, [0, 0]])
    cut = (slice(None), *(slice(before, None) for before, _ in geometry.padding))
    x = x[cut]

    window = tuple(range(geometry.axes))
    weights = np.flip(weights, window)
    one = Geometry(geometry.window, (1,) * geometry.axes, (), geometry.dilation)
    return _sum_of_groups(operator, taps(x, one, operator.post_shape[:-1]), weights)


OPERATIONS: dict[type, Callable[[Operator, Any, Any], Any]] = {
    Dense: _dense,
    Conv1D: _conv1d,
    Conv2D: _conv2d,
    Depthwise: _depthwise,
    GroupedConvolution: _grouped,
    TransposedConvolution: _transposed,
    Identity: _identity,
    Pool: _pool,
    MaxPool: _max_pool,
}
