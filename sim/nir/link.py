"""Link: the synapses between two neurons of a NIR graph, in the numbers of its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ..network.connection import Connection, ExecutedLayer
from ..network.connection_kinds import ConnectionKind, Identity, Pool
from ..network.geometry import Geometry
from .connection_nodes import POOLS, READERS, Reading
from .graph import Graph, Route
from .nodes import Shape, geometry_of, real_numbers, refused


@dataclass(frozen=True, eq=False)
class Link:
    """The synapses between two neurons, before they are rounded to integers.

    Parameters
    ----------
    source : str
        Name of the neuron that it comes from.
    kind : ConnectionKind
        How it reaches the other.
    weights : float array
        Shaped as the kind says; of a pool the (1,) weight of every neuron in a window.
    bias : float (1,), (channels,) or (post size,)
        Added at every step.
    shape : (channels,) or (rows, columns, channels)
        Of the neuron that it feeds.
    geometry, pooled : Geometry or None
        As a Connection has them.
    """

    source: str
    kind: ConnectionKind
    weights: np.ndarray
    bias: np.ndarray
    shape: Shape
    geometry: Geometry | None = None
    pooled: Geometry | None = None

    def times(self, value: float, gain: float) -> Link:
        """The same for a spike of this `value` into a neuron of this `gain`."""
        # In this order: products of floats depend on it.
        return replace(self, weights=self.weights * value * gain)

    def connection(
        self,
        post: str,
        weights: np.ndarray,
        branch: int = 1,
        executed: tuple[ExecutedLayer, ...] | None = None,
    ) -> Connection:
        """The connection into `post` with these integer `weights`."""
        return Connection(
            pre=self.source,
            post=post,
            kind=self.kind,
            weights=weights if self.kind.weighted else None,
            geometry=self.geometry,
            pooled=self.pooled,
            branch=branch,
            executed=executed,
        )


@dataclass(frozen=True)
class _Front:
    """What lies in front of the weights: a pool, whose mean has a scale, and a Flatten."""

    shape: Shape
    pooled: Geometry | None = None
    scale: float = 1.0
    flat: Shape | None = None  # the shape in front of the Flatten


def read_link(
    graph: Graph, name: str, route: Route, pre_shape: Shape, depthwise: frozenset[str]
) -> Link:
    """The link into neuron `name` along a route.

    Parameters
    ----------
    graph : Graph
        That the nodes belong to.
    name : str
        Of the neuron that it feeds.
    route : Route
        From the neuron that it comes from.
    pre_shape : (channels,) or (rows, columns, channels)
        Of that neuron.
    depthwise : frozenset of str
        Nodes known to be depthwise, where one channel leaves it open.

    Raises
    ------
    SpikewattError : nodes that one connection cannot express.
    """
    front, weighted = _split(graph, route, pre_shape)
    if weighted is None:
        return _without_weights(graph.where(name), route.source, front)

    at, node = weighted
    where = graph.where(at)
    real_numbers(where, node)
    read = READERS[graph.type_of(at)]
    kind, weights, geometry = read(Reading(where, node, front.shape, front.flat, at in depthwise))

    shape = kind.post_shape(where, weights, geometry, front.shape)
    bias = np.asarray(getattr(node, "bias", 0.0)).reshape(-1)
    scaled = weights * front.scale
    return Link(route.source, kind, scaled, bias, shape, geometry, front.pooled)


def _split(graph: Graph, route: Route, shape: Shape) -> tuple[_Front, tuple | None]:
    """What lies in front of the weights, and the (name, node) that holds them, if there is one."""
    front = _Front(shape)
    weighted = None
    for at, node in route.nodes:
        where, kind = graph.where(at), graph.type_of(at)
        if weighted is not None:
            raise refused(
                where=where,
                law="one node with weights stands between two neurons",
                got=f"{kind} after {weighted[0]!r}",
            )

        if kind in POOLS:
            front = _pooled(where, node, kind, front)
        elif kind == "Flatten":
            front = replace(front, shape=(prod(front.shape),), flat=front.shape)
        else:
            weighted = (at, node)
    return front, weighted


def _pooled(where: str, node, kind: str, front: _Front) -> _Front:
    """The front with a pool after it."""
    if front.pooled is not None:
        raise refused(
            where=where,
            law="one pool stands between two neurons",
            got=kind,
        )

    pooled = geometry_of(where, node.kernel_size, node.stride, node.padding, front.shape)
    positions = pooled.output_size(front.shape[:-1])
    shape = (*positions, front.shape[-1])
    scale = front.scale / prod(pooled.window) if kind == "AvgPool2d" else front.scale
    return replace(front, shape=shape, pooled=pooled, scale=scale)


def _without_weights(where: str, source: str, front: _Front) -> Link:
    """A pool alone, or two neurons with nothing between them."""
    no_bias = np.zeros(1)
    if front.pooled is not None and front.flat is None:
        each = np.full(1, front.scale)
        return Link(source, Pool(), each, no_bias, front.shape, front.pooled)

    if front.pooled is not None or front.flat is not None:
        raise refused(
            where=where,
            law="weights follow a Flatten",
            got="none",
        )
    ones = np.ones(front.shape[-1])
    return Link(source, Identity(), ones, no_bias, front.shape)
