"""Recipes: what a training does, in numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

from ....errors import SpikewattError
from ....files import read_yaml
from ..catalogue import DATA, Studied


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    epochs : int or None
        Passes over the training images; None: as many as the stored weights had.
    batch : int, images
        Per update of the weights.
    optimiser : str
        ``sgd`` with Nesterov's momentum of 0.9, or ``adamw``.
    learning_rate : float
        The largest one.
    warm_up : float
        Share of the updates in which the learning rate rises from 0.
    decline : str
        How it falls to 0 afterwards: ``linear`` or ``cosine``.
    weight_decay : float
        Of kernels; with ``sgd`` a part of the gradient, with ``adamw`` beside it.
    largest_gradient : float
        Norm over all weights, to which longer gradients are shortened.
    label_smoothing : float
        Share of a label that goes to all classes.
    shift : int, pixels
        Images are moved by at most so many.
    border : str
        What comes in at the side: the image mirrored (``reflect``) or ``zero``.
    flip : bool
        Whether half of the images are mirrored.
    cutout : int, pixels
        Side of a square that is made grey.
    teacher : str or None
        Network whose probabilities are learnt, too.
    teacher_share : float
        Of the loss.
    temperature : float
        By which both networks' outputs are divided, before they are compared.
    operations_penalty : float
        Loss for a million synaptic operations per image.
    """

    epochs: int | None = None
    batch: int = 256
    optimiser: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = 0.05
    warm_up: float = 0.05
    decline: Literal["linear", "cosine"] = "linear"
    weight_decay: float = 5e-4
    largest_gradient: float = 5.0
    label_smoothing: float = 0.0
    shift: int = 0
    border: Literal["reflect", "zero"] = "zero"
    flip: bool = False
    cutout: int = 0
    teacher: str | None = None
    teacher_share: float = 0.0
    temperature: float = 3.0
    operations_penalty: float = 0.0

    def learning_rate_at(self, share_done: float) -> float:
        """The learning rate when a share of all updates is done, 0..1.

        Examples
        --------
        >>> recipe = Recipe(learning_rate=1.0, warm_up=0.5)
        >>> [recipe.learning_rate_at(share) for share in (0.25, 0.5, 0.75)]
        [0.5, 1.0, 0.5]
        """
        if share_done < self.warm_up:
            return self.learning_rate * max(share_done / self.warm_up, 1e-3)
        falling = (1 - share_done) / (1 - self.warm_up)
        if self.decline == "cosine":
            falling = 0.5 * (1 - math.cos(math.pi * falling))
        return self.learning_rate * max(falling, 1e-3)

    def said(self) -> dict:
        """All of it, as JSON takes it."""
        return asdict(self)


def recipe_of(facts: Studied) -> Recipe:
    """The recipe of a network.

    Raises
    ------
    SpikewattError : a network that has none.
    """
    if facts.recipe is None:
        raise SpikewattError(
            where=f"network {facts.name!r}",
            law="has a recipe to be trained by",
            got="none",
            hint=f"put {facts.name}.npz into --models-dir",
        )
    return _recipes()[facts.recipe]


@cache
def _recipes() -> dict[str, Recipe]:
    said = read_yaml(DATA / "recipes.yaml")
    assert isinstance(said, dict)
    return {name: Recipe(**values) for name, values in said.items()}
