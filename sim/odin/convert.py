"""From a trained Keras network to one that an ODIN core executes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .network import OdinNetwork, check_size


def convert_for_odin(
    model, x_train: np.ndarray, y_train: np.ndarray, largest_pixel: int = 255, input_levels: int = 2, bias_events: int = 8,
    epochs: int | None = None, seed: int = 0, spike_cost: float = 0.0, name: str = "odin",
    progress: Callable[[str, int, int], None] | None = None,
) -> OdinNetwork:  # fmt: skip
    """Begin from the weights of an MLP inputs-hidden-classes and train it on in ODIN's arithmetic; see `models.odin_training.train_odin`.

    Parameters
    ----------
    model : Keras MLP with two dense layers, trained on pixel / largest_pixel.
    x_train : (samples, ...) uint8 pixels. y_train : (samples,) labels.

    Raises
    ------
    DoesNotFitError : 2 inputs + bias + neurons beyond 256 indices; raised before any training.
    SpikewattError : a layer that ODIN's networks do not begin from, images or settings out of range.
    """
    from ...models.odin.training import start_sizes, train_odin

    hidden, classes = start_sizes(model)
    inputs = int(np.prod(np.shape(x_train)[1:]))
    check_size(inputs, [hidden, classes], doubled=True, bias=bias_events > 0)
    found = train_odin(x_train, y_train, hidden, largest_pixel, input_levels, bias_events, epochs=epochs, start=model, seed=seed,
                       spike_cost=spike_cost, progress=progress)  # fmt: skip
    return OdinNetwork(**found, name=name)
