"""What is kept of a trained model."""

from __future__ import annotations

import math

import numpy as np

from ..activations import PowerOfTwoSteps
from ..catalogue import Studied
from .integers import Integers


def stored_arrays(facts: Studied, model, placed, pixel_levels: int = 255) -> dict[str, np.ndarray]:
    """The arrays of an archive, by key: float32, or integers where activations have few levels.

    Parameters
    ----------
    facts : Studied
    model : Keras model
        Trained, with batch norm that is not folded.
    placed : list of (Keras layer, keys)
        Where its weights are.
    pixel_levels : int, default 255
        Largest pixel of the images, as an integer.
    """
    arrays = trained_arrays(placed)
    if facts.levels is None:
        return arrays

    fixed = {
        layer.name.removesuffix("_kbit").replace("_", "."): np.asarray(layer.largest, np.float32)
        for layer in model.layers
        if layer.name.endswith("_kbit")
    }
    arrays |= {f"{key}.clip": clip for key, clip in fixed.items()}
    powers = isinstance(facts.activation, PowerOfTwoSteps)
    integers = Integers(
        arrays, facts.levels, facts.input_max, powers, _mean_of(model), pixel_levels
    )
    return integers.of(facts.layers)


def _mean_of(model) -> int:
    """Pixels that the mean at the end of a network takes; 1 where it has none."""
    means = [layer for layer in model.layers if layer.name == "mean"]
    return math.prod(means[0].input.shape[1:3]) if means else 1


def trained_arrays(placed) -> dict[str, np.ndarray]:
    """The weights of a model, by key."""
    arrays: dict[str, np.ndarray] = {}
    for layer, keys in placed:
        values = (np.asarray(value) for value in layer.get_weights())
        arrays |= dict(zip(keys, values, strict=True))
    return arrays
