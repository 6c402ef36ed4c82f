"""Parts of a long run, kept as soon as they are done, so that an interruption loses one at most."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ... import files
from ...errors import warn

LENGTH = 16  # digits of a hash in the name of a file
CHECKSUM, PART = "checksum", "part"  # keys of a file
ROOT = Path(__file__).parents[2]
COMPUTING = ("models", "sim", "energy", "rtl_ref/odin", "analysis/checks")
SOURCES = {".py", ".c", ".cpp", ".h", ".ld", ".json", ".yaml", ".csv"}
NETWORKS = ROOT / "models" / "studied" / "data"
READING = {"shown", "paper"}  # folders of modules that read what was found


def kept(folder: Path, name: str, asked: Mapping[str, Any], work: Callable[[], Any]) -> Any:
    """What `work` returns, from the file that an earlier run left, if it was asked for the same.

    It depends on `source_fingerprint`, too: a part that other code computed is not taken. A file
    holds its own checksum; one that is spoilt (of a disk that failed) is warned of and made again.
    An answer that is empty, or no, is not believed a second time.

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
    depends = json.dumps({"source": source_fingerprint(), **asked}, sort_keys=True)
    path = folder / f"{name}-{fingerprint(depends)}.json"
    if found := _read(path):
        return found

    part = work()
    checksum = fingerprint(_as_text(part))
    text = json.dumps({CHECKSUM: checksum, PART: part}, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    files.write(path, text)
    return json.loads(text)[PART]  # as a later run will see it


def _read(path: Path) -> Any:
    """The part that a file holds; None where there is no file, or a spoilt one."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found[CHECKSUM] == fingerprint(_as_text(found[PART])):
            return found[PART]
    except (ValueError, LookupError, TypeError):
        pass
    warn(str(path), "a part is what a run left; it is computed again", "a spoilt file")
    return None


def _as_text(part: Any) -> str:
    """One text of a part, whatever its keys were before they were written."""
    return json.dumps(json.loads(json.dumps(part)), sort_keys=True)


@cache
def source_fingerprint() -> str:
    """Of spikewatt's own code and values, as far as a number of a study can depend on them."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:LENGTH]


def _sources() -> Iterator[Path]:
    """Files of the floors that compute, and the studies' modules.

    Rows, tables and networks are looked at part by part.
    """
    for floor in COMPUTING:
        for path in (ROOT / floor).rglob("*"):
            if path.suffix in SOURCES and NETWORKS not in path.parents:
                yield path
    studies = ROOT / "analysis" / "studies"
    for path in studies.rglob("*.py"):
        if path.relative_to(studies).parts[0] not in READING:
            yield path


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
