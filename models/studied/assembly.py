"""A Keras model in the making, which knows the keys of its weights."""

from __future__ import annotations

from collections.abc import Mapping

from ..keras_backend import import_keras
from .activations import Activation

NORM_EPSILON = 1e-5
NORM_KEYS = ("gamma", "beta", "mean", "variance")


class Assembly:
    """Layers put one after the other.

    Parameters
    ----------
    activation : Activation
        After every layer.
    folded : bool
        Whether batch norm before activations was folded into weights and biases.
    clips : mapping of str to float
        Largest values of trained activations, by the key of their layer.

    Attributes
    ----------
    placed : list of (Keras layer, keys)
        Layers with weights, and the keys of their arrays in the order that Keras has.
    """

    def __init__(self, activation: Activation, folded: bool, clips: Mapping[str, float]):
        self.layers = import_keras().layers
        self.activation = activation
        self.folded = folded
        self.clips = clips
        self.placed: list[tuple] = []

    # Kinds of layers, yet without name and bias

    def convolution(self, filters: int, window: int, stride: int = 1, padding: str = "same"):
        """A function that makes a convolution."""
        return lambda **options: self.layers.Conv2D(
            filters, window, strides=stride, padding=padding, **options
        )

    def depthwise(self, window: int, stride: int):
        """A function that makes a depthwise convolution."""
        return lambda **options: self.layers.DepthwiseConv2D(
            window, strides=stride, padding="same", **options
        )

    def dense(self, neurons: int):
        """A function that makes a dense layer."""
        return lambda **options: self.layers.Dense(neurons, **options)

    # Layers

    def unit(self, x, key: str, kind, bias=False, norm=None, fires=True, shares_bias=False):
        """A layer with weights, its batch norm and its activation.

        Parameters
        ----------
        key : str
            Under which its weights are kept.
        kind : function
            Makes the Keras layer.
        norm : str or None
            Batch norm ``before`` or ``after`` the activation.
        fires : bool
            Whether the activation follows.
        shares_bias : bool
            Whether it ends in a sum of which another layer has the bias, once norms are folded.
        """
        norm_before = norm == "before" and not self.folded
        has_bias = bias
        if self.folded:
            has_bias = (bias or norm == "before") and not shares_bias

        layer = kind(name=_named(key), use_bias=has_bias)
        x = self._place(layer, x, key, ("kernel", "bias") if has_bias else ("kernel",))
        if norm_before:
            x = self._norm(x, key)
        if fires:
            x = self.fire(x, key)
        return self._norm(x, key) if norm == "after" else x

    def fire(self, x, key: str):
        """The activation of the network."""
        layer = self.activation.layer(_named(key), self.clips.get(key))
        x = layer(x)
        if layer.trainable_weights:
            self.placed.append((layer, (f"{key}.clip",)))
        return x

    def sum(self, key: str, *branches):
        """Branches of the same shape, added."""
        return self.layers.Add(name=f"{_named(key)}_add")(list(branches))

    def dropout(self, key: str, share: float, x):
        """Values that training drops at random."""
        return self.layers.Dropout(share, name=f"{_named(key)}_dropout")(x)

    def output(self, x, key: str, classes: int, bias: bool):
        """Probabilities of the classes."""
        layer = self.layers.Dense(classes, activation="softmax", use_bias=bias, name="output")
        return self._place(layer, x, key, ("kernel", "bias") if bias else ("kernel",))

    def _norm(self, x, key: str):
        layer = self.layers.BatchNormalization(epsilon=NORM_EPSILON, name=f"{_named(key)}_bn")
        return self._place(layer, x, key, NORM_KEYS)

    def _place(self, layer, x, key: str, arrays: tuple[str, ...]):
        y = layer(x)
        self.placed.append((layer, tuple(f"{key}.{array}" for array in arrays)))
        return y


def _named(key: str) -> str:
    """The Keras name of a layer: it has no dots.

    >>> _named("layer3.a")
    'layer3_a'
    """
    return key.replace(".", "_")
