"""Image data sets with a fixed train, validation and test split."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..errors import FileFormatError, SpikewattError, one_of
from .keras_backend import import_keras

NAMES = ("digits", "mnist", "fashion_mnist", "cifar10")
KEYS = ("x_train", "y_train", "x_test", "y_test")
VALIDATION_SHARE = 0.1
DATA_VARIABLE = "SPIKEWATT_DATA"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as integer pixels and their labels.

    Parameters
    ----------
    name : as asked for.
    x_train, x_validation, x_test : (samples, rows, columns, channels) uint8 pixels, 0..levels.
    y_train, y_validation, y_test : (samples,) int64 labels, 0..classes-1.
    levels : largest pixel value; a network sees pixel / levels, in 0..1.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    levels: int

    def scaled(self, split: str) -> np.ndarray:
        """The pixels of ``train``, ``validation`` or ``test`` as float32 in 0..1."""
        one_of("Dataset.scaled", "must name a split", split, ("train", "validation", "test"))
        return getattr(self, f"x_{split}").astype(np.float32) / self.levels

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels)."""
        return tuple(self.x_train.shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.y_train.max()) + 1


def load_dataset(name: str, data_dir: str | Path | None = None) -> Dataset:
    """Load a data set by name, or from any ``.npz`` file by path.

    Parameters
    ----------
    name : ``digits`` (scikit-learn's 1,797 scans, bundled with it), ``mnist``, ``fashion_mnist``, ``cifar10``,
        or the path of an ``.npz`` with uint8 arrays x_train, y_train, x_test, y_test.
    data_dir : folder with ``<name>.npz``; by default the variable SPIKEWATT_DATA, and without it Keras' own loaders and cache.

    Raises
    ------
    SpikewattError : unknown name, missing file, wrong arrays.
    """
    if name == "digits":
        return _digits()
    if str(name).endswith(".npz"):
        return _from_file(Path(name).stem, Path(name))
    one_of("load_dataset.name", "must name a data set or be the path of an .npz file", name, NAMES)
    data_dir = data_dir or os.environ.get(DATA_VARIABLE)
    if data_dir:
        return _from_file(name, Path(data_dir) / f"{name}.npz")
    keras = import_keras()
    (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    return _split(name, x_train, y_train, x_test, y_test)


def _digits() -> Dataset:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    images, labels = np.asarray(bunch["images"]), np.asarray(bunch["target"])
    x_train, x_test, y_train, y_test = train_test_split(images.astype(np.uint8), labels, test_size=0.2, stratify=labels, random_state=0)
    return _split("digits", x_train, y_train, x_test, y_test, levels=16)


def _from_file(name: str, path: Path) -> Dataset:
    if not path.is_file():
        raise SpikewattError(str(path), "the data set file must exist", "no such file", f"an .npz with {', '.join(KEYS)}")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = [key for key in KEYS if key not in arrays]
            if missing:
                raise FileFormatError(str(path), f"must hold the arrays {', '.join(KEYS)}", f"no {', '.join(missing)}")
            found = [arrays[key] for key in KEYS]
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        if isinstance(error, SpikewattError):
            raise
        raise FileFormatError(str(path), "must be a whole .npz file without pickled objects", str(error)) from error
    return _split(name, *found)


def _split(name: str, x_train, y_train, x_test, y_test, levels: int = 255) -> Dataset:
    """Cut the validation samples from the end of the training part; a channel axis is added to grey images."""
    for key, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if x.dtype != np.uint8 or x.ndim not in (3, 4):
            raise FileFormatError(
                f"{name}: x_{key}", "must be uint8 images", f"{x.dtype} {x.shape}", "(samples, rows, columns[, channels])"
            )
        if y.size != len(x) or len(x) == 0 or not np.issubdtype(y.dtype, np.integer):
            raise FileFormatError(f"{name}: y_{key}", "must hold one integer label per image", f"{y.dtype} {y.shape}", (len(x),))
    x_train, x_test = (x if x.ndim == 4 else x[..., None] for x in (x_train, x_test))
    y_train, y_test = (y.reshape(-1).astype(np.int64) for y in (y_train, y_test))
    cut = len(x_train) - max(1, round(len(x_train) * VALIDATION_SHARE))
    return Dataset(name, x_train[:cut], y_train[:cut], x_train[cut:], y_train[cut:], x_test, y_test, levels)
