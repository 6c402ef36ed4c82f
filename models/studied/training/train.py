"""train_studied: trained weights of a network of the studies, by its recipe."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....endings import keeping
from ....errors import SpikewattError, whole_number
from ....files import npz, write
from ....progress import Progress, silent
from ...datasets import Dataset
from ...training import predictions
from ..catalogue import Studied, studied
from ..find import ARCHIVE
from .augmentation import batches
from .checkpoint import Checkpoint, alone, save, take_up
from .recipe import Recipe, recipe_of
from .start import begin
from .stored import stored_arrays
from .update import Updates

MOST_EPOCHS = 100_000
TRAINING = ".training"  # ending of the folder with what is done


@dataclass(frozen=True)
class Trained:
    """What a training gave.

    Parameters
    ----------
    path : Path
        Of the archive with the weights, which `load_studied` reads.
    accuracy : float
        Share of the test images that are right, with the weights as they are stored.
    epochs : int
    resumed_after : int
        Epochs that were done before this call.
    """

    path: Path
    accuracy: float
    epochs: int
    resumed_after: int

    def said(self, published: float) -> dict:
        """What JSON says of it, beside the accuracy of the published weights."""
        return {
            "path": str(self.path),
            "accuracy": self.accuracy,
            "published_accuracy": published,
            "epochs": self.epochs,
            "resumed_after": self.resumed_after,
        }


def train_studied(
    name: str,
    dataset: Dataset,
    models_dir: str | os.PathLike,
    epochs: int | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a network by its recipe, and write ``NAME.npz`` into `models_dir`.

    After each epoch the state is kept in ``NAME.training`` beside it. After an interruption the
    same call goes on from there, to the same weights, bit for bit on the same machine, as
    without one. A few-bit network begins with the weights of another one, and ends as integers.

    The weights that come with the package were trained with PyTorch on one GPU; these differ by
    what a seed means and by the arithmetic. The accuracies of three MLPs trained here were 0.05
    points below to 0.3 points above those.

    Parameters
    ----------
    name : str
        A network of the studies that has a recipe.
    dataset : Dataset
        Its training and validation images are learnt.
    models_dir : path
        An existing folder; also with the network whose weights the training begins with.
    epochs : int, optional
        Passes over the images; by default those of the recipe.
    progress : Progress, optional
        Called with ("train", updates done, updates).

    Raises
    ------
    SpikewattError : unknown name, no recipe, other images, a network that is there already, or an
        interrupted training with another recipe.

    Examples
    --------
    >>> mnist = load_dataset("mnist")  # doctest: +SKIP
    >>> train_studied("mlp_48", mnist, "models", epochs=1).accuracy  # doctest: +SKIP
    0.92
    """
    facts = studied(name)
    return train_by(facts, recipe_of(facts), dataset, models_dir, epochs, progress)


def train_by(
    facts: Studied,
    recipe: Recipe,
    dataset: Dataset,
    models_dir: str | os.PathLike,
    epochs: int | None = None,
    progress: Progress | None = None,
) -> Trained:
    """As `train_studied`, of any network by any recipe.

    Parameters
    ----------
    facts : Studied
        What is trained.
    recipe : Recipe
        How.
    """
    name, folder = facts.name, Path(models_dir)
    epochs = _epochs(epochs, facts, recipe)
    target = folder / f"{name}{ARCHIVE}"
    _check_place(folder, target)
    _check_images(facts, dataset)

    x, y = _learnt(dataset)
    said = _said(facts, recipe, epochs, x, y)
    kept = folder / f"{name}{TRAINING}"
    said_kept = f"what is done is kept in {kept}"
    with alone(kept), keeping(lambda: said_kept if kept.is_dir() else ""):
        state = take_up(kept, said)
        model, placed = begin(facts, _with_variable(folder), x)
        updates = Updates(model, recipe, _teacher(recipe, folder))
        begun = _put_state(updates, state)
        _learn(updates, recipe, facts.seed, x, y, begun, epochs, kept, said, progress or silent)

        arrays = stored_arrays(facts, model, placed, dataset.levels)
        write(target, npz(**arrays))
    shutil.rmtree(kept, ignore_errors=True)
    return Trained(target, _accuracy(facts, arrays, dataset), epochs, begun)


