"""Progress: what long work calls to say how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes the stage (``train``, ``compile``, ``simulate`` …), how much of it is done, and how much
there is.
"""


def silent(stage: str, done: int, total: int) -> None:
    """Says nothing."""
