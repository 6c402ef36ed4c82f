"""What a Keras tensor is while a graph is read: blocks of channels, each a sum of linear paths from populations, plus a bias."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.geometry import Geometry

SUPPORTED = (
    "Dense, Conv2D, DepthwiseConv2D, SeparableConv2D, BatchNormalization, ReLU, Activation, AveragePooling2D, MaxPooling2D, "
    "GlobalAveragePooling2D, GlobalMaxPooling2D, Add, Concatenate, ZeroPadding2D, Flatten, Reshape, Dropout, QCFS, KBitReLU, "
    "a final Softmax; "
    "activations linear, relu, relu6 and (at an output) softmax"
)
NO_PADDING = ((0, 0), (0, 0))


@dataclass(frozen=True, eq=False)
class Term:
    """A linear path from population `source`: `weights` are values per spike; kinds and shapes as in `Connection`."""

    source: str
    kind: str
    weights: np.ndarray
    geometry: Geometry | None = None
    pooled: Geometry | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Some channels of a tensor: the sum of `terms` plus `bias` (broadcasts to `shape`).

    `padding` are zeros around that the terms do not see; `columns` are the positions in a flattened tensor; `name` is that of the layer.
    """

    shape: tuple[int, ...]
    terms: tuple[Term, ...]
    bias: np.ndarray
    name: str
    padding: tuple[tuple[int, int], tuple[int, int]] = NO_PADDING
    columns: np.ndarray | None = None

    @property
    def plain(self) -> bool:
        """Whether this is one population's spikes, scaled per channel and shifted."""
        return (
            len(self.terms) == 1
            and self.terms[0].kind == "identity"
            and self.terms[0].pooled is None
        )


Value = list[Block]


@dataclass(frozen=True, eq=False)
class Node:
    """A population to be: ``input``, ``relu``, ``readout``, ``pool``, ``max_pool`` or
    ``flip`` (levels minus value, where the weight is negative).

    `tensor` is the Keras tensor whose values it carries, `channels` its slice of them, `maximum` a cap such as ReLU6's, `levels` the
    number of steps up to it where the layer was trained with them.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    terms: tuple[Term, ...] = ()
    bias: np.ndarray = field(default_factory=lambda: np.zeros(1))
    tensor: Any = None
    channels: slice = field(default_factory=lambda: slice(None))
    maximum: float | None = None
    geometry: Geometry | None = None
    levels: int = 0


Emit = Callable[[Node], tuple[np.ndarray, int]]
"""Takes a node; returns the value of one of its spikes per channel, and the number of levels that it transmits."""


def refused(layer, law: str, got: object, allowed: object = SUPPORTED) -> SpikewattError:
    """The error about a layer."""
    return SpikewattError(
        f"convert: layer {layer.name!r} ({type(layer).__name__})", law, got, allowed
    )


def taps(x: np.ndarray, geometry: Geometry, size) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """((row, column), input under the tap) for all taps of a window over `x` (rows, columns, channels), zero padded."""
    padded = np.pad(x, (*geometry.padding, (0, 0)))
    for a in range(geometry.window[0]):
        for b in range(geometry.window[1]):
            rows = slice(a, a + (size[0] - 1) * geometry.strides[0] + 1, geometry.strides[0])
            columns = slice(b, b + (size[1] - 1) * geometry.strides[1] + 1, geometry.strides[1])
            yield (a, b), padded[rows, columns]
