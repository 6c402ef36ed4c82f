"""Files: every output written whole or not at all; YAML under limits; the cache folder."""

from __future__ import annotations

import io
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import SpikewattError, raise_faults
from .yaml_document import read_document

READABLE_BY_ALL = 0o644
NOT_OVER = "an existing file is not written over"

LOG = logging.getLogger(__name__)

_promised_new: set[str] = set()
_written: dict[Path, None] = {}  # in order


def written() -> list[Path]:
    """Files and folders that this process has written whole, but for those in the cache."""
    return list(_written)


def _note(path: str | Path) -> None:
    """Remember that `path` is whole."""
    path = Path(path)
    LOG.info("wrote %s", path)
    if not path.absolute().is_relative_to(cache_folder()):
        _written[path] = None


# Writing


def promise_new(path: str | Path) -> None:
    """From now on the next `write` to `path` fails if something exists there by then.

    What the command line checks before the work thus holds after it, too.
    """
    _promised_new.add(os.path.realpath(path))


def may_replace(path: str | Path) -> None:
    """Take back `promise_new`."""
    _promised_new.discard(os.path.realpath(path))


def write(path: str | Path, content: bytes | str) -> None:
    """Write a file, whole or not at all; the old one is kept until the new one is whole.

    Parameters
    ----------
    path : str or Path
        The file, in a folder that exists.
    content : bytes or str
        All of it; text becomes UTF-8.

    Raises
    ------
    SpikewattError
        No such folder, no space, or a file that was promised to be new and appeared meanwhile:
        then the content is kept beside it.
    """
    data = content.encode() if isinstance(content, str) else content
    with _refused_by_the_system(path):
        _check_place(Path(path))
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a pipe or a device takes it as it comes
            return _note(path)

        partial = target.parent / _partial_name()
        try:
            _write_through(partial, data)
            with suppress(FileNotFoundError):
                os.chmod(partial, target.stat().st_mode & 0o777)
            _put_in_place(partial, target)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(target.parent)
        _note(path)


@contextmanager
def growing(path: str | Path) -> Iterator[BinaryIO]:
    """A file that is written bit by bit, and appears when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        As of `write`.

    Raises
    ------
    SpikewattError
        As of `write`; what the block itself raises is passed on.
    """
    with _refused_by_the_system(path):
        _check_place(Path(path))
        target = Path(os.path.realpath(path))
        is_file = target.is_file() or not target.exists()
        folder = target.parent if is_file else Path(tempfile.gettempdir())
        partial = folder / _partial_name()
    try:
        with _refused_by_the_system(path):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            handle = os.open(partial, flags, READABLE_BY_ALL)
        with open(handle, "w+b") as file:
            yield file
            with _refused_by_the_system(path):
                file.flush()
                os.fsync(file.fileno())
        with _refused_by_the_system(path):
            if is_file:
                with suppress(FileNotFoundError):
                    os.chmod(partial, target.stat().st_mode & 0o777)
                _put_in_place(partial, target)
                _sync_folder(folder)
            else:
                with open(partial, "rb") as whole, open(target, "wb") as device:
                    shutil.copyfileobj(whole, device)
        _note(path)
    finally:
        partial.unlink(missing_ok=True)


def npz(**arrays) -> bytes:
    """Arrays as the content of a compressed ``.npz`` file."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill, which appears under `path` when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        A new folder, or an empty one; folders above it are made.

    Raises
    ------
    SpikewattError
        Something is in it, before or after the block.
    """
    path = Path(path)
    with _refused_by_the_system(path):
        _check_empty(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.parent / _partial_name()
        try:
            partial.mkdir()
            yield partial
            _check_empty(path)
            if path.is_dir():
                for child in sorted(partial.iterdir()):
                    child.rename(path / child.name)
            else:
                partial.rename(path)
            _note(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _partial_name() -> str:
    """Known before the file exists, so that an interrupt at any moment leaves none."""
    return f".{uuid.uuid4().hex[:12]}.partial"


def _check_empty(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        law = "the folder to export into is new or empty"
        raise SpikewattError(str(path), law, "something in it")


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise SpikewattError(str(path), "must name a file", "a folder")
    if not path.parent.is_dir():
        law = "the folder to write into exists"
        raise SpikewattError(str(path), law, "no such folder")


def _write_through(partial: Path, data: bytes) -> None:
    """Onto the disk, not only into its cache."""
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE_BY_ALL)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _put_in_place(partial: Path, target: Path) -> None:
    """Give a whole file its name; never over what was promised not to exist."""
    promised = str(target)
    if promised not in _promised_new:
        os.replace(partial, target)
        return

    try:
        _rename_to_new(partial, target)
    except FileExistsError:
        kept = _keep_beside(partial, target)
        raise SpikewattError(
            str(target),
            NOT_OVER,
            "it appeared while the work ran",
            hint=f"the result is kept as {kept}",
        ) from None
    _promised_new.discard(promised)


def _rename_to_new(partial: Path, target: Path) -> None:
    """Raises FileExistsError where `target` exists."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:
        # No links on this file system: claim the name, then write over the claim.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, READABLE_BY_ALL))
        os.replace(partial, target)


def _keep_beside(partial: Path, target: Path) -> Path:
    """The first name like `target` that is free, which the file takes."""
    number = 2
    while True:
        kept = target.with_name(f"{target.stem}-{number}{target.suffix}")
        with suppress(FileExistsError):
            _rename_to_new(partial, kept)
            return kept
        number += 1


def _sync_folder(folder: Path) -> None:
    """The name, too, is on the disk; not every file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _refused_by_the_system(path: str | Path) -> Iterator[None]:
    """What the system refuses (no space, no permission), as one error about `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpikewattError(str(path), "can be written", reason) from error


# Reading


def read_yaml(path: Path) -> object:
    """The content of a YAML file.

    Raises SpikewattError if it is none, if a key stands in it twice, or if it is larger than any
    card or configuration.
    """
    document = read_document(path)
    raise_faults(document.faults)
    return document.content


def cache_folder(*parts: str) -> Path:
    """Folder under the user's cache: $XDG_CACHE_HOME, else ~/.cache; always absolute.

    Without a home it is one of this user's below the folder of temporary files.
    """
    root = os.environ.get("XDG_CACHE_HOME")
    if not root:
        try:
            root = Path.home() / ".cache"
        except RuntimeError:
            root = Path(tempfile.gettempdir(), f"cache-{os.getuid()}")
    return Path(root, "spikewatt", *parts).absolute()
