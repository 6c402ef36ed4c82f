"""Real scales as integers, as TensorFlow Lite makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

SOFTMAX_INTEGER_BITS = 5  # of a scaled difference, before its point
MOST_RIGHT = 31


@dataclass(frozen=True)
class Multiplier:
    """A real number above 0: value / 2^31 · 2^left / 2^right.

    Parameters
    ----------
    value : int
        2^30..2^31 − 1, or 0.
    left, right : int
        Shifts in bits; one of them is 0.
    """

    value: int
    left: int
    right: int


def quantised(real: float) -> Multiplier:
    """The nearest multiplier.

    Parameters
    ----------
    real : float
        At least 0.

    Examples
    --------
    >>> quantised(0.75)
    Multiplier(value=1610612736, left=0, right=0)
    >>> quantised(0.1).right
    3
    """
    if real == 0:
        return Multiplier(0, 0, 0)
    fraction, exponent = math.frexp(real)
    value = math.floor(fraction * 2**31 + 0.5)
    if value == 2**31:
        value, exponent = value // 2, exponent + 1
    if exponent < -MOST_RIGHT:
        return Multiplier(0, 0, 0)
    return Multiplier(value, max(exponent, 0), max(-exponent, 0))


def requantised(x: int, by: Multiplier) -> int:
    """`x` times a multiplier, rounded twice: halves up, then halves away from zero.

    Examples
    --------
    >>> requantised(10, quantised(0.25)), requantised(-10, quantised(0.25))
    (3, -3)
    """
    return rounding_shift(high_product(x << by.left, by.value), by.right)


def high_product(a: int, b: int) -> int:
    """a · b / 2^31, halves up."""
    return (a * b + 2**30) >> 31


def rounding_shift(x: int, bits: int) -> int:
    """x / 2^bits, halves away from zero."""
    if bits == 0:
        return x
    return (x + (1 << (bits - 1)) - (x < 0)) >> bits


def softmax_exponentials(scale: float, beta: float = 1.0) -> np.ndarray:
    """int32 (entries,) exp(−d · beta · scale) · 2^31 of differences d = 0, 1, …

    Differences that are not in the table count as an exponential of 0.

    Parameters
    ----------
    scale : float
        Of the input.
    beta : float, default 1
        What the differences are multiplied by.
    """
    fraction_bits = 31 - SOFTMAX_INTEGER_BITS
    by = quantised(min(beta * scale * 2**fraction_bits, 2**31 - 1.0))
    largest = (2**SOFTMAX_INTEGER_BITS - 1) * 2**fraction_bits / 2**by.left
    entries = min(math.floor(largest), 255) + 1
    raw = [high_product(-d * 2**by.left, by.value) for d in range(entries)]
    return np.array([_exponential(x, fraction_bits) for x in raw], np.int32)


# exp(−1/8), 1/3, and exp(−2^i) for i = −2 … 4, each · 2^31
EIGHTH, THIRD = 1895147668, 715827883
POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def _exponential(x: int, fraction_bits: int) -> int:
    """exp(x / 2^fraction_bits) · 2^31 of x <= 0, by gemmlowp's polynomial and products."""
    if x == 0:
        return 2**31 - 1
    quarter = 1 << (fraction_bits - 2)
    within = (x & (quarter - 1)) - quarter  # −1/4 <= within < 0
    found = _of_a_quarter(within << SOFTMAX_INTEGER_BITS)
    rest = within - x
    for place, power in enumerate(POWERS, fraction_bits - 2):
        if rest >> place & 1:
            found = high_product(found, power)
    return found


def _of_a_quarter(a: int) -> int:
    """exp(a / 2^31) · 2^31 for −1/4 <= a / 2^31 < 0: a polynomial around −1/8."""
    x = a + (1 << 28)
    square = high_product(x, x)
    cube = high_product(square, x)
    fourth = rounding_shift(high_product(square, square), 2)
    tail = rounding_shift(high_product(fourth + cube, THIRD) + square, 1)
    return EIGHTH + high_product(EIGHTH, x + tail)
