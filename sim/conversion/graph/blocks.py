"""A Keras tensor while a graph is read: blocks of channels, each a sum of linear paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...network.geometry import Geometry
from .nodes import Values
from .terms import DepthwiseTerm, IdentityTerm, Term, spiking, summed

Padding = tuple[tuple[int, int], ...]


def added(outer: Padding, inner: Padding) -> Padding:
    """Zeros around zeros; an empty `inner` is none.

    >>> added(((1, 1), (0, 2)), ((1, 0), (0, 0)))
    ((2, 1), (0, 2))
    """
    if not inner:
        return outer

    axes = zip(outer, inner, strict=True)
    sums = [np.add(outside, inside) for outside, inside in axes]
    return tuple((int(before), int(after)) for before, after in sums)


@dataclass(frozen=True, eq=False)
class Block:
    """Some channels of a tensor: the sum of `terms` plus `bias`.

    Parameters
    ----------
    shape : tuple of int
        (channels,) or (rows, columns, channels), padding included; of a flattened tensor as it was
        before.
    terms : tuple of Term
        Linear paths from populations.
    bias : array
        Broadcasts to `shape`.
    name : str
        Name of the layer that made it, which a population of these channels takes.
    padding : (zeros before, zeros after) of each axis, default none
        Around what the terms see.
    columns : array of int, default None
        Positions in a flat tensor; None where it is not flat.
    bias_size : float, default 0
        The largest number that was added on the way, where it is more than is left in `bias`: a
        rounding of it stays.
    """

    shape: tuple[int, ...]
    terms: tuple[Term, ...]
    bias: np.ndarray
    name: str
    padding: Padding = ()
    columns: np.ndarray | None = None
    bias_size: float = 0.0

    @property
    def signals(self) -> tuple[Term, ...]:
        """The terms that carry spikes."""
        return spiking(self.terms)

    @property
    def plain(self) -> bool:
        """Whether this is one population's values, scaled per channel and shifted."""
        if len(self.signals) != 1:
            return False
        return all(term.plain for term in self.terms)

    @property
    def shifted(self) -> bool:
        """Whether something is added to what the spikes carry."""
        constants = len(self.terms) - len(self.signals)
        return constants > 0 or bool(self.bias.any())

    @property
    def carried(self) -> bool:
        """Whether populations carry it: what a window or a pool can lie on."""
        return all(isinstance(term, IdentityTerm) and term.by_channel for term in self.terms)

    def inside(self) -> Block:
        """The same values, with the zeros around them made by the terms."""
        if not self.padding:
            return self
        one = (1,) * len(self.padding)
        window = Geometry(one, one, self.padding)

        def tapped(scale: np.ndarray) -> np.ndarray:
            return scale.reshape(*one, -1, 1)

        terms = tuple(term.then(tapped, DepthwiseTerm, geometry=window) for term in self.terms)
        return replace(self, terms=terms, padding=())

    @property
    def rounded(self) -> float:
        """The largest number that was added on the way."""
        left = np.abs(self.bias).max()
        return max(self.bias_size, float(left))

    @property
    def scale(self) -> np.ndarray:
        """(channels,) weights of a plain block."""
        (term,) = self.signals
        return term.weights

    def scaled(self, scale: np.ndarray, shift: np.ndarray) -> Block:
        """Each channel times `scale`, plus `shift`."""
        terms = tuple(term.scaled(scale) for term in self.terms)
        bias = self.bias * scale + shift
        return replace(self, terms=terms, bias=bias)

    def absolute(self) -> Block:
        """The size of everything that is summed here, from the sizes of the populations."""
        terms = tuple(term.absolute() for term in self.terms)
        bias = np.maximum(np.abs(self.bias), self.bias_size)
        return replace(self, terms=terms, bias=bias)

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) from the `values` of the populations."""
        total = summed(self.signals, values)
        if self.padding:
            around = ((0, 0), *self.padding, (0, 0))
            total = np.pad(total, around)
        total = total.reshape(len(total), *self.shape)
        return total + self.bias


Value = list[Block]
"""A Keras tensor while a graph is read: blocks of channels, in order."""


def with_channels(value: Value) -> Iterator[tuple[Block, slice]]:
    """Each block, and where it stands among the channels of its tensor."""
    first = 0
    for block in value:
        last = first + block.shape[-1]
        yield block, slice(first, last)
        first = last


def evaluated(value: Value, values: Values) -> np.ndarray:
    """(samples, *shape of the tensor) what it holds, from the `values` of the populations."""
    parts = [block.evaluate(values) for block in value]
    if value[0].columns is None:
        return np.concatenate(parts, axis=-1)

    samples = len(parts[0])
    size = sum(part[0].size for part in parts)
    flat = np.empty((samples, size))

    for block, part in zip(value, parts, strict=True):
        flat[:, block.columns] = part.reshape(samples, -1)

    return flat
