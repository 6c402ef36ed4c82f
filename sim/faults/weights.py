"""Bits of stored weights that are wrong.

A weight is a word of `weight_bits` in two's complement, w mod 2^b. A kernel that a convolution
shares is stored once, so that a wrong bit is wrong wherever it is applied. Weights of zero are
words, too. Weights that are no narrower than they have to be (``identity``) are words of as many
bits as the widest of their connection takes, at least `weight_bits`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import SpikewattError
from ..network.connection import Connection
from ..network.spiking_network import SpikingNetwork
from .fault import Fault, Faulty, first_of

OF_WEIGHTS = 4  # tells these draws from others of the same seed


class WeightBits(Fault):
    """A share of all bits of all weights is wrong: so many, rounded, are drawn."""

    unit = "% of stored bits"
    levels = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)

    def at(self, network: SpikingNetwork, x, level: float, seed: int) -> Faulty:
        """Other weights."""
        stored = [c for c in network.connections if c.weights is not None]
        if not stored:
            law = "has weights whose bits can be wrong"
            raise SpikewattError(f"{self}.network", law, "none")

        widths = {c.name: width_of(network, c) for c in stored}
        total = sum(c.weights.size * widths[c.name] for c in stored)  # type: ignore[union-attr]
        wrong = np.sort(first_of(seed, OF_WEIGHTS, total, level))

        changed, first = {}, 0
        for c in stored:
            assert c.weights is not None
            bits = widths[c.name]
            last = first + c.weights.size * bits
            inside = wrong[np.searchsorted(wrong, first) : np.searchsorted(wrong, last)] - first
            first = last
            mask = np.zeros(c.weights.size, np.int64)
            np.bitwise_or.at(mask, inside // bits, 1 << (inside % bits))

            words = c.weights.reshape(-1) & (2**bits - 1)
            found = signed(self.stored(words, mask), bits).reshape(c.weights.shape)
            changed[c.name] = replace(c, weights=found)
        connections = tuple(changed.get(c.name, c) for c in network.connections)
        return Faulty(replace(network, connections=connections), x)

    def stored(self, words: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """What is read of `words`, in which the bits that are set in `wrong` are wrong."""
        raise NotImplementedError


class BitsAtZero(WeightBits):
    """Bits that are read as 0."""

    name = "weight_bits_at_0"
    title = "weight bits stuck at 0"

    def stored(self, words: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """Without them."""
        return words & ~wrong


class BitsAtOne(WeightBits):
    """Bits that are read as 1."""

    name = "weight_bits_at_1"
    title = "weight bits stuck at 1"

    def stored(self, words: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """With them."""
        return words | wrong


class FlippedBits(WeightBits):
    """Bits that are read as what they are not."""

    name = "flipped_weight_bits"
    title = "weight bits that are flipped"

    def stored(self, words: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """The others of both."""
        return words ^ wrong


def width_of(network: SpikingNetwork, connection: Connection) -> int:
    """Bits of a word of a connection with weights."""
    assert connection.weights is not None
    if connection.kind.narrow:
        return network.weight_bits
    largest = int(np.abs(connection.weights).max(initial=0))
    return max(network.weight_bits, largest.bit_length() + 1)


def signed(words: np.ndarray, bits: int) -> np.ndarray:
    """Numbers of words in two's complement.

    >>> signed(np.array([0, 127, 128, 255]), 8).tolist()
    [0, 127, -128, -1]
    """
    sign = 1 << (bits - 1)
    return (words ^ sign) - sign
