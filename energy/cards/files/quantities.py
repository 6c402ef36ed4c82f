"""A value of a card file in SI units, and the laws that it must keep; pint parses its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ....errors import SHOWN, SpikewattError, raise_faults
from ..card import Quantity
from ..kinds import CARD_KINDS, SUPPLY_KEYS, CardKind, plausible
from .schema import ValueEntry

# A parser of units computes what stands there, and J**9**9**9 is large.
LONGEST_UNIT = 40
_ONE_UNIT = r"(?:1|[^\W\d_]{1,20}|%)(?:(?:\*\*|\^)-?\d)?"
UNIT = rf"\s*(?:{_ONE_UNIT}(?:\s*[*/·]\s*{_ONE_UNIT}|\s+{_ONE_UNIT})*)?\s*"


class Broken(NamedTuple):
    """A law that a value breaks.

    Parameters
    ----------
    field : str
        Of the entry: unit, value, low or high.
    law, got, allowed, hint
        As of `SpikewattError`.
    """

    field: str
    law: str
    got: Any
    allowed: str | None = None
    hint: str | None = None

    def at(self, where: str) -> SpikewattError:
        """It, as an error."""
        return SpikewattError(where, self.law, self.got, self.allowed, self.hint)


def quantity_of(
    where: str,
    itself: str,
    key: str,
    entry: ValueEntry,
    kind: CardKind = CARD_KINDS["microcontroller"],
) -> Quantity:
    """`entry` in SI units; where it names no measurement, it is the measurement `itself`.

    Parameters
    ----------
    where : str
        For messages.
    itself : str
    key : str
        One of the kind's values.
    entry : ValueEntry
    kind : CardKind, default that of microcontrollers

    Raises
    ------
    SpikewattError
        As many faults as `broken_laws` finds.
    """
    raise_faults([broken.at(where) for broken in broken_laws(key, entry, kind)])
    factor = si_factor(entry.unit, kind.unit(key))
    return Quantity(
        value=entry.value * factor,
        low=entry.low * factor,
        high=entry.high * factor,
        status=entry.status,
        conditions=entry.conditions,
        source=entry.source,
        measurement=entry.measurement or itself,
    )


def broken_laws(key: str, entry: ValueEntry, kind: CardKind) -> Iterator[Broken]:
    """Every law that an entry breaks.

    A missing or wrong unit, low > value or value > high, a negative or implausible value.

    Parameters
    ----------
    key : str
        One of the kind's values.
    entry : ValueEntry
    kind : CardKind
    """
    unit = kind.unit(key)
    wrong = _unit_fault(entry.unit, unit)
    if wrong is not None:
        yield wrong

    ordered = 0 <= entry.low <= entry.value <= entry.high
    if not ordered:
        found = f"{entry.low}, {entry.value}, {entry.high}"
        yield Broken("value", "must satisfy 0 <= low <= value <= high", found)
    if entry.low == 0 and (key in kind.never_zero or key in SUPPLY_KEYS):
        yield Broken("low", "must be above 0", f"{entry.low}")
    if key == "regulator_efficiency" and entry.high > 1:
        yield Broken("high", "must be at most 1", entry.high)
    elif ordered and wrong is None:
        yield from _implausible(key, entry, unit)


def _unit_fault(given: str, unit: str) -> Broken | None:
    """What is wrong with the unit `given` of a value that stands in the SI `unit`."""
    law = "must have a unit of the right dimension"
    allowed = f"a unit of {unit or 'no dimension'}"
    if not re.fullmatch(UNIT, given) or len(given) > LONGEST_UNIT:
        hint = "units joined by * and /, with exponents of one digit"
        return Broken("unit", law, repr(given[:SHOWN]), allowed, hint)
    if unit and not given:
        return Broken("unit", "must have a unit", "none", allowed)
    try:
        si_factor(given, unit)
    except Exception:  # pint raises many types for a text that is no unit
        return Broken("unit", law, repr(given), allowed)
    return None


def _implausible(key: str, entry: ValueEntry, unit: str) -> Iterator[Broken]:
    """A value that is so far from every device that its unit must be wrong; one for all ends."""
    factor = si_factor(entry.unit, unit)
    least, most = plausible(key)
    for end in ("low", "value", "high"):
        number = getattr(entry, end)
        if number and not least <= number * factor <= most:
            yield Broken(
                end,
                "must be plausible for a value of its kind",
                f"{number:g} {entry.unit}",
                f"0, or {least:g}..{most:g} {unit}".rstrip(),
                hint="check the prefix of the unit: p is 1e-12, P is 1e15",
            )
            return


@cache
def _units():
    """Pint's registry, which takes a while to build."""
    import pint

    return pint.UnitRegistry()


@lru_cache(1024)
def si_factor(given: str, unit: str) -> float:
    """What a value in the unit `given` is multiplied with to stand in the SI `unit`."""
    return _units().Quantity(1.0, given).to(unit).magnitude
