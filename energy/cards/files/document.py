"""The tables of `docs/reference/card_keys.md`: every key of a neuromorphic core's card.

``python -m spikewatt.energy.cards.files.document`` prints them; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..kinds import CARD_KINDS
from ..neuromorphic.timing import TIMINGS, WORD
from .said import LIMITS, VALUES, WORDS, choices_of, is_choice, said_of

KIND = CARD_KINDS["neuromorphic_core"]
ALL = "all"


def words_table() -> str:
    """Word, its choices and what they mean; the first is the default."""
    rows = []
    for word in said_of(KIND, WORDS):
        if is_choice(word):
            continue
        for number, (choice, meaning) in enumerate(choices_of(KIND, word).items()):
            named = "" if number else f"`{word}`"
            default = "" if number else " (default)"
            rows.append((named, f"`{choice}`{default}", meaning))
    return "\n".join(_table(("word", "choice", "meaning"), rows))


def values_table() -> str:
    """Key, a usual unit, what it means, and the timings whose cards must or may have it."""
    rows = [
        (f"`{key}`", one.unit or "1", one.meaning, _asked(key), one.shown_example)
        for key, one in said_of(KIND, VALUES).items()
    ]
    return "\n".join(_table(("key", "unit", "meaning", "needed", "published example"), rows))


def limits_table() -> str:
    """Key, what holds where a card does not say it, and what it means."""
    rows = [
        (f"`{key}`", _unsaid(key), one.meaning, one.shown_example)
        for key, one in said_of(KIND, LIMITS).items()
    ]
    return "\n".join(_table(("key", "where it is not said", "meaning", "published example"), rows))


def _asked(key: str) -> str:
    """By which timings a value is needed, and by which it is taken."""
    layouts = {name: KIND.layout({WORD: name}) for name in TIMINGS}
    needed = [name for name, one in layouts.items() if key in one.values - set(one.taken_from)]
    assumed = [name for name, one in layouts.items() if key in one.taken_from]
    one_of = [name for name, one in layouts.items() if any(key in group for group in one.one_of)]
    where_it_is = [
        name for name, one in layouts.items() if any(key in group for group in one.needs_a_price)
    ]
    may = [
        name
        for name, one in layouts.items()
        if key in one.more_values and name not in {*needed, *assumed, *one_of, *where_it_is}
    ]
    said = {
        "": needed,
        f"or {_others(key)}: ": one_of,
        f"{_instead(key)}as soon as counts have any: ": where_it_is,
        "else assumed: ": assumed,
        "may: ": may,
    }
    return "; ".join(f"{how}{_named(names)}" for how, names in said.items() if names)


def _others(key: str) -> str:
    """Values of which a card may have one in place of `key`."""
    return _beside(key, {group for name in TIMINGS for group in KIND.layout({WORD: name}).one_of})


def _instead(key: str) -> str:
    """Likewise, of values that are asked for where counts have what they price."""
    groups = {group for name in TIMINGS for group in KIND.layout({WORD: name}).needs_a_price}
    others = _beside(key, groups)
    return f"or {others}, " if others else ""


def _beside(key: str, groups: set[tuple[str, ...]]) -> str:
    found = {other for group in groups if key in group for other in group if other != key}
    return " or ".join(f"`{other}`" for other in sorted(found))


def _named(timings: list[str]) -> str:
    return ALL if len(timings) == len(TIMINGS) else ", ".join(timings)


def _unsaid(key: str) -> str:
    """What holds where a card does not say a limit; the same for all timings, or each its own."""
    found: dict[str, list[str]] = {}
    for name in TIMINGS:
        layout = KIND.layout({WORD: name})
        usual = {**KIND.unsaid_limits, **layout.limit_defaults}
        if key in layout.limits - set(layout.limit_defaults):
            said = "an error"
        elif key in usual:
            said = "any number" if usual[key] is None else str(usual[key])
        else:
            said = "not looked at"
        found.setdefault(said, []).append(name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{_named(names)}: {said}" for said, names in found.items())


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    for made in (words_table, values_table, limits_table):
        print(made(), end="\n\n")
