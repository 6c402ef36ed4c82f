"""Training with zeros held: a few epochs after a round, which an interruption does not lose."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ....progress import Progress, silent
from .masks import hold
from .tuning import Tuning


def tune(
    tuning: Tuning,
    model,
    masks: Mapping[str, np.ndarray],
    round_number: int = 1,
    progress: Progress = silent,
) -> None:
    """Train `model` in place on the data of `tuning`; what `masks` do not keep stays 0.

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
    from ....models.studied.training.augmentation import batches
    from ....models.studied.training.checkpoint import Checkpoint, save, take_up
    from ....models.studied.training.recipe import Recipe
    from ....models.studied.training.update import Updates

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
