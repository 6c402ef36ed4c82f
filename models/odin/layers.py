"""Layers that compute what the neurons of ODIN's kind do, with gradients to train them.

Importing this module imports Keras.
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, whole_number
from ..keras_backend import import_keras
from .chip import LARGEST_EVENTS, NEURONS
from .chips import ODIN, TINY_ODIN, OdinChip

keras = import_keras()

FIRST_ROOM, FIRST_MOST = 30.0, 200.0  # first thresholds: so far above the start, at most that
LEAK_OF_GRADIENT = 0.1  # below the floor at 0
POTENTIAL_ROOM = 230 / 255  # of the largest: outputs above are discouraged, short of the threshold
ROOM_COST = 0.01  # in the loss, per unit of potential above it


def rounded(value, low: float, high: float):
    """`value` as an integer in low..high; its gradient is that of the clip."""
    ops = keras.ops
    clipped = ops.clip(value, low, high)
    return clipped + ops.stop_gradient(ops.round(clipped) - clipped)


@keras.saving.register_keras_serializable(package="spikewatt")
class OdinHidden(keras.layers.Layer):
    """Spikes of neurons that get all inhibitory events first and all excitatory ones after.

        spikes = floor((max(0, start − I) + E) / threshold), at most `largest`

    A neuron loses what is above the threshold when it fires, so the chip may fire less often than
    this where it fires twice.

    Parameters
    ----------
    units : int
        Neurons, 1..256.
    start : int
        Potential before the first input, below the largest threshold.
    largest : int, default 1
        Spikes of a neuron that count, at least 1.
    spike_cost : float, default 0
        Added to the loss per spike of the mean neuron.

    Raises
    ------
    SpikewattError : a number out of range.
    """

    chip: OdinChip = ODIN

    def __init__(self, units: int, start: int, largest: int = 1, spike_cost: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__
        law = "must be a number of neurons"
        self.units = whole_number(f"{where}.units", law, units, 1, NEURONS)
        law = "must be a potential below a threshold"
        most = self.chip.largest_potential - 1
        self.start = whole_number(f"{where}.start", law, start, 0, most)
        law = "must be a number of spikes"
        self.largest = whole_number(f"{where}.largest", law, largest, 1, LARGEST_EVENTS)

        if not (isinstance(spike_cost, int | float) and 0 <= spike_cost < np.inf):
            raise SpikewattError(
                where=f"{where}.spike_cost",
                law="is a loss of at least 0",
                got=spike_cost,
            )
        self.spike_cost = float(spike_cost)

    def build(self, input_shape):
        """Make the weights and the thresholds, in the units of the chip."""
        init = keras.initializers
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=init.RandomNormal(stddev=2.0),
        )
        self.threshold = self.add_weight(
            name="threshold",
            shape=(self.units,),
            initializer=init.Constant(min(self.start + FIRST_ROOM, FIRST_MOST)),
        )
        super().build(input_shape)

    def weights_now(self):
        """The numbers as the chip holds them.

        Returns
        -------
        weights : (inputs, units)
            Whole numbers in −7..7, with gradients.
        thresholds : (units,)
            Whole numbers from start + 1 to the largest potential, with gradients.
        """
        weights = rounded(self.kernel, *self.chip.weights(0))
        thresholds = rounded(self.threshold, self.start + 1.0, self.chip.largest_potential)
        return weights, thresholds

    def potential(self, x, weights):
        """(samples, units) when all events were heard, of (samples, inputs) events."""
        ops = keras.ops
        left = self.start - ops.matmul(x, ops.relu(-weights))

        # Where the floor at 0 holds, a tenth of the gradient says that less inhibition would help.
        leaky = ops.leaky_relu(left, LEAK_OF_GRADIENT)
        floored = leaky + ops.stop_gradient(ops.relu(left) - leaky)
        return floored + ops.matmul(x, ops.relu(weights))

    def call(self, x):
        """(samples, units) spikes of (samples, inputs) events."""
        ops = keras.ops
        weights, threshold = self.weights_now()
        ratio = self.potential(x, weights) / threshold
        smooth = ops.clip(ratio - 0.5, 0.0, float(self.largest))
        whole = ops.clip(ops.floor(ratio), 0.0, float(self.largest))
        spikes = smooth + ops.stop_gradient(whole - smooth)

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
class TinyOdinHidden(OdinHidden):
    """Spikes of neurons with signed potentials, which have no floor that matters.

        spikes = floor((x W + start) / threshold), at most `largest`

    `start` are bias events, which come last. A neuron that reaches its threshold on the way, before
    all inputs were heard, fires on the chip whatever comes after. Arguments and errors are those of
    `OdinHidden`.
    """

    chip = TINY_ODIN

    def potential(self, x, weights):
        """(samples, units) when all events were heard, of (samples, inputs) events."""
        return keras.ops.matmul(x, weights) + self.start


@keras.saving.register_keras_serializable(package="spikewatt")
class OdinOutput(keras.layers.Layer):
    """Logits in proportion to the potentials of neurons with excitatory synapses only, 0..7.

    A constant added to all synapses of one axon changes no difference between classes: the least
    synapse of each axon is made 0.

    Parameters
    ----------
    units : int
        Classes, 2..256.
    scale : float, default 0.2
        First logit of one unit of potential.

    Raises
    ------
    SpikewattError : a number out of range.
    """

    chip: OdinChip = ODIN

    def __init__(self, units: int, scale: float = 0.2, **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__
        law = "must be a number of classes"
        self.units = whole_number(f"{where}.units", law, units, 2, NEURONS)

        if not (isinstance(scale, int | float) and 0 < scale < np.inf):
            raise SpikewattError(
                where=f"{where}.scale",
                law="is a value above 0",
                got=scale,
            )
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
            name="log_scale",
            shape=(),
            initializer=init.Constant(float(np.log(self.scale))),
        )
        super().build(input_shape)

    def weights_now(self):
        """(inputs, units) in 0..7, as whole numbers with gradients."""
        least = keras.ops.min(self.kernel, axis=1, keepdims=True)
        return rounded(self.kernel - least, *self.chip.weights(1))

    def call(self, x):
        """(samples, units) logits of (samples, inputs) events."""
        ops = keras.ops
        potentials = ops.matmul(x, self.weights_now())
        beyond = ops.relu(potentials - POTENTIAL_ROOM * self.chip.largest_potential)
        self.add_loss(ROOM_COST * ops.mean(beyond))
        return potentials * ops.exp(self.log_scale)

    def get_config(self):
        """What Keras saves."""
        return {**super().get_config(), "units": self.units, "scale": self.scale}


@keras.saving.register_keras_serializable(package="spikewatt")
class TinyOdinOutput(OdinOutput):
    """Logits in proportion to the potentials of neurons with signed synapses, −8..7.

    A constant added to all synapses of one axon changes no difference between classes: the middle
    of each axon's synapses is made that of the range. Arguments and errors are those of
    `OdinOutput`.
    """

    chip = TINY_ODIN

    def weights_now(self):
        """(inputs, units) in −8..7, as whole numbers with gradients."""
        ops = keras.ops
        low, high = self.chip.weights(1)
        largest = ops.max(self.kernel, axis=1, keepdims=True)
        least = ops.min(self.kernel, axis=1, keepdims=True)
        middle = (largest + least) / 2 - (low + high) / 2
        return rounded(self.kernel - middle, low, high)


LAYERS = {ODIN: (OdinHidden, OdinOutput), TINY_ODIN: (TinyOdinHidden, TinyOdinOutput)}
