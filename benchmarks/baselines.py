"""What a user would write by hand in TensorFlow: one pass of the network, and a loop over steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from spikewatt.models.keras_backend import import_keras
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.connection_kinds import Conv2D, Dense, Pool
from spikewatt.sim.network.spiking_network import SpikingNetwork

Batch = Callable[[np.ndarray], np.ndarray]


def ann_pass(model) -> Batch:
    """The Keras network itself, compiled (jit_compile=True)."""
    tf = _tensorflow()

    @tf.function(jit_compile=True)
    def run(x):
        return model(x, training=False)

    return lambda x: run(tf.constant(x, tf.float32)).numpy()


def plain_loop(network: SpikingNetwork, steps: int) -> Batch:
    """A compiled loop of a chain under the rate code: no traces, only the last potentials.

    What an analog input sends is summed once, before the loop.

    Parameters
    ----------
    network : SpikingNetwork, a chain of dense, convolutional and average-pooled layers.
    steps : int, T.

    Returns
    -------
    callable
        Integer inputs (images, rows, columns, channels) in float32 -> potentials of the read-out.
    """
    tf = _tensorflow()
    analog = network.input_code.analog
    layers = network.populations[1:] if analog else network.populations
    arrows = network.connections[1:] if analog else network.connections
    sums = [_operation(connection) for connection in arrows]
    first = _operation(network.connections[0]) if analog else _unchanged

    thresholds = [_number(p.threshold) for p in layers]
    biases = [_number(p.bias) for p in layers]
    starts = [np.broadcast_to(_number(p.initial_potential), p.shape) for p in layers]

    @tf.function(jit_compile=True)
    def run(pixels):
        batch = tf.shape(pixels)[0]
        driven = first(pixels)
        potentials = [tf.zeros((batch, *at.shape)) + at for at in starts]

        def step(t, *old):
            new, drive = [], driven
            for i, potential in enumerate(old):
                charged = potential + drive + biases[i]
                if i == len(sums):
                    new.append(charged)
                    break
                spikes = tf.cast(charged >= thresholds[i], tf.float32)
                new.append(charged - thresholds[i] * spikes)
                drive = sums[i](spikes)
            return (t + 1, *new)

        return tf.while_loop(lambda t, *_: t < steps, step, (0, *potentials))[-1]

    return lambda pixels: run(tf.constant(pixels, tf.float32)).numpy()


def _tensorflow():
    import_keras()
    import tensorflow as tf

    return tf


def _number(values) -> np.ndarray:
    return np.asarray(values, np.float32)


def _unchanged(x):
    return x


def _operation(connection: Connection):
    """The sums of one connection as TensorFlow computes them."""
    return OPERATIONS[type(connection.kind)](connection)


def _dense(connection: Connection):
    tf, weights = _tensorflow(), _number(connection.weights)
    return lambda x: tf.matmul(tf.reshape(x, (-1, weights.shape[0])), weights)


def _convolution(connection: Connection):
    tf, weights = _tensorflow(), _number(connection.weights)
    geometry = connection.geometry
    assert geometry is not None
    padding = [(0, 0), *geometry.padding, (0, 0)]
    return lambda x: tf.nn.conv2d(x, weights, geometry.strides, padding)


def _pool(connection: Connection):
    tf, geometry = _tensorflow(), connection.geometry
    assert geometry is not None
    assert geometry.window == geometry.strides
    rows, columns = geometry.window

    def pool(x):
        _, height, width, channels = x.shape
        windows = (-1, height // rows, rows, width // columns, columns, channels)
        return tf.reduce_sum(tf.reshape(x, windows), axis=(2, 4))

    return pool


OPERATIONS = {Dense: _dense, Conv2D: _convolution, Pool: _pool}
