"""The loop that trains a network for ODIN: batches, Adam, and whole numbers at the end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...progress import Progress, silent
from ..keras_backend import import_keras

LEARNING_RATE = 0.05


def fit(
    variables,
    loss: Callable,
    batches: Callable[[], list],
    epochs: int,
    progress: Progress | None,
) -> None:
    """Minimise `loss` with Adam on a cosine schedule.

    Parameters
    ----------
    variables : list of Keras variables
        To be trained.
    loss : callable
        Of the arrays of a batch.
    batches : callable
        Makes the batches of an epoch, lists of arrays, all of one size.
    epochs : int
        How often they are made.
    progress : Progress or None
        Called with ("train", epochs done, epochs).
    """
    import tensorflow as tf

    report = progress or silent
    report("train", 0, epochs)
    made = batches()
    keras = import_keras()
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(made))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(variables)

    @tf.function
    def step(*batch):
        with tf.GradientTape() as tape:
            value = loss(*batch)
        gradients = tape.gradient(value, variables)
        optimizer.apply(gradients, variables)

    for epoch in range(epochs):
        for batch in made:
            step(*(tf.constant(array) for array in batch))
        report("train", epoch + 1, epochs)
        made = batches() if epoch + 1 < epochs else []


def shuffled(random, size: int, *arrays: np.ndarray) -> list[list[np.ndarray]]:
    """The arrays in one random order, cut into batches of equal size.

    What is left over waits for another epoch.

    Parameters
    ----------
    random : numpy Generator
        Of the order.
    size : int, samples
        Of a batch; all samples where there are fewer.
    arrays : (samples, ...)
        Cut alike.

    Examples
    --------
    >>> batches = shuffled(np.random.default_rng(0), 2, np.arange(5))
    >>> [batch[0].tolist() for batch in batches]
    [[2, 4], [3, 0]]
    """
    samples = len(arrays[0])
    size = min(size, samples)
    order = random.permutation(samples)
    whole = order[: samples // size * size]
    return [[array[rows] for array in arrays] for rows in whole.reshape(-1, size)]


def integers(tensor) -> np.ndarray:
    """int64 of a tensor of whole numbers."""
    return np.rint(np.asarray(tensor)).astype(np.int64)
