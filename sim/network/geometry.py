"""Geometry: a window that slides over the axes of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError

Padding = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Geometry:
    """A sliding window over one or more axes.

    Channels are the last axis of a population and have no window.

    Parameters
    ----------
    window : (axes,) neurons along each axis, each >= 1.
    strides : (axes,) neurons from one position to the next, each >= 1.
    padding : (axes, 2) zeros before and after, each >= 0; default none.

    Raises
    ------
    SpikewattError : other shapes, or numbers that are no integers or too small.

    >>> Geometry((3, 3), (2, 2), ((0, 1), (0, 1))).output_size((8, 8))
    (4, 4)
    """

    window: tuple[int, ...]
    strides: tuple[int, ...]
    padding: Padding = ()

    def __post_init__(self):
        axes = np.asarray(self.window).size or 1
        if len(self.padding) == 0:
            object.__setattr__(self, "padding", ((0, 0),) * axes)

        for name, expected, least in (
            ("window", (axes,), 1),
            ("strides", (axes,), 1),
            ("padding", (axes, 2), 0),
        ):
            value = np.asarray(getattr(self, name))
            whole = value.shape == expected and np.issubdtype(value.dtype, np.integer)
            if not whole or value.min() < least:
                law = f"integers of shape {expected}, each at least {least}"
                raise SpikewattError(f"Geometry.{name}", law, getattr(self, name))

    @classmethod
    def of_keras(
        cls, mode: str, size: tuple[int, ...], window: tuple[int, ...], strides: tuple[int, ...]
    ) -> Geometry:
        """Geometry of a Keras layer.

        TensorFlow's rule for ``same``: total = max((ceil(n/s) − 1) s + k − n, 0), the odd one
        after.

        Parameters
        ----------
        mode : ``valid`` or ``same``.
        size : (axes,) neurons along each axis of the input.
        """
        if mode == "valid":
            return cls(window, strides)

        padding = []
        for n, k, s in zip(size, window, strides, strict=True):
            total = max((-(-n // s) - 1) * s + k - n, 0)
            padding.append((total // 2, total - total // 2))
        return cls(window, strides, tuple(padding))

    @property
    def axes(self) -> int:
        """Number of axes that the window slides over."""
        return len(self.window)

    @property
    def apart(self) -> bool:
        """Whether windows do not overlap."""
        return all(s >= k for s, k in zip(self.strides, self.window, strict=True))

    @property
    def padded(self) -> bool:
        """Whether there are zeros around the input."""
        return any(any(pad) for pad in self.padding)

    def output_size(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """(axes,) window positions over an input of `size`.

        Raises SpikewattError if there are none.
        """
        positions = tuple(
            (n + sum(pad) - k) // s + 1
            for n, k, s, pad in zip(size, self.window, self.strides, self.padding, strict=True)
        )
        if min(positions) < 1:
            law = f"window {self.window} fits into the padded input"
            raise SpikewattError("Geometry", law, size)
        return positions

    def axis_hits(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, window) input index under each tap at each position, −1 where it lies in the
        padding.

        >>> Geometry((2,), (1,), ((1, 0),)).axis_hits(0, 3, 3).tolist()
        [[-1, 0], [0, 1], [1, 2]]
        """
        position = np.arange(size_out)[:, None] * self.strides[axis]
        hit = position - self.padding[axis][0] + np.arange(self.window[axis])
        return np.where((hit >= 0) & (hit < size_in), hit, -1)

    def axis_reach(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(window, size_in) 1 where a given tap lies on a given input index at some position,
        else 0.
        """
        hits = self.axis_hits(axis, size_in, size_out)
        reach = np.zeros((self.window[axis], size_in), np.int64)
        position, tap = np.nonzero(hits >= 0)
        np.add.at(reach, (tap, hits[position, tap]), 1)
        return reach

    def axis_members(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, size_in) 1 where an input index lies in the window at a position, else 0."""
        hits = self.axis_hits(axis, size_in, size_out)
        members = np.zeros((size_out, size_in), np.int64)
        position, tap = np.nonzero(hits >= 0)
        members[position, hits[position, tap]] = 1
        return members

    def as_lists(self) -> list:
        """JSON form, read back by `from_lists`."""
        return [list(self.window), list(self.strides), [list(pad) for pad in self.padding]]

    @classmethod
    def from_lists(cls, lists: list) -> Geometry:
        """Inverse of `as_lists`."""
        window, strides, padding = lists
        return cls(
            tuple(window), tuple(strides), tuple((before, after) for before, after in padding)
        )
