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

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    name : str
        Beginning of the file's name.
    asked : mapping
        All that the result depends on, in terms of JSON.
    work : callable
        Returns what JSON can hold; called where no file has it.
    """
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    path = folder / f"{name}-{digest[:LENGTH]}.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))

    found = work()
    folder.mkdir(parents=True, exist_ok=True)
    files.write(path, json.dumps(found, indent=1))
    return found
