"""Training and evaluation of a Keras classifier."""

from __future__ import annotations

import numpy as np

from ..progress import Progress, silent
from .datasets import Dataset
from .decision import decided_by
from .keras_backend import import_keras

LEARNING_RATE = 1e-3


def train(
    model,
    dataset: Dataset,
    epochs: int,
    seed: int = 0,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> dict[str, list[float]]:
    """Train `model` in place with Adam on the cross-entropy of its classes.

    The same seed gives the same weights on the same machine.

    Parameters
    ----------
    model : Keras model
        Classifier whose outputs are probabilities, on pixels in 0..1.
    dataset : Dataset
        Its training part is learnt, its validation part is watched.
    epochs : int
        Passes over the training part, at least 1.
    seed : int, default 0
        Of the order of the samples and of dropout.
    batch_size : int, samples, default 32
        Per update of the weights.
    progress : Progress, optional
        Called with ("train", epochs done, epochs) after each epoch.

    Returns
    -------
    dict of lists
        ``accuracy``, ``loss``, ``val_accuracy``, ``val_loss``: one value per epoch.

    Examples
    --------
    >>> from spikewatt.models.datasets import load_dataset
    >>> from spikewatt.models.networks import build_network
    >>> digits = load_dataset("digits")
    >>> model = build_network("mlp-64-48-10", (8, 8, 1), 10)  # doctest: +SKIP
    >>> history = train(model, digits, epochs=1)  # doctest: +SKIP
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )

    report = progress or silent
    report("train", 0, epochs)
    after_each = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: report("train", epoch + 1, epochs),
    )

    history = model.fit(
        dataset.scaled("train"),
        dataset.y_train,
        validation_data=(dataset.scaled("validation"), dataset.y_validation),
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
        callbacks=[after_each],
    )
    return {key: [float(v) for v in values] for key, values in history.history.items()}


def predictions(model, x: np.ndarray) -> np.ndarray:
    """The class with the largest output of `model`; a single output decides between two.

    Parameters
    ----------
    model : Keras model
        Classifier with one output per class, or one for two.
    x : float (samples, ...)
        Inputs as the model takes them.

    Returns
    -------
    int64 (samples,)
        Classes; ties go to the lowest.
    """
    outputs = np.asarray(model.predict(x, batch_size=256, verbose=0))
    outputs = outputs.reshape(len(x), -1)
    single = outputs.shape[1] == 1
    halfway = 0.5 if single and ends_with_sigmoid(model) else 0.0
    return decided_by(outputs, halfway)


def ends_with_sigmoid(model) -> bool:
    """Whether the last layer of a Keras model squashes its output into 0..1."""
    last = model.outputs[0]._keras_history[0]
    function = getattr(last, "activation", None)
    return function is import_keras().activations.sigmoid
