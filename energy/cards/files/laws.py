"""What a card of each kind must hold: its keys, its limits, the laws of its values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ....errors import SpikewattError, check_name, nearest
from ...kernels import library as kernel_library
from ..any_chip.figures import check_clock
from ..kinds import (
    COMMON_KEYS,
    FINER_LOOP_KEYS,
    KERNEL_KEYS,
    LOOP_KEYS,
    OVERHEAD_KEYS,
    POWER_KEY,
    CardKind,
)
from ..neuromorphic.timing import TIMINGS
from ..neuromorphic.timing import WORD as TIMING
from ..neuromorphic.updates import UPDATES
from ..neuromorphic.updates import WORD as UPDATED
from ..software_loops import loop_values
from .draft import Draft
from .quantities import broken_laws, si_factor

# Words that only one kind of card has, and which choices they are.
OF_CORES = {TIMING: TIMINGS, UPDATED: UPDATES}


def check_laws(draft: Draft) -> None:
    """Note every law that the card breaks, as far as it can be read."""
    _check_name(draft)
    kind = draft.kind
    if kind is None:
        return

    _check_required(draft, kind)
    _check_words(draft, kind)
    if kind.runs_kernels:
        _check_board(draft)
    values, limits = draft.part("values"), draft.part("limits")
    if not draft.is_wrong(TIMING):  # else nobody knows which keys there must be
        layout = kind.layout(draft.words())
        if values is not None and "values" in draft.content:
            given = {*values, *_filled_in_later(draft, kind, values), *layout.taken_from}
            _check_keys(draft, kind, "values", given, layout.values, layout.more_values)
            _check_one_of(draft, layout.one_of, given)
        if limits is not None:
            given = {*limits, *layout.limit_defaults}
            _check_keys(draft, kind, "limits", given, layout.limits, layout.more_limits)
    if limits is not None:
        _check_limits(draft, kind, limits)
    _check_values(draft, kind)


def _filled_in_later(draft: Draft, kind: CardKind, values: Collection[str]) -> set[str]:
    """Values that the file may leave out: a fit to rows, its core or common values give them."""
    later: set[str] = set()
    if kind.runs_kernels:
        later |= {*COMMON_KEYS, *OVERHEAD_KEYS, *FINER_LOOP_KEYS}
        for keys in (KERNEL_KEYS, LOOP_KEYS):  # of one fit or loop: all of them, or none
            if not set(values) & set(keys):
                later |= set(keys)
    if draft.word("power_fit"):
        later.add(POWER_KEY)
    return later


def _check_name(draft: Draft) -> None:
    name = draft.word("name")
    if name is None:
        return
    try:
        check_name("name", name)
    except SpikewattError as wrong:
        draft.refuse(("name",), wrong.law, wrong.got)


def _check_required(draft: Draft, kind: CardKind) -> None:
    for key in kind.required:
        if not draft.content.get(key):
            draft.refuse((key,), f"must be given for a {kind}", "nothing")


def _check_words(draft: Draft, kind: CardKind) -> None:
    """Note a word that only cores have."""
    for word, choices in OF_CORES.items():
        found = draft.content.get(word)
        if found is not None and word not in kind.told:
            law, allowed = f"must not be given for a {kind}", f"of cores: {', '.join(choices)}"
            draft.refuse((word,), law, found, allowed)


def _check_board(draft: Draft) -> None:
    """Note a core, a library or measured rows that nobody knows, where the card asks for theirs."""
    values = draft.part("values") or {}
    asked: dict[str, Callable[[str], object]] = {"power_fit": kernel_library.measured_conditions}
    if LOOP_KEYS[0] not in values:
        asked["core"] = lambda core: loop_values(core, "")
    if KERNEL_KEYS[0] not in values:
        asked["library"] = kernel_library.named
    for word, known in asked.items():
        name = draft.word(word)
        if name is None or draft.is_wrong(word):
            continue
        try:
            known(name)
        except SpikewattError as wrong:
            draft.refuse((word,), wrong.law, wrong.got, wrong.allowed, wrong.hint)


def _check_keys(
    draft: Draft,
    kind: CardKind,
    part: str,
    found: Collection[Any],
    expected: frozenset[str],
    more: frozenset[str],
) -> None:
    """Note keys of `part` (values or limits) that are neither expected nor `more`, or missing."""
    law = f"must be those of a {kind}"
    known, missing = expected | more, expected - set(found)
    for key in draft.content.get(part, ()):
        if isinstance(key, str) and key not in known:
            meant = nearest(key, known)
            missing -= {meant}  # said once
            hint = _other_timings(key)
            if hint is None and meant is not None:
                again = ", which stands here already" if meant in found else ""
                hint = f"nearest: {meant}{again}"
            allowed = None if hint else ", ".join(sorted(known))
            draft.refuse((part,), law, f"unknown key {key}", allowed, hint, (part, key))
    for key in sorted(missing):
        draft.refuse((part,), law, f"missing key {key}")


def _other_timings(key: str) -> str | None:
    """With which timings a core has a value that it has not with its own."""
    taking = [name for name, timing in TIMINGS.items() if key in timing.needs | timing.may_have]
    return f"it is a value of timing {' and '.join(taking)}" if taking else None


def _check_one_of(draft: Draft, groups: Iterable[tuple[str, ...]], found: Collection[str]) -> None:
    """Note a group of values of which none is found."""
    for group in groups:
        if not set(found).intersection(group):
            draft.refuse(("values",), "must have one of these", "none", " or ".join(group))


def _check_limits(draft: Draft, kind: CardKind, limits: Mapping[Any, Any]) -> None:
    for key, limit in limits.items():
        if key not in kind.limits or not isinstance(limit, int) or isinstance(limit, bool):
            continue
        low, high = kind.limits[key]
        if not low <= limit <= high:
            two_choices = high <= 2
            law = f"must be {low} or {high}" if two_choices else f"must be at least {low}"
            draft.refuse(("limits", key), law, limit)


def _check_values(draft: Draft, kind: CardKind) -> None:
    known = {**kind.units, **kind.optional}
    for key, entry in draft.entries():
        if key not in known:
            continue
        location = ("values", key)
        broken = list(broken_laws(key, entry, kind))
        for one in broken:
            at = (*location, one.field)
            draft.refuse(location, one.law, one.got, one.allowed, one.hint, at)
        if kind.runs_kernels and key == "clock_hz" and not broken:
            _check_clock(draft, entry.high * si_factor(entry.unit, kind.unit(key)))


def _check_clock(draft: Draft, clock_hz: float) -> None:
    """Note a clock that no such core has."""
    try:
        check_clock("clock_hz", draft.word("core") or "", clock_hz)
    except SpikewattError as wrong:
        location = ("values", "clock_hz")
        draft.refuse(location, wrong.law, wrong.got, wrong.allowed, wrong.hint)
