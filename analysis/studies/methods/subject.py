"""What a row's method works on: trained networks, each with its data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ....models.datasets import SPLITS, Dataset, load_dataset
from ....models.keras_backend import import_keras
from ....models.training import train
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.staged.choosing.shifted import shifted
from ..cells.conversion import converted
from ..cells.prepared import PreparedRow, prepare
from ..kinds.method import Folds, MethodRow, Validation
from ..kinds.network import NetworkRow
from ..places import Places

VALIDATED = 0.25  # of the images of a fold that are not tested, held back from training


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained network and its data.

    Parameters
    ----------
    prepared : PreparedRow
        Model, calibration and test images.
    network : SpikingNetwork
        Without the method.
    train, train_labels : arrays
        Training images, as the model takes them, and their classes.
    validation, validation_labels : arrays
        Images on which settings are chosen.
    plain, plain_labels : arrays
        The same before they were moved.
    """

    prepared: PreparedRow
    network: SpikingNetwork
    train: np.ndarray
    train_labels: np.ndarray
    validation: np.ndarray
    validation_labels: np.ndarray
    plain: np.ndarray
    plain_labels: np.ndarray


def subjects(row: MethodRow, places: Places) -> Iterator[Subject]:
    """The network of the row, or one for each fold.

    Raises
    ------
    SpikewattError : no such network, weights or data.
    """
    dataset = load_dataset(row.dataset, places.data_dir)
    if row.trained is None:
        prepared = prepare(as_network_row(row), places)
        fitted = dataset.fitted(prepared.model.inputs[0].shape[1:])
        yield _subject(row, prepared, fitted, row.validation, 1)
        return

    for number, fold in enumerate(_folds(dataset, row.trained.folds)):
        model = _trained(fold, row.trained, number)
        copies = max(1, row.trained.copies)
        prepared = _prepared(row, places, model, fold)
        yield _subject(row, prepared, fold, row.validation, copies)


def as_network_row(row: MethodRow, network: str | None = None) -> NetworkRow:
    """The row without its method."""
    name = network or row.network or f"{row.dataset}_folds"
    cells = [row.as_cell()]
    return NetworkRow(
        row=row.row, title=row.title, dataset=row.dataset, network=name, cells=cells,
        input_max=row.input_max,
    )  # fmt: skip


def _subject(
    row: MethodRow, prepared: PreparedRow, dataset: Dataset, asked: Validation, copies: int
) -> Subject:
    plain = dataset.scaled("validation", row.input_max)[: asked.images]
    labels = dataset.y_validation[: asked.images]
    moved = plain
    if asked.shift or asked.mirror:
        seeds = range(asked.seed, asked.seed + copies)
        several = [shifted(plain, asked.shift, asked.mirror, seed) for seed in seeds]
        moved = np.concatenate(several)
    return Subject(
        prepared,
        converted(prepared, row.as_cell()),
        dataset.scaled("train", row.input_max),
        dataset.y_train,
        moved,
        np.tile(labels, len(moved) // len(plain)),
        plain,
        labels,
    )


def _prepared(row: MethodRow, places: Places, model, dataset: Dataset) -> PreparedRow:
    """Of a model that was trained here."""
    assert row.trained is not None
    most = None if places.images is None else max(1, places.images // row.trained.folds)
    test = dataset.scaled("test", row.input_max)[:most]
    return PreparedRow(
        as_network_row(row),
        places,
        model,
        dataset.scaled("train", row.input_max)[: row.without.calibration],
        test,
        dataset.y_test[:most],
        dataset.levels,
    )


def _folds(dataset: Dataset, folds: int) -> Iterator[Dataset]:
    """All images of a data set, of which each fold tests others; classes are spread evenly."""
    from sklearn.model_selection import StratifiedKFold, train_test_split

    x = np.concatenate([getattr(dataset, f"x_{split}") for split in SPLITS])
    y = np.concatenate([getattr(dataset, f"y_{split}") for split in SPLITS])
    parted = StratifiedKFold(folds, shuffle=True, random_state=0).split(x, y)
    for number, (others, test) in enumerate(parted):
        own, held = train_test_split(
            others, test_size=VALIDATED, random_state=number, stratify=y[others]
        )
        yield replace(
            dataset,
            x_train=x[own], y_train=y[own],
            x_validation=x[held], y_validation=y[held],
            x_test=x[test], y_test=y[test],
        )  # fmt: skip


def _trained(dataset: Dataset, asked: Folds, number: int):
    """Hidden layers and a softmax, trained from seed `number`."""
    keras = import_keras()
    keras.utils.set_random_seed(number)
    layers = [keras.Input(dataset.input_shape), keras.layers.Flatten()]
    layers += [keras.layers.Dense(neurons, activation="relu") for neurons in asked.hidden]
    layers.append(keras.layers.Dense(dataset.classes, activation="softmax"))
    model = keras.Sequential(layers)
    train(model, dataset, asked.epochs, seed=number)
    return model
