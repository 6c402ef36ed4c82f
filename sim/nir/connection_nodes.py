"""Kinds of connections as nodes of a NIR graph, both ways.

`WRITERS` has an entry for every kind of connection, `READERS` one for every type of node that holds
weights. A kind that NIR cannot say has a writer that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...errors import SpikewattError
from ..network.connection import Connection
from ..network.connection_kinds import (
    ConnectionKind,
    Conv1D,
    Conv2D,
    Dense,
    Depthwise,
    GroupedConvolution,
    Identity,
    MaxPool,
    Pool,
    TransposedConvolution,
)
from ..network.geometry import Geometry
from .nodes import (
    Shape,
    by_channel,
    channels_first,
    flat_rows,
    flat_rows_channels_first,
    geometry_of,
    padding_of,
    refused,
    with_channels_first,
)

POOLS = ("SumPool2d", "AvgPool2d")  # nodes that add up a window, without weights
Nodes = dict[str, Any]  # suffix of the name -> node, in order


# From a connection to nodes


@dataclass(frozen=True, eq=False)
class Writing:
    """A connection to be written.

    Parameters
    ----------
    nir : module
        The package nir.
    where : str
        The connection, for errors.
    connection : Connection
        Itself.
    seen : (channels,) or (rows, columns, channels)
        Shape that its weights see.
    bias : float array or None
        That its node carries: (post size,) of a dense layer, (channels,) of a convolution.
    """

    nir: Any
    where: str
    connection: Connection
    seen: Shape
    bias: np.ndarray | None

    @property
    def weights(self) -> np.ndarray:
        """As float64, which NIR has."""
        return self.connection.weights.astype(np.float64)  # type: ignore[union-attr]

    def bias_of(self, outputs: int) -> np.ndarray:
        """The bias, or zeros."""
        return np.zeros(outputs) if self.bias is None else self.bias


def write_pool(nir, where: str, geometry: Geometry):
    """A node that sums over windows; NIR has one for rows and columns only."""
    if geometry.axes != 2:
        law = "NIR sums over windows of rows and columns"
        raise SpikewattError(
            where, law, f"a window {geometry.window}", "a convolution with strides"
        )
    padding = padding_of(where, geometry)
    sizes = (np.array(value) for value in (geometry.window, geometry.strides, padding))
    return nir.SumPool2d(*sizes)


def _write_dense(w: Writing) -> Nodes:
    weights, nodes = w.weights, {}
    if len(w.seen) > 1:
        shape = np.array(channels_first(w.seen))
        nodes[".flatten"] = w.nir.Flatten({"input": shape}, start_dim=0)
        weights = flat_rows_channels_first(weights, w.seen)
    nodes[""] = w.nir.Affine(weights.T, w.bias_of(weights.shape[1]))
    return nodes


def _write_conv1d(w: Writing) -> Nodes:
    geometry = _geometry(w)
    (length,), (stride,), (padding,) = (
        w.seen[:1],
        geometry.strides,
        padding_of(w.where, geometry),
    )
    node = w.nir.Conv1d(
        input_shape=length,
        weight=w.weights.transpose(2, 1, 0),
        stride=stride,
        padding=padding,
        dilation=geometry.dilation[0],
        groups=1,
        bias=w.bias_of(w.weights.shape[2]),
    )
    return {"": node}


def _write_conv2d(w: Writing) -> Nodes:
    kernel = w.weights.transpose(3, 2, 0, 1)
    return {"": _conv2d_node(w, kernel, groups=1)}


def _write_depthwise(w: Writing) -> Nodes:
    if _geometry(w).axes != 2:
        law = "depthwise convolutions are written over rows and columns"
        raise SpikewattError(w.where, law, _geometry(w).window)

    rows, columns, channels, multiplier = w.weights.shape
    kernel = w.weights.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns)
    return {"": _conv2d_node(w, kernel, groups=channels)}


def _write_grouped(w: Writing) -> Nodes:
    if _geometry(w).axes != 2:
        law = "grouped convolutions are written over rows and columns"
        raise SpikewattError(w.where, law, _geometry(w).window)

    groups = w.seen[-1] // w.weights.shape[-2]
    kernel = w.weights.transpose(3, 2, 0, 1)
    return {"": _conv2d_node(w, kernel, groups)}


def _conv2d_node(w: Writing, kernel: np.ndarray, groups: int):
    geometry = _geometry(w)
    return w.nir.Conv2d(
        input_shape=w.seen[:2],
        weight=kernel,
        stride=geometry.strides,
        padding=padding_of(w.where, geometry),
        dilation=geometry.dilation,
        groups=groups,
        bias=w.bias_of(len(kernel)),
    )


def _write_identity(w: Writing) -> Nodes:
    factors = np.broadcast_to(w.weights, w.seen)
    return {"": w.nir.Scale(with_channels_first(factors).copy())}


def _write_pool(w: Writing) -> Nodes:
    return {".pool": write_pool(w.nir, w.where, _geometry(w))}


def _refuse_max_pool(w: Writing) -> Nodes:
    raise no_max_pool(w.where)


def _refuse_transposed(w: Writing) -> Nodes:
    law = "NIR has no transposed convolution"
    raise SpikewattError(w.where, law, str(w.connection.kind))


def no_max_pool(where: str) -> SpikewattError:
    """The error of a max pool, about `where`."""
    law = "NIR has no neuron that counts the spikes of a window"
    return SpikewattError(where, law, "max_pool", "average pooling")


def _geometry(w: Writing) -> Geometry:
    assert w.connection.geometry is not None
    return w.connection.geometry


WRITERS: dict[type[ConnectionKind], Callable[[Writing], Nodes]] = {
    Dense: _write_dense,
    Conv1D: _write_conv1d,
    Conv2D: _write_conv2d,
    Depthwise: _write_depthwise,
    GroupedConvolution: _write_grouped,
    Identity: _write_identity,
    Pool: _write_pool,
    MaxPool: _refuse_max_pool,
    TransposedConvolution: _refuse_transposed,
}


# From a node to a kind and its weights


@dataclass(frozen=True, eq=False)
class Reading:
    """A node with weights, to be read.

    Parameters
    ----------
    where : str
        The node, for errors.
    node : nir.NIRNode
        Itself.
    seen : (channels,) or (rows, columns, channels)
        Shape of what feeds it, channels last.
    flat : shape or None
        In front of a Flatten, where one stands there.
    depthwise : bool
        Whether it is known to be depthwise, where one channel leaves it open.
    """

    where: str
    node: Any
    seen: Shape
    flat: Shape | None
    depthwise: bool


class Read(NamedTuple):
    """A kind of connection, float64 weights in its layout, and its window."""

    kind: ConnectionKind
    weights: np.ndarray
    geometry: Geometry | None


def _read_dense(r: Reading) -> Read:
    weights = np.asarray(r.node.weight, np.float64).T
    inputs = prod(r.seen)
    flat = prod(r.seen[:-1]) == 1
    if weights.ndim != 2 or weights.shape[0] != inputs or not flat:
        raise refused(
            where=r.where,
            law="takes as many inputs as are flat in front of it",
            got=weights.shape,
            allowed=(inputs, "outputs"),
        )

    if r.flat is not None:
        weights = flat_rows(weights, r.flat)
    return Read(Dense(), weights, None)


def _read_scale(r: Reading) -> Read:
    return Read(Identity(), by_channel(r.where, r.node.scale, r.seen), None)


def _read_conv1d(r: Reading) -> Read:
    node, channels = r.node, r.seen[-1]
    window = node.weight.shape[2:]
    geometry = geometry_of(
        r.where, window, node.stride, node.padding, r.seen, node.dilation, axes=1
    )
    kernel = np.asarray(node.weight, np.float64)
    if int(node.groups) != 1 or kernel.shape[1] != channels:
        raise refused(
            where=r.where,
            law="has one group over all channels",
            got=f"groups {node.groups} on {channels} channels",
            allowed="1",
        )
    return Read(Conv1D(), kernel.transpose(2, 1, 0), geometry)


def _read_conv2d(r: Reading) -> Read:
    node, channels = r.node, r.seen[-1]
    window = node.weight.shape[2:]
    geometry = geometry_of(r.where, window, node.stride, node.padding, r.seen, node.dilation)
    kernel, groups = np.asarray(node.weight, np.float64), int(node.groups)

    if groups == 1 and kernel.shape[1] == channels and not r.depthwise:
        return Read(Conv2D(), kernel.transpose(2, 3, 1, 0), geometry)

    if groups == channels and kernel.shape[1] == 1:
        by_group = kernel.reshape(groups, -1, *window)
        return Read(Depthwise(), by_group.transpose(2, 3, 0, 1), geometry)

    if groups and channels % groups == 0 and kernel.shape[1] == channels // groups:
        return Read(GroupedConvolution(), kernel.transpose(2, 3, 1, 0), geometry)

    raise refused(
        where=r.where,
        law="has groups that part its channels",
        got=f"groups {groups} on {channels} channels",
        allowed=f"a divisor of {channels}",
    )


READERS: dict[str, Callable[[Reading], Read]] = {
    "Linear": _read_dense,
    "Affine": _read_dense,
    "Scale": _read_scale,
    "Conv1d": _read_conv1d,
    "Conv2d": _read_conv2d,
}
