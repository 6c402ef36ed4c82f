"""Chosen positions of a layer's outputs: what the layer computes there, and from what."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ..graph.nodes import Node
from ..graph.terms import Convolution1DTerm, ConvolutionTerm, DenseTerm, Term

REFITTED = (DenseTerm, ConvolutionTerm, Convolution1DTerm)
"""Paths whose every weight is a column: windows over all channels, none of a kind derived of it."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Positions of a node's outputs on calibration data, one row each.

    Parameters
    ----------
    node : Node
    sample : int array, (rows,)
    position : int array, (rows,)
        In the flat spatial axes of the node.
    """

    node: Node
    sample: np.ndarray
    position: np.ndarray

    @classmethod
    def chosen(cls, node: Node, samples: int, most: int) -> Rows:
        """At most `most` of all positions of `samples` samples, drawn by a fixed seed."""
        positions = prod(node.shape[:-1])
        everything = samples * positions
        index = np.arange(everything)
        if everything > most:
            index = np.random.default_rng(0).choice(everything, most, replace=False)
            index.sort()
        return cls(node, index // positions, index % positions)

    def of(self, values: np.ndarray) -> np.ndarray:
        """(rows, channels) of `values`, (samples, *shape)."""
        by_position = values.reshape(len(values), -1, self.node.shape[-1])
        return by_position[self.sample, self.position]

    def columns(self, term: Term, levels: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """(rows, weights of an output channel) float32 what each weight of `term` multiplies.

        Parameters
        ----------
        term : Term
            One of `REFITTED`.
        levels : array, (samples, *shape)
            That its source sends.
        unit : array, (channels,)
            Value of one level.
        """
        seen = term.seen(levels)
        found = self._under(term, seen)
        repeats = found.shape[1] // len(unit)
        return found * np.tile(unit, repeats).astype(np.float32)

    def _under(self, term: Term, seen: np.ndarray) -> np.ndarray:
        if isinstance(term, DenseTerm):
            flat = seen.reshape(len(seen), -1)
            return flat[self.sample].astype(np.float32)

        geometry = term.geometry
        assert geometry is not None
        padded = np.pad(seen, ((0, 0), *geometry.padding, (0, 0)))
        axes = tuple(range(1, padded.ndim - 1))
        windows = np.lib.stride_tricks.sliding_window_view(padded, geometry.reach, axes)
        positions = tuple(slice(0, None, stride) for stride in geometry.strides)
        taps = tuple(slice(0, None, apart) for apart in geometry.dilation)
        windows = windows[(slice(None), *positions, slice(None), *taps)]

        place = np.unravel_index(self.position, windows.shape[1 : 1 + len(axes)])
        found = windows[(self.sample, *place)]  # (rows, channels, *taps)
        return np.moveaxis(found, 1, -1).reshape(len(found), -1).astype(np.float32)
