"""A chain of layers as the study wrote it: the ReLU a part of the layer before."""

from __future__ import annotations

from typing import Any

from ....models.keras_backend import import_keras


def joined(model) -> Any:
    """The same function, with each ReLU layer as the activation of the layer before it.

    ANNarchy's converter lowers a threshold by 0.05 for each layer of Keras in front of it, those
    that it skips included: a network with layers of its own for its activations would get other
    thresholds than the study's. Networks that branch, and a ReLU after batch norm, stay as they
    are.

    Parameters
    ----------
    model : Keras model

    Returns
    -------
    Keras model
        Functional, with its weights.
    """
    keras = import_keras()
    layers = list(model.layers)
    if not _is_chain(layers):
        return keras.Model(model.inputs, model.outputs)

    made = x = keras.Input(model.inputs[0].shape[1:], name=layers[0].name)
    weights = []
    for layer, following in zip(layers[1:], [*layers[2:], None], strict=True):
        if _is_relu(layer) and _takes_activation(layers[layers.index(layer) - 1]):
            continue
        config = layer.get_config()
        if _takes_activation(layer) and following is not None and _is_relu(following):
            config["activation"] = "relu"
        new = type(layer).from_config(config)
        x = new(x)
        weights.append((new, layer.get_weights()))

    for new, values in weights:
        new.set_weights(values)
    return keras.Model(made, x, name=model.name)


def _is_chain(layers) -> bool:
    return all(len(layer._inbound_nodes) == 1 for layer in layers) and all(
        len(layer._inbound_nodes[0].parent_nodes) == 1 for layer in layers[1:]
    )


def _is_relu(layer) -> bool:
    layers = import_keras().layers
    if isinstance(layer, layers.Activation):
        return layer.get_config()["activation"] == "relu"
    return isinstance(layer, layers.ReLU) and layer.max_value is None and not layer.threshold


def _takes_activation(layer) -> bool:
    """Whether it is linear, and could have an activation."""
    layers = import_keras().layers
    linear = isinstance(layer, layers.Conv2D | layers.Dense)
    return linear and layer.get_config()["activation"] == "linear"
