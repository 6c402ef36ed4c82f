"""What tools print goes to a log; what went wrong is told with the log's last lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import SpikewattError

LAST_LINES = 6


@contextmanager
def told(log: Path, law: str) -> Iterator[None]:
    """Turn what a tool raises into an error of ours.

    Parameters
    ----------
    log : path, where the tool's output goes
    law : what must hold, for the error

    Raises
    ------
    SpikewattError : the tool failed; the log's last lines are quoted.
    """
    log.unlink(missing_ok=True)
    try:
        yield
    except (SystemExit, RuntimeError, OSError) as error:
        raise SpikewattError("verify", law, tail(log) or repr(error)) from error


def tail(log: Path) -> str:
    """The last lines of a log, on one line; nothing where there is no log."""
    if not log.is_file():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    written = [line for line in lines if line.strip()]
    return " | ".join(written[-LAST_LINES:])
