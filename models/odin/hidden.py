"""Two layers under the rate code: hidden neurons as the chip has them, largest potential wins."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ...progress import Progress
from ..keras_backend import import_keras
from .chips import OdinChip
from .fitting import fit, integers, shuffled

BATCH = 32
WEIGHT_QUANTILE = 0.995  # of a start's weights, which becomes the largest weight
FIRES_AT_QUANTILE = 0.98  # of a hidden activation over the images, …
FIRES_AT_SHARE = 1.5  # … divided by this: where its neuron fires
LEAST_FIRES_AT = 0.2
SPAN_QUANTILE = 0.95  # of the spans of the outputs' weights, which becomes the largest weight
LEAST_UNIT = 1e-6


def train_hidden(
    x: np.ndarray,
    y: np.ndarray,
    hidden: int,
    largest_pixel: int,
    input_levels: int,
    bias_events: int,
    epochs: int,
    start,
    random: np.random.Generator,
    spike_cost: float,
    progress: Progress | None,
    chip: OdinChip,
) -> dict:
    """Train a network inputs-hidden-classes; the arguments are those of `train_odin`, checked.

    Returns
    -------
    dict
        Arguments of sim.OdinNetwork.
    """
    import tensorflow as tf

    from .layers import LAYERS

    keras = import_keras()
    hidden_kind, output_kind = LAYERS[chip]
    first = hidden_kind(hidden, chip.largest_weight * bias_events, spike_cost=spike_cost)
    last = output_kind(int(y.max()) + 1)
    pixels = keras.layers.Input((x.shape[1],))
    model = keras.Sequential([pixels, first, last])
    if start is not None:
        _begin_from(first, last, start, x / largest_pixel, input_levels)

    exact = x.astype(np.float32) * input_levels / largest_pixel

    def batches():
        # The rounding is drawn anew for every epoch: a network of few numbers learns the few
        # images by heart otherwise.
        drawn = np.floor(exact + random.uniform(0, 1, exact.shape))
        events = drawn.clip(0, input_levels).astype(np.float32)
        return shuffled(random, BATCH, events, y)

    def loss(events, labels):
        logits = model(events, training=True)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_mean(entropy) + sum(model.losses)

    fit(model.trainable_variables, loss, batches, epochs, progress)
    weights, threshold = (integers(value) for value in first.weights_now())
    return {
        "layers": [weights, integers(last.weights_now())],
        "thresholds": [threshold, np.full(last.units, chip.largest_potential)],
        "input_code": "rate",
        "readout": "potential",
        "bias_events": bias_events,
        "input_levels": input_levels,
    }


def start_sizes(model) -> tuple[int, int]:
    """Sizes of a Keras network that one for ODIN can begin from.

    It is Dense, ReLU, Dense and perhaps softmax, with Flatten and Dropout where they are wanted.

    Parameters
    ----------
    model : Keras model
        To look at.

    Returns
    -------
    hidden, classes : int
        Units of the two Dense layers.

    Raises
    ------
    SpikewattError : any other layer or activation.
    """
    law = (
        "is Dense, ReLU, Dense and perhaps softmax, with Flatten and Dropout where they are wanted"
    )
    found = [part for layer in model.layers for part in _parts(layer, law)]

    if found[:3] != ["Dense", "relu", "Dense"] or found[3:] not in ([], ["softmax"]):
        raise SpikewattError(
            where="train_odin.start",
            law=law,
            got=", ".join(found),
        )
    hidden, classes = (layer.units for layer in model.layers if type(layer).__name__ == "Dense")
    return hidden, classes


def _parts(layer, law: str) -> list[str]:
    """What a Keras layer consists of: a Dense layer, an activation, both or nothing."""
    kind = type(layer).__name__
    if kind in ("Dense", "Activation"):
        activation = getattr(layer.activation, "__name__", str(layer.activation))
        dense = ["Dense"] if kind == "Dense" else []
        return dense if activation == "linear" else [*dense, activation]

    if kind == "ReLU":
        shaped = layer.max_value is not None or layer.negative_slope or layer.threshold
        return ["ReLU with a limit, slope or threshold" if shaped else "relu"]
    if kind == "Softmax":
        return ["softmax"]
    if kind in ("InputLayer", "Flatten", "Dropout"):
        return []
    raise SpikewattError(
        where=f"train_odin.start: layer {layer.name!r}",
        law=law,
        got=kind,
    )


def _begin_from(first, last, start, x: np.ndarray, input_levels: int) -> None:
    """Scale the weights of an MLP into the two layers.

    A hidden neuron fires where its activation is high for it. `x` are the images in 0..1.
    """
    start_sizes(start)
    weights = [layer.get_weights() for layer in start.layers if layer.get_weights()]
    shapes = [tuple(arrays[0].shape) for arrays in weights]
    wanted = [(x.shape[1], first.units), (first.units, last.units)]
    with_biases = all(len(arrays) == 2 for arrays in weights)
    if shapes != wanted or not with_biases:
        raise SpikewattError(
            where="train_odin.start",
            law="is an MLP of two dense layers with biases",
            got=shapes,
            allowed=wanted,
        )
    (kernel, bias), (out, _) = weights

    activations = np.maximum(x @ kernel + bias, 0)
    high = np.quantile(activations, FIRES_AT_QUANTILE, axis=0)
    fires_at = np.maximum(high / FIRES_AT_SHARE, LEAST_FIRES_AT)

    # Units of weight per unit of activation: an event is worth 1 / input_levels of a pixel.
    chip = first.chip
    unit = chip.largest_weight / max(np.quantile(np.abs(kernel), WEIGHT_QUANTILE), LEAST_UNIT)
    threshold = first.start + unit * input_levels * (fires_at - bias)
    first.kernel.assign(kernel * unit)
    first.threshold.assign(np.clip(threshold, first.start + 1, chip.largest_potential))

    effect = out * fires_at[:, None]
    spans = np.ptp(effect, axis=1)
    span = max(np.quantile(spans, SPAN_QUANTILE), LEAST_UNIT)
    low, high = chip.weights(1)
    last.kernel.assign(effect * (high - low) / span)
    last.log_scale.assign(np.log(span / (high - low)))
