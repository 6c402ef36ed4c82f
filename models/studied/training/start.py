"""The weights that a training begins with."""

from __future__ import annotations

import numpy as np

from ...keras_backend import import_keras
from ..catalogue import Studied
from ..layers import SumBlock

CALIBRATION = 500  # images, from which the first clips follow
MOST_VALUES = 1_000_000  # of a layer, that are looked at
SHARES = np.linspace(0.1, 1.0, 60)  # of the largest value, that are tried as a clip
SMALL = 0.01  # standard deviation of the last kernel, where nothing normalises
SECOND_OF_SUM = 0.3  # by which the kernels before a sum without norm are smaller


def begin(facts: Studied, models_dir, x: np.ndarray):
    """A model with its first weights, batch norm not folded, and where its weights go.

    Parameters
    ----------
    x : float32 (samples, rows, columns, channels)
        Training images, as the model takes them.
    """
    keras = import_keras()
    keras.utils.set_random_seed(facts.seed)
    model, placed = facts.build(folded=False)

    _draw(model, placed, facts)
    if facts.begins_with is not None:
        from ..load import load_studied

        _copy(load_studied(facts.begins_with, models_dir), model)
        calibrate(model, x[:CALIBRATION])
    return model, placed


def _draw(model, placed, facts: Studied) -> None:
    """Kernels from a normal distribution of variance 2 / inputs (He)."""
    keras = import_keras()
    kernels = [layer for layer, keys in placed if keys[0].endswith(".kernel")]
    for number, layer in enumerate(kernels):
        draw = keras.initializers.HeNormal(seed=facts.seed * 1000 + number)
        layer.kernel.assign(draw(layer.kernel.shape))

    if not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        last = kernels[-1].kernel
        draw = keras.initializers.RandomNormal(0.0, SMALL, seed=facts.seed)
        last.assign(draw(last.shape))
    if any(isinstance(layer, SumBlock) for layer in facts.layers):
        for layer in kernels:
            if layer.name.endswith("_b"):
                layer.kernel.assign(layer.kernel * SECOND_OF_SUM)


def _copy(source, model) -> None:
    """Weights of the layers that both models have."""
    known = {layer.name: layer for layer in source.layers}
    for layer in model.layers:
        if layer.name in known and layer.get_weights():
            layer.set_weights(known[layer.name].get_weights())


def calibrate(model, x: np.ndarray) -> None:
    """Clips that make the squared error of the quantised activations least, of a ReLU network.

    Parameters
    ----------
    model : Keras model
        Its `QCFS` layers get new clips.
    x : float32 (samples, ...)
    """
    from ...quantised_layers import QCFS

    keras = import_keras()
    quantised = [layer for layer in model.layers if isinstance(layer, QCFS)]
    if not quantised:
        return

    for layer in quantised:  # from the front: what comes in has passed the clips before
        inner = keras.Model(model.input, layer.input)
        values = np.maximum(np.asarray(inner.predict(x, batch_size=100, verbose=0)), 0).ravel()
        layer.clip.assign(least_error_clip(values[:MOST_VALUES], layer.levels))


def least_error_clip(values: np.ndarray, levels: int) -> float:
    """The largest level that makes the squared error of `values` least.

    Examples
    --------
    >>> round(least_error_clip(np.array([0.0, 1.0, 2.0, 3.0]), 3), 2)
    3.0
    """
    largest = float(values.max(initial=0.0)) or 1.0

    def error(clip: float) -> float:
        steps = np.clip(np.floor(values * levels / clip + 0.5), 0, levels)
        return float(np.square(steps * clip / levels - values).mean())

    return min((float(share) * largest for share in SHARES), key=error)
