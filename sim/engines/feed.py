"""The inputs of a run, part by part: rounded and hashed while the part before runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from .inputs import Inputs


class Feed:
    """Parts of inputs, in order, one ahead of what asks for them.

    A part is there until the next is asked for: its memory is used again. Leaving the block ends
    the threads.

    Parameters
    ----------
    inputs : Inputs.
    parts : (first, after the last) sample of each part, one after the other.
    """

    def __init__(self, inputs: Inputs, parts: list[tuple[int, int]]):
        self.inputs, self.parts = inputs, parts
        self.digest = hashlib.sha256()
        self.rounding = ThreadPoolExecutor(1, "spikewatt-rounding")
        self.hashing = ThreadPoolExecutor(1, "spikewatt-hashing")
        self.hashed: Future[None] | None = None
        longest = max(stop - start for start, stop in parts)
        shape = (2, longest, inputs.neurons) if len(parts) > 1 else (1, longest, inputs.neurons)
        self.memory = np.empty(shape, np.int64)

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_) -> None:
        for pool in (self.rounding, self.hashing):
            pool.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """(first, after the last, (samples, neurons) int64 levels) of each part."""
        ahead = self._round(0)
        for i, (start, stop) in enumerate(self.parts):
            levels = ahead.result()
            self._wait()
            self.hashed = self.hashing.submit(self.digest.update, _bytes(levels))
            if i + 1 < len(self.parts):
                ahead = self._round(i + 1)
            yield start, stop, levels

    def _round(self, number: int) -> Future[np.ndarray]:
        into = self.memory[number % 2]
        return self.rounding.submit(self.inputs.levels, *self.parts[number], into)

    def _wait(self) -> None:
        if self.hashed is not None:
            self.hashed.result()

    def hash(self) -> str:
        """SHA-256 of the levels of all parts, as 8 bytes each, little-endian."""
        self._wait()
        return self.digest.hexdigest()


def _bytes(levels: np.ndarray) -> memoryview:
    return np.ascontiguousarray(levels, "<i8").data.cast("B")
