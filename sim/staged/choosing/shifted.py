"""Validation images that a network has not seen in this place."""

from __future__ import annotations

import numpy as np

from ....errors import SpikewattError, whole_number


def shifted(x: np.ndarray, pixels: int, mirror: bool = False, seed: int = 0) -> np.ndarray:
    """Images moved by up to so many pixels each way, and mirrored at random; borders are 0.

    A network is too sure of images that it was trained on: of those its margins are larger than of
    new ones, and a threshold that is chosen on them lets too many through. Moved, they are nearer
    to images that it has not seen.

    Parameters
    ----------
    x : (samples, rows, columns, channels).
    pixels : int >= 0.
    mirror : left and right, where a class does not change by it; default not.
    seed : int, of what is drawn.

    Raises
    ------
    SpikewattError : no images, a number of pixels that is none.

    >>> shifted(np.eye(3).reshape(1, 3, 3, 1), 1)[0, :, :, 0].tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    x = np.asarray(x)
    if x.ndim != 4:
        law = "are images (samples, rows, columns, channels)"
        raise SpikewattError("shifted.x", law, x.shape)
    law = "is a number of pixels"
    most = whole_number("shifted.pixels", law, pixels, 0, min(x.shape[1:3]) - 1)

    draw = np.random.default_rng(seed)
    rows, columns = x.shape[1:3]
    padded = np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)))
    moves = draw.integers(0, 2 * most + 1, (len(x), 2))
    turned = draw.random(len(x)) < 0.5
    found = np.empty_like(x)
    for i, (down, right) in enumerate(moves):
        image = padded[i, down : down + rows, right : right + columns]
        found[i] = image[:, ::-1] if mirror and turned[i] else image
    return found
