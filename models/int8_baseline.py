"""The int8 network that spikes are compared with: of any network, also one of few levels."""

from __future__ import annotations

import numpy as np

from .int8 import Int8Network, quantise_int8
from .keras_backend import import_keras

CLIPPED = (
    "int8 of activations that were trained with few levels: they are cut off at their largest "
    "level and not rounded, since int8 has levels of its own"
)


def int8_baseline(model, calibration: np.ndarray) -> Int8Network:
    """A Keras network as int8, as of `quantise_int8`; few levels become a clip.

    Nobody rounds an int8 network to fewer levels than int8 has, and there is no kernel that does.

    Parameters
    ----------
    model : Keras model
        With one input and one output.
    calibration : float (samples, ...)
        Inputs as the model takes them.

    Raises
    ------
    NoInt8KernelError
        A layer for which TensorFlow Lite has no int8 kernel.
    """
    return quantise_int8(clipped(model) if has_few_levels(model) else model, calibration)


def has_few_levels(model) -> bool:
    """Whether a network has `KBitReLU` or `QCFS` layers."""
    from .quantised_layers import LAYERS

    return any(isinstance(layer, LAYERS) for layer in model.layers)


def clipped(model):
    """The same network with min(max(x, 0), largest) in the place of activations of few levels.

    Examples
    --------
    >>> from .networks import build_network
    >>> few = build_network("mlp-4-3-2-k1", (2, 2, 1), 2)
    >>> [type(layer).__name__ for layer in clipped(few).layers]
    ['Flatten', 'Dense', 'ReLU', 'Dense']
    """
    from .quantised_layers import LAYERS

    keras = import_keras()

    def copied(layer):
        if isinstance(layer, LAYERS):
            return keras.layers.ReLU(max_value=layer.largest, name=layer.name)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=copied)
    for layer in copy.layers:
        if layer.weights:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return copy
