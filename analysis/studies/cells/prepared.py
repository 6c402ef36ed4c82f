"""A row's network and data, as its cells take them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ....models.datasets import load_dataset
from ....models.studied.load import load_studied
from ....models.training import predictions
from ..kinds.network import NetworkRow
from ..places import Places


@dataclass(frozen=True, eq=False)
class PreparedRow:
    """A trained network with its data.

    Parameters
    ----------
    row : NetworkRow
    places : Places
    model : Keras model
    train : array, (samples, *shape)
        Training inputs as the model takes them.
    test : array, (samples, *shape)
        Test inputs, as many as the run may look at.
    labels : int array, (samples,)
        Their classes.
    levels : int
        Integer levels of an input.
    """

    row: NetworkRow
    places: Places
    model: Any
    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    levels: int

    @cached_property
    def keras_classes(self) -> np.ndarray:
        """(samples,) the answers of Keras."""
        return predictions(self.model, self.test)

    def ann_right(self, images: int) -> int:
        """How many of the first `images` Keras gets right."""
        return int((self.keras_classes[:images] == self.labels[:images]).sum())


def prepare(row: NetworkRow, places: Places) -> PreparedRow:
    """Load the network and the data of a row.

    Raises
    ------
    SpikewattError : no such network, weights or data, with what to put where.
    """
    model = load_studied(row.network, places.models_dir)
    dataset = load_dataset(row.dataset, places.data_dir)
    dataset = dataset.fitted(model.inputs[0].shape[1:])
    most = places.images
    return PreparedRow(
        row,
        places,
        model,
        dataset.scaled("train", row.input_max),
        dataset.scaled("test", row.input_max)[:most],
        dataset.y_test[:most],
        dataset.levels,
    )
