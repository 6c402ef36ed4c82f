"""A value, or all that is known of it: its two ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """What lies between `low` and `high`, both included.

    Parameters
    ----------
    low, high : float

    Examples
    --------
    >>> Span.of(2.0).is_known, Span(0.15, 1.38).is_known
    (True, False)
    """

    low: float
    high: float

    @classmethod
    def of(cls, value: float) -> Span:
        """A value that is known."""
        return cls(value, value)

    def scaled(self, factor: float) -> Span:
        """Both ends times a factor above 0."""
        return Span(self.low * factor, self.high * factor)

    @property
    def is_known(self) -> bool:
        """Whether both ends are one value."""
        return self.low == self.high
