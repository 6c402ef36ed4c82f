"""A card of any kind to fill in: every key with one line of what it means, and an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from ....errors import one_of
from ..kinds import CARD_KINDS, CardKind, Layout
from ..neuromorphic.timing import TIMINGS, Clocked
from ..neuromorphic.timing import WORD as TIMING
from .draft import FILL_IN
from .new_file import (
    HOW_VALUES_ARE_SAID,
    check_new_file,
    checked_new_name,
    quoted,
    write_new_file,
)
from .said import LIMITS, VALUES, WORDS, Said, choices_of, is_choice, said_of

HEAD = """\
# A card of the kind {kind}. Put a figure or a word in place of each {hole}.
# What is left of them, and what is wrong, with its line: spikewatt devices {file}
# Then price with it: spikewatt price … --device {file}
# A key in a comment is optional: remove the "# " before it, and before the line below it.
"""
OPTIONAL = "# Optional: what is not said is not charged, unless a line says what is assumed."
NEEDED = ("title", "includes", "excludes")  # texts of each card
ENTRY = ("value", "low", "high")
COLUMNS = 90


def write_template(
    path: str | Path,
    kind: str,
    name: str | None = None,
    source: str | None = None,
    timing: str | None = None,
) -> int:
    """Write a card that is refused until it is filled in.

    Parameters
    ----------
    path : str or Path
        A new ``.yaml`` file.
    kind : str
        A kind of `CARD_KINDS`.
    name : str, optional
        Of the device; by default that of the file.
    source : str, optional
        Where the figures come from, for all of them.
    timing : str, optional
        Of a neuromorphic core: ``clocked`` (default), ``tick`` or ``barrier``.

    Returns
    -------
    int
        How many places are to be filled in.

    Raises
    ------
    SpikewattError
        No such kind or timing, the name of a known card, a file that exists or is no ``.yaml``.
    """
    path = Path(path)
    made = CARD_KINDS[one_of("devices new --kind", "must be a kind of card", kind, CARD_KINDS)]
    words: dict[str, str] = {}
    if TIMING in made.told:
        law = "must be a timing"
        chosen = Clocked.name if timing is None else timing
        words[TIMING] = one_of("devices new --timing", law, chosen, TIMINGS)
    check_new_file(path)
    own = checked_new_name(path, name)

    lines = list(_lines(made, words, own, source))
    text = HEAD.format(kind=made, file=path.name, hole=FILL_IN) + HOW_VALUES_ARE_SAID
    write_new_file(path, text + "\n".join(lines) + "\n")
    return sum(FILL_IN in line and not line.lstrip().startswith("#") for line in lines)


def _lines(kind: CardKind, words: dict[str, str], name: str, source: str | None) -> Iterator[str]:
    """The file below its head, line by line."""
    layout = kind.layout(words)
    yield f"name: {name}"
    yield f"kind: {kind}"
    yield from _word_lines(kind, words)
    yield "\nvalues:"
    yield from _value_lines(kind, layout, source)
    if kind.limits:
        yield "\nlimits:"
        yield from _limit_lines(kind, layout)


def _word_lines(kind: CardKind, given: dict[str, str]) -> Iterator[str]:
    """Entries of the file beside its name and kind."""
    for word, said in said_of(kind, WORDS).items():
        if word == "name" or is_choice(word):
            continue
        choices = choices_of(kind, word)
        yield from _comments("", said)
        yield from (f"#   {choice}: {meaning}" for choice, meaning in choices.items())
        needed = word in NEEDED or bool(choices)
        yield f"{'' if needed else '# '}{word}: {given.get(word, FILL_IN)}"


def _value_lines(kind: CardKind, layout: Layout, source: str | None) -> Iterator[str]:
    """Values that the card must have, then those that it may have."""
    said = said_of(kind, VALUES)
    instead = {group[0]: " or ".join(group[1:]) for group in layout.one_of}
    needed = [key for key in said if key in layout.values - set(layout.taken_from)]
    needed += [key for key in instead if key not in needed]
    may = layout.values | layout.more_values
    optional = [key for key in said if key in may and key not in needed]

    for key in needed:
        others = instead.get(key)
        yield from _comments("  ", said[key], f"or, in its place, {others} below" if others else "")
        yield from _entry("  ", key, said[key], source)
    if optional:
        yield f"\n  {OPTIONAL}"
    for key in optional:
        other = layout.taken_from.get(key)
        yield from _comments("  ", said[key], f"else that of {other}, assumed" if other else "")
        yield from _entry("  # ", key, said[key], source)
    if elsewhere := [key for key in said if key not in may]:
        text = f"Of cards of another timing: {', '.join(elsewhere)}"
        yield ""
        yield from (f"  # {line}" for line in wrap(text, COLUMNS))


def _limit_lines(kind: CardKind, layout: Layout) -> Iterator[str]:
    """Limits that the card must say, then those that it may say, as they are where it does not."""
    said = said_of(kind, LIMITS)
    usual = {**kind.unsaid_limits, **layout.limit_defaults}
    needed = layout.limits - set(layout.limit_defaults)
    for key in sorted(said, key=lambda key: key not in needed):
        number = usual.get(key)
        note = f"else {'any number' if number is None else number}" if key in usual else ""
        yield from _comments("  ", said[key], note)
        yield f"  {'' if key in needed else '# '}{key}: {FILL_IN if number is None else number}"


def _comments(indent: str, said: Said, note: str = "") -> Iterator[str]:
    """What a key means, and an example."""
    yield ""
    yield f"{indent}# {'; '.join(filter(None, (said.meaning, note)))}"
    if said.shown_example:
        yield f"{indent}#   e.g. {said.shown_example}"


def _entry(start: str, key: str, said: Said, source: str | None) -> Iterator[str]:
    """A value to fill in; `start` comments it out."""
    fields = {end: FILL_IN for end in ENTRY}
    fields["unit"] = said.unit or quoted("")
    fields |= dict.fromkeys(("status", "conditions"), FILL_IN)
    fields["source"] = FILL_IN if source is None else quoted(source)
    yield f"{start}{key}:"
    yield f"{start}  {{{', '.join(f'{field}: {text}' for field, text in fields.items())}}}"
