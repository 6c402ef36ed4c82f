"""Card files: YAML, read through a schema and pint into a Card; nobody else parses strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ... import files
from ...errors import SHOWN, SpikewattError, check_name, first_fault
from .any_chip.figures import check_clock
from .card import ENDS, Card, Quantity
from .kinds import (
    CARD_KINDS,
    COMMON_KEYS,
    FINER_LOOP_KEYS,
    KERNEL_KEYS,
    LOOP_KEYS,
    OVERHEAD_KEYS,
    POWER_KEY,
    SUPPLY_KEYS,
    CardKind,
    plausible,
)
from .neuromorphic.timing import TIMINGS
from .neuromorphic.timing import WORD as TIMING
from .neuromorphic.updates import UPDATES
from .neuromorphic.updates import WORD as UPDATED

if TYPE_CHECKING:
    KindName = TimingName = UpdatesName = str
else:
    KindName = Literal[tuple(CARD_KINDS)]
    TimingName, UpdatesName = Literal[tuple(TIMINGS)], Literal[tuple(UPDATES)]

FOLDER = Path(__file__).parents[1] / "data"

# A parser of units computes what stands there, and J**9**9**9 is large.
LONGEST_UNIT = 40
_ONE_UNIT = r"(?:1|[^\W\d_]{1,20}|%)(?:(?:\*\*|\^)-?\d)?"
UNIT = rf"\s*(?:{_ONE_UNIT}(?:\s*[*/·]\s*{_ONE_UNIT}|\s+{_ONE_UNIT})*)?\s*"

PROVENANCE = ("status", "conditions", "source", "measurement")
HEAD = ("name", "kind", "title", "includes", "excludes")


class ValueEntry(BaseModel):
    """One value as it stands in the file: number, range and unit, and where it comes from."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )
    value: float
    low: float
    high: float
    unit: str
    status: Literal["measured", "measured (user)", "simulated", "estimated", "assumed"]
    conditions: str
    source: str
    measurement: str | None = None


class CardFile(BaseModel):
    """The whole file.

    `power_fit` names measured rows that the energy per cycle comes from; they must be of the chip
    that `chip` names, by default that of the card's own name. Only rules use `ledger`
    and `layers`: which operations of which layers they count; only neuromorphic cores `timing` and
    `updates`: how steps follow each other, and which neurons are updated in each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: str
    kind: KindName
    title: str
    includes: str
    excludes: str
    node: str | None = None
    chip: str | None = None
    core: str | None = None
    library: str | None = None
    regulator: Literal["ldo", "dcdc"] | None = None
    power_fit: str | None = None
    executes: str | None = None
    ledger: Literal["synapses", "nonzero"] = "synapses"
    layers: Literal["all", "hidden"] = "all"
    timing: TimingName | None = None
    updates: UpdatesName | None = None
    caution: str | None = None
    values: dict[str, ValueEntry]
    limits: dict[str, int] = {}


def read_card_file(path: Path) -> CardFile:
    """The content of `path`, its keys and limits checked against the kind of card that it is.

    Raises
    ------
    SpikewattError
        No YAML, missing or unknown key, a limit that is out of its range.
    """
    content = files.read_yaml(path)
    if not isinstance(content, dict):
        found = "an empty file" if content is None else type(content).__name__
        law = "must be a card: a mapping of keys to values"
        raise SpikewattError(str(path), law, found, ", ".join(CardFile.model_fields))
    try:
        file = CardFile.model_validate(content)
    except ValidationError as error:
        raise first_fault(str(path), error, CardFile.model_fields) from error

    kind = CARD_KINDS[file.kind]
    _check_words(path, kind, file)
    layout = kind.layout(words_of(file))
    named = set(file.values) | _filled_in_later(file) | set(layout.taken_from)
    _check_keys(path, kind, "values", named, layout.values, layout.more_values)
    _check_one_of(path, layout.one_of, named)
    limits = set(file.limits) | set(layout.limit_defaults)
    _check_keys(path, kind, "limits", limits, layout.limits, layout.more_limits)
    check_name(f"{path.name}: name", file.name)
    _check_required(path, kind, file)
    _check_limits(path, kind, file.limits)
    return file


def card_of(path: Path, file: CardFile) -> Card:
    """The card that a file describes, without what a fit fills in.

    Parameters
    ----------
    path : Path
        Where the file was read, for messages.
    file : CardFile
        As of `read_card_file`.

    Raises
    ------
    SpikewattError
        Missing or wrong unit, low > value or value > high, a negative value, a clock that no such
        core has.
    """
    kind = CARD_KINDS[file.kind]
    values = {
        key: quantity_of(f"{path.name}: {key}", f"{file.name}: {key}", key, entry, kind)
        for key, entry in file.values.items()
    }
    if kind.runs_kernels:
        check_clock(f"{path.name}: clock_hz", file.core or "", values["clock_hz"].high)
    about = words_of(file)
    return Card(
        name=file.name,
        kind=kind,
        title=file.title,
        includes=file.includes,
        excludes=file.excludes,
        about=about,
        values=values,
        limits={**kind.layout(about).limit_defaults, **file.limits},
    )


def words_of(file: CardFile) -> dict[str, str]:
    """Entries of a file that its card repeats where they are given."""
    told = CARD_KINDS[file.kind].told
    return {key: getattr(file, key) for key in told if getattr(file, key)}


def save_card(card: Card, path: str | Path) -> None:
    """Write `card` as a YAML file in SI units that `load_card` reads back as it was.

    Parameters
    ----------
    card : Card
    path : str or Path
        The file, which may exist.
    """
    import yaml

    head = {name: getattr(card, name) for name in HEAD}
    content = {
        **head,
        "kind": str(card.kind),
        **card.about,
        "values": {key: _entry(q, card.kind.unit(key)) for key, q in card.values.items()},
        "limits": dict(card.limits),
    }
    text = yaml.safe_dump(
        content,
        sort_keys=False,
        allow_unicode=True,
        width=140,
    )
    files.write(path, text)


def _entry(quantity: Quantity, unit: str) -> dict[str, Any]:
    """A quantity as it stands in a file."""
    ends = {end: float(getattr(quantity, end)) for end in ENDS}
    provenance = {name: getattr(quantity, name) for name in PROVENANCE}
    return {**ends, "unit": unit, **provenance}


def _filled_in_later(file: CardFile) -> set[str]:
    """Values that the file may leave out: a fit to rows, its core or common values give them."""
    later: set[str] = set()
    if CARD_KINDS[file.kind].runs_kernels:
        later |= {*COMMON_KEYS, *OVERHEAD_KEYS, *FINER_LOOP_KEYS}
        for keys in (KERNEL_KEYS, LOOP_KEYS):  # of one fit or loop: all of them, or none
            if not set(file.values) & set(keys):
                later |= set(keys)
    if file.power_fit:
        later.add(POWER_KEY)
    return later


def _check_words(path: Path, kind: CardKind, file: CardFile) -> None:
    """Raise where a word is said that only cores have."""
    for word, allowed in ((TIMING, TIMINGS), (UPDATED, UPDATES)):
        if getattr(file, word) is not None and word not in kind.told:
            where, law = f"{path.name}: {word}", f"must not be given for a {kind}"
            raise SpikewattError(where, law, getattr(file, word), f"of cores: {', '.join(allowed)}")


def _check_keys(
    path: Path,
    kind: CardKind,
    part: str,
    found: set[str],
    expected: frozenset[str],
    more: frozenset[str],
) -> None:
    """Raise unless the keys of `part` (values or limits) are those expected, and some of `more`."""
    unknown, missing = sorted(found - expected - more), sorted(expected - found)
    if not unknown and not missing:
        return

    fault = (
        f"unknown keys {', '.join(unknown)}" if unknown else f"missing keys {', '.join(missing)}"
    )
    raise SpikewattError(
        f"{path.name}: {part}",
        f"must be those of a {kind}",
        fault,
        ", ".join(sorted(expected | more)),
    )


def _check_one_of(path: Path, groups: Iterable[tuple[str, ...]], found: set[str]) -> None:
    """Raise where a group of values has none that is found."""
    for group in groups:
        if not found.intersection(group):
            raise SpikewattError(
                f"{path.name}: values", "must have one of these", "none", " or ".join(group)
            )


def _check_required(path: Path, kind: CardKind, file: CardFile) -> None:
    given = [getattr(file, key) for key in kind.required]
    if not all(given):
        raise SpikewattError(
            f"{path.name}: {', '.join(kind.required)}",
            f"must be given for a {kind}",
            ", ".join(map(str, given)),
        )


def _check_limits(path: Path, kind: CardKind, limits: Mapping[str, int]) -> None:
    for key, limit in limits.items():
        low, high = kind.limits[key]
        if not low <= limit <= high:
            two_choices = high <= 2
            law = f"must be {low} or {high}" if two_choices else f"must be at least {low}"
            raise SpikewattError(f"{path.name}: {key}", law, limit)


@cache
def _units():
    """Pint's registry, which takes a while to build."""
    import pint

    return pint.UnitRegistry()


