"""Image data sets with a fixed train, validation and test split."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, SpikewattError, one_of, whole_number
from .dataset_files import Arrays, read_arrays
from .keras_backend import import_keras

NAMES = ("digits", "mnist", "fashion_mnist", "cifar10")
SPLITS = ("train", "validation", "test")
VALIDATION_SHARE = 0.1
LARGEST_LABEL = 65_535
DATA_VARIABLE = "SPIKEWATT_DATA"
CHUNK = 1000  # images that are resized at a time


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as integer pixels and their labels.

    Parameters
    ----------
    name : str
        As asked for.
    x_train, x_validation, x_test : uint8 (samples, rows, columns, channels)
        Pixels, 0..levels.
    y_train, y_validation, y_test : int64 (samples,)
        Labels, 0..classes-1.
    levels : int
        Largest possible pixel; a network sees pixel / levels, in 0..1.

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

    def scaled(self, split: str, largest: float = 1.0) -> np.ndarray:
        """The pixels as a model takes them: pixel / levels · largest.

        Parameters
        ----------
        split : str
            ``train``, ``validation`` or ``test``.
        largest : float, default 1
            Value of the largest possible pixel: `input_max` of a network or a configuration.

        Returns
        -------
        float32 (samples, rows, columns, channels)
            In 0..largest.

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

        pixels = getattr(self, f"x_{split}")
        shares = pixels.astype(np.float32) / self.levels
        # A Python float: one of numpy's would make float64 of the images.
        return shares * float(largest)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels)."""
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
        ``digits`` (scikit-learn's 1,797 scans, bundled with it), ``mnist``, ``fashion_mnist``,
        ``cifar10``, or the path of an ``.npz`` with uint8 arrays x_train, y_train, x_test, y_test
        and, where it is not 255, `levels`, the largest possible pixel.
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
        return _split("digits", _digits())
    if str(name).endswith(".npz"):
        return _split(Path(name).stem, read_arrays(Path(name)))

    one_of("load_dataset.name", "must name a data set or be the path of an .npz file", name, NAMES)
    data_dir = data_dir or os.environ.get(DATA_VARIABLE)
    if data_dir:
        return _split(name, read_arrays(Path(data_dir) / f"{name}.npz"))
    return _split(name, _from_keras(name))


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
    for split in SPLITS:
        images = getattr(dataset, f"x_{split}")
        parts = [shrink(images[i : i + CHUNK]) for i in range(0, len(images), CHUNK)]
        changed[f"x_{split}"] = np.concatenate(parts)
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
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    images = np.asarray(bunch["images"]).astype(np.uint8)
    labels = np.asarray(bunch["target"])

    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=0
    )
    return Arrays(x_train, y_train, x_test, y_test, levels=16)


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


def _split(name: str, arrays: Arrays) -> Dataset:
    """Draw the validation samples from the training part, always the same ones."""
    _check_images(f"{name}: x_train", arrays.x_train, least=2)
    _check_labels(f"{name}: y_train", arrays.y_train, len(arrays.x_train))
    _check_images(f"{name}: x_test", arrays.x_test, least=1)
    _check_labels(f"{name}: y_test", arrays.y_test, len(arrays.x_test))

    image, test_image = arrays.x_train.shape[1:], arrays.x_test.shape[1:]
    if image != test_image:
        raise FileFormatError(
            where=f"{name}: x_test",
            law="images have the shape of those in x_train",
            got=test_image,
            allowed=image,
        )

    x_train, x_test = _with_channels(arrays.x_train), _with_channels(arrays.x_test)
    y_train = arrays.y_train.reshape(-1).astype(np.int64)
    y_test = arrays.y_test.reshape(-1).astype(np.int64)

    samples = len(x_train)
    held_samples = max(1, round(samples * VALIDATION_SHARE))
    order = np.random.default_rng(0).permutation(samples)
    fit = np.sort(order[: samples - held_samples])
    held = np.sort(order[samples - held_samples :])

    return Dataset(
        name=name,
        x_train=x_train[fit],
        y_train=y_train[fit],
        x_validation=x_train[held],
        y_validation=y_train[held],
        x_test=x_test,
        y_test=y_test,
        levels=arrays.levels,
    )


def _with_channels(images: np.ndarray) -> np.ndarray:
    """Images with a channel axis, which grey ones lack."""
    return images if images.ndim == 4 else images[..., None]


def _check_images(where: str, x: np.ndarray, least: int) -> None:
    if x.dtype != np.uint8 or x.ndim not in (3, 4):
        raise FileFormatError(
            where=where,
            law="must be uint8 images",
            got=f"{x.dtype} {x.shape}",
            allowed="(samples, rows, columns[, channels])",
        )

    if min(x.shape[1:]) < 1 or len(x) < least:
        raise FileFormatError(
            where=where,
            law="must hold images of at least one pixel, two of them for training",
            got=x.shape,
        )


def _check_labels(where: str, y: np.ndarray, samples: int) -> None:
    if y.size != samples or not np.issubdtype(y.dtype, np.integer):
        raise FileFormatError(
            where=where,
            law="must hold one integer label per image",
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
