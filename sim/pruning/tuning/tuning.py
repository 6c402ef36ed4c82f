"""Tuning: a Keras network, and what it is trained on after each round of pruning."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....errors import SpikewattError, whole_number
from ....models.keras_backend import import_keras
from ...conversion.convert import convert
from ...conversion.options import ConversionOptions
from ...network.spiking_network import SpikingNetwork

CALIBRATION = 500
WHOLE = {  # name -> law, least, most
    "epochs": ("is a number of epochs", 1, 10_000),
    "batch": ("is a number of samples", 1, 2**20),
    "shift": ("is a number of pixels", 0, 1000),
    "seed": ("is a seed", 0, 2**31 - 1),
}


@dataclass(frozen=True, eq=False)
class Tuning:
    """A Keras network and what it is trained on after each round.

    Parameters
    ----------
    model : Keras model
        What the network was converted from; it is not changed.
    x, labels : arrays (samples, …)
        Training data, as the model takes them. Not those of validation.
    convert : mapping
        Options of `convert`, which gave the network: ``code``, ``steps`` …
    calibration : array, optional
        That of the conversion; by default the first 500 of `x`.
    epochs : int, default 2
        Passes over the training data after each round.
    learning_rate : float, default 0.001
        The largest one, of AdamW; it rises and falls in each round.
    batch : int, default 128
    shift : int, pixels, default 0
        Images are moved by at most so many.
    teacher_share : float, 0..1, default 0.5
        Of the loss: that from the probabilities of the unpruned model.
    seed : int
    folder : path, optional
        Where the state is kept after each epoch: the same call goes on from there.

    Raises
    ------
    SpikewattError : no training data, or of other numbers of samples; options out of range; a
        model that does not end with classes.
    """

    model: Any
    x: Any
    labels: Any
    convert: Mapping[str, Any] = field(default_factory=dict)
    calibration: Any = None
    epochs: int = 2
    learning_rate: float = 1e-3
    batch: int = 128
    shift: int = 0
    teacher_share: float = 0.5
    seed: int = 0
    folder: str | os.PathLike | None = None

    def __post_init__(self):
        if self.x is None or self.labels is None or len(self.x) == 0:
            law = "needs training data, samples and labels"
            raise SpikewattError("prune.tuning", law, "none")
        if len(self.x) != len(self.labels):
            law = "has a label for each training sample"
            raise SpikewattError("prune.tuning", law, len(self.labels), len(self.x))
        for name, (law, *ends) in WHOLE.items():
            whole_number(f"prune.tuning.{name}", law, getattr(self, name), *ends)
        for name, most in (("learning_rate", 10.0), ("teacher_share", 1.0)):
            value = getattr(self, name)
            number = isinstance(value, int | float | np.floating | np.integer)
            if isinstance(value, bool) or not number or not 0 <= value <= most:
                law = "is a number in its range"
                raise SpikewattError(f"prune.tuning.{name}", law, repr(value), f"0..{most:g}")
        self._check_end()

    def _check_end(self) -> None:
        """The loss is taken of logits: what makes probabilities of them has to be known."""
        activations = import_keras().activations
        known = (activations.softmax, activations.linear)
        outputs = getattr(self.model, "outputs", None) or ()
        ends = [tensor._keras_history[0] for tensor in outputs]
        if len(ends) != 1 or ends[0] is not self.model.layers[-1]:
            law = "is a Keras model with one output, of its last layer"
            raise SpikewattError("prune.tuning.model", law, type(self.model).__name__)
        (last,) = ends
        if getattr(last, "activation", None) not in known:
            law = "ends with a layer of classes: a softmax is its activation, or it has none"
            raise SpikewattError("prune.tuning.model", law, f"{type(last).__name__} {last.name!r}")

    @property
    def options(self) -> ConversionOptions:
        """Of the conversion, checked."""
        return ConversionOptions.checked("prune.tuning.convert.", dict(self.convert))

    def converted(self, model) -> SpikingNetwork:
        """`model` as the network was converted."""
        some = self.x[:CALIBRATION] if self.calibration is None else self.calibration
        return convert(model, some, **dict(self.convert))

    def copy(self, model=None):
        """A model with the weights of `model`, or of the one that was given."""
        model = self.model if model is None else model
        copied = import_keras().models.clone_model(model)
        copied.set_weights(model.get_weights())
        return copied
