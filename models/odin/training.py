"""Training for the arithmetic of a chip of ODIN's kind; whole numbers come out.

On ODIN weights have 3 bits, an axon has one sign, potentials are 0..255; on tinyODIN weights have 4
bits and potentials 12, signed. Both reset to zero.
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, whole_number
from ...progress import Progress
from ..keras_backend import import_keras
from .chip import LARGEST_EVENTS, LARGEST_PIXEL
from .chips import ODIN, OdinChip, chip_of
from .hidden import train_hidden
from .rank_order import train_rank_order

USUAL_EPOCHS = {"hidden": 120, "rank_order": 8}


def train_odin(
    x_train: np.ndarray,
    y_train: np.ndarray,
    hidden: int | None,
    largest_pixel: int = LARGEST_PIXEL,
    input_levels: int = 2,
    bias_events: int | None = None,
    brightness: int = 0,
    epochs: int | None = None,
    start=None,
    seed: int = 0,
    spike_cost: float = 0.0,
    progress: Progress | None = None,
    chip: str | OdinChip = ODIN,
) -> dict:
    """Train a network that one core executes; same seed, same numbers on the same machine.

    With hidden neurons a pixel sends 0..input_levels events, on ODIN inhibitory copies first (rate
    code, largest potential wins). Without, a pixel sends one event, brightest first, and the first
    output spike decides (rank-order code); the threshold is the one that does best on the training
    images, and of those within 0.2 points of it the one that needs the fewest events.

    Parameters
    ----------
    x_train : uint8 (samples, ...)
        Pixels, 0..largest_pixel.
    y_train : int (samples,)
        Labels, 0..classes-1.
    hidden : int or None
        Hidden neurons, or None for one layer.
    largest_pixel : int, default 255
        Pixel of full brightness, 1..255.
    input_levels : int, default 2
        Events of a pixel at most, 1..255; with hidden neurons only.
    bias_events : int, optional
        Of weight 7 to every hidden neuron; below the thresholds that are trained. On ODIN before
        the first input, 0..36, by default 8; on tinyODIN after the last, 0..292, by default 16.
    brightness : int, default 0
        A pixel must be brighter to send its event; without hidden neurons only.
    epochs : int, optional
        Passes over the images; by default 120 with hidden neurons, 8 without.
    start : Keras model, optional
        MLP inputs-hidden-classes with ReLU, trained on pixel / largest_pixel, to begin from.
    seed : int, default 0
        Of first weights, order and rounding.
    spike_cost : float, default 0
        Added to the loss per spike of the mean hidden neuron, to save spikes.
    progress : Progress, optional
        Called with ("train", epochs done, epochs).
    chip : OdinChip or its name, default "odin"
        Whose arithmetic it is: ``odin`` or ``tinyodin``. One layer uses weights 0..7 on both.

    Returns
    -------
    dict
        The arguments of sim.OdinNetwork: layers, thresholds, input_code, readout, bias_events,
        input_levels, largest_pixel, brightness, chip.

    Raises
    ------
    SpikewattError : images, labels or settings out of range; a start of another shape.
    """
    x, y = _checked_images(x_train, y_train, largest_pixel)
    chip = chip_of("train_odin.chip", chip)
    if bias_events is None:
        bias_events = chip.usual_bias_events
    whole_number("train_odin.seed", "must be a seed", seed, 0, 2**31 - 1)
    if epochs is None:
        epochs = USUAL_EPOCHS["rank_order" if hidden is None else "hidden"]
    law = "must be a number of passes"
    epochs = whole_number("train_odin.epochs", law, epochs, 1, 100_000)

    import_keras().utils.set_random_seed(seed)
    random = np.random.default_rng(seed)

    if hidden is None:
        _check_rank_order(start, brightness, largest_pixel)
        found = train_rank_order(x, y, brightness, epochs, random, progress)
    else:
        _check_hidden(brightness, input_levels, bias_events, chip)
        found = train_hidden(
            x,
            y,
            hidden=hidden,
            largest_pixel=largest_pixel,
            input_levels=input_levels,
            bias_events=bias_events,
            epochs=epochs,
            start=start,
            random=random,
            spike_cost=spike_cost,
            progress=progress,
            chip=chip,
        )
    return {**found, "largest_pixel": largest_pixel, "brightness": brightness, "chip": chip}


def _checked_images(x_train, y_train, largest_pixel: int) -> tuple[np.ndarray, np.ndarray]:
    """(samples, inputs) pixels and (samples,) labels."""
    law = "must be the pixel of full brightness"
    whole_number("train_odin.largest_pixel", law, largest_pixel, 1, LARGEST_PIXEL)
    x, y = np.asarray(x_train), np.asarray(y_train)

    is_images = x.dtype == np.uint8 and x.ndim >= 2 and len(x) >= 2
    if not is_images or x.max() > largest_pixel:
        raise SpikewattError(
            where="train_odin.x_train",
            law="must be uint8 images",
            got=f"{x.dtype} {x.shape}",
            allowed=f"pixels 0..{largest_pixel}",
        )

    is_labels = y.shape == (len(x),) and np.issubdtype(y.dtype, np.integer)
    if not is_labels or y.min() < 0 or y.max() < 1:
        raise SpikewattError(
            where="train_odin.y_train",
            law="must hold a label per image, of two classes or more",
            got=f"{y.dtype} {y.shape}",
            allowed=len(x),
        )
    return x.reshape(len(x), -1), y


def _check_rank_order(start, brightness: int, largest_pixel: int) -> None:
    """Raise where one layer is given what needs hidden neurons."""
    if start is not None:
        raise SpikewattError(
            where="train_odin.start",
            law="begins a network with hidden neurons",
            got="hidden None",
            allowed="a number of hidden neurons",
        )

    law = "must be below the largest pixel"
    whole_number("train_odin.brightness", law, brightness, 0, largest_pixel - 1)


def _check_hidden(brightness: int, input_levels: int, bias_events: int, chip: OdinChip) -> None:
    """Raise where a network with hidden neurons is given what one layer needs, or too much."""
    if brightness:
        raise SpikewattError(
            where="train_odin.brightness",
            law="is for the rank-order code, without hidden neurons",
            got=brightness,
            allowed=0,
        )

    law = "must be a number of events"
    whole_number("train_odin.input_levels", law, input_levels, 1, LARGEST_EVENTS)
    law = "must leave room below the threshold"
    whole_number("train_odin.bias_events", law, bias_events, 0, chip.largest_bias_events)
