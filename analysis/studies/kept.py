"""Parts of a long run, kept as soon as they are done, so that an interruption loses one at most."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ... import files

LENGTH = 16  # digits of a hash in the name of a file


def kept(folder: Path, name: str, asked: Mapping[str, Any], work: Callable[[], Any]) -> Any:
    """What `work` returns, from the file that an earlier run left, if it was asked for the same.

    A file that is no JSON (of a disk that failed), or has nothing in it, counts as none.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    name : str
        Beginning of the file's name.
    asked : mapping
        All that the result depends on, in terms of JSON; of arrays the `fingerprint`.
    work : callable
        Returns what JSON can hold; called where no file has it.
    """
    path = folder / f"{name}-{fingerprint(json.dumps(asked, sort_keys=True))}.json"
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if found:
            return found

    text = json.dumps(work(), indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    files.write(path, text)
    return json.loads(text)  # as a later run will see it


def fingerprint(*contents: Any) -> str:
    """A few digits that differ where any of `contents` does.

    Parameters
    ----------
    *contents : str or numpy array
        An array by its type, shape and bytes.

    Examples
    --------
    >>> fingerprint("radix"), fingerprint("rate")
    ('da7f85eaf3d04524', 'c549779d79e5c8e9')
    """
    digest = hashlib.sha256()
    for content in contents:
        if isinstance(content, str):
            digest.update(content.encode())
        else:
            digest.update(f"{content.dtype}{content.shape}".encode())
            digest.update(content.tobytes())
    return digest.hexdigest()[:LENGTH]
