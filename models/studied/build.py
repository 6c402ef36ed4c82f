"""A Keras model from an architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..keras_backend import import_keras
from .activations import Activation
from .assembly import Assembly
from .layers import Layer


def build(
    name: str,
    input_shape: tuple[int, ...],
    layers: Sequence[Layer],
    activation: Activation,
    folded: bool = False,
    clips: Mapping[str, float] | None = None,
):
    """An untrained Keras model, and where its weights go.

    Parameters
    ----------
    name : str
        Of the model.
    input_shape : (rows, columns, channels)
    layers : sequence of Layer
        From the pixels to the classes.
    activation : Activation
        After every layer.
    folded : bool, default False
        Whether batch norm before activations was folded into weights and biases.
    clips : mapping of str to float, optional
        Largest values of trained activations with few levels, by the key of their layer.

    Returns
    -------
    model : Keras model
        Functional, with a softmax at its end.
    placed : list of (Keras layer, keys)
        Layers with weights, and the keys of their arrays.
    """
    keras = import_keras()
    assembly = Assembly(activation, folded, clips or {})

    x = pixels = keras.layers.Input(input_shape, name="pixels")
    number = 0
    for index, layer in enumerate(layers):
        x = layer.add(assembly, x, index, number)
        number += layer.weighted
    return keras.Model(pixels, x, name=name), assembly.placed
