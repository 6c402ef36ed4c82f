"""Activation functions that can be read, known by what they are."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from ....models.keras_backend import import_keras


@dataclass(frozen=True)
class Function:
    """An activation function.

    Parameters
    ----------
    name : str
        In `keras.activations`, `keras.ops` and `tensorflow.nn`.
    rectifies : bool, default False
        max(x, 0).
    maximum : float, default None
        Its cap.
    squashes : bool, default False
        A softmax or sigmoid: it keeps the order, so that an output needs none.
    """

    name: str
    rectifies: bool = False
    maximum: float | None = None
    squashes: bool = False


FUNCTIONS = (
    Function("linear"),
    Function("relu", rectifies=True),
    Function("relu6", rectifies=True, maximum=6.0),
    Function("softmax", squashes=True),
    Function("sigmoid", squashes=True),
)


def known_function(function) -> Function | None:
    """What a function is, by identity: its `__name__` may be that of another one."""
    if function is None:
        return None

    keras = import_keras()
    if isinstance(function, keras.layers.Layer):
        return None

    tensorflow = sys.modules.get("tensorflow")
    modules = (keras.activations, keras.ops, getattr(tensorflow, "nn", None))

    for known in FUNCTIONS:
        if any(function is getattr(module, known.name, None) for module in modules):
            return known

    return None


def described(function) -> str:
    """A function that is not known, for an error."""
    name = getattr(function, "__name__", str(function))
    if any(name == known.name for known in FUNCTIONS):
        return f"{name} of {function.__module__}, which is not that of Keras"
    return name


def squashed_by(layer) -> str:
    """``softmax`` or ``sigmoid`` where that is the last thing that a layer does, else nothing."""
    name = type(layer).__name__.lower()
    if isinstance(layer, import_keras().layers.Softmax):
        return "softmax"
    if type(layer).__module__ == "keras.src.ops.nn" and name in ("softmax", "sigmoid"):
        return name

    function = known_function(getattr(layer, "activation", None))
    return function.name if function is not None and function.squashes else ""
