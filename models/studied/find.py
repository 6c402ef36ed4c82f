"""Where trained weights lie: folders that a user names, then those of the package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...errors import SpikewattError, check_name
from .catalogue import Studied, studied, studied_names, unknown_network
from .weights import content_hash, keys_of, read_archive

COMMITTED = Path(__file__).with_name("weights")
MODELS_VARIABLE = "SPIKEWATT_MODELS"
ARCHIVE = ".npz"
KERAS_FILES = (".keras", ".h5")
MOST_FOLDERS = 2_000  # that are looked into


@dataclass(frozen=True)
class Found:
    """Trained weights of a network.

    Parameters
    ----------
    name : str
        Of the network.
    path : Path
        An archive of weights, or a Keras file.
    facts : Studied or None
        Of a network of the studies.
    """

    name: str
    path: Path
    facts: Studied | None

    @property
    def is_archive(self) -> bool:
        """Whether it holds weights alone, for a network whose layers are known here."""
        return self.path.suffix == ARCHIVE

    @cached_property
    def arrays(self):
        """The weights, by key."""
        return read_archive(self.path, self.name)

    @cached_property
    def is_own(self) -> bool:
        """Whether these are the user's weights, and not those that the facts are about."""
        if self.facts is None or not self.is_archive:
            return True
        return content_hash(self.arrays) != self.facts.sha256

    @property
    def is_replaced(self) -> bool:
        """Whether other weights, which are committed, stand for these."""
        if self.facts is None or not self.is_archive or not self.facts.replaced:
            return False
        return content_hash(self.arrays) in self.facts.replaced


def find_weights(name: str, models_dir: str | os.PathLike | None = None) -> Found:
    """The weights that `load_studied` takes.

    A folder of the user comes first, so that networks trained there are used; then the package.

    Parameters
    ----------
    name : str
        A network of the studies, or any whose ``.keras`` or ``.h5`` file is in `models_dir`.
    models_dir : path or str, optional
        Folder, with those inside of it, or several with ``:`` between them (``;`` on Windows);
        without it the variable SPIKEWATT_MODELS.

    Raises
    ------
    SpikewattError : unknown name, no such folder, or no weights; it says which file to put where.
    """
    check_name("network of a study", str(name))
    facts = studied(name) if name in studied_names() else None
    folders = model_folders(models_dir)

    for folder in folders:
        for path in _candidates(name, folder, facts is not None):
            found = Found(name, path, facts)
            if not found.is_replaced:
                return found

    committed = COMMITTED / f"{name}{ARCHIVE}"
    if committed.is_file():
        return Found(name, committed, facts)
    if facts is None:
        raise _unknown(name, folders)
    raise _missing(facts, folders)


def model_folders(models_dir: str | os.PathLike | None = None) -> list[Path]:
    """The folders that are searched.

    Raises
    ------
    SpikewattError : one that is no folder.
    """
    said = os.fspath(models_dir) if models_dir else os.environ.get(MODELS_VARIABLE, "")
    folders = [Path(part).expanduser() for part in said.split(os.pathsep) if part]
    for folder in folders:
        if not folder.is_dir():
            origin = "models_dir" if models_dir else MODELS_VARIABLE
            raise SpikewattError(origin, "must name a folder with trained networks", str(folder))
    return folders


def folder_to_train_in(models_dir: str | os.PathLike | None = None) -> Path:
    """The one folder that a trained network comes into.

    Raises
    ------
    SpikewattError : none is named, or several.
    """
    folders = model_folders(models_dir)
    if len(folders) != 1:
        raise SpikewattError(
            where="models_dir",
            law="must name the folder that the trained network comes into",
            got=", ".join(map(str, folders)) or "none",
            hint=f"--models-dir DIR, or ${MODELS_VARIABLE}",
        )
    return folders[0]


def _candidates(name: str, folder: Path, is_known: bool) -> Iterator[Path]:
    """Files in a folder that can hold the network: first by their name, then by what is in them."""
    files = sorted(_files(folder), key=lambda path: (len(path.parts), path))
    endings = (ARCHIVE, *KERAS_FILES) if is_known else KERAS_FILES
    for ending in endings:
        yield from (path for path in files if path.name == f"{name}{ending}")
    if is_known:
        archives = (path for path in files if path.suffix == ARCHIVE and path.stem != name)
        yield from (path for path in archives if _holds(path, name))


def _holds(path: Path, name: str) -> bool:
    """Whether an archive of several networks has this one."""
    return any(key.startswith(f"{name}/") for key in keys_of(path))


def _files(folder: Path) -> Iterator[Path]:
    """Every file that may be a network, also in folders inside; hidden folders are left out."""
    for number, (at, inside, names) in enumerate(os.walk(folder)):
        if number == MOST_FOLDERS:
            raise SpikewattError(
                where=str(folder),
                law=f"holds at most {MOST_FOLDERS:,} folders",
                got="more",
                hint="name the folder that the networks are in",
            )
        inside[:] = [item for item in inside if not item.startswith(".")]
        for item in names:
            if item.endswith((ARCHIVE, *KERAS_FILES)):
                yield Path(at, item)


def _missing(facts: Studied, folders: list[Path]) -> SpikewattError:
    """No weights of a network that is known: what to put where."""
    named = " or ".join(map(str, folders))
    where = named or f"a folder, and name it with --models-dir or in ${MODELS_VARIABLE}"
    hint = f"put {facts.name}{ARCHIVE} ({facts.stored_bytes / 1e6:.1f} MB) into {where}"
    if facts.recipe:
        hint += f", or train it: spikewatt study train {facts.name} --models-dir DIR"
    return SpikewattError(
        where=f"network {facts.name!r}",
        law="needs its trained weights, which do not come with the package",
        got="none",
        hint=hint,
    )


def _unknown(name: str, folders: list[Path]) -> SpikewattError:
    """A name that no network has, and no file."""
    error = unknown_network(name)
    searched = ", ".join(map(str, folders)) or "no folder"
    return SpikewattError(
        where=error.where,
        law=f"must name one, or be {name}.keras or {name}.h5 in --models-dir",
        got=f"{name!r}; searched: {searched}",
        allowed=error.allowed,
        hint=error.hint,
    )
