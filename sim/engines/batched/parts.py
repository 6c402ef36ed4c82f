"""Sums of products of whole numbers in parts that a narrow type adds up exactly.

Let x be what neurons send, whole numbers of magnitude m or less, and w the weights into one neuron.
Whatever the order of an addition, with or without fused multiply-adds, each partial sum is Σ w x
over some of the synapses. With P = Σ w over the positive weights, N = Σ |w| over the negative ones:

* if all x are >= 0, a partial sum is at most P m, and at least −N m: magnitude max(P, N) m;
* else each product is at most |w| m: magnitude (P + N) m.

A type that holds every whole number up to this `bound` therefore rounds nothing: float32 up to
2^24, int32 up to 2^31 − 1. It holds of kernels that add products, as those used here do; not of
transforms (Winograd, Fourier), which add other numbers.

Where the bound is larger, numbers are written in digits: x = Σ 2^(b i) x_i and w = Σ 2^(c j) w_j,
and Σ w x = Σ 2^(b i + c j) (Σ w_j x_i), in which each sum in brackets has a smaller bound. The
outer sum has few terms, and is taken in int32 or int64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

EXACT_FLOAT32 = 2**24  # every whole number up to it
EXACT_INT32 = 2**31 - 1

BYTE = 8  # bits

LargestRow = Callable[[np.ndarray], int]


@dataclass(frozen=True)
class Values:
    """What is multiplied: whole numbers.

    Parameters
    ----------
    largest : int, magnitude of the largest.
    signed : bool, whether there are numbers below zero.
    """

    largest: int
    signed: bool = False

    @property
    def bits(self) -> int:
        """Of a two's complement number, or of one without a sign."""
        return max(1, self.largest.bit_length()) + self.signed

    def digits(self, count: int) -> list[tuple[int, Values]]:
        """Worth of each of `count` digits, lowest first, and what it can be.

        Digits are cut out of the bits of the number; the highest has its sign.

        >>> Values(63).digits(2)
        [(1, Values(largest=7, signed=False)), (8, Values(largest=7, signed=False))]
        """
        width = -(-self.bits // count)
        found = []
        for place in range(count):
            low = place * width
            is_last = place == count - 1
            if is_last:
                highest = -(-self.largest // 2**low) if self.signed else self.largest >> low
                digit = Values(highest, self.signed)
            else:
                digit = Values(2**width - 1)
            found.append((2**low, digit))
        return found


def digits_of(number: int, digits: list[tuple[int, Values]]) -> list[int]:
    """One number in digits as `Values.digits` cuts them.

    >>> digits_of(45, Values(63).digits(2))
    [5, 5]
    """
    *lower, (highest, _) = digits
    found = [number // worth & values.largest for worth, values in lower]
    return [*found, number // highest]


def weight_digits(weights: np.ndarray, count: int) -> list[tuple[int, np.ndarray]]:
    """Worth and digits of whole numbers, lowest first: each from −2^(c−1) to 2^(c−1) − 1.

    >>> [(worth, digit.tolist()) for worth, digit in weight_digits(np.array([-130, 7, 100]), 2)]
    [(1, [-2, 7, 4]), (32, [-4, 0, 3])]
    """
    largest = int(np.abs(weights).max(initial=0))
    bits = largest.bit_length() + 2  # a sign, and room for what a lower digit carries
    width = -(-bits // count)
    return cut(weights, width, count)


def cut(weights: np.ndarray, width: int, count: int) -> list[tuple[int, np.ndarray]]:
    """As `weight_digits`, with digits of `width` bits; the last takes what is left."""
    left = np.asarray(weights, np.int64)
    found = []
    for place in range(count - 1):
        half = 1 << (width - 1)
        digit = ((left + half) & ((1 << width) - 1)) - half
        found.append((1 << (place * width), digit))
        left = (left - digit) >> width
    found.append((1 << ((count - 1) * width), left))
    return found


def in_bytes(weights: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Worth and digits of whole numbers, each digit a signed byte, as few as there can be."""
    count = 1
    while True:
        found = cut(weights, BYTE, count)
        _, highest = found[-1]
        if highest.min(initial=0) >= -128 and highest.max(initial=0) <= 127:
            return found
        count += 1


def bound(largest_row: LargestRow, weights: np.ndarray, values: Values) -> int:
    """Magnitude of the largest partial sum of Σ w x; see above.

    Parameters
    ----------
    largest_row : weights -> largest Σ |w| into one neuron.
    """
    up = largest_row(np.maximum(weights, 0))
    down = largest_row(np.maximum(-weights, 0))
    row = up + down if values.signed else max(up, down)
    return row * values.largest


@dataclass(frozen=True)
class Cut:
    """Into how many digits numbers are cut so that each part is exact.

    Parameters
    ----------
    values, weights : int, digits of each; 0 where no number of them is enough.
    """

    values: int
    weights: int

    @property
    def passes(self) -> int:
        """Products of all digits."""
        return self.values * self.weights


def fewest(largest_row: LargestRow, weights: np.ndarray, values: Values, exact: int) -> Cut:
    """The `Cut` of fewest passes in which no partial sum exceeds `exact`."""
    widest = int(np.abs(weights).max(initial=0)).bit_length() + 2
    for made in _by_passes(values.bits, widest):
        digits = weight_digits(weights, made.weights)
        parts = values.digits(made.values)
        bounds = (bound(largest_row, w, x) for _, w in digits for _, x in parts)
        if all(b <= exact for b in bounds):
            return made
    return Cut(0, 0)


def _by_passes(most_values: int, most_weights: int) -> Iterator[Cut]:
    cuts = [Cut(x, w) for x in range(1, most_values + 1) for w in range(1, most_weights + 1)]
    cuts.sort(key=lambda made: made.passes)
    yield from cuts
