"""Which neuron reaches which: window geometry, fan-out per neuron, and the explicit synapse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import SpikewattError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from .connection import Connection


@dataclass(frozen=True)
class Geometry:
    """A sliding window.

    Parameters
    ----------
    window, strides : (rows, columns), each >= 1.
    padding : ((top, bottom), (left, right)) zeros around the input, each >= 0.
    """

    window: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    def __post_init__(self):
        for name, least in (("window", 1), ("strides", 1), ("padding", 0)):
            value = np.asarray(getattr(self, name))
            expected = (2, 2) if name == "padding" else (2,)
            if (
                value.shape != expected
                or not np.issubdtype(value.dtype, np.integer)
                or value.min() < least
            ):
                raise SpikewattError(
                    f"Geometry.{name}",
                    f"integers of shape {expected}, each at least {least}",
                    getattr(self, name),
                )

    @classmethod
    def of_keras(
        cls, mode: str, size: tuple[int, ...], window: tuple[int, int], strides: tuple[int, int]
    ) -> Geometry:
        """Geometry of padding `mode` (``valid`` or ``same``) on an input of `size` (rows, columns).

        TensorFlow's rule for ``same``: total = max((ceil(n/s) - 1) s + k - n, 0), the odd one at the bottom and right.
        """
        if mode == "valid":
            return cls(window, strides)
        total = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, k, s in zip(size, window, strides, strict=True)
        ]
        rows, columns = ((t // 2, t - t // 2) for t in total)
        return cls(window, strides, (rows, columns))

    def output_size(self, size: tuple[int, ...]) -> tuple[int, int]:
        """(rows, columns) of window positions over an input of `size`."""
        rows, columns = (
            (n + sum(pad) - k) // s + 1
            for n, k, s, pad in zip(size, self.window, self.strides, self.padding, strict=True)
        )
        if min(rows, columns) < 1:
            raise SpikewattError(
                "Geometry", f"window {self.window} fits into the padded input", size
            )
        return rows, columns

    def axis_hits(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, window) input index under each tap at each window position, -1 where it lies in the padding."""
        hit = (
            np.arange(size_out)[:, None] * self.strides[axis]
            - self.padding[axis][0]
            + np.arange(self.window[axis])
        )
        return np.where((hit >= 0) & (hit < size_in), hit, -1)

    def as_lists(self) -> list:
        """JSON form, read back by `from_lists`."""
        return [list(self.window), list(self.strides), [list(p) for p in self.padding]]

    @classmethod
    def from_lists(cls, lists: list) -> Geometry:
        """Inverse of `as_lists`."""
        (rows, columns), (down, right), ((top, bottom), (before, after)) = lists
        return cls((rows, columns), (down, right), ((top, bottom), (before, after)))


