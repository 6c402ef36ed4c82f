"""The folder of a compiled simulator: used only if it is as it was left, else built anew.

A compiler that was killed, a full disk or a cleaner of caches leave parts of it. Beside the folder
stands a digest of its libraries, written when all was well.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from .... import files

NEEDED = ("release", "compilation", "build", "generate")  # what ANNarchy leaves, and asks for
LOGS = ("compile_stderr.log", "compile_stdout.log")
LAST_LINES = 4


@contextlib.contextmanager
def compiled(folder: Path, beside: Path) -> Iterator[Path]:
    """The folder to compile into, empty or whole; nobody else works in it meanwhile.

    Parameters
    ----------
    folder : Path
        In the cache.
    beside : Path
        Folder of the job, where it is built if the cache cannot be written.
    """
    from filelock import FileLock

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_suffix(".lock"))
        lock.acquire()
    except OSError:
        with _with_its_words(beside / "compiled") as one_off:
            yield one_off
        return

    try:
        # ANNarchy makes its folder anew: nobody touches it who does not hold the lock.
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        _digest_of(folder).unlink(missing_ok=True)
        with _with_its_words(folder):
            yield folder
        files.write(_digest_of(folder), _digest(folder))
    finally:
        lock.release()


def is_there(folder: Path) -> bool:
    """Whether somebody left it whole; not whether it still is."""
    return _digest_of(folder).is_file()


@contextlib.contextmanager
def _with_its_words(folder: Path) -> Iterator[Path]:
    """Where the work fails, show what the compiler said, and leave nothing of it."""
    try:
        yield folder
    except BaseException as error:
        words = _words(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if words and not isinstance(error, KeyboardInterrupt):
            sys.exit(words)  # without a traceback, which says less
        raise error


def _words(folder: Path) -> str:
    """What the compiler said: its errors, else its last lines."""
    for name in LOGS:
        for log in sorted(folder.rglob(name)):
            lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            faults = [line for line in lines if "error" in line.lower()]
            if lines:
                return "\n".join(faults[:LAST_LINES] or lines[-LAST_LINES:])
    return ""


def _is_whole(folder: Path) -> bool:
    """Whether all stands there as it was left."""
    if not all((folder / name).exists() for name in NEEDED):
        return False
    with contextlib.suppress(OSError):
        return _digest_of(folder).read_text("utf-8") == _digest(folder)
    return False


def _digest_of(folder: Path) -> Path:
    return folder.with_suffix(".sha256")


def _digest(folder: Path) -> str:
    """SHA-256 over all that a later run uses of the folder."""
    used = [folder / "release", folder / "compilation", *folder.glob("ANNarchyWrapper*")]
    used += [path for path in (folder / "build").rglob("*") if path.suffix != ".log"]
    digest = hashlib.sha256()
    for path in sorted(used):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
