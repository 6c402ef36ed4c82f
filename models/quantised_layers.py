"""Activations with few levels, for quantisation-aware training: spikes can carry them exactly.

Importing this module imports Keras.
"""

from __future__ import annotations

import numpy as np

from ..errors import SpikewattError, whole_number
from .keras_backend import import_keras

keras = import_keras()

LEAST_CLIP = 1e-6  # below which λ does not count, so that nothing is divided by 0


@keras.saving.register_keras_serializable(package="spikewatt")
class QCFS(keras.layers.Layer):
    """Quantisation clip-floor-shift with a trained clip.

        y = λ clip(floor(x L / λ + 1/2) / L, 0, 1)

    Parameters
    ----------
    levels : int, default 4
        L, 1..65535.
    clip : float, default 8
        First value of λ, above 0.

    Raises
    ------
    SpikewattError : levels or clip out of range.

    References
    ----------
    Bu et al., Optimal ANN-SNN conversion for high-accuracy and ultra-low-latency spiking neural
    networks, ICLR 2022, doi:10.48550/arXiv.2303.04347.

    Examples
    --------
    >>> [float(y) for y in QCFS(levels=4, clip=8.0)(np.array([-1.0, 0.9, 1.0, 9.0]))]
    [0.0, 0.0, 2.0, 8.0]
    """

    def __init__(self, levels: int = 4, clip: float = 8.0, **kwargs):
        super().__init__(**kwargs)
        self.levels = whole_number("QCFS.levels", "must be a number of levels", levels, 1, 65_535)
        if not (isinstance(clip, int | float) and 0 < clip < np.inf):
            raise SpikewattError(
                where="QCFS.clip",
                law="is a value above 0",
                got=clip,
            )
        self.first_clip = float(clip)

    def build(self, input_shape):
        """Make λ."""
        first = keras.initializers.Constant(self.first_clip)
        self.clip = self.add_weight(name="clip", shape=(), initializer=first)
        super().build(input_shape)

    @property
    def largest(self) -> float:
        """λ, the largest value that the layer gives."""
        return max(float(np.asarray(self.clip)), LEAST_CLIP)

    def call(self, x):
        """The quantised activation; its gradient is that of the clip."""
        ops = keras.ops
        clip = ops.maximum(self.clip, LEAST_CLIP)
        share = ops.clip(x / clip, 0.0, 1.0)
        steps = ops.floor(share * self.levels + 0.5) / self.levels
        return clip * (share + ops.stop_gradient(steps - share))

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "levels": self.levels, "clip": self.first_clip}


@keras.saving.register_keras_serializable(package="spikewatt")
class KBitReLU(keras.layers.Layer):
    """Median quantisation, halves upwards.

        y = round(clip(x, 0, maximum) 2^k) / 2^k

    Parameters
    ----------
    bits : int, default 1
        k, 0..15: the step is 2^-k.
    maximum : float, default 8
        Largest value, a multiple of the step.

    Raises
    ------
    SpikewattError : bits out of range, or a maximum off the grid.

    References
    ----------
    Zou et al., Toward a lossless conversion for spiking neural networks with negative-spike
    dynamics, Adv. Intell. Syst. (2023).

    Examples
    --------
    >>> [float(y) for y in KBitReLU(bits=1, maximum=2.0)(np.array([-1.0, 0.2, 0.3, 5.0]))]
    [0.0, 0.0, 0.5, 2.0]
    """

    def __init__(self, bits: int = 1, maximum: float = 8.0, **kwargs):
        super().__init__(**kwargs)
        law = "must be a number of fractional bits"
        self.bits = whole_number("KBitReLU.bits", law, bits, 0, 15)

        known = isinstance(maximum, int | float) and 0 < maximum < 2**31
        self.largest = float(maximum) if known else 0.0
        self.levels = round(self.largest * 2**bits)
        if self.levels < 1 or self.levels != self.largest * 2**bits:
            raise SpikewattError(
                where="KBitReLU.maximum",
                law=f"is a positive multiple of the step, {2.0**-bits:g}",
                got=maximum,
            )

    def call(self, x):
        """The quantised activation; its gradient is that of the clip."""
        ops = keras.ops
        clipped = ops.clip(x, 0.0, self.largest)
        steps = ops.floor(clipped * 2.0**self.bits + 0.5) / 2.0**self.bits
        return clipped + ops.stop_gradient(steps - clipped)

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "bits": self.bits, "maximum": self.largest}


LAYERS = (QCFS, KBitReLU)

# What stands between weights and changes no grid.
WITHOUT_VALUES = (
    keras.layers.Flatten,
    keras.layers.Dropout,
    keras.layers.InputLayer,
    keras.layers.Softmax,
)


def round_to_grid(model, weight_bits: int = 8, input_step: float = 1.0) -> None:
    """Round the weights of a model of KBitReLU layers, so that float32 computes it exactly.

    Kernels become multiples of a power of two with `weight_bits` signed bits, biases multiples of
    that times the step of the input.

    Parameters
    ----------
    model : keras.Sequential
        Of Dense and Conv2D, each followed by KBitReLU; changed in place.
    weight_bits : int, default 8
        Width of a signed weight, 2..16.
    input_step : float, default 1
        Step of the model's input, a power of two: 1 for raw pixels.

    Raises
    ------
    SpikewattError : an activation without a power-of-two step between two layers with weights.

    Examples
    --------
    >>> model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    >>> model.set_weights([np.array([[0.3], [1.0]]), np.array([0.1])])
    >>> round_to_grid(model, weight_bits=4)
    >>> model.get_weights()[0].tolist()
    [[0.25], [1.0]]
    """
    number = isinstance(input_step, float | int) and 0 < input_step < np.inf
    if not (number and np.log2(input_step) % 1 == 0):
        raise SpikewattError(
            where="round_to_grid.input_step",
            law="is a power of two",
            got=input_step,
            allowed="1, 0.5, 2, …",
        )
    bits = whole_number("round_to_grid.weight_bits", "must be a width", weight_bits, 2, 16)
    largest = 2 ** (bits - 1) - 1

    step: float | None = input_step  # None where no activation has made one since the last weights
    for layer in model.layers:
        if isinstance(layer, KBitReLU):
            step = 2.0**-layer.bits
        elif isinstance(layer, WITHOUT_VALUES):
            continue
        elif isinstance(layer, keras.layers.Dense | keras.layers.Conv2D) and step is not None:
            _round_layer(layer, largest, step)
            step = None
        else:
            raise SpikewattError(
                where=f"round_to_grid: layer {layer.name!r}",
                law="has values on a power-of-two grid",
                got=type(layer).__name__,
                allowed="Dense and Conv2D, each followed by KBitReLU; Flatten, Dropout",
            )


def _round_layer(layer, largest: int, step: float) -> None:
    """Round the weights of one layer whose inputs are multiples of `step`."""
    activation = layer.activation.__name__
    if activation not in ("linear", "softmax"):
        raise SpikewattError(
            where=f"round_to_grid: layer {layer.name!r}",
            law="is followed by KBitReLU",
            got=activation,
            allowed="linear",
        )

    kernel = np.asarray(layer.kernel, np.float64)
    largest_weight = np.abs(kernel).max() or 1.0
    unit = 2.0 ** np.ceil(np.log2(largest_weight / largest))
    layer.kernel.assign(np.round(kernel / unit) * unit)

    if layer.use_bias:
        bias = np.asarray(layer.bias, np.float64)
        layer.bias.assign(np.round(bias / (unit * step)) * unit * step)
