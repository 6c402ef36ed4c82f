"""Image data sets with a fixed train, validation and test split."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, SpikewattError, one_of, whole_number
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
        return int(max(y.max() for y in (self.y_train, self.y_validation, self.y_test))) + 1


def load_dataset(name: str, data_dir: str | Path | None = None) -> Dataset:
    """Load a data set by name, or from any ``.npz`` file by path.

    Parameters
    ----------
    name : ``digits`` (scikit-learn's 1,797 scans, bundled with it), ``mnist``, ``fashion_mnist``, ``cifar10``,
        or the path of an ``.npz`` with uint8 arrays x_train, y_train, x_test, y_test and, where it is not 255, `levels`, the largest
        possible pixel.
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
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a plain Exception when a download fails
        raise SpikewattError(
            f"data set {name!r}",
            "must be in data_dir or be downloaded by Keras",
            str(error)[:200],
            f"data_dir or {DATA_VARIABLE} with {name}.npz",
        ) from error
    return _split(name, x_train, y_train, x_test, y_test)


def resized(dataset: Dataset, height: int, width: int) -> Dataset:
    """The same data set with images of another size: each new pixel is the mean over the area it covers, rounded to an integer.

    Parameters
    ----------
    height, width : 1 .. those of the images: areas only shrink images.

    Raises
    ------
    SpikewattError : a size of 0, or above that of the images.
    """
    rows, columns, _ = dataset.input_shape
    whole_number("resized.height", "images only shrink", height, 1, rows)
    whole_number("resized.width", "images only shrink", width, 1, columns)
    down, across = _overlaps(rows, height), _overlaps(columns, width)

    def shrink(images: np.ndarray) -> np.ndarray:
        sums = np.einsum(
            "ab,nbcd,ec->naed", down, images.astype(np.float64), across, optimize=True
        )  # exact: integers below 2^53
        return np.floor(sums / (rows * columns) + 0.5).astype(np.uint8)

    images = {}
    for key in ("x_train", "x_validation", "x_test"):
        old = getattr(dataset, key)
        images[key] = np.concatenate([shrink(old[i : i + 1000]) for i in range(0, len(old), 1000)])
    return replace(dataset, name=f"{dataset.name}_{height}x{width}", **images)


def _overlaps(old: int, new: int) -> np.ndarray:
    """(new, old) integers: the length that a new pixel and an old one share, where a row of pixels is old x new long."""
    starts, pixels = np.arange(new)[:, None] * old, np.arange(old)[None, :] * new
    return np.maximum(np.minimum(starts + old, pixels + new) - np.maximum(starts, pixels), 0)


def _digits() -> Dataset:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    images, labels = np.asarray(bunch["images"]), np.asarray(bunch["target"])
    x_train, x_test, y_train, y_test = train_test_split(
        images.astype(np.uint8), labels, test_size=0.2, stratify=labels, random_state=0
    )
    return _split("digits", x_train, y_train, x_test, y_test, levels=16)


def _from_file(name: str, path: Path) -> Dataset:
    if not path.is_file():
        raise SpikewattError(
            str(path),
            "the data set file must exist",
            "no such file",
            f"an .npz with {', '.join(KEYS)}",
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = [key for key in KEYS if key not in arrays.files]
            found = [arrays[key] for key in KEYS if key not in missing]
            levels = arrays["levels"] if "levels" in arrays.files else None
    except Exception as error:  # numpy, zipfile and zlib each raise their own for a bad archive
        raise FileFormatError(
            str(path), "must be a whole .npz file without pickled objects", str(error)
        ) from error
    if missing:
        raise FileFormatError(
            str(path), f"must hold the arrays {', '.join(KEYS)}", f"no {', '.join(missing)}"
        )
    if not all(isinstance(array, np.ndarray) for array in found):
        raise FileFormatError(str(path), "must hold numpy arrays", "raw members")
    images = [array for array in found if array.dtype == np.uint8]
    brightest = max((int(array.max(initial=0)) for array in images), default=255)
    if levels is None and 0 < brightest < 128:
        law = "pixels are scaled by 1 / 255: images that never get brighter than half of that hold the largest possible pixel as `levels`"
        raise FileFormatError(
            str(path),
            law,
            f"brightest pixel {brightest}, no `levels`",
            f"np.savez(…, levels={brightest}), or levels=255",
        )
    if levels is not None and (
        levels.shape != ()
        or not np.issubdtype(levels.dtype, np.integer)
        or not max(1, brightest) <= levels <= 255
    ):
        raise FileFormatError(
            f"{path}: levels",
            "is the largest possible pixel",
            levels,
            f"one integer in {max(1, brightest)}..255",
        )
    return _split(name, *found, levels=255 if levels is None else int(levels))


def _split(name: str, x_train, y_train, x_test, y_test, levels: int = 255) -> Dataset:
    """Draw the validation samples from the training part, always the same ones; a channel axis is added to grey images."""
    for key, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if x.dtype != np.uint8 or x.ndim not in (3, 4):
            raise FileFormatError(
                f"{name}: x_{key}",
                "must be uint8 images",
                f"{x.dtype} {x.shape}",
                "(samples, rows, columns[, channels])",
            )
        if min(x.shape[1:]) < 1 or len(x) < (2 if key == "train" else 1):
            raise FileFormatError(
                f"{name}: x_{key}",
                "must hold images of at least one pixel, two of them for training",
                x.shape,
            )
        if y.size != len(x) or not np.issubdtype(y.dtype, np.integer):
            raise FileFormatError(
                f"{name}: y_{key}",
                "must hold one integer label per image",
                f"{y.dtype} {y.shape}",
                (len(x),),
            )
        if y.min() < 0 or y.max() > 65_535:
            raise FileFormatError(
                f"{name}: y_{key}", "labels count from 0", f"{y.min()}..{y.max()}", "0..65535"
            )
    if x_train.shape[1:] != x_test.shape[1:]:
        raise FileFormatError(
            f"{name}: x_test",
            "images have the shape of those in x_train",
            x_test.shape[1:],
            x_train.shape[1:],
        )
    x_train, x_test = (x if x.ndim == 4 else x[..., None] for x in (x_train, x_test))
    y_train, y_test = (y.reshape(-1).astype(np.int64) for y in (y_train, y_test))
    order = np.random.default_rng(0).permutation(len(x_train))
    cut = len(x_train) - max(1, round(len(x_train) * VALIDATION_SHARE))
    fit, held = np.sort(order[:cut]), np.sort(order[cut:])
    return Dataset(
        name, x_train[fit], y_train[fit], x_train[held], y_train[held], x_test, y_test, levels
    )
