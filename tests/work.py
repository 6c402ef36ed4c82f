"""How much a function does, counted: seconds depend on what else the machine does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


class Calls:
    """Functions that are called inside of the block, those of Python and those of C.

    >>> with Calls() as calls:
    ...     sorted("cab")
    >>> calls.count
    1
    """

    def __init__(self) -> None:
        self.count = -2  # leaving the block calls twice

    def __enter__(self) -> Calls:
        self.before = sys.getprofile()
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_) -> None:
        sys.setprofile(self.before)

    def _seen(self, frame, event: str, _) -> None:
        self.count += event in ("call", "c_call")


def grows_evenly(work: Callable[[int], Any], size: int, times: int = 4) -> bool:
    """Whether `work(times * size)` calls about `times` as many functions as `work(size)`.

    What looks through all that came before at each step calls `times` squared as many.
    """
    counts = []
    for given in (size, times * size):
        with Calls() as calls:
            work(given)
        counts.append(calls.count)
    few, many = counts
    return many < 1.5 * times * few