def pooled_shape(connection: Connection, pre_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape that the weights of `connection` see: that of the pre population, summed over its windows if it is pooled."""
    if connection.pooled is None:
        return pre_shape
    if len(pre_shape) != 3:
        raise SpikewattError(
            f"Connection {connection.name!r}",
            "a window needs a (rows, columns, channels) population",
            pre_shape,
        )
    return (*connection.pooled.output_size((pre_shape[0], pre_shape[1])), pre_shape[2])


def output_shape(connection: Connection, pre_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the population that `connection` feeds, given the shape of the one that feeds it."""
    where, weights = f"Connection {connection.name!r}", connection.weights
    seen = pooled_shape(connection, pre_shape)
    if connection.kind == "dense":
        assert weights is not None
        size = int(np.prod(seen))
        if weights.ndim != 2 or weights.shape[0] != size:
            raise SpikewattError(
                where, "dense weights are (pre size, post size)", weights.shape, f"({size}, n)"
            )
        return (weights.shape[1],)
    if connection.kind == "identity":
        assert weights is not None
        if weights.shape != (seen[-1],):
            raise SpikewattError(
                where, "identity weights are (channels,)", weights.shape, (seen[-1],)
            )
        return seen
    assert connection.geometry is not None
    if len(seen) != 3:
        raise SpikewattError(where, "a window needs a (rows, columns, channels) population", seen)
    rows, columns = connection.geometry.output_size((seen[0], seen[1]))
    if weights is None:
        return (rows, columns, seen[2])
    expected = (*connection.geometry.window, seen[2])
    if weights.ndim != 4 or weights.shape[:3] != expected:
        law = "weights are (rows, columns, channels in, channels out or multiplier)"
        raise SpikewattError(where, law, weights.shape, f"{expected} + (n,)")
    return (rows, columns, weights.shape[3] * (seen[2] if connection.kind == "depthwise" else 1))


def _reach(geometry: Geometry, axis: int, size_in: int, size_out: int) -> np.ndarray:
    """(window, size_in) how many window positions put a given tap on a given input index (0 or 1)."""
    hits = geometry.axis_hits(axis, size_in, size_out)
    reach = np.zeros((geometry.window[axis], size_in), np.int64)
    position, tap = np.nonzero(hits >= 0)
    np.add.at(reach, (tap, hits[position, tap]), 1)
    return reach


def fan_out(
    connection: Connection,
    pre_shape: tuple[int, ...],
    post_shape: tuple[int, ...],
    nonzero: bool = False,
) -> np.ndarray:
    """(pre size,) synapses per pre neuron in closed form, borders exact; `nonzero` counts only weights != 0."""
    seen = pooled_shape(connection, pre_shape)
    fan = _direct_fan_out(connection, seen, post_shape, nonzero)
    if connection.pooled is None:
        return fan.reshape(-1)
    into = []  # (pooled index, pre index) 1 where the pre neuron lies in the window
    for axis in (0, 1):
        hits = connection.pooled.axis_hits(axis, pre_shape[axis], seen[axis])
        member = np.zeros((seen[axis], pre_shape[axis]), np.int64)
        position, tap = np.nonzero(hits >= 0)
        member[position, hits[position, tap]] = 1
        into.append(member)
    return np.einsum("py,qx,pqc->yxc", *into, fan.reshape(seen), optimize=True).reshape(-1)


def _direct_fan_out(
    connection: Connection, pre_shape: tuple[int, ...], post_shape: tuple[int, ...], nonzero: bool
) -> np.ndarray:
    """Fan-out of the neurons that the weights see."""
    weights, geometry = connection.weights, connection.geometry
    if connection.kind == "dense":
        assert weights is not None
        return (
            np.count_nonzero(weights, axis=1)
            if nonzero
            else np.full(weights.shape[0], weights.shape[1], np.int64)
        )
    if connection.kind == "identity":
        assert weights is not None
        each = (weights != 0).astype(np.int64) if nonzero else np.ones(len(weights), np.int64)
        return np.broadcast_to(each, pre_shape).reshape(-1)
    assert geometry is not None
    taps = np.ones((*geometry.window, pre_shape[2]), np.int64)
    if weights is not None:
        taps = np.count_nonzero(weights, axis=3) if nonzero else taps * weights.shape[3]
    rows = _reach(geometry, 0, pre_shape[0], post_shape[0])
    columns = _reach(geometry, 1, pre_shape[1], post_shape[1])
    return np.einsum("ay,bx,abc->yxc", rows, columns, taps, optimize=True).reshape(-1)


def unroll(
    connection: Connection, pre_shape: tuple[int, ...], post_shape: tuple[int, ...]
) -> csr_array:
    """(post size, pre size) int64 matrix with one stored entry per synapse, weights of zero included; pools have weight 1."""
    from scipy.sparse import csr_array

    seen = pooled_shape(connection, pre_shape)
    values, post, pre = _synapses(connection, seen, post_shape)
    if connection.pooled is not None:
        channels = np.ones(seen[2], np.int64)
        members = _windowed(
            connection.pooled,
            pre_shape,
            seen,
            np.broadcast_to(channels, (*connection.pooled.window, seen[2])),
            "same",
        )
        # Each synapse of a pooled neuron becomes one of every neuron in its window. Explicit, so that zeros are kept.
        order = np.argsort(members[1], kind="stable")
        pooled, member = members[1][order], members[2][order]
        first, last = np.searchsorted(pooled, pre), np.searchsorted(pooled, pre, side="right")
        repeat = last - first
        at = (
            np.arange(repeat.sum())
            - np.repeat(np.cumsum(repeat) - repeat, repeat)
            + np.repeat(first, repeat)
        )
        values, post, pre = np.repeat(values, repeat), np.repeat(post, repeat), member[at]
    order = np.lexsort((pre, post))
    size = int(np.prod(post_shape))
    starts = np.concatenate([[0], np.cumsum(np.bincount(post, minlength=size))])
    return csr_array((values[order], pre[order], starts), shape=(size, int(np.prod(pre_shape))))


def _synapses(
    connection: Connection, pre_shape: tuple[int, ...], post_shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(weight, post, pre) of every synapse, without pooling."""
    weights, geometry = connection.weights, connection.geometry
    if connection.kind == "dense":
        assert weights is not None
        pre, post = np.indices(weights.shape)
        return weights.ravel(), post.ravel(), pre.ravel()
    if connection.kind == "identity":
        assert weights is not None
        neuron = np.arange(int(np.prod(pre_shape)))
        return np.broadcast_to(weights, pre_shape).ravel(), neuron, neuron
    assert geometry is not None
    if weights is None:
        return _windowed(
            geometry,
            pre_shape,
            post_shape,
            np.ones((*geometry.window, pre_shape[2]), np.int64),
            "same",
        )
    return _windowed(
        geometry,
        pre_shape,
        post_shape,
        weights,
        "each" if connection.kind == "depthwise" else "all",
    )


def _windowed(
    geometry: Geometry, pre_shape, post_shape, weights: np.ndarray, channels: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(weight, post, pre) of a window that slides over the rows and columns.

    `channels` is ``same`` (weights (rows, columns, channels), each to itself), ``each`` (…, channels, multiplier), or ``all`` (…, in, out).
    """
    rows = geometry.axis_hits(0, pre_shape[0], post_shape[0])
    columns = geometry.axis_hits(1, pre_shape[1], post_shape[1])
    pre_index = np.arange(np.prod(pre_shape)).reshape(pre_shape)
    post_index = np.arange(np.prod(post_shape)).reshape(post_shape)
    if channels == "each":
        post_index = post_index.reshape(*post_shape[:2], *weights.shape[2:])
    parts = []
    for a in range(geometry.window[0]):
        for b in range(geometry.window[1]):
            out_y, out_x = np.flatnonzero(rows[:, a] >= 0), np.flatnonzero(columns[:, b] >= 0)
            pre = pre_index[rows[out_y, a]][:, columns[out_x, b]]
            post = post_index[out_y][:, out_x]
            if channels == "all":
                pre, post = pre[..., :, None], post[..., None, :]
            elif channels == "each":
                pre = pre[..., :, None]
            pre, post = np.broadcast_arrays(pre, post)
            parts.append(
                (np.broadcast_to(weights[a, b], pre.shape).ravel(), post.ravel(), pre.ravel())
            )
    values, post, pre = (np.concatenate(p) for p in zip(*parts, strict=True))
    return values, post, pre
