"""Range: a value between two ends, and the sum of some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Range:
    """A value between two ends.

    >>> Range(2.0, 1.0, 4.0).times(3.0) + Range.exactly(1.0)
    Range(value=7.0, low=4.0, high=13.0)
    """

    value: float
    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Range:
        """A value without a range."""
        return cls(value, value, value)

    @classmethod
    def of(cls, quantity) -> Range:
        """Of whatever has ``value``, ``low`` and ``high``."""
        return cls(*(float(getattr(quantity, end)) for end in ENDS))

    def times(self, factor: float | Range) -> Range:
        """Times a number, or end by end times another range."""
        other = factor if isinstance(factor, Range) else Range.exactly(factor)
        return Range(*(getattr(self, end) * getattr(other, end) for end in ENDS))

    def __add__(self, other: Range) -> Range:
        return Range(*(getattr(self, end) + getattr(other, end) for end in ENDS))


def total(parts: Iterable[Range]) -> Range:
    """The sum, end by end."""
    found = Range.exactly(0.0)
    for part in parts:
        found = found + part

    return found
