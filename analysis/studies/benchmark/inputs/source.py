"""A source of inputs: what any has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .....models.datasets import Dataset, load_dataset

TEST, TRAIN = "test", "train"
CIFAR10 = "cifar10"


@dataclass(frozen=True, eq=False)
class Drawn:
    """Inputs of a source.

    Parameters
    ----------
    x : float32 array, (samples, *shape)
        As the model takes them.
    labels : int array, (samples,), or None
        Their true classes, where somebody knows them.
    """

    x: np.ndarray
    labels: np.ndarray | None = None


class Source:
    """Where inputs come from.

    Facts
    -----
    name : what a row's file says.
    labelled : whether their classes are known.
    """

    name = ""
    labelled = False

    def draw(self, model: Any, part: str, samples: int, seed: int, data_dir: Path | None) -> Drawn:
        """Inputs for `model`.

        Parameters
        ----------
        model : Keras model
        part : str
            ``test``, or ``train`` for calibration: other inputs of the same kind.
        samples : int
        seed : int
        data_dir : Path or None
            Folder with ``<dataset>.npz``.

        Raises
        ------
        SpikewattError : missing data.
        """
        raise NotImplementedError


def images_of(data: Dataset, part: str, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """The first pictures of a part, 0..255, and their classes."""
    x, y = (data.x_test, data.y_test) if part == TEST else (data.x_train, data.y_train)
    return np.asarray(x[:samples], np.float32), y[:samples]


class Cifar10(Source):
    """CIFAR-10 as raw pixels, 0..255, with its labels."""

    name = CIFAR10
    labelled = True

    def draw(self, model: Any, part: str, samples: int, seed: int, data_dir: Path | None) -> Drawn:
        """The first images."""
        return Drawn(*images_of(load_dataset(CIFAR10, data_dir), part, samples))
