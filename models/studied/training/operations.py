"""Synaptic operations as a part of the loss, so that a network learns to fire less."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import SpikewattError
from ...keras_backend import import_keras

MILLION = 1e6


class OperationsPenalty:
    """Synaptic operations of hidden spikes per image, if each level of an activation is a spike.

    Parameters
    ----------
    model : Keras model
        A chain: each activation with few levels is followed by one layer with weights.

    Raises
    ------
    SpikewattError : a layer with another place.
    """

    def __init__(self, model):
        keras = import_keras()
        weighted = (keras.layers.Conv2D, keras.layers.Dense)
        self.outputs: list[Any] = []
        self.weights: list[Any] = []

        firing = None
        for layer in model.layers:
            if isinstance(layer, weighted) and firing is not None:
                step = firing.largest / firing.levels
                self.outputs.append(firing.output)
                self.weights.append(targets(layer, firing.output.shape) / step)
                firing = None
            elif hasattr(layer, "levels"):
                firing = layer
            elif firing is not None and not isinstance(layer, keras.layers.Flatten):
                raise SpikewattError(
                    where=f"layer {layer.name!r}",
                    law="counts operations after activations that weights follow",
                    got=type(layer).__name__,
                )

    def of(self, activations, samples: int):
        """Millions of operations per image.

        Parameters
        ----------
        activations : list of tensor
            What `outputs` are for a batch.
        """
        ops = import_keras().ops
        sums = [ops.sum(a * w) for a, w in zip(activations, self.weights, strict=True)]
        return sum(sums) / (samples * MILLION)


def targets(layer, shape) -> np.ndarray:
    """Synapses of each neuron before a layer, exact at borders.

    Parameters
    ----------
    layer : Conv2D or Dense
    shape : (None, rows, columns, channels)
        Of what comes in.

    Returns
    -------
    float32 (rows, columns, 1) or scalar
    """
    keras = import_keras()
    if isinstance(layer, keras.layers.Dense):
        return np.asarray(layer.units, np.float32)

    import tensorflow as tf

    image = tf.ones((1, shape[1], shape[2], 1))
    window = tf.ones((*layer.kernel_size, 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        sums = tf.nn.conv2d(image, window, layer.strides, layer.padding.upper())
    return np.asarray(tape.gradient(sums, image))[0] * np.float32(layer.filters)