# What is asked for


def _epochs(epochs: int | None, facts: Studied, recipe: Recipe) -> int:
    """Those asked for, of the recipe, or of the stored weights, rounded up."""
    if epochs is None:
        epochs = recipe.epochs or math.ceil(facts.epochs or 0)
    law = "must be a number of passes over the images"
    return whole_number("train_studied.epochs", law, epochs, 1, MOST_EPOCHS)


def _check_place(folder: Path, target: Path) -> None:
    if not folder.is_dir():
        raise SpikewattError("models_dir", "must be a folder that exists", str(folder))
    if target.exists():
        raise SpikewattError(
            where=str(target),
            law="is not written over",
            got="it exists: of a training that is finished, or put there",
            hint="remove it, or name another folder",
        )


def _check_images(facts: Studied, dataset: Dataset) -> None:
    if dataset.input_shape != facts.input_shape:
        raise SpikewattError(
            where=f"network {facts.name!r}",
            law=f"is trained on images of {facts.dataset}",
            got=f"{dataset.name}, {dataset.input_shape}",
            allowed=facts.input_shape,
        )


def _learnt(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """All images but those for the test; pixels in 0..1."""
    parts = ("train", "validation")
    x = np.concatenate([dataset.scaled(part) for part in parts])
    y = np.concatenate([getattr(dataset, f"y_{part}") for part in parts])
    return x, y


def _said(facts: Studied, recipe: Recipe, epochs: int, x: np.ndarray, y: np.ndarray) -> dict:
    """What is trained, on what, by which recipe."""
    digest = hashlib.sha256(x.tobytes())
    digest.update(y.tobytes())
    return {
        **recipe.said(),
        "network": facts.name,
        "layers": repr((facts.layers, facts.activation)),
        "seed": facts.seed,
        "begins_with": facts.begins_with,
        "epochs": epochs,
        "images": digest.hexdigest(),
    }


# What is done


def _with_variable(folder: Path) -> str:
    """The folder of the training, and those that the user named in the environment."""
    from ..find import MODELS_VARIABLE

    named = os.environ.get(MODELS_VARIABLE)
    return os.pathsep.join([str(folder), named] if named else [str(folder)])


def _teacher(recipe: Recipe, folder: Path):
    from ..load import load_studied

    return load_studied(recipe.teacher, _with_variable(folder)) if recipe.teacher else None


def _put_state(updates: Updates, state: Checkpoint | None) -> int:
    """Give model and optimiser the state of a checkpoint; the epochs that are done."""
    if state is None:
        return 0
    updates.model.set_weights(state.weights)
    for variable, value in zip(updates.optimizer.variables, state.moments, strict=True):
        variable.assign(value)
    return state.epochs


def _learn(updates, recipe, seed, x, y, begun, epochs, kept, said, report: Progress) -> None:
    """The epochs that are left, each with its checkpoint."""
    in_epoch = len(x) // min(recipe.batch, len(x))
    total = in_epoch * epochs
    done = in_epoch * begun
    report("train", done, total)

    for epoch in range(begun, epochs):
        updates.draw_anew(seed, epoch)
        for images, labels in batches(x, y, recipe, seed, epoch):
            loss = updates(images, labels, recipe.learning_rate_at(done / total))
            if not math.isfinite(loss):
                raise SpikewattError(
                    where=f"training of {said['network']}",
                    law="has a finite loss",
                    got=f"{loss} in epoch {epoch + 1}",
                    hint="the checkpoint before is kept; a smaller learning rate converges",
                )
            done += 1
            report("train", done, total)
        weights = updates.model.get_weights()
        moments = [np.asarray(variable) for variable in updates.optimizer.variables]
        save(kept, said, Checkpoint(epoch + 1, weights, moments))


def _accuracy(facts: Studied, arrays, dataset: Dataset) -> float:
    """Of the stored weights, on the test images."""
    from ..weights import clips_of, put

    model, placed = facts.build(clips_of(arrays))
    put(placed, arrays, facts.name)
    classes = predictions(model, dataset.scaled("test", facts.input_max))
    return float(np.mean(classes == dataset.y_test))
