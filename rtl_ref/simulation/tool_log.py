"""What tools print goes to a log; what went wrong is told with the log's last lines."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from ...errors import SpikewattError

LAST_LINES = 6
STANDARD_STREAMS = (1, 2)  # file descriptors of stdout and stderr


@contextmanager
def quiet(log: Path, law: str) -> Iterator[None]:
    """Send what a tool prints, in Python and below it, to a log.

    Parameters
    ----------
    log : path of the log
    law : what must hold, for the error

    Raises
    ------
    SpikewattError : the tool failed; the log's last lines are quoted.
    """
    try:
        with redirect_stdout(io.StringIO()), _streams_to(log):
            yield
    except (SystemExit, RuntimeError, OSError) as error:
        raise SpikewattError("verify", law, tail(log) or repr(error)) from error


@contextmanager
def _streams_to(log: Path) -> Iterator[None]:
    """Point stdout and stderr of this process and of its children at a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(stream) for stream in STANDARD_STREAMS]
    try:
        with open(log, "wb") as file:
            for stream in STANDARD_STREAMS:
                os.dup2(file.fileno(), stream)
            yield
    finally:
        for copy, stream in zip(saved, STANDARD_STREAMS, strict=True):
            os.dup2(copy, stream)
            os.close(copy)


def tail(log: Path) -> str:
    """The last lines of a log, on one line."""
    lines = log.read_text(errors="replace").splitlines()
    written = [line for line in lines if line.strip()]
    return " | ".join(written[-LAST_LINES:])
