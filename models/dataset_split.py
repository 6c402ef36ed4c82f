"""What a data set must be, and its split into training and validation samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import FileFormatError
from .dataset_files import Arrays

VALIDATION_SHARE = 0.1
LARGEST_LABEL = 65_535


class Split(NamedTuple):
    """Inputs with their axes in place, and labels, of the three parts."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(name: str, arrays: Arrays) -> Split:
    """Draw the validation samples from the training part, always the same ones.

    Parameters
    ----------
    name : str
        Of the data set, for errors.
    arrays : Arrays
        What was read.

    Raises
    ------
    FileFormatError : no samples, unequal shapes, labels that are none.
    """
    _check_inputs(f"{name}: x_train", arrays.x_train, least=2)
    _check_labels(f"{name}: y_train", arrays.y_train, len(arrays.x_train))
    _check_inputs(f"{name}: x_test", arrays.x_test, least=1)
    _check_labels(f"{name}: y_test", arrays.y_test, len(arrays.x_test))

    sample, test_sample = arrays.x_train.shape[1:], arrays.x_test.shape[1:]
    if sample != test_sample:
        raise FileFormatError(
            where=f"{name}: x_test",
            law="samples have the shape of those in x_train",
            got=test_sample,
            allowed=sample,
        )

    x_train, x_test = _with_channels(arrays.x_train), _with_channels(arrays.x_test)
    y_train = arrays.y_train.reshape(-1).astype(np.int64)
    y_test = arrays.y_test.reshape(-1).astype(np.int64)

    samples = len(x_train)
    held_samples = max(1, round(samples * VALIDATION_SHARE))
    order = np.random.default_rng(0).permutation(samples)
    fit = np.sort(order[: samples - held_samples])
    held = np.sort(order[samples - held_samples :])

    return Split(x_train[fit], y_train[fit], x_train[held], y_train[held], x_test, y_test)


def _with_channels(x: np.ndarray) -> np.ndarray:
    """Images with a channel axis, which grey ones lack; values have the axes that they have."""
    grey = x.dtype == np.uint8 and x.ndim == 3
    return x[..., None] if grey else x


def _check_inputs(where: str, x: np.ndarray, least: int) -> None:
    if x.ndim not in (2, 3, 4):
        raise FileFormatError(
            where=where,
            law="must hold a row of numbers, frames or an image per sample",
            got=f"{x.dtype} {x.shape}",
            allowed="(samples, n), (samples, length, channels) or "
            "(samples, rows, columns[, channels])",
        )

    if min(x.shape[1:]) < 1 or len(x) < least:
        raise FileFormatError(
            where=where,
            law="must hold samples of at least one value, two of them for training",
            got=x.shape,
        )


def _check_labels(where: str, y: np.ndarray, samples: int) -> None:
    if y.size != samples or not np.issubdtype(y.dtype, np.integer):
        raise FileFormatError(
            where=where,
            law="must hold one integer label per sample",
            got=f"{y.dtype} {y.shape}",
            allowed=(samples,),
        )

    if y.min() < 0 or y.max() > LARGEST_LABEL:
        raise FileFormatError(
            where=where,
            law="labels count from 0",
            got=f"{y.min()}..{y.max()}",
            allowed=f"0..{LARGEST_LABEL}",
        )
