"""What a reader is told when a verb is stopped: how to go on, or what was written until then.

What is kept is known where it is kept: that place adds a note to the interrupt (`endings.keeping`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...files import written


def said_of_stop(stop: KeyboardInterrupt, paths: Iterable[Path] | None = None) -> str:
    """One line.

    Parameters
    ----------
    stop : KeyboardInterrupt
        With a note of whoever keeps something.
    paths : iterable of Path, default `written()`
        Files and folders that are whole.

    Examples
    --------
    >>> said_of_stop(KeyboardInterrupt(), [])
    'stopped: nothing was written'
    >>> stop = KeyboardInterrupt()
    >>> stop.add_note("the training is kept in runs/digits.partial")
    >>> said_of_stop(stop)
    'stopped: run the same line again; the training is kept in runs/digits.partial'
    """
    notes = dict.fromkeys(getattr(stop, "__notes__", ()))
    if notes:
        return f"stopped: run the same line again; {'; '.join(notes)}"
    whole = [str(path) for path in (written() if paths is None else paths) if path.exists()]
    if whole:
        return f"stopped: written until then, each whole: {', '.join(whole)}"
    return "stopped: nothing was written"
