"""A part of a benchmark in a process of its own, so that its memory is its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ASKED, FOUND = "asked.json", "found.json"


def alone(what: str, **asked) -> dict:
    """What ``ALONE[what]`` of ``__main__`` finds in a process of its own.

    Parameters
    ----------
    asked : numbers and texts, that it reads from ``asked.json`` in its folder.
    """
    with tempfile.TemporaryDirectory(prefix="spikewatt-bench-") as name:
        folder = Path(name)
        (folder / ASKED).write_text(json.dumps(asked))
        command = [sys.executable, str(Path(__file__).parent), "--alone", what, name]
        finished = subprocess.run(command, capture_output=True, text=True)
        if finished.returncode:
            sys.exit(finished.stderr or f"bench: {what} ended with {finished.returncode}")
        return json.loads((folder / FOUND).read_text())


def asked_of(folder: Path) -> dict:
    """What the parent asked."""
    return json.loads((folder / ASKED).read_text())


def found(folder: Path, **results) -> None:
    """Tell the parent."""
    (folder / FOUND).write_text(json.dumps(results))
