"""Progress of long work: how every function that takes a while tells its caller how far it is."""

from __future__ import annotations

from collections.abc import Callable

# progress(stage, done, total): `done` of `total` parts of the stage called `stage` are finished.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
