"""How much the program says: nothing but the answer, as usual, or also what it does and why.

Standard output is for the answer. Progress, warnings and the log go to standard error.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from ...progress import LONG_S, silent

if TYPE_CHECKING:
    from ...shown_progress import ShownProgress

PACKAGE = __name__.split(".")[0]

_verbose = _quiet = False
_shown: ShownProgress | None = None


def be_verbose() -> None:
    """Show the package's own log, tracebacks, and the warnings of other libraries."""
    global _verbose
    _verbose = True
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    own = logging.getLogger(PACKAGE)
    own.handlers, own.propagate = [handler], False
    own.setLevel(logging.INFO)


def be_quiet() -> None:
    """Show no progress and no tables: the answer alone, or nothing."""
    global _quiet
    _quiet = True


def is_verbose() -> bool:
    return _verbose


def is_quiet() -> bool:
    return _quiet


def show_progress() -> Any:
    """The progress of a verb, to enter: one that a reader sees, or none where it is quiet."""
    global _shown
    from ...shown_progress import ShownProgress

    if _quiet:
        return nullcontext(silent)
    _shown = ShownProgress()
    return _shown


@contextmanager
def minded(verb: str) -> Iterator[None]:
    """Say it after a minute, where a verb says nothing of its progress itself."""
    global _shown
    _shown = None
    timer = threading.Timer(LONG_S, _say_long, (verb,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say_long(verb: str) -> None:
    spoke = _shown is not None and _shown.now is not None
    if _quiet or spoke:
        return
    text = f"spikewatt: {verb} has taken a minute; there is no estimate of how long it takes"
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)
