"""Many samples, a few at a time: no copy of them all is ever made."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

BLOCK = 2**16  # numbers that are worked on at once: they stay in the cache of a core
READ = 2**21  # numbers that are read at once from a file


def parts(samples: int, at_once: int) -> Iterator[tuple[int, int]]:
    """(first, after the last) of each part of `at_once` samples; the last may be smaller.

    >>> list(parts(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(0, samples, at_once):
        yield start, min(start + at_once, samples)


def rows(x, start: int, stop: int) -> np.ndarray:
    """(samples, numbers) samples `start` to `stop` of an array, or of data in a file."""
    part = np.asarray(x[start:stop])
    return part.reshape(len(part), -1)


def blocks(x) -> Iterator[tuple[int, np.ndarray]]:
    """(first sample, (samples, numbers)) of small blocks of `x`, which is read in larger ones."""
    samples = len(x)
    numbers = max(1, int(np.prod(x.shape[1:])))
    for start, stop in parts(samples, max(1, READ // numbers)):
        read = rows(x, start, stop)
        for first, last in parts(len(read), max(1, BLOCK // numbers)):
            yield start + first, read[first:last]


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items, of which the next is made while one is used.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    end = object()
    pool = ThreadPoolExecutor(1, "spikewatt-ahead")
    try:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]
    finally:
        # Whoever drops this half-way may hold the lock of h5py that the thread waits for.
        pool.shutdown(wait=False, cancel_futures=True)
