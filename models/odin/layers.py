"""Layers that compute what ODIN's neurons do with 3-bit weights, with gradients to train them.

Importing this module imports Keras.
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, whole_number
from ..keras_backend import import_keras

keras = import_keras()

LARGEST_WEIGHT, LARGEST_THRESHOLD = 7, 255
ROOM = 230  # output potentials above it are discouraged, so that none reaches the threshold


def rounded(value, low: float, high: float):
    """`value` as an integer in low..high; its gradient is that of the clip."""
    ops = keras.ops
    clipped = ops.clip(value, low, high)
    return clipped + ops.stop_gradient(ops.round(clipped) - clipped)


@keras.saving.register_keras_serializable(package="spikewatt")
class OdinHidden(keras.layers.Layer):
    """Spikes of neurons that get all inhibitory events first and all excitatory ones after: floor((max(0, start − I) + E) / threshold).

    A neuron loses what is above the threshold when it fires, so the chip may fire less often than this where it fires twice.

    Parameters
    ----------
    units : neurons. start : potential before the first input, 0..254. largest : spikes of a neuron that count, >= 1.
    spike_cost : added to the loss per spike of the mean neuron.

    Raises
    ------
    SpikewattError : a number out of range.
    """

    def __init__(self, units: int, start: int, largest: int = 1, spike_cost: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = whole_number("OdinHidden.units", "must be a number of neurons", units, 1, 256)
        self.start = whole_number(
            "OdinHidden.start",
            "must be a potential below a threshold",
            start,
            0,
            LARGEST_THRESHOLD - 1,
        )
        self.largest = whole_number(
            "OdinHidden.largest", "must be a number of spikes", largest, 1, 255
        )
        if not (isinstance(spike_cost, int | float) and 0 <= spike_cost < np.inf):
            raise SpikewattError("OdinHidden.spike_cost", "is a loss of at least 0", spike_cost)
        self.spike_cost = float(spike_cost)

    def build(self, input_shape):
        """Make the weights and the thresholds, in the units of the chip."""
        init = keras.initializers
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=init.RandomNormal(stddev=2.0),
        )
        first = init.Constant(min(self.start + 30.0, 200.0))
        self.threshold = self.add_weight(name="threshold", shape=(self.units,), initializer=first)
        super().build(input_shape)

    def weights_now(self):
        """(inputs, units) in −7..7 and (units,) thresholds in start + 1..255, as whole numbers with gradients."""
        return rounded(self.kernel, -LARGEST_WEIGHT, LARGEST_WEIGHT), rounded(
            self.threshold, self.start + 1.0, LARGEST_THRESHOLD
        )

    def call(self, x):
        """(samples, units) spikes of (samples, inputs) events."""
        ops = keras.ops
        weights, threshold = self.weights_now()
        left = ops.matmul(x, ops.relu(-weights))
        # Where the floor at 0 holds, a tenth of the gradient still says that less inhibition would help.
        floored = ops.leaky_relu(self.start - left, 0.1)
        floored = floored + ops.stop_gradient(ops.relu(self.start - left) - floored)
        ratio = (floored + ops.matmul(x, ops.relu(weights))) / threshold
        smooth = ops.clip(ratio - 0.5, 0.0, float(self.largest))
        spikes = smooth + ops.stop_gradient(
            ops.clip(ops.floor(ratio), 0.0, float(self.largest)) - smooth
        )
        if self.spike_cost:
            self.add_loss(self.spike_cost * ops.mean(spikes))
        return spikes

    def get_config(self):
        """What Keras saves."""
        return {
            **super().get_config(),
            "units": self.units,
            "start": self.start,
            "largest": self.largest,
            "spike_cost": self.spike_cost,
        }


@keras.saving.register_keras_serializable(package="spikewatt")
class OdinOutput(keras.layers.Layer):
    """Logits in proportion to the potentials of neurons with excitatory synapses only, 0..7.

    A constant added to all synapses of one axon changes no difference between classes: the least synapse of each axon is made 0.

    Parameters
    ----------
    units : classes, >= 2. scale : first logit of one unit of potential.

    Raises
    ------
    SpikewattError : a number out of range.
    """

    def __init__(self, units: int, scale: float = 0.2, **kwargs):
        super().__init__(**kwargs)
        self.units = whole_number("OdinOutput.units", "must be a number of classes", units, 2, 256)
        if not (isinstance(scale, int | float) and 0 < scale < np.inf):
            raise SpikewattError("OdinOutput.scale", "is a value above 0", scale)
        self.scale = float(scale)

    def build(self, input_shape):
        """Make the weights, in the units of the chip, and the scale."""
        init = keras.initializers
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=init.RandomNormal(stddev=1.0),
        )
        self.log_scale = self.add_weight(
            name="log_scale", shape=(), initializer=init.Constant(float(np.log(self.scale)))
        )
        super().build(input_shape)

    def weights_now(self):
        """(inputs, units) in 0..7, as whole numbers with gradients."""
        ops = keras.ops
        return rounded(self.kernel - ops.min(self.kernel, axis=1, keepdims=True), 0, LARGEST_WEIGHT)

    def call(self, x):
        """(samples, units) logits of (samples, inputs) events."""
        ops = keras.ops
        potentials = ops.matmul(x, self.weights_now())
        self.add_loss(0.01 * ops.mean(ops.relu(potentials - ROOM)))
        return potentials * ops.exp(self.log_scale)

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "units": self.units, "scale": self.scale}
