"""Geometry: a window that slides over the axes of a population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError

Padding = tuple[tuple[int, int], ...]
Tap = tuple[int, ...]
Indices = list[np.ndarray]  # one array per axis


@dataclass(frozen=True)
class Geometry:
    """A sliding window over one or more axes.

    Channels are the last axis of a population and have no window.

    Parameters
    ----------
    window : (axes,) neurons along each axis, each >= 1.
    strides : (axes,) neurons from one position to the next, each >= 1.
    padding : (axes, 2) zeros before and after, each >= 0; default none.
    dilation : (axes,) neurons from one tap of the window to the next, each >= 1; default 1.

    Raises
    ------
    SpikewattError : other shapes, or numbers that are no integers or too small.

    >>> Geometry((3, 3), (2, 2), ((0, 1), (0, 1))).output_size((8, 8))
    (4, 4)
    """

    window: tuple[int, ...]
    strides: tuple[int, ...]
    padding: Padding = ()
    dilation: tuple[int, ...] = ()

    def __post_init__(self):
        axes = np.asarray(self.window).size or 1
        if len(self.padding) == 0:
            none = ((0, 0),) * axes
            object.__setattr__(self, "padding", none)
        if len(self.dilation) == 0:
            object.__setattr__(self, "dilation", (1,) * axes)

        self._check("window", (axes,), least=1)
        self._check("strides", (axes,), least=1)
        self._check("padding", (axes, 2), least=0)
        self._check("dilation", (axes,), least=1)

    def _check(self, field: str, shape: tuple[int, ...], least: int) -> None:
        """Raise SpikewattError unless `field` holds integers of `shape`, each at least `least`."""
        given = getattr(self, field)
        value = np.asarray(given)
        whole = np.issubdtype(value.dtype, np.integer)

        if value.shape != shape or not whole or value.min() < least:
            law = f"integers of shape {shape}, each at least {least}"
            raise SpikewattError(f"Geometry.{field}", law, given)

    @classmethod
    def of_keras(
        cls,
        mode: str,
        size: tuple[int, ...],
        window: tuple[int, ...],
        strides: tuple[int, ...],
        dilation: tuple[int, ...] = (),
    ) -> Geometry:
        """Geometry of a Keras layer.

        TensorFlow's rule for ``same``: total = max((ceil(n/s) − 1) s + k − n, 0), the odd one
        after, with k neurons from the first tap to the last.

        Parameters
        ----------
        mode : ``valid`` or ``same``.
        size : (axes,) neurons along each axis of the input.
        """
        if mode == "valid":
            return cls(window, strides, (), dilation)

        padding = []
        reach = cls(window, strides, (), dilation).reach
        for n, k, s in zip(size, reach, strides, strict=True):
            positions = -(-n // s)
            covered = (positions - 1) * s + k
            total = max(covered - n, 0)
            before = total // 2
            padding.append((before, total - before))
        return cls(window, strides, tuple(padding), dilation)

    @property
    def axes(self) -> int:
        """Number of axes that the window slides over."""
        return len(self.window)

    @property
    def reach(self) -> tuple[int, ...]:
        """Neurons along each axis from the first tap to the last, both included.

        >>> Geometry((3, 2), (1, 1), (), (2, 1)).reach
        (5, 2)
        """
        axes = zip(self.window, self.dilation, strict=True)
        return tuple((taps - 1) * apart + 1 for taps, apart in axes)

    @property
    def apart(self) -> bool:
        """Whether windows do not overlap."""
        return all(s >= k for s, k in zip(self.strides, self.reach, strict=True))

    @property
    def padded(self) -> bool:
        """Whether there are zeros around the input."""
        return any(any(pad) for pad in self.padding)

    def output_size(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """(axes,) window positions over an input of `size`.

        Raises SpikewattError if there are none.
        """
        axes = zip(
            size,
            self.reach,
            self.strides,
            self.padding,
            strict=True,
        )
        positions = []
        for n, k, s, (before, after) in axes:
            padded = before + n + after
            positions.append((padded - k) // s + 1)

        if min(positions) < 1:
            law = f"window {self.window} fits into the padded input"
            raise SpikewattError("Geometry", law, size)
        return tuple(positions)

    def axis_hits(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, window) input index under each tap at each position, −1 where it lies in the
        padding.

        >>> Geometry((2,), (1,), ((1, 0),)).axis_hits(0, 3, 3).tolist()
        [[-1, 0], [0, 1], [1, 2]]
        """
        before, _ = self.padding[axis]
        position = np.arange(size_out)[:, None]
        first = position * self.strides[axis] - before
        hit = first + np.arange(self.window[axis]) * self.dilation[axis]

        inside = (hit >= 0) & (hit < size_in)
        return np.where(inside, hit, -1)

    def axis_reach(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(window, size_in) 1 where a given tap lies on a given input index at some position,
        else 0.
        """
        hits = self.axis_hits(axis, size_in, size_out)
        position, tap = np.nonzero(hits >= 0)
        under = hits[position, tap]

        reach = np.zeros((self.window[axis], size_in), np.int64)
        np.add.at(reach, (tap, under), 1)
        return reach

    def axis_members(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, size_in) 1 where an input index lies in the window at a position, else 0."""
        hits = self.axis_hits(axis, size_in, size_out)
        position, tap = np.nonzero(hits >= 0)
        under = hits[position, tap]

        members = np.zeros((size_out, size_in), np.int64)
        members[position, under] = 1
        return members

    def on_inputs(
        self, size_in: tuple[int, ...], size_out: tuple[int, ...]
    ) -> Iterator[tuple[Tap, Indices, Indices]]:
        """Each tap, the positions at which it lies on an input, and the inputs that it lies on.

        >>> taps = Geometry((2,), (1,), ((1, 0),)).on_inputs((3,), (3,))
        >>> [(tap, positions[0].tolist(), under[0].tolist()) for tap, positions, under in taps]
        [((0,), [1, 2], [0, 1]), ((1,), [0, 1, 2], [0, 1, 2])]
        """
        hits = []
        for axis in range(self.axes):
            hit = self.axis_hits(axis, size_in[axis], size_out[axis])
            hits.append(hit)

        for tap in np.ndindex(*self.window):
            positions, under = [], []
            for hit, at in zip(hits, tap, strict=True):
                below = hit[:, at]
                inside = np.flatnonzero(below >= 0)
                positions.append(inside)
                under.append(below[inside])
            yield tap, positions, under

    def as_lists(self) -> list:
        """JSON form, read back by `from_lists`."""
        padding = [list(pad) for pad in self.padding]
        lists = [list(self.window), list(self.strides), padding]
        if max(self.dilation) > 1:
            lists.append(list(self.dilation))
        return lists

    @classmethod
    def from_lists(cls, lists: list) -> Geometry:
        """Inverse of `as_lists`."""
        window, strides, padding, *dilation = lists
        pairs = tuple((before, after) for before, after in padding)
        apart = tuple(dilation[0]) if dilation else ()
        return cls(tuple(window), tuple(strides), pairs, apart)


def sum_along(axis: int, matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`values` with their `axis` summed through `matrix`: Σ_i matrix[i, j] values[…, i, …].

    >>> sum_along(1, np.array([[1, 0, 0], [1, 1, 1]]), np.array([[10, 1]])).tolist()
    [[11, 1, 1]]
    """
    summed = np.tensordot(matrix, values, axes=(0, axis))
    return np.moveaxis(summed, 0, axis)