def _si_factor(where: str, given: str, unit: str) -> float:
    """What a value in the unit `given` is multiplied with to stand in the SI `unit`."""
    law = "must have a unit of the right dimension"
    allowed = f"a unit of {unit or 'no dimension'}"
    if not re.fullmatch(UNIT, given) or len(given) > LONGEST_UNIT:
        hint = "units joined by * and /, with exponents of one digit"
        raise SpikewattError(where, law, repr(given[:SHOWN]), allowed, hint)
    if unit and not given:
        raise SpikewattError(
            where,
            "must have a unit",
            "none",
            f"a unit of {unit}",
        )
    try:
        return _units().Quantity(1.0, given).to(unit).magnitude
    except Exception as error:  # pint raises many types for a text that is no unit
        raise SpikewattError(where, law, repr(given), allowed) from error


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
        Missing or wrong unit, low > value or value > high, a negative or implausible value.
    """
    factor = _si_factor(where, entry.unit, kind.unit(key))

    if not 0 <= entry.low <= entry.value <= entry.high:
        found = f"{entry.low}, {entry.value}, {entry.high}"
        raise SpikewattError(where, "must satisfy 0 <= low <= value <= high", found)
    if entry.low == 0 and (key in kind.never_zero or key in SUPPLY_KEYS):
        raise SpikewattError(where, "must be above 0", f"{entry.low}")
    if key == "regulator_efficiency" and entry.high > 1:
        raise SpikewattError(where, "must be at most 1", entry.high)

    _check_plausible(where, kind.unit(key), key, entry, factor)
    return Quantity(
        value=entry.value * factor,
        low=entry.low * factor,
        high=entry.high * factor,
        status=entry.status,
        conditions=entry.conditions,
        source=entry.source,
        measurement=entry.measurement or itself,
    )


def _check_plausible(where: str, unit: str, key: str, entry: ValueEntry, factor: float) -> None:
    """Raise where a value is so far from every device that its unit must be wrong."""
    least, most = plausible(key)
    for number in (entry.low, entry.value, entry.high):
        if number and not least <= number * factor <= most:
            raise SpikewattError(
                where,
                "must be plausible for a value of its kind",
                f"{number:g} {entry.unit}",
                f"0, or {least:g}..{most:g} {unit}".rstrip(),
                hint="check the prefix of the unit: p is 1e-12, P is 1e15",
            )
