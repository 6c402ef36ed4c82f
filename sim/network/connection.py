"""Connection: the synapses from one population to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from .geometry import Geometry
from .population import integers

ConnectionKind = Literal["dense", "conv2d", "depthwise", "identity", "pool", "max_pool"]
CONNECTION_KINDS = ("dense", "conv2d", "depthwise", "identity", "pool", "max_pool")


@dataclass(frozen=True, eq=False)
class Connection:
    """Synapses from one population to another.

    Parameters
    ----------
    pre, post : names of populations.
    kind : ``dense`` (weights: (pre size, post size)), ``conv2d`` (weights: (rows, columns, channels in, channels out)),
        ``depthwise`` (weights: (rows, columns, channels, multiplier)), ``identity`` (weights: (channels,), one synapse per
        neuron), ``pool`` (weight 1 from each neuron of the window; the post threshold divides) or ``max_pool`` (no weights).
    weights : integers, or None for the two pools.
    geometry : window, strides and padding; None for ``dense`` and ``identity``.
    pooled : windows that do not overlap, over which the pre neurons are summed in front of the weights; the synapses of a pooled
        neuron are synapses of each neuron in its window.
    branch : number of this connection where several lead from `pre` to `post`.
    """

    pre: str
    post: str
    kind: ConnectionKind
    weights: np.ndarray | None = None
    geometry: Geometry | None = None
    pooled: Geometry | None = None
    branch: int = 1

    def __post_init__(self):
        where = f"Connection {self.name!r}"
        one_of(f"{where}.kind", "must be a known kind of connection", self.kind, CONNECTION_KINDS)
        object.__setattr__(
            self,
            "branch",
            whole_number(f"{where}.branch", "numbers the branches from 1", self.branch, 1, 10**6),
        )
        if (self.weights is None) != (self.kind in ("pool", "max_pool")):
            raise SpikewattError(where, "all kinds but the pools have weights", self.kind)
        if (self.geometry is None) != (self.kind in ("dense", "identity")):
            raise SpikewattError(
                where, "convolutions and pools have a geometry, the others none", self.kind
            )
        if self.pooled and (
            self.weights is None
            or any(s < w for s, w in zip(self.pooled.strides, self.pooled.window, strict=True))
        ):
            raise SpikewattError(
                where, "summed windows lie in front of weights and do not overlap", self.kind
            )
        if self.weights is not None:
            object.__setattr__(self, "weights", integers(f"{where}.weights", self.weights))

    @property
    def name(self) -> str:
        """``pre->post``, the key of this connection in a trace's ledger; with ``#2`` behind it for a second branch."""
        return f"{self.pre}->{self.post}" + (f"#{self.branch}" if self.branch > 1 else "")
