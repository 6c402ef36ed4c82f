"""Stored: counts that stay in their file until they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..engines.blocks import ahead, parts

PIECE = 2**21  # numbers that are read at once
EVERYTHING = slice(None)


class Stored(NDArrayOperatorsMixin):
    """Integers (samples, …) of an open HDF5 file, which reads like an array of int64.

    What takes samples together (`sum`, `min`, `max`) goes through the file in pieces. ``[:, a:b]``
    is a part of it that is not read either. Anything else is read and becomes an array: of the
    samples that are asked for, or of all.

    Parameters
    ----------
    data : h5py.Dataset of integers, whose file stays open as long as this lives.
    cut : of each axis but the first, the part that counts; default all of it.
    """

    def __init__(self, data: Any, cut: tuple[slice, ...] = ()):
        self.data = data
        self.cut = cut or tuple(slice(0, size) for size in data.shape[1:])
        self._sums: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Samples, and the sizes of a sample."""
        return (self.data.shape[0], *(part.stop - part.start for part in self.cut))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of integers."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype:
        """As it is read; the file has the narrowest type that holds the numbers."""
        return np.dtype(np.int64)

    @property
    def nbytes(self) -> int:
        """Bytes of all, once they are read."""
        return self.size * self.dtype.itemsize

    @property
    def chunk(self) -> int:
        """Samples that lie together in the file."""
        return self.data.chunks[0] if self.data.chunks else 1

    @property
    def at_once(self) -> int:
        """Samples of a piece: whole chunks."""
        per_sample = max(1, math.prod(self.shape[1:]))
        return self.chunk * max(1, PIECE // (per_sample * self.chunk))

    def __repr__(self) -> str:
        sizes = ", ".join(map(str, self.shape))
        return f"Stored({sizes})"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        for piece in self.pieces():
            yield from piece

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy is False:
            raise ValueError("counts in a file are read, which makes a copy")
        found = self.between(0, len(self))
        return found if dtype is None else found.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc, method, *given, **options):
        arrays = [np.asarray(x) if isinstance(x, Stored) else x for x in given]
        return getattr(ufunc, method)(*arrays, **options)

    def __reduce__(self):
        """A copy is in memory."""
        return np.asarray, (np.asarray(self),)

    # Reading

    def between(self, start: int, stop: int) -> np.ndarray:
        """Samples `start` to `stop`, in memory."""
        return self.data[(slice(start, stop), *self.cut)].astype(np.int64, copy=False)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """All samples, or those from `start` to `stop`, a few at a time."""
        last = len(self) if stop is None else stop
        found = self._pieces(start, last)
        yield from ahead(found) if last - start > self.at_once else found

    def _pieces(self, start: int, last: int) -> Iterator[np.ndarray]:
        while start < last:
            # Up to where a chunk ends, so that none is read twice.
            after = min(last, (start // self.at_once + 1) * self.at_once)
            yield self.between(start, after)
            start = after

    def __getitem__(self, key) -> Any:
        first, rest = self._split(key)
        if isinstance(first, int | np.integer):
            number = range(len(self))[first]
            return self.between(number, number + 1)[(0, *rest)]

        if not isinstance(first, slice) or (first.step or 1) < 1:
            return np.asarray(self)[(first, *rest)]

        if first == EVERYTHING and all(_is_plain(part) for part in rest):
            return Stored(self.data, tuple(map(_within, self.cut, rest)))

        start, stop, step = first.indices(len(self))
        if step > 1:
            return np.asarray(self)[(first, *rest)]
        found = [piece[(EVERYTHING, *rest)] for piece in self.pieces(start, stop)]
        if not found:
            found = [self.between(0, 0)[(EVERYTHING, *rest)]]
        return np.concatenate(found)

    def _split(self, key) -> tuple[Any, tuple]:
        """The index of the samples, and those of all other axes."""
        key = key if isinstance(key, tuple) else (key,)
        if any(part is Ellipsis for part in key):
            place = next(i for i, part in enumerate(key) if part is Ellipsis)
            missing = self.ndim - len(key) + 1
            key = (*key[:place], *[EVERYTHING] * missing, *key[place + 1 :])
        first, *rest = (*key, *[EVERYTHING] * (self.ndim - len(key)))
        return first, tuple(rest)

    # Together

    def sum(self, axis=None, out=None) -> Any:
        """As of an array; that of each sample is kept."""
        assert out is None
        if self.ndim == 2 and axis in (1, -1):
            sums = self._sums
            if sums is None:
                sums = self._sums = self._reduced(np.sum, np.add, axis)
            return sums.copy()
        return self._reduced(np.sum, np.add, axis)

    def min(self, axis=None, out=None, initial=None) -> Any:
        """As of an array."""
        assert out is None
        found = self._reduced(np.min, np.minimum, axis)
        return found if initial is None else np.minimum(found, initial)

    def max(self, axis=None, out=None, initial=None) -> Any:
        """As of an array."""
        assert out is None
        found = self._reduced(np.max, np.maximum, axis)
        return found if initial is None else np.maximum(found, initial)

    def mean(self, axis=None) -> Any:
        """As of an array: the sum, which is exact, by the number of its terms."""
        total = self.sum(axis=axis)
        return total / (self.size // max(1, np.size(total)))

    def any(self) -> bool:
        """Whether one is not zero."""
        return any(piece.any() for piece in self.pieces())

    def _reduced(self, of_piece: Callable, together: Callable, axis) -> Any:
        """What `of_piece` finds in each piece, one after the other or taken `together`."""
        axes = range(self.ndim) if axis is None else np.atleast_1d(axis) % self.ndim
        found = [of_piece(piece, axis=axis) for piece in self.pieces()]
        if 0 not in axes:
            return np.concatenate(found)
        result = found[0]
        for each in found[1:]:
            result = together(result, each)
        return result


def pieces(array: Any) -> Iterator[np.ndarray]:
    """The samples of an array, or of what is `Stored`, a few at a time."""
    if isinstance(array, Stored):
        yield from array.pieces()
        return
    per_sample = max(1, math.prod(array.shape[1:]))
    for start, stop in parts(len(array), max(1, PIECE // per_sample)):
        yield array[start:stop]


def between(array: Any, start: int, stop: int) -> np.ndarray:
    """Samples `start` to `stop`, in memory."""
    return array.between(start, stop) if isinstance(array, Stored) else array[start:stop]


def _is_plain(part) -> bool:
    """Whether it takes neighbours, in their order."""
    return isinstance(part, slice) and part.step in (None, 1)


def _within(cut: slice, part: slice) -> slice:
    """A `part` of what is cut already."""
    start, stop, _ = part.indices(cut.stop - cut.start)
    return slice(cut.start + start, cut.start + max(start, stop))
