"""From a trained Keras network to one that a core of ODIN's kind executes."""

from __future__ import annotations

import numpy as np

from ...models.odin.chip import LARGEST_PIXEL
from ...models.odin.chips import ODIN, OdinChip, chip_of
from ...progress import Progress
from .network import OdinNetwork
from .size import check_size


def convert_for_odin(
    model,
    x_train: np.ndarray,
    y_train: np.ndarray,
    largest_pixel: int = LARGEST_PIXEL,
    input_levels: int = 2,
    bias_events: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    spike_cost: float = 0.0,
    name: str = "odin",
    progress: Progress | None = None,
    chip: str | OdinChip = ODIN,
) -> OdinNetwork:
    """Begin from the weights of an MLP and train it on in the chip's arithmetic: `train_odin`.

    Parameters
    ----------
    model : Keras model
        MLP inputs-hidden-classes with ReLU, trained on pixel / largest_pixel.
    x_train : uint8 (samples, ...)
        Pixels.
    y_train : int (samples,)
        Labels.
    largest_pixel : int, default 255
        Pixel of full brightness.
    input_levels : int, default 2
        Events of a pixel at most.
    bias_events : int, optional
        Of weight 7 to every hidden neuron, on ODIN before the first input, by default 8; on
        tinyODIN after the last, by default 16.
    epochs : int, optional
        Passes over the images; by default 120.
    seed : int, default 0
        Of order and rounding.
    spike_cost : float, default 0
        Added to the loss per spike of the mean hidden neuron.
    name : str, default "odin"
        Of the network.
    progress : Progress, optional
        Called with ("train", epochs done, epochs).
    chip : OdinChip or its name, default "odin"
        Which core executes it: ``odin`` or ``tinyodin``.

    Raises
    ------
    DoesNotFitError : 2 inputs + bias + neurons beyond 256 indices; raised before any training.
    SpikewattError : a layer that ODIN's networks do not begin from; images or settings out of
        range.

    Examples
    --------
    >>> digits = load_dataset("digits")  # doctest: +SKIP
    >>> convert_for_odin(model, digits.x_train, digits.y_train, digits.levels)  # doctest: +SKIP
    OdinNetwork(64-48-10, rate, potential)
    """
    from ...models.odin.hidden import start_sizes
    from ...models.odin.training import train_odin

    hidden, classes = start_sizes(model)
    inputs = int(np.prod(np.shape(x_train)[1:]))
    chip = chip_of("convert_for_odin.chip", chip)
    if bias_events is None:
        bias_events = chip.usual_bias_events
    doubled = not chip.signed_synapses
    check_size(inputs, [hidden, classes], doubled=doubled, bias=bias_events > 0)

    found = train_odin(
        x_train,
        y_train,
        hidden,
        largest_pixel,
        input_levels,
        bias_events,
        epochs=epochs,
        start=model,
        seed=seed,
        spike_cost=spike_cost,
        progress=progress,
        chip=chip,
    )
    return OdinNetwork(**found, name=name)
