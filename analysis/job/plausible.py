"""Is this what was meant? Checks of a model and its data before the long work."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, warn
from ...models.datasets import Dataset
from ...models.training import predictions

FEWEST = 50  # samples from which an accuracy can be told
TRIED = 500  # samples, to find the range that a model was trained on
NEAR_CHANCE = 1.2  # times the share of the most frequent class
MUCH_BETTER = 2.0  # times the accuracy
GOOD = 0.5  # accuracy, at least, of the range that a model was trained on
RANGES = (1.0, 255.0)  # that pixels come in


def check_model(model, dataset: Dataset, name: str) -> None:
    """Refuse a model that cannot classify the data.

    Parameters
    ----------
    model : keras.Model
        The network.
    dataset : Dataset
        Images and labels.
    name : str
        Of the model, for an error.

    Raises
    ------
    SpikewattError
        Several inputs or outputs, or fewer outputs than the data have classes.
    """
    where = f"network {name!r}"
    hint = "sw.convert, sw.simulate and trace.accuracy(labels, readout) take several"
    for what, tensors in (("input", model.inputs), ("output", model.outputs)):
        if len(tensors) != 1:
            law = f"has one {what}, as a data set of images and labels has"
            raise SpikewattError(where, law, len(tensors), hint=hint)

    outputs = int(np.prod(model.outputs[0].shape[1:]))
    law = "has an output for each class of the data"
    outputs = max(outputs, 2)  # one output decides between two
    if outputs < dataset.classes:
        raise SpikewattError(where, law, outputs, f">= {dataset.classes}")
    if outputs > dataset.classes:
        got = f"{outputs} for {dataset.classes} classes"
        warn(where, law, got, "are these the data that it was trained on?")


def check_accuracy(
    model,
    name: str,
    x: np.ndarray,
    labels: np.ndarray,
    accuracy: float,
    input_max: float,
) -> None:
    """Refuse or warn of a trained model that only guesses the labels.

    Parameters
    ----------
    model : keras.Model
        Trained before, on we do not know what.
    name : str
        Of the model, for an error.
    x : array, (samples, …)
        Inputs as the model takes them, in 0..input_max.
    labels : array of int, (samples,)
        Their classes.
    accuracy : float
        Share of them that Keras gets right.
    input_max : float
        Largest input.

    Raises
    ------
    SpikewattError
        In another range of the inputs, 0..1 or 0..255, the model is right.
    """
    _, counts = np.unique(labels, return_counts=True)
    chance = counts.max() / len(labels)
    if len(labels) < FEWEST or len(counts) < 2 or accuracy > NEAR_CHANCE * chance:
        return

    where = f"network {name!r}"
    law = f"knows the labels of inputs in 0..{input_max:g}"
    got = f"an accuracy of {accuracy:.0%} in Keras, no better than one answer for all"
    few, their_labels = x[:TRIED], labels[:TRIED]
    for largest in RANGES:
        right = predictions(model, few * (largest / input_max)) == their_labels
        found = float(right.mean())
        if largest != input_max and found > max(GOOD, MUCH_BETTER * accuracy):
            hint = f"input_max={largest:g}, with which it is right on {found:.0%}"
            raise SpikewattError(where, law, got, hint=hint)

    warn(where, law, got, "other data, or input_max as the model was trained")
