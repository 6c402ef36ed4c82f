"""Training images of one epoch: shuffled, shifted, mirrored, with a grey square."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .recipe import Recipe

GREY = 0.47  # the mean of CIFAR-10
NUMPY_MODE = {"reflect": "reflect", "zero": "constant"}


def batches(
    x: np.ndarray, y: np.ndarray, recipe: Recipe, seed: int, epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of one epoch; whatever is random follows from `seed` and `epoch` alone.

    Images that fill no whole batch are left out, others in each epoch.

    Parameters
    ----------
    x : float32 (samples, rows, columns, channels), 0..1
    y : int64 (samples,)
    """
    random = np.random.default_rng([seed, epoch])
    size = min(recipe.batch, len(x))
    order = random.permutation(len(x))

    for start in range(0, len(x) - size + 1, size):
        chosen = order[start : start + size]
        yield augmented(x[chosen], recipe, random), y[chosen]


def augmented(x: np.ndarray, recipe: Recipe, random: np.random.Generator) -> np.ndarray:
    """A batch as the network sees it.

    Examples
    --------
    >>> x = np.zeros((2, 8, 8, 1), np.float32)
    >>> augmented(x, Recipe(shift=2, flip=True), np.random.default_rng(0)).shape
    (2, 8, 8, 1)
    """
    if recipe.shift:
        x = _shifted(x, recipe, random)
    if recipe.flip:
        mirrored = random.random(len(x)) < 0.5
        x = np.where(mirrored[:, None, None, None], x[:, :, ::-1], x)
    if recipe.cutout:
        x = _with_square(x, recipe.cutout, random)
    return x


def _shifted(x: np.ndarray, recipe: Recipe, random: np.random.Generator) -> np.ndarray:
    """Each image moved by up to so many pixels, down and across."""
    samples, rows, columns, _ = x.shape
    by = recipe.shift
    around = ((0, 0), (by, by), (by, by), (0, 0))
    padded = np.pad(x, around, NUMPY_MODE[recipe.border])  # type: ignore[call-overload]

    first = random.integers(0, 2 * by + 1, (samples, 2))
    down = first[:, :1] + np.arange(rows)
    across = first[:, 1:] + np.arange(columns)
    return padded[np.arange(samples)[:, None, None], down[:, :, None], across[:, None, :]]


def _with_square(x: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    """Each image with a grey square, which may lie half outside."""
    samples, rows, columns, _ = x.shape
    top = random.integers(-side // 2, rows - side // 2 + 1, (samples, 1))
    left = random.integers(-side // 2, columns - side // 2 + 1, (samples, 1))

    hit_rows = (np.arange(rows) >= top) & (np.arange(rows) < top + side)
    hit_columns = (np.arange(columns) >= left) & (np.arange(columns) < left + side)
    hit = hit_rows[:, :, None] & hit_columns[:, None, :]
    return np.where(hit[..., None], np.float32(GREY), x)
