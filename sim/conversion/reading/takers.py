"""What takes a tensor: whether it looks at values above zero only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....models.keras_backend import import_keras
from .functions import known_function
from .layers.shapes import NOTHING_AT_INFERENCE
from .nested import layer_of
from .registry import is_keras_layer, is_operation

PASS_ON = ("Flatten", "Reshape", *NOTHING_AT_INFERENCE)

FAR = 64  # populations; beyond it a count makes no difference


def is_rectified(tensor, takers_of: Callable[[Any], list[Any]], outputs: list[Any]) -> bool:
    """Whether everything that takes `tensor` takes max(tensor, 0).

    Parameters
    ----------
    tensor : Keras tensor
        What a layer gives.
    takers_of : function
        Takes a tensor, returns what came out of the calls that take it.
    outputs : list of Keras tensor
        Of the model: what is read out is not rectified.
    """
    read_out = {id(output) for output in outputs}
    waiting = [tensor]

    while waiting:  # a stack of our own: deep networks exceed the one of Python
        taken = waiting.pop()
        takers = takers_of(taken)
        if not takers or id(taken) in read_out:
            return False

        for taker in takers:
            layer = layer_of(taker)
            if is_keras_layer(layer) and type(layer).__name__ in PASS_ON:
                waiting.append(taker)
            elif not _rectifies(layer):
                return False

    return True


def _rectifies(layer) -> bool:
    """Whether a layer looks at what is above zero only."""
    name = type(layer).__name__
    if is_operation(layer):
        plain = not np.any(getattr(layer, "negative_slope", 0.0))
        plain = plain and not np.any(getattr(layer, "threshold", 0.0))
        return name in ("Relu", "Relu6") or (name == "ReLU" and plain)
    if not is_keras_layer(layer):
        return False
    if name == "ReLU":
        return not np.any(layer.negative_slope) and not np.any(layer.threshold)
    if name in ("QCFS", "KBitReLU"):
        return True
    if name != "Activation":
        return False

    function = layer.activation
    if isinstance(function, import_keras().layers.Layer):
        return False
    known = known_function(function)
    return known is not None and known.rectifies


LINEAR = (
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Rescaling",
    "Subtract",
    "ZeroPadding1D",
    "ZeroPadding2D",
    *PASS_ON,
)


def reach(tensor, takers_of: Callable[[Any], list[Any]]) -> int:
    """How many populations would sum what `tensor` is the sum of, at most `FAR`.

    Parameters
    ----------
    tensor : Keras tensor
        What a layer gives.
    takers_of : function
        Takes a tensor, returns what came out of the calls that take it.
    """
    found = 0
    seen = {id(tensor)}
    waiting = [tensor]

    while waiting and found < FAR:
        for taker in takers_of(waiting.pop()):
            if id(taker) in seen:
                continue
            seen.add(id(taker))
            layer = layer_of(taker)
            passes = is_operation(layer) or is_keras_layer(layer)
            if passes and type(layer).__name__ in LINEAR and takers_of(taker):
                waiting.append(taker)
            else:
                found += 1

    return found
