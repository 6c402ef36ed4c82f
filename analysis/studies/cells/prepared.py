"""A row's network and data, as its cells take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from ....models.datasets import Dataset, load_dataset
from ....models.studied.load import load_studied
from ....models.training import predictions
from ..kept import fingerprint, kept
from ..kinds.network import NetworkRow
from ..places import Places

INT8_CALIBRATION = 500  # training images
FEW = 8  # images by whose outputs two models of equal weights are told apart


@dataclass(frozen=True, eq=False)
class PreparedRow:
    """A trained network with its data.

    Parameters
    ----------
    row : NetworkRow
    places : Places
    model : Keras model
    train : array, (samples, *shape)
        Training inputs as the model takes them, the first ones: as many as its cells ask for.
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

    def kept(self, what: str, asked: dict[str, Any], work: Callable[[], Any]) -> Any:
        """What `work` returns, or returned before; `asked` are the things it depends on beside
        versions. Rows of the same network share it.
        """
        name = f"{self.row.network}.{what}"
        return kept(self.places.kept, name, asked | versions(), work)

    def told(self, what: str) -> Callable[[int, int], None]:
        """Says of a stage of this row how much is done, and how much there is."""
        stage = f"{self.row.row}, {what}"
        return lambda done, total: self.places.progress(stage, done, total)

    @cached_property
    def model_fingerprint(self) -> str:
        """Of weights, and of what the model makes of a few images."""
        outputs = self.model.predict(self.test[:FEW], verbose=0)
        return fingerprint(*(np.asarray(array) for array in (*self.model.get_weights(), outputs)))

    @cached_property
    def keras_classes(self) -> np.ndarray:
        """(samples,) the answers of Keras."""
        asked = {"model": self.model_fingerprint, "images": fingerprint(self.test)}
        found = self.kept("keras", asked, lambda: predictions(self.model, self.test).tolist())
        return np.array(found)

    def images_fingerprint(self, start: int, stop: int) -> str:
        """Of test images from `start` to `stop`, their labels, and the answers of Keras."""
        part = slice(start, stop)
        return fingerprint(self.test[part], self.labels[part], self.keras_classes[part])

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
    asked_for = max((cell.calibration for cell in row.cells), default=0)
    dataset = _first(
        load_dataset(row.dataset, places.data_dir),
        max(asked_for, INT8_CALIBRATION),
        places.images,
    ).fitted(model.inputs[0].shape[1:])
    return PreparedRow(
        row,
        places,
        model,
        dataset.scaled("train", row.input_max),
        dataset.scaled("test", row.input_max),
        dataset.y_test,
        dataset.levels,
    )


def _first(dataset: Dataset, train: int, test: int | None) -> Dataset:
    """The first images of each part: as numbers for a model all of them would take a gigabyte."""
    return replace(
        dataset,
        x_train=dataset.x_train[:train],
        y_train=dataset.y_train[:train],
        x_test=dataset.x_test[:test],
        y_test=dataset.y_test[:test],
    )


def versions() -> dict[str, str]:
    """Of what runs."""
    return {
        "spikewatt": _version("spikewatt"),
        "tensorflow": _version("tensorflow"),
        "annarchy": _version("ANNarchy"),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
