"""Data sets in ``.npz`` files: four arrays, and the largest possible pixel where it is not 255."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import FileFormatError, SpikewattError

KEYS = ("x_train", "y_train", "x_test", "y_test")
USUAL_LEVELS = 255


class Arrays(NamedTuple):
    """What a data set consists of before its split.

    Parameters
    ----------
    x_train, x_test : uint8 (samples, rows, columns[, channels])
        Pixels.
    y_train, y_test : int (samples,)
        Labels, from 0 on.
    levels : int, default 255
        Largest possible pixel.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    levels: int = USUAL_LEVELS


def read_arrays(path: Path) -> Arrays:
    """Read a data set from an ``.npz`` file.

    Parameters
    ----------
    path : Path
        File with x_train, y_train, x_test, y_test and, where it is not 255, `levels`.

    Raises
    ------
    SpikewattError : no such file.
    FileFormatError : a damaged file, arrays that are missing, or no word on the largest pixel.
    """
    if not path.is_file():
        raise SpikewattError(
            where=str(path),
            law="the data set file must exist",
            got="no such file",
            allowed=f"an .npz with {', '.join(KEYS)}",
        )

    members = _members(path)

    missing = [key for key in KEYS if key not in members]
    if missing:
        raise FileFormatError(
            where=str(path),
            law=f"must hold the arrays {', '.join(KEYS)}",
            got=f"no {', '.join(missing)}",
        )

    found = [members[key] for key in KEYS]
    if not all(isinstance(array, np.ndarray) for array in found):
        raise FileFormatError(
            where=str(path),
            law="must hold numpy arrays",
            got="raw members",
        )

    levels = _levels(path, found, members.get("levels"))
    return Arrays(*found, levels=levels)


def _members(path: Path) -> dict[str, np.ndarray]:
    """The members of the archive that a data set has."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            wanted = [key for key in (*KEYS, "levels") if key in archive.files]
            return {key: archive[key] for key in wanted}
    except Exception as error:  # numpy, zipfile and zlib each raise their own for a bad archive
        raise FileFormatError(
            where=str(path),
            law="must be a whole .npz file without pickled objects",
            got=str(error),
        ) from error


def _levels(path: Path, arrays: list[np.ndarray], said: np.ndarray | None) -> int:
    """The largest possible pixel, which dim images must say."""
    peaks = [int(array.max(initial=0)) for array in arrays if array.dtype == np.uint8]
    brightest = max(peaks, default=USUAL_LEVELS)

    if said is None:
        if 0 < brightest < (USUAL_LEVELS + 1) // 2:
            raise FileFormatError(
                where=str(path),
                law="pixels are scaled by 1 / 255: images that never get brighter than half of that"
                " hold the largest possible pixel as `levels`",
                got=f"brightest pixel {brightest}, no `levels`",
                allowed=f"np.savez(…, levels={brightest}), or levels=255",
            )
        return USUAL_LEVELS

    least = max(1, brightest)
    one_integer = said.shape == () and np.issubdtype(said.dtype, np.integer)
    if not one_integer or not least <= said <= USUAL_LEVELS:
        raise FileFormatError(
            where=f"{path}: levels",
            law="is the largest possible pixel",
            got=said,
            allowed=f"one integer in {least}..{USUAL_LEVELS}",
        )
    return int(said)
