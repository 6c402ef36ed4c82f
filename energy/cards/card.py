"""Parameter cards: what a device costs per event, each value with unit, source and range.

Frozen values in SI units and nothing else: files are read in `card_file`, cards found in `load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, hypot, log
from typing import Any

from ...errors import SpikewattError
from .kinds import CardKind

ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Quantity:
    """A value in SI units with its range and where it comes from.

    Parameters
    ----------
    value : float
        Median.
    low, high : float
        5th and 95th percentile, low <= value <= high.
    status : str
        measured, measured (user), simulated, estimated or assumed.
    conditions : str
        Node, voltage, temperature and the like.
    source : str
        Paper, table or figure.
    measurement : str, default ""
        Values of one measurement are high or low together.

    Examples
    --------
    >>> clock = Quantity(75e6, 70e6, 80e6, "measured", "0.55 V", "a paper, its table")
    >>> clock.scaled(2.0).high
    160000000.0
    >>> clock.exactly(50e6).low
    50000000.0
    """

    value: float
    low: float
    high: float
    status: str
    conditions: str
    source: str
    measurement: str = ""

    @property
    def is_uncertain(self) -> bool:
        """Whether low and high differ."""
        return self.low < self.high

    def scaled(self, factor: float, wider: float = 1.0, **changes: Any) -> Quantity:
        """Times `factor`, the range `wider` to either side; `changes` replace other fields."""
        value, low, high = (getattr(self, end) * factor for end in ENDS)
        return replace(
            self,
            value=value,
            low=low / wider,
            high=high * wider,
            **changes,
        )

    def times(self, other: Quantity, **changes: Any) -> Quantity:
        """The product of two values that do not depend on each other; `changes` as of `scaled`.

        >>> one = Quantity(1.0, 0.5, 2.0, "assumed", "", "")
        >>> round(one.times(one).high, 3)  # 2 ** sqrt(2)
        2.665
        """
        value = self.value * other.value
        ends = {}
        for end in ENDS[1:]:
            pairs = [(getattr(each, end), each.value) for each in (self, other)]
            if not all(number for pair in pairs for number in pair):
                ends[end] = getattr(self, end) * getattr(other, end)
                continue
            away = hypot(*(log(reached / middle) for reached, middle in pairs))
            ends[end] = value * exp(away if end == "high" else -away)
        return replace(self, value=value, **ends, **changes)

    def exactly(self, value: float, **changes: Any) -> Quantity:
        """`value` without a range; `changes` replace other fields."""
        return replace(
            self,
            value=value,
            low=value,
            high=value,
            **changes,
        )


@dataclass(frozen=True)
class Card:
    """One device.

    Parameters
    ----------
    name : str
        As in `spikewatt devices`.
    kind : CardKind
        Says which values and limits there are; equals its name, ``card.kind == "rule"``.
    title, includes, excludes : str
        What it is, and what its prices hold and leave out.
    about : dict of str
        Further entries of its file, such as ``library`` or ``caution``.
    values : dict of Quantity
        Keys as in `kind.units`, SI units.
    limits : dict of int
        Keys as in `kind.limits`.
    """

    name: str
    kind: CardKind
    title: str
    includes: str
    excludes: str
    about: dict[str, str]
    values: dict[str, Quantity]
    limits: dict[str, int]

    def __getitem__(self, key: str) -> Quantity:
        """The quantity `key`; an event that the card does not price is an error, never zero."""
        check_priced(self.name, key, self.values)
        return self.values[key]

    @property
    def chip(self) -> str:
        """The chip that it describes: its own name, unless it says another."""
        return self.about.get("chip", self.name)

    def limit(self, key: str) -> int | None:
        """The limit `key`, or what holds where the card does not say it; None where nothing bounds.

        Raises
        ------
        SpikewattError
            The card does not say it, and nothing holds then.
        """
        if key in self.limits:
            return self.limits[key]
        if key in self.kind.unsaid_limits:
            return self.kind.unsaid_limits[key]
        raise SpikewattError(f"card {self.name!r}", f"must say the limit {key!r}", "nothing")

    def __repr__(self) -> str:
        return f"Card({self.name}, {self.kind}, {len(self.values)} values)"


def check_priced(name: str, key: str, values: Mapping[str, Quantity]) -> None:
    """Raise SpikewattError where the card `name` has no value `key`."""
    if key not in values:
        raise SpikewattError(
            f"card {name!r}", f"must price {key!r}", "no such value", ", ".join(values)
        )
