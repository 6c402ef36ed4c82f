"""A Keras tensor while a graph is read: blocks of channels, each a sum of linear paths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .nodes import Values
from .terms import Term, sum_of

Padding = tuple[tuple[int, int], ...]


def added(outer: Padding, inner: Padding) -> Padding:
    """Zeros around zeros; an empty `inner` is none.

    >>> added(((1, 1), (0, 2)), ((1, 0), (0, 0)))
    ((2, 1), (0, 2))
    """
    if not inner:
        return outer
    sides = zip(outer, inner, strict=True)
    return tuple((a + c, b + d) for (a, b), (c, d) in sides)


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
        return tuple(term for term in self.terms if not term.full_scale)

    @property
    def plain(self) -> bool:
        """Whether this is one population's values, scaled per channel and shifted."""
        return len(self.signals) == 1 and all(term.plain for term in self.terms)

    @property
    def shifted(self) -> bool:
        """Whether something is added to what the spikes carry."""
        return bool(self.bias.any()) or len(self.signals) < len(self.terms)

    @property
    def rounded(self) -> float:
        """The largest number that was added on the way."""
        return max(self.bias_size, float(np.abs(self.bias).max()))

    @property
    def scale(self) -> np.ndarray:
        """(channels,) weights of a plain block."""
        (term,) = self.signals
        return term.weights

    def scaled(self, scale: np.ndarray, shift: np.ndarray) -> Block:
        """Each channel times `scale`, plus `shift`."""
        terms = tuple(term.scaled(scale) for term in self.terms)
        return replace(self, terms=terms, bias=self.bias * scale + shift)

    def absolute(self) -> Block:
        """The size of everything that is summed here, from the sizes of the populations."""
        terms = tuple(term.absolute() for term in self.terms)
        return replace(self, terms=terms, bias=np.maximum(np.abs(self.bias), self.bias_size))

    def evaluate(self, values: Values) -> np.ndarray:
        """(samples, *shape) from the `values` of the populations."""
        total = sum_of(term.apply(values[term.source]) for term in self.signals)
        if self.padding:
            total = np.pad(total, ((0, 0), *self.padding, (0, 0)))
        return total.reshape(len(total), *self.shape) + self.bias


Value = list[Block]
"""A Keras tensor while a graph is read: blocks of channels, in order."""


def evaluated(value: Value, values: Values) -> np.ndarray:
    """(samples, *shape of the Keras tensor) what `value` is, from the `values` of the populations."""
    parts = [(block.columns, block.evaluate(values)) for block in value]
    if value[0].columns is None:
        return np.concatenate([part for _, part in parts], axis=-1)

    samples = len(parts[0][1])
    flat = np.empty((samples, sum(part[0].size for _, part in parts)))
    for columns, part in parts:
        flat[:, columns] = part.reshape(samples, -1)
    return flat
