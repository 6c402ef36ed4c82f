"""Fine-tuning: the Keras network is trained on with its zeros held, and converted again."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.keras_backend import import_keras
from ...progress import Progress, silent
from ..conversion.convert import convert
from ..conversion.options import ConversionOptions
from ..network.spiking_network import SpikingNetwork
from .activity import activity
from .cut import Cut
from .judge import Judge
from .knobs import knobs_of
from .masks import hold, kernel_masks
from .rounds import Rounds, applied, said
from .sensitivity import Increment, cut_of, in_order

if TYPE_CHECKING:
    from .prune import Wanted

CALIBRATION = 500
FIRST_SHARE = 0.3  # of what is left that the first round is to save
SMALLEST_SHARE = 0.04
SHARPER = 0.5  # by which the share shrinks when a round was undone


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
    SpikewattError : no training data, or of other numbers of samples; options out of range.
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
        for name, most in (("epochs", 10_000), ("batch", 2**20)):
            law = f"must be a number of {name}"
            whole_number(f"prune.tuning.{name}", law, getattr(self, name), 1, most)
        for name, most in (("learning_rate", 10.0), ("teacher_share", 1.0)):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value <= most:
                raise SpikewattError(f"prune.tuning.{name}", "is in range", value, f"0..{most:g}")

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


def tune(
    tuning: Tuning,
    model,
    masks: Mapping[str, np.ndarray],
    round_number: int = 1,
    progress: Progress = silent,
) -> None:
    """Train `model` in place on the data of `tuning`; kernels stay 0 where `masks` do not keep them.

    Parameters
    ----------
    tuning : Tuning
    model : Keras model
    masks : mapping of bool array
        Keras layer -> shaped as its kernel.
    round_number : int
        Of which the order of the samples and the name of the state follow.
    progress : Progress
        Called with ("train", updates done, updates).
    """
    from ...models.studied.training.augmentation import batches
    from ...models.studied.training.checkpoint import Checkpoint, save, take_up
    from ...models.studied.training.recipe import Recipe
    from ...models.studied.training.update import Updates

    recipe = Recipe(
        epochs=tuning.epochs,
        batch=tuning.batch,
        optimiser="adamw",
        learning_rate=tuning.learning_rate,
        decline="cosine",
        weight_decay=0.0,
        shift=tuning.shift,
        teacher="the unpruned network" if tuning.teacher_share else None,
        teacher_share=tuning.teacher_share,
    )
    hold(model, dict(masks))
    teacher = tuning.copy() if tuning.teacher_share else None
    activation = model.layers[-1].activation
    x, y = np.asarray(tuning.x, np.float32), np.asarray(tuning.labels)
    updates = Updates(model, recipe, teacher)
    try:
        in_epoch = max(1, len(x) // min(recipe.batch, len(x)))
        total, begun = in_epoch * tuning.epochs, 0
        kept = _state_folder(tuning, round_number)
        facts = _facts(recipe, masks, x, y, model)
        if kept is not None and (state := take_up(kept, facts)) is not None:
            begun = state.epochs
            model.set_weights(state.weights)
            for variable, value in zip(updates.optimizer.variables, state.moments, strict=True):
                variable.assign(value)

        done = begun * in_epoch
        for epoch in range(begun, tuning.epochs):
            seed = tuning.seed + 1000 * round_number
            updates.draw_anew(seed, epoch)
            for images, labels in batches(x, y, recipe, seed, epoch):
                loss = updates(images, labels, recipe.learning_rate_at(done / total))
                if not math.isfinite(loss):
                    law = "has a finite loss"
                    hint = "a smaller learning_rate converges"
                    raise SpikewattError("prune.tuning", law, loss, hint=hint)
                done += 1
                progress("train", done, total)
            if kept is not None:
                moments = [np.asarray(variable) for variable in updates.optimizer.variables]
                save(kept, facts, Checkpoint(epoch + 1, model.get_weights(), moments))
    finally:
        model.layers[-1].activation = activation


def prune_and_tune(
    going: Rounds, probe: Judge, wanted: Wanted, tuning: Tuning, progress: Progress
) -> Any:
    """Rounds of pruning and training; the model of the last one that kept the budget.

    The first round is to save 30 % of what there is, each further one as much of what is left; one
    that breaks the budget is undone and tried with half of that.
    """
    options = tuning.options
    model, full = tuning.copy(), going.judge.network
    if tuning.converted(model).hash != full.hash:
        law = "model, convert and calibration are those that the network was converted from"
        raise SpikewattError("prune.tuning", law)

    share = FIRST_SHARE
    for number in range(1, wanted.most_rounds + 1):
        progress("prune", number - 1, wanted.most_rounds)
        found = _next_cut(replace(probe, network=full), wanted, going.cut, share, progress)
        if found is None:
            break
        more, cut = found
        tried = tuning.copy(model)
        masks = kernel_masks(tuning.model, going.judge.network, cut, options)
        tune(tuning, tried, masks, number, progress)
        converted = tuning.converted(tried)
        what, where = said(more)
        if going.attempt(what, where, cut, applied(cut, converted, None)):
            model, full = tried, cut.zeroed(converted)
        else:
            share *= SHARPER
            if share < SMALLEST_SHARE:
                break
    progress("prune", wanted.most_rounds, wanted.most_rounds)
    going.check()
    return model


def _next_cut(
    probe: Judge, wanted: Wanted, cut: Cut, share: float, progress: Progress
) -> tuple[list[Increment], Cut] | None:
    """The increments that save `share` of what is left, and what is then kept; None: no more."""
    network = probe.network
    sent = activity(network, probe.x, probe.steps, probe.seed)
    mean = sent if wanted.compensate else None
    order = in_order(
        probe, knobs_of(network, sent, wanted.what, wanted.score, wanted.scope), mean, progress
    )
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        pruned = cut.also(cut_of(order[: middle + 1])).applied(network, mean)
        if probe.saved(pruned, probe.run(pruned)) < share:
            low = middle + 1
        else:
            high = middle
    if not order:
        return None
    more = order[: min(low + 1, len(order))]
    return more, cut.also(cut_of(more))


def _state_folder(tuning: Tuning, round_number: int) -> Path | None:
    if tuning.folder is None:
        return None
    folder = Path(tuning.folder) / f"round{round_number:02d}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _facts(recipe, masks: Mapping[str, np.ndarray], x, y, model) -> dict:
    """What is trained: recipe, masks, images, first weights."""
    digest = hashlib.sha256()
    for name, mask in sorted(masks.items()):
        digest.update(name.encode())
        digest.update(np.packbits(mask).tobytes())
    for array in (x, y, *model.get_weights()):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {**recipe.said(), "masks_images_and_weights": digest.hexdigest()}
