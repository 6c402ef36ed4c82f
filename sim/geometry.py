"""Which neuron reaches which: window geometry, fan-out per neuron, and the explicit synapse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SpikewattError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from .network import Connection


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

    @classmethod
    def of_keras(cls, mode: str, size: tuple[int, int], window: tuple[int, int], strides: tuple[int, int]) -> Geometry:
        """Geometry of padding `mode` (``valid`` or ``same``) on an input of `size` (rows, columns).

        TensorFlow's rule for ``same``: total = max((ceil(n/s) - 1) s + k - n, 0), the odd one at the bottom and right.
        """
        if mode == "valid":
            return cls(window, strides)
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, window, strides, strict=True)]
        rows, columns = ((t // 2, t - t // 2) for t in total)
        return cls(window, strides, (rows, columns))

    def output_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) of window positions over an input of `size`."""
        rows, columns = ((n + sum(pad) - k) // s + 1 for n, k, s, pad in zip(size, self.window, self.strides, self.padding, strict=True))
        if min(rows, columns) < 1:
            raise SpikewattError("Geometry", f"window {self.window} fits into the padded input", size)
        return rows, columns

    def axis_hits(self, axis: int, size_in: int, size_out: int) -> np.ndarray:
        """(size_out, window) input index under each tap at each window position, -1 where it lies in the padding."""
        hit = np.arange(size_out)[:, None] * self.strides[axis] - self.padding[axis][0] + np.arange(self.window[axis])
        return np.where((hit >= 0) & (hit < size_in), hit, -1)

    def as_lists(self) -> list:
        """JSON form, read back by `from_lists`."""
        return [list(self.window), list(self.strides), [list(p) for p in self.padding]]

    @classmethod
    def from_lists(cls, lists: list) -> Geometry:
        """Inverse of `as_lists`."""
        (rows, columns), (down, right), ((top, bottom), (before, after)) = lists
        return cls((rows, columns), (down, right), ((top, bottom), (before, after)))


def output_shape(connection: Connection, pre_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of the population that `connection` feeds, given the shape of the one that feeds it."""
    where = f"Connection {connection.name!r}"
    if connection.kind == "dense":
        assert connection.weights is not None
        pre_size = int(np.prod(pre_shape))
        if connection.weights.ndim != 2 or connection.weights.shape[0] != pre_size:
            raise SpikewattError(where, "dense weights are (pre size, post size)", connection.weights.shape, f"({pre_size}, n)")
        return (connection.weights.shape[1],)
    assert connection.geometry is not None
    if len(pre_shape) != 3:
        raise SpikewattError(where, "a window needs a (rows, columns, channels) population", pre_shape)
    rows, columns = connection.geometry.output_size((pre_shape[0], pre_shape[1]))
    if connection.weights is None:
        return (rows, columns, pre_shape[2])
    expected = (*connection.geometry.window, pre_shape[2])
    if connection.weights.ndim != 4 or connection.weights.shape[:3] != expected:
        law = "conv2d weights are (rows, columns, channels in, channels out)"
        raise SpikewattError(where, law, connection.weights.shape, f"{expected} + (n,)")
    return (rows, columns, connection.weights.shape[3])


def _reach(geometry: Geometry, axis: int, size_in: int, size_out: int) -> np.ndarray:
    """(window, size_in) how many window positions put a given tap on a given input index (0 or 1)."""
    hits = geometry.axis_hits(axis, size_in, size_out)
    reach = np.zeros((geometry.window[axis], size_in), np.int64)
    position, tap = np.nonzero(hits >= 0)
    np.add.at(reach, (tap, hits[position, tap]), 1)
    return reach


def fan_out(connection: Connection, pre_shape: tuple[int, ...], post_shape: tuple[int, ...], nonzero: bool = False) -> np.ndarray:
    """(pre size,) synapses per pre neuron in closed form, borders exact; `nonzero` counts only weights != 0."""
    weights, geometry = connection.weights, connection.geometry
    if connection.kind == "dense":
        assert weights is not None
        return np.count_nonzero(weights, axis=1) if nonzero else np.full(weights.shape[0], weights.shape[1], np.int64)
    assert geometry is not None
    taps = np.ones((*geometry.window, pre_shape[2]), np.int64)
    if weights is not None:
        taps = np.count_nonzero(weights, axis=3) if nonzero else taps * weights.shape[3]
    rows = _reach(geometry, 0, pre_shape[0], post_shape[0])
    columns = _reach(geometry, 1, pre_shape[1], post_shape[1])
    return np.einsum("ay,bx,abc->yxc", rows, columns, taps, optimize=True).reshape(-1)


def unroll(connection: Connection, pre_shape: tuple[int, ...], post_shape: tuple[int, ...]) -> csr_array:
    """(post size, pre size) int64 matrix with one stored entry per synapse, weights of zero included; pools have weight 1."""
    from scipy.sparse import coo_array, csr_array

    weights, geometry = connection.weights, connection.geometry
    if connection.kind == "dense":
        assert weights is not None
        post, pre = np.indices(weights.T.shape)
        return csr_array(coo_array((weights.T.ravel(), (post.ravel(), pre.ravel())), shape=weights.T.shape))
    assert geometry is not None
    rows = geometry.axis_hits(0, pre_shape[0], post_shape[0])
    columns = geometry.axis_hits(1, pre_shape[1], post_shape[1])
    pre_index = np.arange(np.prod(pre_shape)).reshape(pre_shape)
    post_index = np.arange(np.prod(post_shape)).reshape(post_shape)
    parts = []
    for a in range(geometry.window[0]):
        for b in range(geometry.window[1]):
            out_y, out_x = np.flatnonzero(rows[:, a] >= 0), np.flatnonzero(columns[:, b] >= 0)
            pre = pre_index[rows[out_y, a]][:, columns[out_x, b]]
            post = post_index[out_y][:, out_x]
            if weights is None:
                parts.append((np.ones(pre.size, np.int64), post.ravel(), pre.ravel()))
                continue
            pre, post = np.broadcast_arrays(pre[..., :, None], post[..., None, :])
            parts.append((np.broadcast_to(weights[a, b], pre.shape).ravel(), post.ravel(), pre.ravel()))
    values, post, pre = (np.concatenate(p) for p in zip(*parts, strict=True))
    return csr_array(coo_array((values, (post, pre)), shape=(int(np.prod(post_shape)), int(np.prod(pre_shape)))))
