"""Activations with few levels, for quantisation-aware training: what they compute, spikes can carry exactly.

Importing this module imports Keras.
"""

from __future__ import annotations

import numpy as np

from ..errors import SpikewattError, whole_number
from .keras_backend import import_keras

keras = import_keras()


@keras.saving.register_keras_serializable(package="spikewatt")
class QCFS(keras.layers.Layer):
    """Quantisation clip-floor-shift: λ clip(floor(x L / λ + 1/2) / L, 0, 1), with λ trained.

    Parameters
    ----------
    levels : L, 1..65535. clip : first value of λ, above 0.

    Raises
    ------
    SpikewattError : levels or clip out of range.

    References
    ----------
    Bu et al., Optimal ANN-SNN conversion for high-accuracy and ultra-low-latency spiking neural networks, ICLR 2022, arXiv:2303.04347.
    """

    def __init__(self, levels: int = 4, clip: float = 8.0, **kwargs):
        super().__init__(**kwargs)
        self.levels = whole_number("QCFS.levels", "must be a number of levels", levels, 1, 65_535)
        if not (isinstance(clip, int | float) and 0 < clip < np.inf):
            raise SpikewattError("QCFS.clip", "is a value above 0", clip)
        self.first_clip = float(clip)

    def build(self, input_shape):
        """Make λ."""
        self.clip = self.add_weight(
            name="clip", shape=(), initializer=keras.initializers.Constant(self.first_clip)
        )
        super().build(input_shape)

    @property
    def largest(self) -> float:
        """λ, the largest value that the layer gives."""
        return max(float(np.asarray(self.clip)), 1e-6)

    def call(self, x):
        """The quantised activation; its gradient is that of the clip."""
        ops = keras.ops
        clip = ops.maximum(self.clip, 1e-6)
        share = ops.clip(x / clip, 0.0, 1.0)
        steps = ops.floor(share * self.levels + 0.5) / self.levels
        return clip * (share + ops.stop_gradient(steps - share))

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "levels": self.levels, "clip": self.first_clip}


@keras.saving.register_keras_serializable(package="spikewatt")
class KBitReLU(keras.layers.Layer):
    """Median quantisation: round(x 2^k) / 2^k, halves upwards, within 0..maximum.

    Parameters
    ----------
    bits : k, 0..15: the step is 2^-k. maximum : largest value, a multiple of the step.

    Raises
    ------
    SpikewattError : bits out of range, or a maximum off the grid.

    References
    ----------
    Zou et al., Towards a lossless conversion for spiking neural networks with negative-spike dynamics, Adv. Intell. Syst. (2023).
    """

    def __init__(self, bits: int = 1, maximum: float = 8.0, **kwargs):
        super().__init__(**kwargs)
        self.bits = whole_number(
            "KBitReLU.bits", "must be a number of fractional bits", bits, 0, 15
        )
        known = isinstance(maximum, int | float) and 0 < maximum < 2**31
        self.largest = float(maximum) if known else 0.0
        self.levels = round(self.largest * 2**bits)
        if self.levels < 1 or self.levels != self.largest * 2**bits:
            raise SpikewattError(
                "KBitReLU.maximum", f"is a positive multiple of the step, {2.0**-bits:g}", maximum
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


def round_to_grid(model, weight_bits: int = 8, input_step: float = 1.0) -> None:
    """Round the weights of a Sequential `model` of KBitReLU layers in place, so that float32 computes it without any rounding.

    Kernels become multiples of a power of two with `weight_bits` signed bits, biases multiples of that times the step of the input.

    Parameters
    ----------
    input_step : step of the model's input, a power of two: 1 for raw pixels.

    Raises
    ------
    SpikewattError : an activation without a power-of-two step between two layers with weights.
    """
    if not (
        isinstance(input_step, float | int)
        and 0 < input_step < np.inf
        and np.log2(input_step) % 1 == 0
    ):
        raise SpikewattError(
            "round_to_grid.input_step", "is a power of two", input_step, "1, 0.5, 2, …"
        )
    step, largest = (
        input_step,
        2 ** (whole_number("round_to_grid.weight_bits", "must be a width", weight_bits, 2, 16) - 1)
        - 1,
    )
    for layer in model.layers:
        if isinstance(layer, KBitReLU):
            step = 2.0**-layer.bits
        elif isinstance(
            layer,
            keras.layers.Flatten
            | keras.layers.Dropout
            | keras.layers.InputLayer
            | keras.layers.Softmax,
        ):
            continue
        elif isinstance(layer, keras.layers.Dense | keras.layers.Conv2D) and step is not None:
            if layer.activation.__name__ not in ("linear", "softmax"):
                raise SpikewattError(
                    f"round_to_grid: layer {layer.name!r}",
                    "is followed by KBitReLU",
                    layer.activation.__name__,
                    "linear",
                )
            kernel = np.asarray(layer.kernel, np.float64)
            unit = 2.0 ** np.ceil(np.log2((np.abs(kernel).max() or 1.0) / largest))
            layer.kernel.assign(np.round(kernel / unit) * unit)
            if layer.use_bias:
                layer.bias.assign(
                    np.round(np.asarray(layer.bias, np.float64) / (unit * step)) * unit * step
                )
            step = None
        else:
            raise SpikewattError(f"round_to_grid: layer {layer.name!r}", "has values on a power-of-two grid", type(layer).__name__,
                                 "Dense and Conv2D, each followed by KBitReLU; Flatten, Dropout")  # fmt: skip
