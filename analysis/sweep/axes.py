"""Axes: what a sweep varies, one by one, as values or as a range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...errors import SpikewattError, one_of, quoted, whole_number

RANGE_KEYS = ("low", "high", "points", "scale")
SCALES = ("linear", "log")
MOST_VALUES = 1_000_000  # of an axis
FACTOR = "factor"
VALUES = "a value, a list of values, or {low, high, points, scale: linear or log}"


@dataclass(frozen=True)
class Axis:
    """One thing that is varied.

    Parameters
    ----------
    name : str
        A key of the configuration, or of the hardware.
    values : tuple
        In order; empty for a range without points.
    low, high : float, optional
        Ends of a range.
    log : bool, default False
        Whether a range is even in the logarithm.
    factor : bool, default False
        Whether values are multiples of the card's own.
    """

    name: str
    values: tuple = ()
    low: float | None = None
    high: float | None = None
    log: bool = False
    factor: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def all_given(self) -> tuple:
        """Its values, and the ends of its range."""
        return (*self.values, *(end for end in (self.low, self.high) if end is not None))

    @property
    def continuous(self) -> bool:
        """Whether it is a range without points, which only samples can fill."""
        return not self.values

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return all(is_number(value) for value in self.values)

    def at(self, shares: np.ndarray) -> list:
        """The values at `shares` (0 to 1) of the way along the axis.

        >>> Axis("steps", (4, 8)).at(np.array([0.0, 0.49, 0.5, 1.0]))
        [4, 4, 8, 8]
        """
        if not self.continuous:
            last = len(self.values) - 1
            places = np.minimum((shares * len(self.values)).astype(int), last)
            return [self.values[place] for place in places]

        assert self.low is not None
        assert self.high is not None
        if self.log:
            return (self.low * (self.high / self.low) ** shares).tolist()
        return (self.low + (self.high - self.low) * shares).tolist()

    def as_json(self) -> dict:
        """What it is, for the identity of a space."""
        described = {"values": list(self.values), "low": self.low, "high": self.high}
        return described | {"log": self.log, "factor": self.factor}


Block = tuple[Axis, ...]  # axes whose points are all of their combinations


def is_number(value: object) -> bool:
    """Whether `value` is a finite number and no bool.

    >>> is_number(3), is_number(True), is_number(float("nan"))
    (True, False, False)
    """
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and math.isfinite(value)  # type: ignore[arg-type]


def listed(where: str, name: str, given: object) -> Axis:
    """An axis of values alone: one, or a list of them. A mapping is one value.

    Raises
    ------
    SpikewattError
        An empty list, or one that holds a value twice.

    Examples
    --------
    >>> listed("space.yaml", "steps", [8, 16]).values
    (8, 16)
    """
    values = tuple(given) if isinstance(given, list | tuple) else (given,)
    if not values:
        raise SpikewattError(f"{where}: {name}", "an axis has a value", "an empty list", VALUES)
    if len(values) > MOST_VALUES:
        law = "an axis has not too many values"
        raise SpikewattError(f"{where}: {name}", law, len(values), f"1..{MOST_VALUES:,}")
    seen = [(isinstance(value, bool), value) for value in values]  # 256 is 256.0, True is not 1
    if any(value in seen[:place] for place, value in enumerate(seen[:1000])):
        raise SpikewattError(f"{where}: {name}", "names each value once", given)
    return Axis(name, values)


def axis_of(where: str, name: str, given: object) -> Axis:
    """An axis of values or of a range, as it stands in a space.

    Parameters
    ----------
    where : str
        The file and the part of it, for messages.
    name : str
        Of the axis.
    given : object
        A value, a list, ``{low, high, points, scale}``, or ``{factor: …}`` with one of those.

    Raises
    ------
    SpikewattError
        Anything else; it names the axis.

    Examples
    --------
    >>> axis_of("space.yaml", "voltage_v", {"low": 0.5, "high": 1.0, "points": 3}).values
    (0.5, 0.75, 1.0)
    """
    if not isinstance(given, Mapping):
        return listed(where, name, given)
    if FACTOR in given:
        if len(given) > 1:
            got = ", ".join(map(str, given))
            raise SpikewattError(f"{where}: {name}", "has a factor and nothing else", got, FACTOR)
        if isinstance(given[FACTOR], Mapping) and FACTOR in given[FACTOR]:
            law = "is a factor on the card's value, and on no other factor"
            raise SpikewattError(f"{where}: {name}", law, quoted(given), VALUES)
        return replace(axis_of(where, name, given[FACTOR]), factor=True)
    return _range(f"{where}: {name}", name, given)


def _range(where: str, name: str, given: Mapping) -> Axis:
    """``{low, high, points, scale}`` as an axis."""
    for key in given:
        one_of(where, "a range has these keys", str(key), (*RANGE_KEYS, FACTOR))
    low, high = given.get("low"), given.get("high")
    if not is_number(low) or not is_number(high) or not low < high:  # type: ignore[operator]
        raise SpikewattError(where, "a range has low < high", f"low {low}, high {high}", VALUES)

    law = "a range is even on a scale"
    log = one_of(where, law, given.get("scale", SCALES[0]), SCALES) == "log"
    if log and low <= 0:  # type: ignore[operator]
        raise SpikewattError(where, "a logarithm has low > 0", quoted(low))
    found = Axis(name, (), float(low), float(high), log)  # type: ignore[arg-type]
    if given.get("points") is None:
        return found

    law = "a range has a number of points"
    points = whole_number(where, law, given["points"], 2, MOST_VALUES)
    shares = np.linspace(0.0, 1.0, points)
    values = found.at(shares)
    return replace(found, values=(*values[:-1], float(high)))  # type: ignore[arg-type]
