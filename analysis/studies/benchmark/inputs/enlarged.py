"""CIFAR-10 enlarged to the size of another network: pictures, but not those it was trained for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .....models.datasets import load_dataset
from .source import CIFAR10, Drawn, Source, images_of

FACTOR = 3  # 32 to 96 pixels
LARGEST = 255.0


class EnlargedCifar10(Source):
    """Each picture three times as high and wide, between its pixels on straight lines; 0..1.

    A few in a hundred look like a person to a network for visual wake words; none shows one.
    """

    name = "enlarged_cifar10"

    def draw(self, model: Any, part: str, samples: int, seed: int, data_dir: Path | None) -> Drawn:
        """The first images, without labels: theirs are not those of the network."""
        images, _ = images_of(load_dataset(CIFAR10, data_dir), part, samples)
        return Drawn(np.rint(enlarged(images)) / np.float32(LARGEST))


def enlarged(images: np.ndarray) -> np.ndarray:
    """Three times as high and wide.

    A pixel becomes three: two thirds of it and a third of its neighbour, itself, and the same
    towards the other side; at an edge the pixel is its own neighbour.

    Parameters
    ----------
    images : float array, (samples, rows, columns, channels)

    Returns
    -------
    float array, (samples, 3 rows, 3 columns, channels)

    Examples
    --------
    >>> enlarged(np.array([0.0, 3.0]).reshape(1, 1, 2, 1))[0, 0, :, 0]
    array([0., 0., 1., 2., 3., 3.])
    """
    for axis in (1, 2):
        last = images.shape[axis] - 1
        places = np.arange(last + 1)
        before = np.take(images, np.maximum(places - 1, 0), axis)
        after = np.take(images, np.minimum(places + 1, last), axis)
        three = np.stack([(2 * images + before) / 3, images, (2 * images + after) / 3], axis + 1)
        shape = list(images.shape)
        shape[axis] *= FACTOR
        images = three.reshape(shape)
    return images
