"""Training for ODIN's arithmetic: 3-bit weights, one sign per axon, potentials of 0..255 that reset to zero. Whole numbers come out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import SpikewattError, whole_number
from ..keras_backend import import_keras

LARGEST_WEIGHT, LARGEST_POTENTIAL = 7, 255
TOLERANCE = 0.002  # of accuracy, within which the threshold with the fewest events wins
CHUNK = 4000
Progress = Callable[[str, int, int], None]


def train_odin(
    x_train: np.ndarray, y_train: np.ndarray, hidden: int | None, largest_pixel: int = 255, input_levels: int = 2, bias_events: int = 8,
    brightness: int = 0, epochs: int | None = None, start=None, seed: int = 0, spike_cost: float = 0.0, progress: Progress | None = None,
) -> dict:  # fmt: skip
    """Train a network that one ODIN core executes; same seed, same numbers on the same machine.

    With hidden neurons: a pixel sends 0..input_levels events, inhibitory copies first (rate code, largest potential wins). Without: a
    pixel sends one event, brightest first, and the first output spike decides (rank-order code); the threshold is the one that does
    best on the training images, and of those within 0.2 points of it the one that needs the fewest events.

    Parameters
    ----------
    x_train : (samples, ...) uint8 pixels, 0..largest_pixel. y_train : (samples,) labels, 0..classes-1.
    hidden : hidden neurons, or None for one layer.
    bias_events : of weight 7 to every hidden neuron before the first input, 0..36; below the thresholds that are trained.
    brightness : a pixel must be brighter to send its event; without hidden neurons only.
    epochs : by default 120 with hidden neurons, 8 without.
    start : Keras MLP inputs-hidden-classes with ReLU, trained on pixel / largest_pixel, from whose weights to begin; or None.
    spike_cost : added to the loss per spike of the mean hidden neuron, to save spikes. progress : called with ("train", done, all).

    Returns
    -------
    The arguments of sim.OdinNetwork: layers, thresholds, input_code, readout, bias_events, input_levels, largest_pixel, brightness.

    Raises
    ------
    SpikewattError : images, labels or settings out of range; a start of another shape.
    """
    x, y = _checked(x_train, y_train, largest_pixel)
    whole_number("train_odin.seed", "must be a seed", seed, 0, 2**31 - 1)
    usual = 8 if hidden is None else 120
    epochs = whole_number(
        "train_odin.epochs",
        "must be a number of passes",
        usual if epochs is None else epochs,
        1,
        100_000,
    )
    import_keras().utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    if hidden is None:
        if start is not None:
            raise SpikewattError(
                "train_odin.start",
                "begins a network with hidden neurons",
                "hidden None",
                "a number of hidden neurons",
            )
        whole_number(
            "train_odin.brightness",
            "must be below the largest pixel",
            brightness,
            0,
            largest_pixel - 1,
        )
        found = _train_rank_order(x, y, brightness, epochs, random, progress)
    else:
        if brightness:
            raise SpikewattError(
                "train_odin.brightness",
                "is for the rank-order code, without hidden neurons",
                brightness,
                0,
            )
        whole_number("train_odin.input_levels", "must be a number of events", input_levels, 1, 255)
        whole_number(
            "train_odin.bias_events", "must leave room below the threshold", bias_events, 0, 36
        )
        found = _train_hidden(
            x,
            y,
            hidden,
            largest_pixel,
            input_levels,
            bias_events,
            epochs,
            start,
            random,
            spike_cost,
            progress,
        )
    return {**found, "largest_pixel": largest_pixel, "brightness": brightness}


def _checked(x_train, y_train, largest_pixel) -> tuple[np.ndarray, np.ndarray]:
    """(samples, inputs) pixels and (samples,) labels."""
    x, y = np.asarray(x_train), np.asarray(y_train)
    whole_number(
        "train_odin.largest_pixel", "must be the pixel of full brightness", largest_pixel, 1, 255
    )
    if x.dtype != np.uint8 or x.ndim < 2 or len(x) < 2 or x.max() > largest_pixel:
        raise SpikewattError(
            "train_odin.x_train",
            "must be uint8 images",
            f"{x.dtype} {x.shape}",
            f"pixels 0..{largest_pixel}",
        )
    if y.shape != (len(x),) or not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() < 1:
        raise SpikewattError(
            "train_odin.y_train",
            "must hold a label per image, of two classes or more",
            f"{y.dtype} {y.shape}",
            len(x),
        )
    return x.reshape(len(x), -1), y


def _fit(
    variables,
    loss,
    batches: Callable[[], list],
    epochs: int,
    rate: float,
    progress: Progress | None,
) -> None:
    """Adam with a cosine schedule on `loss(*batch)` over the batches that `batches()` makes for an epoch, all of one size."""
    import tensorflow as tf

    keras = import_keras()
    report = progress or (lambda stage, done, total: None)
    report("train", 0, epochs)
    made = batches()
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(rate, epochs * len(made))
    )
    optimizer.build(variables)

    @tf.function
    def step(*batch):
        with tf.GradientTape() as tape:
            value = loss(*batch)
        optimizer.apply(tape.gradient(value, variables), variables)

    for epoch in range(epochs):
        for batch in made:
            step(*(tf.constant(array) for array in batch))
        report("train", epoch + 1, epochs)
        made = batches() if epoch + 1 < epochs else []


def _batches(random, size: int, *arrays: np.ndarray) -> list[list[np.ndarray]]:
    """The arrays in one random order, cut into batches of equal size; what is left over waits for another epoch."""
    size = min(size, len(arrays[0]))
    order = random.permutation(len(arrays[0]))[: len(arrays[0]) // size * size].reshape(-1, size)
    return [[array[rows] for array in arrays] for rows in order]


def _train_hidden(
    x, y, hidden, largest_pixel, levels, bias_events, epochs, start, random, spike_cost, progress
) -> dict:
    import tensorflow as tf

    from .layers import OdinHidden, OdinOutput

    keras = import_keras()
    first = OdinHidden(hidden, LARGEST_WEIGHT * bias_events, spike_cost=spike_cost)
    last = OdinOutput(int(y.max()) + 1)
    model = keras.Sequential([keras.layers.Input((x.shape[1],)), first, last])
    if start is not None:
        _begin_from(first, last, start, x / largest_pixel, levels)
    exact = x.astype(np.float32) * levels / largest_pixel

    def batches():
        # The rounding is drawn anew for every epoch: a network of few numbers learns the few images by heart otherwise.
        drawn = (
            np.floor(exact + random.uniform(0, 1, exact.shape)).clip(0, levels).astype(np.float32)
        )
        return _batches(random, 32, drawn, y)

    def loss(images, labels):
        logits = model(images, training=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)) + sum(
            model.losses
        )

    _fit(model.trainable_variables, loss, batches, epochs, 0.05, progress)
    weights, threshold = (_integers(value) for value in first.weights_now())
    layers = [weights, _integers(last.weights_now())]
    return {
        "layers": layers,
        "thresholds": [threshold, np.full(last.units, LARGEST_POTENTIAL)],
        "input_code": "rate",
        "readout": "potential",
        "bias_events": bias_events,
        "input_levels": levels,
    }


def _integers(tensor) -> np.ndarray:
    return np.rint(np.asarray(tensor)).astype(np.int64)


def start_sizes(model) -> tuple[int, int]:
    """Hidden neurons and classes of a Keras network that one for ODIN can begin from: Dense, ReLU, Dense and perhaps softmax.

    Raises
    ------
    SpikewattError : any other layer or activation.
    """
    where, law = (
        "train_odin.start",
        "is Dense, ReLU, Dense and perhaps softmax, with Flatten and Dropout where they are wanted",
    )
    found = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Dense", "Activation"):
            activation = getattr(layer.activation, "__name__", str(layer.activation))
            found += ["Dense"] * (kind == "Dense") + [activation] * (activation != "linear")
        elif kind == "ReLU":
            plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
            found.append("relu" if plain else "ReLU with a limit, slope or threshold")
        elif kind == "Softmax":
            found.append("softmax")
        elif kind not in ("InputLayer", "Flatten", "Dropout"):
            raise SpikewattError(f"{where}: layer {layer.name!r}", law, kind)
    if found[:3] != ["Dense", "relu", "Dense"] or found[3:] not in ([], ["softmax"]):
        raise SpikewattError(where, law, ", ".join(found))
    hidden, classes = (layer.units for layer in model.layers if type(layer).__name__ == "Dense")
    return hidden, classes


def _begin_from(first, last, start, x, levels: int) -> None:
    """Scale the weights of an MLP into the two layers: a hidden neuron fires where its activation is high for it."""
    start_sizes(start)
    dense = [layer for layer in start.layers if layer.get_weights()]
    shapes = [tuple(layer.get_weights()[0].shape) for layer in dense]
    wanted = [(x.shape[1], first.units), (first.units, last.units)]
    if shapes != wanted or any(len(layer.get_weights()) != 2 for layer in dense):
        raise SpikewattError(
            "train_odin.start", "is an MLP of two dense layers with biases", shapes, wanted
        )
    (kernel, bias), (out, _) = (layer.get_weights() for layer in dense)
    unit = LARGEST_WEIGHT / max(np.quantile(np.abs(kernel), 0.995), 1e-6)
    fires_at = np.maximum(np.quantile(np.maximum(x @ kernel + bias, 0), 0.98, axis=0) / 1.5, 0.2)
    first.kernel.assign(kernel * unit)
    first.threshold.assign(
        np.clip(first.start + unit * levels * (fires_at - bias), first.start + 1, LARGEST_POTENTIAL)
    )
    effect = out * fires_at[:, None]
    span = max(np.quantile(np.ptp(effect, axis=1), 0.95), 1e-6)
    last.kernel.assign(effect * LARGEST_WEIGHT / span)
    last.log_scale.assign(np.log(span / LARGEST_WEIGHT))


def _train_rank_order(x, y, brightness, epochs, random, progress) -> dict:
    """One layer whose loss is that of the potentials at the moment when the first of them reaches a threshold, drawn per image."""
    import tensorflow as tf

    from .layers import OdinOutput

    layer = OdinOutput(int(y.max()) + 1, scale=0.05)
    layer.build((None, x.shape[1]))
    order, count = ranked(x, brightness)
    most = max(1, int(count.max()))
    order, rank = order[:, :most].astype(np.int32), np.argsort(order, axis=1).astype(np.int32)
    count = count.astype(np.int32)

    def batches():
        thresholds = random.uniform(0.4, 1.0, len(x)).astype(np.float32) * LARGEST_POTENTIAL
        return _batches(random, 128, order, rank, count, thresholds, y)

    def loss(order, rank, count, threshold, labels):
        weights = layer.weights_now()
        largest = tf.reduce_max(
            tf.cumsum(tf.gather(tf.stop_gradient(weights), order), axis=1), axis=2
        )
        needed = 1 + tf.reduce_sum(tf.cast(largest < threshold[:, None], tf.int32), axis=1)
        sent = tf.cast(rank < tf.minimum(needed, count)[:, None], tf.float32)
        logits = tf.matmul(sent, weights) * tf.exp(layer.log_scale.value)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    _fit(layer.trainable_variables, loss, batches, epochs, 0.05, progress)
    weights = _integers(layer.weights_now())
    threshold = best_threshold(weights, x, y, brightness)
    return {
        "layers": [weights],
        "thresholds": [np.full(layer.units, threshold)],
        "input_code": "rank_order",
        "readout": "first_spike",
        "bias_events": 0,
        "input_levels": 1,
    }


def ranked(x: np.ndarray, brightness: int) -> tuple[np.ndarray, np.ndarray]:
    """(samples, inputs) pixels by falling brightness, ties by index, and (samples,) how many of them are brighter than `brightness`."""
    return np.argsort(-x.astype(np.int16), axis=1, kind="stable"), (x > brightness).sum(axis=1)


def first_spikes(
    weights: np.ndarray, x: np.ndarray, brightness: int, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(samples, thresholds) classes and events sent, when the first output spike decides and, failing it, the largest potential."""
    order, count = ranked(x, brightness)
    most = max(1, int(count.max()))
    sent = np.arange(most)[None, :, None] < count[:, None, None]
    potentials = np.cumsum(weights.astype(np.int32)[order[:, :most]] * sent, axis=1)
    largest = potentials.max(axis=2)
    events = np.stack([(largest < threshold).sum(axis=1) for threshold in thresholds], axis=1) + 1
    fired = events <= most
    events = np.where(fired, events, count[:, None])
    there = potentials[np.arange(len(x))[:, None], np.maximum(events - 1, 0)]
    # Neurons are served by rising index: of those that fire on the same event, the lowest is the first.
    return np.where(
        fired, (there >= np.asarray(thresholds)[None, :, None]).argmax(axis=2), there.argmax(axis=2)
    ), events


def best_threshold(weights: np.ndarray, x: np.ndarray, y: np.ndarray, brightness: int) -> int:
    """The threshold, 1..255, with the fewest events on images `x` among those within 0.2 points of the best accuracy."""
    thresholds = np.arange(1, LARGEST_POTENTIAL + 1)
    right, events = np.zeros(len(thresholds)), np.zeros(len(thresholds))
    for i in range(0, len(x), CHUNK):
        classes, sent = first_spikes(weights, x[i : i + CHUNK], brightness, thresholds)
        right += (classes == y[i : i + CHUNK, None]).sum(axis=0)
        events += sent.sum(axis=0)
    good = right >= right.max() - TOLERANCE * len(x)
    return int(thresholds[good][np.argmin(events[good])])
