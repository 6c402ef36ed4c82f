"""Folders that are handed over: written whole, and only over one that this program wrote."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from .errors import SpikewattError
from .files import new_folder, write


def check_place(folder: Path, mark: str, force: bool) -> None:
    """Raise SpikewattError unless `folder` may be written.

    Parameters
    ----------
    folder : new or empty, or one that holds the file `mark`
    mark : name of a file that stands in every folder of this kind
    force : whether one that holds it may be replaced
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return

    where = str(folder)
    if not folder.is_dir():
        raise SpikewattError(where, "must name a folder", "a file")
    if not (folder / mark).is_file():
        law = "the folder to write into is new, empty, or of this verb"
        raise SpikewattError(where, law, "something else in it")
    if not force:
        law = "an existing folder is not written over"
        raise SpikewattError(where, law, "it exists", "another name, or --force")


def write_folder(folder: Path, files: Mapping[str, str], force: bool) -> None:
    """Write all files, and then the folder's name; the old folder is kept until then.

    Parameters
    ----------
    folder : as `check_place` found it
    files : path inside the folder -> text
    force : whether a folder that is there is replaced

    Raises
    ------
    SpikewattError : as `files.new_folder` and `files.write`.
    """
    folder = folder.absolute()  # "." has no name
    aside = folder.with_name(f".{folder.name}.replaced")
    if force and folder.exists():
        folder.rename(aside)
    try:
        with new_folder(folder) as made:
            for path, text in files.items():
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                write(made / path, text)
    except BaseException:
        if aside.exists():
            aside.rename(folder)
        raise

    shutil.rmtree(aside, ignore_errors=True)
