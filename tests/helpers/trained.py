"""Costly things that are made once per test run, also where several processes run the tests.

The process that asks first makes the thing and writes it into a folder that all processes of the
run share; the others wait, and read it. Every process reads it, the one that made it too, so that
all of them test the same object.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock
from spikewatt.models.loading.load import load_keras
from spikewatt.models.networks import build_network
from spikewatt.models.training import train


class OncePerRun:
    """A folder of things by name.

    Parameters
    ----------
    folder : Path
        That all processes of a run share, and no other run.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def model(self, name: str, make: Callable[[], Any]):
        """The trained Keras model that `make` returns, in every process its own copy."""
        return load_keras(self._file(f"{name}.keras", make, _save))

    def saved(self, name: str, make: Callable[[], Any], kind):
        """What `make` returns, of a class that saves and loads itself: networks and traces."""
        return kind.load(self._file(f"{name}.{kind.__name__}", make, _save))

    def value(self, name: str, make: Callable[[], Any]):
        """What `make` returns, if it can be pickled; arrays come back writable."""
        return pickle.loads(self._file(f"{name}.pickle", make, _save_pickle).read_bytes())

    def made(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of this name that `make` fills, to be read and not written to."""
        folder, whole = self.folder / name, self.folder / f"{name}.whole"
        with FileLock(f"{folder}.lock"):
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    def _file(self, name: str, make: Callable[[], Any], save: Callable[[Any, Path], None]) -> Path:
        """The file of this name, made by the first process that asks for it."""
        path = self.folder / name
        with FileLock(f"{path}.lock"):
            if not path.exists():
                # An interrupted process leaves no half of a file under the name.
                unfinished = path.with_name(f"unfinished_{name}")
                save(make(), unfinished)
                unfinished.rename(path)
        return path


def _save(thing, path: Path) -> None:
    thing.save(path)


def _save_pickle(value, path: Path) -> None:
    path.write_bytes(pickle.dumps(value))


def on_mnist(once_per_run: OncePerRun, mnist, name: str, epochs: int):
    """A network by name, trained on MNIST."""

    def make():
        model = build_network(name, mnist.input_shape, 10)
        train(model, mnist, epochs, batch_size=64)
        return model

    return once_per_run.model(f"mnist_{name}_{epochs}", make)


def shared_folder(tmp_path_factory) -> Path:
    """A folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    # Each process of pytest-xdist has a folder of its own inside that of the run.
    several = "PYTEST_XDIST_WORKER" in os.environ
    return (base.parent if several else base) / "once_per_run"
