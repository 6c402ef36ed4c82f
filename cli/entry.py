"""Entry point of the ``spikewatt`` program.

It imports nothing before it can answer Ctrl-C.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main() -> None:
    """Run the program; Ctrl-C ends it with one line, however early it comes."""
    try:
        from .main import main as run

        run()
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)


def _say_interrupted() -> None:
    """Without `print`: a second Ctrl-C must not end in a traceback."""
    os.write(2, b"spikewatt: stopped: nothing was written\n")
