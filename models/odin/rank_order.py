"""One layer under the rank-order code: brightest pixel first, the first output spike decides."""

from __future__ import annotations

import numpy as np

from ...progress import Progress
from .chip import LARGEST_POTENTIAL
from .fitting import fit, integers, shuffled

TOLERANCE = 0.002  # of accuracy, within which the threshold with the fewest events wins
CHUNK = 4000  # images that are tried at a time
BATCH = 128
FIRST_SCALE = 0.05
LEAST_SHARE, MOST_SHARE = 0.4, 1.0  # of the potentials' range, between which thresholds are drawn


def train_rank_order(
    x: np.ndarray,
    y: np.ndarray,
    brightness: int,
    epochs: int,
    random: np.random.Generator,
    progress: Progress | None,
) -> dict:
    """Train one layer on the potentials at the moment when the first reaches a threshold.

    The threshold is drawn per image.

    Parameters
    ----------
    x : uint8 (samples, inputs)
        Pixels.
    y : int (samples,)
        Labels.
    brightness : int
        A pixel must be brighter to send its event.
    epochs : int
        Passes over the images.
    random : numpy Generator
        Of thresholds and order.
    progress : Progress or None
        Called with ("train", epochs done, epochs).

    Returns
    -------
    dict
        Arguments of sim.OdinNetwork.
    """
    import tensorflow as tf

    from .layers import OdinOutput

    layer = OdinOutput(int(y.max()) + 1, scale=FIRST_SCALE)
    layer.build((None, x.shape[1]))

    order, count = ranked(x, brightness)
    most = max(1, int(count.max()))
    rank = np.argsort(order, axis=1).astype(np.int32)
    order = order[:, :most].astype(np.int32)
    count = count.astype(np.int32)

    def batches():
        shares = random.uniform(LEAST_SHARE, MOST_SHARE, len(x)).astype(np.float32)
        thresholds = shares * LARGEST_POTENTIAL
        return shuffled(random, BATCH, order, rank, count, thresholds, y)

    def loss(order, rank, count, threshold, labels):
        weights = layer.weights_now()
        by_rank = tf.gather(tf.stop_gradient(weights), order)
        largest = tf.reduce_max(tf.cumsum(by_rank, axis=1), axis=2)

        too_low = tf.cast(largest < threshold[:, None], tf.int32)
        needed = 1 + tf.reduce_sum(too_low, axis=1)
        events = tf.minimum(needed, count)
        sent = tf.cast(rank < events[:, None], tf.float32)

        logits = tf.matmul(sent, weights) * tf.exp(layer.log_scale.value)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_mean(entropy)

    fit(layer.trainable_variables, loss, batches, epochs, progress)
    weights = integers(layer.weights_now())
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
    """The order in which pixels send their events.

    Parameters
    ----------
    x : uint8 (samples, inputs)
        Pixels.
    brightness : int
        A pixel must be brighter to send.

    Returns
    -------
    order : int64 (samples, inputs)
        Pixels by falling brightness, ties by index.
    count : int64 (samples,)
        How many of them, from the first on, send.

    Examples
    --------
    >>> order, count = ranked(np.array([[3, 9, 0, 9]], np.uint8), brightness=2)
    >>> order.tolist(), count.tolist()
    ([[1, 3, 0, 2]], [3])
    """
    order = np.argsort(-x.astype(np.int16), axis=1, kind="stable")
    count = (x > brightness).sum(axis=1)
    return order, count


def first_spikes(
    weights: np.ndarray, x: np.ndarray, brightness: int, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Classes when the first output spike decides and, failing it, the largest potential.

    Parameters
    ----------
    weights : int (inputs, classes)
        0..7.
    x : uint8 (samples, inputs)
        Pixels.
    brightness : int
        A pixel must be brighter to send.
    thresholds : int (thresholds,)
        To try, 1..255.

    Returns
    -------
    classes : int64 (samples, thresholds)
        Ties go to the lowest class.
    events : int64 (samples, thresholds)
        Sent until the first spike, or all.

    Examples
    --------
    >>> weights, pixels = np.array([[7, 0], [0, 7]]), np.array([[10, 20]], np.uint8)
    >>> classes, events = first_spikes(weights, pixels, 0, np.array([7, 8]))
    >>> classes.tolist(), events.tolist()
    ([[1, 0]], [[1, 2]])
    """
    thresholds = np.asarray(thresholds)
    order, count = ranked(x, brightness)
    most = max(1, int(count.max()))

    # potentials[sample, event, class] after so many events
    sent = np.arange(most)[None, :, None] < count[:, None, None]
    changes = weights.astype(np.int32)[order[:, :most]] * sent
    potentials = np.cumsum(changes, axis=1)

    largest = potentials.max(axis=2)
    too_low = [(largest < threshold).sum(axis=1) for threshold in thresholds]
    needed = 1 + np.stack(too_low, axis=1)
    fired = needed <= most
    events = np.where(fired, needed, count[:, None])

    samples = np.arange(len(x))[:, None]
    reached = potentials[samples, np.maximum(events - 1, 0)]
    # Neurons are served by rising index: the lowest of those that fire on one event is the first.
    first = (reached >= thresholds[None, :, None]).argmax(axis=2)
    classes = np.where(fired, first, reached.argmax(axis=2))
    return classes, events


def best_threshold(weights: np.ndarray, x: np.ndarray, y: np.ndarray, brightness: int) -> int:
    """The threshold with the fewest events among those within 0.2 points of the best accuracy.

    Parameters
    ----------
    weights : int (inputs, classes)
        0..7.
    x : uint8 (samples, inputs)
        Pixels.
    y : int (samples,)
        Labels.
    brightness : int
        A pixel must be brighter to send.

    Returns
    -------
    int
        1..255, of all outputs.
    """
    thresholds = np.arange(1, LARGEST_POTENTIAL + 1)
    right = np.zeros(len(thresholds))
    events = np.zeros(len(thresholds))
    for i in range(0, len(x), CHUNK):
        images, labels = x[i : i + CHUNK], y[i : i + CHUNK]
        classes, sent = first_spikes(weights, images, brightness, thresholds)
        right += (classes == labels[:, None]).sum(axis=0)
        events += sent.sum(axis=0)

    good = right >= right.max() - TOLERANCE * len(x)
    fewest = np.argmin(events[good])
    return int(thresholds[good][fewest])
