"""Units of columns: one unit for all values of a quantity, so that a reader compares at a glance.

A unit looks at the values and chooses a scale, which stands in the head of the column:
``energy (µJ)``. Values that no one prefix serves keep a prefix each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, inf, isinf, log10
from statistics import median

from .numbers import BINARY, PREFIXES, binary, with_prefix

LEAST, MOST = 0.001, 1e5  # what a column shows without a prefix of its own: 0.00100 to 99,999
READ_BEST = (1.0, 1000.0)  # three digits that need no zeros
TOO_LARGE = 2.0  # as bad as so many decades too small: 7,068 µs promises more than 7.07 ms

DURATIONS_S = {"years": 365.25 * 86400, "days": 86400, "hours": 3600}


def significant(value: float) -> str:
    """Three significant digits in plain notation; those before the point are all kept.

    Examples
    --------
    >>> [significant(x) for x in (3.3, 0.02234, 1154.3, 99.96, 0)]
    ['3.30', '0.0223', '1,154', '100', '0']
    """
    if value == 0:
        return "0"
    if isinf(value):
        return "∞" if value > 0 else "−∞"

    rounded = float(f"{value:.3g}")
    decimals = max(0, 2 - floor(log10(abs(rounded))))
    return f"{value:,.{decimals}f}"


@dataclass(frozen=True)
class Scale:
    """What the values of a column are divided by, and the unit that they then have.

    Parameters
    ----------
    size : float
        The unit, in the unit of the frame: 1e-6 of a column in µJ.
    unit : str
        Its name, for the head of the column; "" of plain numbers.
    decimals : int, default None
        Digits after the point; None for three significant digits.
    """

    size: float
    unit: str
    decimals: int | None = None

    def write(self, value: float) -> str:
        """`value`, which is in the unit of the frame, in this one."""
        scaled = value / self.size
        if self.decimals is None or isinf(scaled):
            return significant(scaled)

        rounded = round(scaled, self.decimals) + 0.0  # no minus before nothing
        return f"{rounded:,.{self.decimals}f}"


@dataclass(frozen=True)
class SignedScale(Scale):
    """The same with a plus before what is larger than 0."""

    def write(self, value: float) -> str:
        text = super().write(value)
        return f"+{text}" if value > 0 else text


@dataclass(frozen=True)
class Unit:
    """A unit without a prefix."""

    symbol: str = ""

    def scale(self, values: Sequence[float]) -> Scale | None:
        """The scale that serves all of `values`, which are finite and not 0; None for no such."""
        raise NotImplementedError

    def alone(self, value: float) -> str:
        """`value` where no scale serves its column."""
        return with_prefix(value, self.symbol)


class Prefixed(Unit):
    """An SI unit, which takes a prefix."""

    def scale(self, values: Sequence[float]) -> Scale | None:
        """The prefix with which most values need no zeros, if it shows all of them.

        Examples
        --------
        >>> Prefixed("J").scale([3.36e-6, 151e-6, 662e-9])
        Scale(size=1e-06, unit='µJ', decimals=None)
        >>> Prefixed("J").scale([1e-12, 1.0]) is None
        True
        """
        sizes = {prefix: 10.0**exponent for exponent, prefix in PREFIXES.items()}
        best = _best(values, sizes) if values else ""
        return None if best is None else Scale(sizes[best], f"{best}{self.symbol}")


class Binary(Unit):
    """Bytes of a memory, in powers of 1024."""

    def scale(self, values: Sequence[float]) -> Scale | None:
        sizes = {name: 1024.0**i for i, name in enumerate(BINARY)}
        best = _best(values, sizes) if values else BINARY[0]
        return None if best is None else Scale(sizes[best], best)

    def alone(self, value: float) -> str:
        return binary(value)


class Plain(Unit):
    """A number without a unit, as a ratio is one."""

    def scale(self, values: Sequence[float]) -> Scale | None:
        return Scale(1.0, "") if _is_shown(values, 1.0) else None

    def alone(self, value: float) -> str:
        return f"{value:.3g}"


class Percent(Unit):
    """A share, shown in percent with one digit after the point."""

    def scale(self, values: Sequence[float]) -> Scale:
        return Scale(0.01, "%", decimals=1)


class Error(Percent):
    """A relative error, shown in percent with its sign."""

    def scale(self, values: Sequence[float]) -> Scale:
        return SignedScale(0.01, "%", decimals=1)


class Lasting(Unit):
    """How long something lasts: years, days or hours."""

    def scale(self, values: Sequence[float]) -> Scale:
        """The largest unit that half of the values reach."""
        middle = median(values) if values else 0.0
        for unit, size in DURATIONS_S.items():
            if middle >= size:
                return Scale(size, unit)
        return Scale(1.0, "s")


JOULES = Prefixed("J")
SECONDS = Prefixed("s")
AMPERES = Prefixed("A")
HERTZ = Prefixed("Hz")
BYTES = Prefixed("B")
BINARY_BYTES = Binary()
PLAIN = Plain()
PERCENT = Percent()
ERROR = Error()
LASTING = Lasting()


def _best(values: Sequence[float], sizes: Mapping[str, float]) -> str | None:
    """The name of the size with which most values need no zeros, of those that show all."""
    able = [name for name, size in sizes.items() if _is_shown(values, size)]
    return min(able, key=lambda name: _zeros(values, sizes[name]), default=None)


def _is_shown(values: Sequence[float], size: float) -> bool:
    return all(LEAST <= abs(value) / size < MOST for value in values)


def _zeros(values: Sequence[float], size: float) -> float:
    """Decades by which `values` miss what reads best, together."""
    least, most = READ_BEST
    missed = 0.0
    for value in values:
        scaled = abs(value) / size
        missed += max(0.0, log10(least / scaled), TOO_LARGE * log10(scaled / most))
    return missed


def counted(values: Sequence[float]) -> list[float]:
    """Those of `values` that a scale is chosen from: finite, and not 0."""
    return [value for value in values if value == value and value != 0 and abs(value) != inf]
