"""Checkpoints: the whole state of a training after an epoch, in one file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import FileFormatError, SpikewattError
from ....files import npz, write

FILE = "checkpoint.npz"
SAID = "said"  # the key of what is trained, as JSON


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training.

    Parameters
    ----------
    epochs : int
        That are done.
    weights, moments : list of array
        Of the model and of its optimiser.
    """

    epochs: int
    weights: list[np.ndarray]
    moments: list[np.ndarray]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else trains in this folder meanwhile.

    Raises
    ------
    SpikewattError : somebody does.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SpikewattError(
            where=str(folder),
            law="is of one training at a time",
            got="another that runs",
        ) from error
    try:
        yield
    finally:
        lock.release()


def save(folder: Path, said: dict, state: Checkpoint) -> None:
    """Write the state, whole or not at all; the one before it is kept until then.

    Parameters
    ----------
    folder : Path
    said : dict
        What is trained, on what, by which recipe.
    """
    arrays = {f"weight{i:04d}": value for i, value in enumerate(state.weights)}
    arrays |= {f"moment{i:04d}": value for i, value in enumerate(state.moments)}
    text = np.frombuffer(json.dumps(said).encode(), np.uint8)
    write(folder / FILE, npz(epochs=np.int64(state.epochs), **{SAID: text}, **arrays))


def take_up(folder: Path, said: dict) -> Checkpoint | None:
    """The state of a training that was interrupted; None where there is none.

    Raises
    ------
    SpikewattError : it was begun with another recipe or other data.
    FileFormatError : a damaged file.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        before = json.loads(arrays[SAID].tobytes())
        epochs = int(arrays["epochs"])
    except Exception as error:  # numpy, zipfile and json raise their own types
        raise FileFormatError(
            where=str(path),
            law="must be a whole checkpoint",
            got=str(error)[:200],
            hint=f"remove the folder {folder} to begin anew",
        ) from error

    _check_same(before, said, folder)
    return Checkpoint(epochs, _numbered(arrays, "weight"), _numbered(arrays, "moment"))


def _numbered(arrays: dict[str, np.ndarray], word: str) -> list[np.ndarray]:
    return [arrays[key] for key in sorted(arrays) if key.startswith(word)]


def _check_same(before: dict, now: dict, folder: Path) -> None:
    """Raise where an interrupted training was another one."""
    now = json.loads(json.dumps(now))
    other = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    if not other:
        return
    raise SpikewattError(
        where=str(folder),
        law="goes on with the recipe and the data that the training was begun with",
        got=", ".join(f"{key} {now.get(key)}" for key in other),
        allowed=", ".join(f"{key} {before.get(key)}" for key in other),
        hint="remove the folder to begin anew",
    )
