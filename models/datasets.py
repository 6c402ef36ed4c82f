"""Data sets with a fixed train, validation and test split."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path

import numpy as np

from ..errors import SpikewattError, one_of, whole_number
from ..installed import require
from .dataset_files import Arrays, read_arrays
from .dataset_split import split
from .enlarging import bilinear
from .keras_backend import import_keras

TEST_IMAGES = {
    "digits": 360,
    "digits28": 360,
    "mnist": 10_000,
    "fashion_mnist": 10_000,
    "cifar10": 10_000,
}
NAMES = tuple(TEST_IMAGES)
SPLITS = ("train", "validation", "test")
DATA_VARIABLE = "SPIKEWATT_DATA"
CHUNK = 1000  # images that are resized at a time


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as integer pixels, or values of any sign, and their labels.

    Parameters
    ----------
    name : str
        As asked for.
    x_train, x_validation, x_test : uint8 (samples, rows, columns, channels)
        Pixels, 0..levels; or float32 (samples, *shape), values in -largest_value..largest_value.
    y_train, y_validation, y_test : int64 (samples,)
        Labels, 0..classes-1.
    levels : int
        Largest possible pixel; a network sees pixel / levels, in 0..1. Of values, the integer
        levels that an input of a spiking network gets.
    largest_value : float, default 1
        Of values, the largest possible |value|; a network sees value / largest_value.

    Examples
    --------
    >>> digits = load_dataset("digits")
    >>> digits.input_shape, digits.classes, digits.levels, len(digits.x_test)
    ((8, 8, 1), 10, 16, 360)
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    levels: int
    largest_value: float = 1.0

    def scaled(self, split: str, largest: float = 1.0) -> np.ndarray:
        """The inputs as a model takes them: pixel / levels · largest.

        Values are value / largest_value · largest.

        Parameters
        ----------
        split : str
            ``train``, ``validation`` or ``test``.
        largest : float, default 1
            Value of the largest possible pixel: `input_max` of a network or a configuration.

        Returns
        -------
        float32 (samples, *shape)
            In 0..largest; values of both signs in -largest..largest.

        Examples
        --------
        >>> digits = load_dataset("digits")
        >>> float(digits.scaled("test").max()), float(digits.scaled("test", largest=255).max())
        (1.0, 255.0)
        """
        one_of("Dataset.scaled", "must name a split", split, SPLITS)
        if not isinstance(largest, Real) or not 0 < largest < np.inf:
            raise SpikewattError(
                where="Dataset.scaled.largest",
                law="must be the value of the largest pixel",
                got=largest,
                allowed="above 0",
            )

        stored = getattr(self, f"x_{split}")
        if stored.dtype == np.uint8:
            shares = stored.astype(np.float32) / self.levels
        elif largest == self.largest_value:
            return stored
        else:
            shares = stored / np.float32(self.largest_value)
        # A Python float: one of numpy's would make float64 of the images.
        return shares * float(largest)

    def fitted(self, shape: tuple[int | None, ...]) -> Dataset:
        """The same samples in the shape that a model takes, where only axes differ.

        Images become rows of numbers, and axes of one come and go; values keep their order.

        Parameters
        ----------
        shape : tuple of int
            Of one sample.

        Raises
        ------
        SpikewattError : samples of another size, or with channels that would be guessed.

        Examples
        --------
        >>> load_dataset("digits").fitted((64,)).input_shape
        (64,)
        """
        own = self.input_shape
        wanted = tuple(size for size in shape if size is not None)
        if own == wanted or len(wanted) < len(shape):
            return self

        same_axes = _without_ones(own) == _without_ones(wanted)
        same_size = math.prod(own) == math.prod(wanted)
        to_row = len(wanted) == 1
        grey_from_row = len(own) == 1 and wanted[-1] == 1
        if not same_axes and not (same_size and (to_row or grey_from_row)):
            raise SpikewattError(
                where=f"data set {self.name!r}",
                law="its samples have the shape that the network takes",
                got=own,
                allowed=wanted,
            )

        parts = {f"x_{part}": getattr(self, f"x_{part}") for part in SPLITS}
        reshaped = {key: x.reshape(len(x), *wanted) for key, x in parts.items()}
        return replace(self, **reshaped)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(rows, columns, channels), (length, channels) or (n,)."""
        return tuple(self.x_train.shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes."""
        labels = (self.y_train, self.y_validation, self.y_test)
        return 1 + max(int(y.max()) for y in labels)


def load_dataset(name: str, data_dir: str | Path | None = None) -> Dataset:
    """Load a data set by name, or from any ``.npz`` file by path.

    Parameters
    ----------
    name : str
        ``digits`` (scikit-learn's 1,797 scans, bundled with it), ``digits28`` (the same, enlarged
        from 8 x 8 to 28 x 28 pixels by bilinear interpolation), ``mnist``, ``fashion_mnist``,
        ``cifar10``, or the path of an ``.npz`` with arrays x_train, y_train, x_test, y_test:
        uint8 pixels with `levels`, the largest possible one, where it is not 255; or numbers of
        any sign, (samples, n), (samples, length, channels) or images, with `range`, the largest
        possible |value|, where it is not 1, and with `scale` and `offset` where a value is
        stored · scale + offset.
    data_dir : path, optional
        Folder with ``<name>.npz``; by default the variable SPIKEWATT_DATA, and without it Keras'
        own loaders and cache.

    Raises
    ------
    SpikewattError : unknown name, missing file, wrong arrays.

    Examples
    --------
    >>> load_dataset("digits").x_train.shape
    (1293, 8, 8, 1)
    """
    if name == "digits":
        return _as_dataset(name, _digits())
    if name == "digits28":
        return _as_dataset(name, _digits28())
    if str(name).endswith(".npz"):
        return _as_dataset(Path(name).stem, read_arrays(Path(name)))

    one_of("load_dataset.name", "must name a data set or be the path of an .npz file", name, NAMES)
    data_dir = data_dir or os.environ.get(DATA_VARIABLE)
    if data_dir:
        return _as_dataset(name, read_arrays(Path(data_dir) / f"{name}.npz"))
    return _as_dataset(name, _from_keras(name))


def _as_dataset(name: str, arrays: Arrays) -> Dataset:
    return Dataset(
        name,
        *split(name, arrays),
        levels=arrays.levels,
        largest_value=arrays.largest,
    )


def _without_ones(shape: tuple) -> tuple:
    """A shape without its axes of one.

    >>> _without_ones((28, 28, 1))
    (28, 28)
    """
    return tuple(size for size in shape if size != 1)


def resized(dataset: Dataset, height: int, width: int) -> Dataset:
    """The same data set with smaller images: a new pixel is the mean over the area it covers.

    Means are rounded to integers, halves upwards.

    Parameters
    ----------
    dataset : Dataset
        With images to shrink.
    height, width : int, pixels
        Of the new images, from 1 to those of the old ones: areas only shrink images.

    Raises
    ------
    SpikewattError : a size of 0, or above that of the images.

    Examples
    --------
    >>> small = resized(load_dataset("digits"), 4, 4)
    >>> small.name, small.input_shape
    ('digits_4x4', (4, 4, 1))
    """
    if dataset.x_train.dtype != np.uint8 or len(dataset.input_shape) != 3:
        raise SpikewattError(
            where="resized.dataset",
            law="must hold images of uint8 pixels",
            got=f"{dataset.x_train.dtype} {dataset.input_shape}",
        )
    rows, columns, _ = dataset.input_shape
    whole_number("resized.height", "images only shrink", height, 1, rows)
    whole_number("resized.width", "images only shrink", width, 1, columns)
    down, across = _overlaps(rows, height), _overlaps(columns, width)

    def shrink(images: np.ndarray) -> np.ndarray:
        pixels = images.astype(np.float64)
        # (a, e) new and (b, c) old rows and columns; exact: integers below 2^53.
        sums = np.einsum("ab,nbcd,ec->naed", down, pixels, across, optimize=True)
        means = sums / (rows * columns)
        return np.floor(means + 0.5).astype(np.uint8)

    changed = {}
    for part in SPLITS:
        images = getattr(dataset, f"x_{part}")
        parts = [shrink(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
        changed[f"x_{part}"] = np.concatenate(parts)
    return replace(dataset, name=f"{dataset.name}_{height}x{width}", **changed)


def _overlaps(old: int, new: int) -> np.ndarray:
    """(new, old) integers: the length that a new and an old pixel share on a row of old x new.

    >>> _overlaps(3, 2)
    array([[2, 1, 0],
           [0, 1, 2]])
    """
    new_start = np.arange(new)[:, None] * old
    old_start = np.arange(old)[None, :] * new
    start = np.maximum(new_start, old_start)
    end = np.minimum(new_start + old, old_start + new)
    return np.maximum(end - start, 0)


def _digits() -> Arrays:
    require("digits", "come with scikit-learn", "sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    images = np.asarray(bunch["images"]).astype(np.uint8)
    labels = np.asarray(bunch["target"])

    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=0
    )
    return Arrays(x_train, y_train, x_test, y_test, levels=16)


def _digits28() -> Arrays:
    """The digits in the size of MNIST, with as many grey levels as before."""
    small = _digits()
    x_train, x_test = (bilinear(x, 28, 28) for x in (small.x_train, small.x_test))
    return small._replace(x_train=x_train, x_test=x_test)


def _from_keras(name: str) -> Arrays:
    keras = import_keras()
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a plain Exception when a download fails
        raise SpikewattError(
            where=f"data set {name!r}",
            law="must be in data_dir or be downloaded by Keras",
            got=str(error)[:200],
            allowed=f"data_dir or {DATA_VARIABLE} with {name}.npz",
        ) from error
    return Arrays(x_train, y_train, x_test, y_test)
