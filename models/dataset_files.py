"""Data sets in ``.npz`` files: four arrays, and what their numbers stand for where it is not plain.

Plain arrays are uint8 pixels, 0..255. Others say what they hold:

* ``levels``, an integer: the largest possible pixel;
* ``scale`` and ``offset``, numbers or one per channel: a value is stored · scale + offset;
* ``range``, a number: the largest possible |value|, which goes to the `input_max` of a network.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import FileFormatError, SpikewattError
from .loading.checks import check_size

KEYS = ("x_train", "y_train", "x_test", "y_test")
MEANING = ("levels", "scale", "offset", "range")
USUAL_LEVELS = 255
MOST_LEVELS = 65_535


class Arrays(NamedTuple):
    """What a data set consists of before its split.

    Parameters
    ----------
    x_train, x_test : uint8 or float32 (samples, *shape)
        Pixels, or values of any sign.
    y_train, y_test : int (samples,)
        Labels, from 0 on.
    levels : int, default 255
        Largest possible pixel; of values, the integer levels that an input of a network gets.
    largest : float, default 1
        Of values, the largest possible |value|.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    levels: int = USUAL_LEVELS
    largest: float = 1.0


def read_arrays(path: Path) -> Arrays:
    """Read a data set from an ``.npz`` file.

    Parameters
    ----------
    path : Path
        File with x_train, y_train, x_test, y_test and, where they are not plain, what they mean.

    Raises
    ------
    SpikewattError : no such file.
    FileFormatError : a damaged file, arrays that are missing, or no word on the largest value.
    """
    if not path.is_file():
        got = "a folder" if path.is_dir() else "no such file"
        raise SpikewattError(
            where=str(path),
            law="the data set file must exist",
            got=got,
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

    if not all(isinstance(array, np.ndarray) for array in members.values()):
        raise FileFormatError(
            where=str(path),
            law="must hold numpy arrays",
            got="raw members",
        )

    x_train, y_train, x_test, y_test = (members[key] for key in KEYS)
    if _are_pixels(members):
        levels = _levels_of_pixels(path, (x_train, x_test), members.get("levels"))
        return Arrays(x_train, y_train, x_test, y_test, levels)

    if members["x_train"].dtype != members["x_test"].dtype:
        raise FileFormatError(
            where=f"{path}: x_test",
            law="must be of the type of x_train",
            got=members["x_test"].dtype,
            allowed=members["x_train"].dtype,
        )
    x_train = _values(path, "x_train", members)
    x_test = _values(path, "x_test", members)
    largest = _range(path, (x_train, x_test), members.get("range"))
    said = members.get("levels", np.array(USUAL_LEVELS))
    levels = _one_integer(path, said, 1, MOST_LEVELS, "is the number of levels of an input")
    return Arrays(x_train, y_train, x_test, y_test, levels, largest)


def _members(path: Path) -> dict[str, np.ndarray]:
    """The members of the archive that a data set has."""
    try:
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as archive:
            wanted = [key for key in (*KEYS, *MEANING) if key in archive.files]
            return {key: archive[key] for key in wanted}
    except SpikewattError:
        raise
    except Exception as error:  # numpy, zipfile and zlib each raise their own for a bad archive
        raise FileFormatError(
            where=str(path),
            law="must be a whole .npz file without pickled objects",
            got=str(error)[:200],
        ) from error


def _check_sizes(path: Path) -> None:
    """Raise where an array declares more than its member holds: numpy would make room for it."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            check_size(path, member.filename, member.file_size, member.compress_size)
            if not member.filename.endswith(".npy"):
                continue

            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                first = version == (1, 0)
                header = (
                    np.lib.format.read_array_header_1_0
                    if first
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = header(file)

            declared = dtype.itemsize
            for size in shape:
                declared *= int(size)
            if declared > member.file_size:
                raise FileFormatError(
                    where=str(path),
                    law=f"{member.filename} must hold the array that it declares",
                    got=f"{declared:,} bytes declared, {member.file_size:,} there",
                )


def _are_pixels(members: dict[str, np.ndarray]) -> bool:
    """Whether the inputs are plain pixels, of which only the largest may be said."""
    explained = any(key in members for key in ("scale", "offset", "range"))
    return not explained and all(members[key].dtype == np.uint8 for key in ("x_train", "x_test"))


def _levels_of_pixels(path: Path, arrays, said: np.ndarray | None) -> int:
    """The largest possible pixel, which dim images must say."""
    brightest = max(int(array.max(initial=0)) for array in arrays)

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

    law = "is the largest possible pixel"
    return _one_integer(path, said, max(1, brightest), USUAL_LEVELS, law)


def _one_integer(path: Path, said: np.ndarray, least: int, most: int, law: str) -> int:
    one_integer = said.shape == () and np.issubdtype(said.dtype, np.integer)
    if not one_integer or not least <= said <= most:
        raise FileFormatError(
            where=f"{path}: levels",
            law=law,
            got=str(said)[:80],
            allowed=f"one integer in {least}..{most}",
        )
    return int(said)


def _values(path: Path, key: str, members: dict[str, np.ndarray]) -> np.ndarray:
    """float32 stored · scale + offset."""
    stored = members[key]
    numbers = np.issubdtype(stored.dtype, np.number) or stored.dtype == np.bool_
    if not numbers or np.issubdtype(stored.dtype, np.complexfloating):
        raise FileFormatError(
            where=f"{path}: {key}",
            law="must hold numbers",
            got=f"{stored.dtype} {stored.shape}",
        )

    scale = _factor(path, "scale", members, 1.0, stored)
    offset = _factor(path, "offset", members, 0.0, stored)
    values = (stored * scale + offset).astype(np.float32)
    if not np.isfinite(values).all():
        wrong = int((~np.isfinite(values)).sum())
        raise FileFormatError(
            where=f"{path}: {key}",
            law="must be finite",
            got=f"{wrong:,} of {values.size:,} values are NaN or infinite",
        )
    return values


def _factor(
    path: Path, key: str, members: dict[str, np.ndarray], usual: float, stored: np.ndarray
) -> np.ndarray:
    """`scale` or `offset`, as one number or one per channel."""
    said = members.get(key)
    if said is None:
        return np.array(usual)

    channels = stored.shape[-1:] if stored.ndim > 1 else ()
    is_number = np.issubdtype(said.dtype, np.number) and said.shape in ((), channels)
    if not is_number or not np.isfinite(said).all():
        raise FileFormatError(
            where=f"{path}: {key}",
            law="is a finite number, or one per channel: a value is stored · scale + offset",
            got=f"{said.dtype} {said.shape}",
            allowed=f"shape () or {channels}",
        )
    return said.astype(np.float64)


def _range(path: Path, arrays, said: np.ndarray | None) -> float:
    """The largest possible |value|, which must be said where it is not about 1."""
    found = max(float(np.abs(array).max(initial=0)) for array in arrays)

    if said is None:
        if found > 1 or 0 < found < 0.5:
            raise FileFormatError(
                where=str(path),
                law="values that do not fill -1..1 come with the largest possible |value|, `range`",
                got=f"values up to {found:g}, no `range`",
                allowed=f"np.savez(…, range={found:.4g}), and input_max={found:.4g}"
                " for a network that takes them as they are",
            )
        return 1.0

    is_number = said.shape == () and np.issubdtype(said.dtype, np.number)
    # A float32 may lie a rounding above what was said.
    if not is_number or not 0 < said < np.inf or found > float(said) * (1 + 1e-6):
        raise FileFormatError(
            where=f"{path}: range",
            law="is the largest possible |value|",
            got=str(said)[:80],
            allowed=f"one number from {found:g} on",
        )
    return float(said)
