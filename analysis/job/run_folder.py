"""The folder of a run: claimed for it alone, ``<name>.partial`` until it is whole."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ... import files
from ...endings import keeping
from ...errors import SpikewattError
from ...models.datasets import Dataset
from ...models.loading.load import load_keras
from ...models.loading.save import save_keras
from ..report.rows import write_frame
from .config import RunConfig

# Settings that the trained network depends on, and the files that a later run takes up.
TRAINING = ("dataset", "network", "epochs", "batch_size", "seed")
KEPT = ("model.keras", "training.csv")
DATA = "# data: "
NEVER_WAIT = 0  # seconds for a lock: who holds it is another run
PACKAGES = ("spikewatt", "ANNarchy", "keras", "tensorflow", "numpy", "scipy", "pandas")


@dataclass(frozen=True)
class RunFolder:
    """Where a run writes.

    Parameters
    ----------
    final : Path
        The folder when the run is done; it does not exist before.
    partial : Path
        The folder until then; it holds whole files only.
    """

    final: Path
    partial: Path

    def keep_training(self, model, history: pd.DataFrame) -> None:
        """Write a trained Keras network and its history, so that an interrupted run has them."""
        save_keras(model, self._model)
        write_frame(history, self._history)

    def kept_training(self) -> tuple[object, pd.DataFrame] | None:
        """What an interrupted run of the same configuration trained; None if there is nothing."""
        if not (self._model.is_file() and self._history.is_file()):
            return None
        return load_keras(self._model), pd.read_csv(self._history)

    def kept(self) -> str:
        """What of an interrupted run is kept, in words; without a training the folder goes."""
        if self._model.is_file() and self._history.is_file():
            return f"the training is kept in {self.partial}"
        shutil.rmtree(self.partial, ignore_errors=True)
        return ""

    def finish(self) -> None:
        """Give the whole folder its name."""
        self.partial.rename(self.final)

    @property
    def _model(self) -> Path:
        return self.partial / "model.keras"

    @property
    def _history(self) -> Path:
        return self.partial / "training.csv"


@contextmanager
def claimed(root: Path, config: RunConfig, dataset: Dataset) -> Iterator[RunFolder]:
    """A folder below `root` for this run alone; nothing that exists is written over.

    A partial folder is taken up again if its network was, or would be, trained alike: what it
    trained stays, all else in it is made anew.

    Parameters
    ----------
    root : Path
        Folder of all runs; made if it does not exist.
    config : RunConfig
        Without a name in it, the run is called after data set and network, with a number
        where that name is taken.
    dataset : Dataset
        The data, which are part of the claim.

    Raises
    ------
    SpikewattError
        The named folder exists, or another run holds it.
    """
    from filelock import FileLock, Timeout

    root.mkdir(parents=True, exist_ok=True)
    claim = _claim(config, dataset)
    for name in _names(config):
        lock = FileLock(root / f".{name}.lock")
        try:
            lock.acquire(timeout=NEVER_WAIT)
        except Timeout:
            continue
        try:
            folder = RunFolder(root / name, root / f"{name}.partial")
            if _is_free(folder, claim):
                with keeping(folder.kept):
                    _begin(folder, claim)
                    yield folder
                return
        finally:
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)

    base = _base(config)
    partial = root / f"{base}.partial"
    hint = f"remove {partial}, which an interrupted run with other training left"
    raise SpikewattError(
        f"run.name {base!r}",
        "a run goes to a new folder",
        f"{root / base} or {base}.partial exists",
        "another name",
        hint if partial.exists() and not (root / base).exists() else None,
    )


def _base(config: RunConfig) -> str:
    network = Path(config.network).stem.replace(":", "-")  # of the zoo
    return config.name or f"{Path(config.dataset).stem}-{network}"


def _names(config: RunConfig) -> Iterator[str]:
    """The names to try: the one asked for, or ``base``, ``base-2``, ``base-3`` and so on."""
    base = _base(config)
    yield base
    if config.name is None:
        yield from (f"{base}-{i}" for i in itertools.count(2))


def _claim(config: RunConfig, dataset: Dataset) -> str:
    """Text of ``config.yaml``: every setting, and a digest of the data."""
    digest = hashlib.sha256()
    for field in dataclasses.fields(dataset):
        value = getattr(dataset, field.name)
        if isinstance(value, np.ndarray):
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr(value).encode())

    settings = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    return f"{settings}{DATA}{digest.hexdigest()}\n"


def _training(claim: str) -> tuple[dict[str, object], str]:
    """What of a claim the trained network depends on: settings, and the digest of the data."""
    settings = yaml.safe_load(claim)
    if not isinstance(settings, dict):
        return {}, claim
    _, _, digest = claim.rpartition(DATA)
    return {key: settings.get(key) for key in TRAINING}, digest


def _is_free(folder: RunFolder, claim: str) -> bool:
    """Whether nobody used the name, or an interrupted run with the same claim."""
    if folder.final.exists():
        return False
    if not folder.partial.exists():
        return True
    kept = folder.partial / "config.yaml"
    if not kept.is_file():
        return not any(folder.partial.iterdir())  # killed before it began
    try:
        return _training(kept.read_text("utf-8")) == _training(claim)
    except (yaml.YAMLError, ValueError):
        return False


def _begin(folder: RunFolder, claim: str) -> None:
    folder.partial.mkdir(exist_ok=True)
    for left in folder.partial.iterdir():
        if left.name not in KEPT:
            _remove(left)
    files.write(folder.partial / "config.yaml", claim)
    versions = json.dumps(_versions(), indent=2)
    files.write(folder.partial / "versions.json", versions + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions
