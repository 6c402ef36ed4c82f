"""Connection: the synapses from one population to another."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import cast

import numpy as np

from ...errors import SpikewattError, whole_number
from ...frozen import Rebuilt
from .connection_kinds import CONNECTION_KINDS, ConnectionKind
from .geometry import Geometry, sum_along
from .integers import integers
from .named import named

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ExecutedLayer:
    """A layer of the ANN that became part of a connection: what a kernel library executes for it.

    Parameters
    ----------
    name : str, of the Keras layer.
    kind : ConnectionKind or its name, one that multiplies.
    macs : int, multiply-accumulates per inference, taps on padding included.
    outputs : int, values that it computes.
    parameters : int, weights and biases to be stored.
    live_macs : int, those of `macs` that are left where dead channels are not computed (see
        `conversion.graph.live`); by default all.
    """

    name: str
    kind: ConnectionKind
    macs: int
    outputs: int
    parameters: int
    live_macs: int | None = None

    def __post_init__(self):
        where = f"ExecutedLayer {self.name!r}"
        law = "must be a known kind"
        kind = named(f"{where}.kind", law, self.kind, CONNECTION_KINDS)
        object.__setattr__(self, "kind", kind)

        for field in ("macs", "outputs", "parameters"):
            count = whole_number(
                f"{where}.{field}",
                "is a count",
                getattr(self, field),
                0,
                2**62,
            )
            object.__setattr__(self, field, count)

        live = self.macs if self.live_macs is None else self.live_macs
        live = whole_number(f"{where}.live_macs", "is at most macs", live, 0, self.macs)
        object.__setattr__(self, "live_macs", live)

    def computed_macs(self, prunes: bool = False) -> int:
        """Those that a kernel library computes, which leaves out dead channels if it `prunes`."""
        return cast(int, self.live_macs) if prunes else self.macs


@dataclass(frozen=True, eq=False)
class Connection(Rebuilt):
    """Synapses from one population to another.

    Parameters
    ----------
    pre : str, name of a population.
    post : str, name of a later one.
    kind : ConnectionKind or its name: ``dense``, ``conv2d``, ``depthwise``, ``identity``, ``pool``,
        ``max_pool``.
    weights : integers, shaped as the kind says; None for the two pools.
    geometry : Geometry of a window; None for ``dense`` and ``identity``.
    pooled : Geometry of windows that do not overlap, over which the pre neurons are summed in front
        of the weights; the synapses of a pooled neuron are synapses of each neuron in its window.
        Default none.
    branch : int, number of this connection where several lead from `pre` to `post`; default 1.
    executed : layers of the ANN that were merged into this connection, or () where they are counted
        with another connection. Default None: the connection is one layer as it stands.

    Raises
    ------
    SpikewattError : unknown kind, weights or a geometry where there are none, numbers that are no
        integers.

    >>> Connection("input", "output", "dense", [[1, -2], [3, 0]]).name
    'input->output'
    """

    pre: str
    post: str
    kind: ConnectionKind
    weights: np.ndarray | None = None
    geometry: Geometry | None = None
    pooled: Geometry | None = None
    branch: int = 1
    executed: tuple[ExecutedLayer, ...] | None = None

    def __post_init__(self):
        where = f"Connection {self.name!r}"
        law = "must be a known kind of connection"
        kind = named(f"{where}.kind", law, self.kind, CONNECTION_KINDS)
        object.__setattr__(self, "kind", kind)

        law = "numbers the branches from 1"
        branch = whole_number(f"{where}.branch", law, self.branch, 1, 10**6)
        object.__setattr__(self, "branch", branch)

        self._check_parts(where)
        if self.weights is not None:
            weights = integers(f"{where}.weights", self.weights)
            object.__setattr__(self, "weights", weights)
        if self.executed is not None:
            object.__setattr__(self, "executed", tuple(self.executed))

    def _check_parts(self, where: str) -> None:
        """Raise SpikewattError unless the connection has what its kind needs, and no more."""
        kind = self.kind
        if (self.weights is not None) != kind.weighted:
            law = "all kinds but the pools have weights"
            raise SpikewattError(where, law, kind)
        if (self.geometry is not None) != kind.windowed:
            law = "convolutions and pools have a geometry, the others none"
            raise SpikewattError(where, law, kind)

        if self.pooled is None:
            return
        if not kind.weighted or not self.pooled.apart:
            law = "summed windows lie in front of weights and do not overlap"
            raise SpikewattError(where, law, kind)

    @property
    def name(self) -> str:
        """``pre->post``, the key of this connection in a trace's ledger.

        ``#2`` is appended for a second branch.
        """
        name = f"{self.pre}->{self.post}"
        if self.branch > 1:
            name += f"#{self.branch}"
        return name

    @property
    def summed(self) -> int:
        """Neurons that are summed in front of one weight."""
        if self.pooled is None:
            return 1
        return prod(self.pooled.window)

    def seen(self, pre_shape: Shape) -> Shape:
        """Shape that the weights see.

        That of the pre population, summed over its windows if it is pooled.
        """
        if self.pooled is None:
            return pre_shape

        *size, channels = pre_shape
        if len(size) != self.pooled.axes:
            law = "a window needs a (rows, columns, channels) population"
            raise SpikewattError(f"Connection {self.name!r}", law, pre_shape)
        positions = self.pooled.output_size(tuple(size))
        return (*positions, channels)

    def post_shape(self, pre_shape: Shape) -> Shape:
        """Shape of the population that this feeds, given that of the one that feeds it.

        Raises
        ------
        SpikewattError : weights or window that do not fit `pre_shape`.
        """
        where = f"Connection {self.name!r}"
        seen = self.seen(pre_shape)
        return self.kind.post_shape(where, self.weights, self.geometry, seen)

    def fan_out(self, pre_shape: Shape, post_shape: Shape, nonzero: bool = False) -> np.ndarray:
        """(pre size,) synapses per pre neuron in closed form, borders exact.

        `nonzero` counts only weights != 0.
        """
        seen = self.seen(pre_shape)
        fan = self.kind.fan_out(
            self.weights,
            self.geometry,
            seen,
            post_shape,
            nonzero,
        )
        if self.pooled is None:
            return fan.reshape(-1)

        # Each neuron of a window has the synapses of the pooled one.
        fan = fan.reshape(seen)
        for axis in range(self.pooled.axes):
            members = self.pooled.axis_members(axis, pre_shape[axis], seen[axis])
            fan = sum_along(axis, members, fan)
        return fan.reshape(-1)

    def taps(self, pre_shape: Shape) -> int:
        """Synapses of one post neuron onto what the weights see, taps on padding included."""
        seen = self.seen(pre_shape)
        return self.kind.taps(self.geometry, seen, self.weights)

    def largest_row(self) -> int:
        """Largest Σ |w| into one post neuron, over all neurons that are summed."""
        largest = self.kind.largest_row(self.weights, self.geometry)
        return largest * self.summed

    def mixed_axons(self, pre_shape: Shape) -> int:
        """Pre neurons with weights of both signs, borders not looked at."""
        if self.weights is None:
            return 0
        return self.kind.mixed_axons(self.weights, pre_shape, self.summed)
