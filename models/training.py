"""Training and evaluation of a Keras classifier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .datasets import Dataset
from .keras_backend import import_keras


def train(
    model,
    dataset: Dataset,
    epochs: int,
    seed: int = 0,
    batch_size: int = 32,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, list[float]]:
    """Train `model` in place with Adam on the cross-entropy; same seed, same weights on the same machine.

    Parameters
    ----------
    epochs : passes over the training part, >= 1. batch_size : samples per update.
    progress : called with ("train", epochs done, epochs) after each.

    Returns
    -------
    ``accuracy``, ``loss``, ``val_accuracy``, ``val_loss``: one value per epoch.
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    report = progress or (lambda stage, done, total: None)
    report("train", 0, epochs)
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: report("train", epoch + 1, epochs)
    )
    history = model.fit(
        dataset.scaled("train"),
        dataset.y_train,
        validation_data=(dataset.scaled("validation"), dataset.y_validation),
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
        callbacks=[callback],
    )
    return {key: [float(v) for v in values] for key, values in history.history.items()}


def predictions(model, x: np.ndarray) -> np.ndarray:
    """(samples,) class with the largest output of `model` on `x`."""
    return (
        np.asarray(model.predict(x, batch_size=256, verbose=0)).reshape(len(x), -1).argmax(axis=-1)
    )
