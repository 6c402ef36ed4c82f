"""A card of any kind to fill in: every key with one line of what it means, and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from ....errors import SpikewattError, one_of
from ..card import Card
from ..kinds import CARD_KINDS, CardKind, Layout
from ..load import load_card
from ..neuromorphic.timing import TIMINGS, timing_in
from ..neuromorphic.timing import WORD as TIMING
from ..neuromorphic.updates import WORD as UPDATES
from ..neuromorphic.updates import updates_in
from .draft import FILL_IN
from .new_file import (
    HOW_VALUES_ARE_SAID,
    check_new_file,
    checked_new_name,
    quoted,
    write_new_file,
)
from .quantities import si_factor
from .said import LIMITS, VALUES, WORDS, Said, choices_of, is_choice, said_of

HEAD = """\
# A card of the kind {kind}. Put a figure or a word in place of each {hole}.
# What is left of them, and what is wrong, with its line: spikewatt devices {file}
# Then price with it: spikewatt price … --device {file}
# A key in a comment is optional: remove the "# " before it, and before the line below it.
# Examples (e.g.) are figures of other chips, some by secondary transcription: look them up first.
"""
LIKE = """\
# What nobody said is that of {other}, its status "assumed": put the figures of the chip there.
"""
OPTIONAL = "# Optional: what is not said is not charged, unless a line says what is assumed."
NEEDED = ("title", "includes", "excludes")  # texts of each card
EXECUTES = "executes"  # a word of cards that price what `price_odin` does
ENTRY = ("value", "low", "high")
COLUMNS = 90


def write_template(
    path: str | Path,
    kind: str,
    name: str | None = None,
    source: str | None = None,
    timing: str | None = None,
    like: str | None = None,
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
        Where the figures come from, for all that are to be filled in.
    timing : str, optional
        Of a neuromorphic core: ``clocked``, ``tick`` or ``barrier``; by default that of `like`,
        else ``clocked``.
    like : str, optional
        A card, as of `load_card`, whose values stand in place of what is not known, as assumed.

    Returns
    -------
    int
        How many places are to be filled in.

    Raises
    ------
    SpikewattError
        No such kind, timing or card, one of another kind, the name of a known card, a file that
        exists or is no ``.yaml``.
    """
    path = Path(path)
    made = CARD_KINDS[one_of("devices new --kind", "must be a kind of card", kind, CARD_KINDS)]
    other = None if like is None else load_card(like)
    if other is not None and other.kind is not made:
        found = f"{other.name} is a {other.kind}"
        raise SpikewattError("devices new --like", f"must be a {made}", found)
    words = _words(made, timing, other)
    check_new_file(path)
    own = checked_new_name(path, name)

    head = HEAD.format(kind=made, file=path.name, hole=FILL_IN) + HOW_VALUES_ARE_SAID
    if other is not None:
        head += LIKE.format(other=other.name)
    lines = list(Template(made, words, source, other).lines(own))
    write_new_file(path, head + "\n".join(lines) + "\n")
    return sum(FILL_IN in line and not line.lstrip().startswith("#") for line in lines)


def _words(kind: CardKind, timing: str | None, like: Card | None) -> dict[str, str]:
    """Words that are known before anything is filled in, on which its keys depend."""
    where = "devices new --timing"
    if TIMING not in kind.told:
        if timing is not None:
            law = "goes with a kind that has one"
            raise SpikewattError(where, law, f"{timing} of a {kind}")
        return {}
    about = {} if like is None else like.about
    chosen = timing or timing_in(about).name
    words = {TIMING: one_of(where, "must be a timing", chosen, TIMINGS)}
    return words if like is None else {**words, UPDATES: updates_in(about).name}


@dataclass(frozen=True)
class Template:
    """A card to fill in.

    Parameters
    ----------
    kind : CardKind
    words : mapping of str
        Words that are known.
    source : str or None
        Of every figure.
    like : Card or None
        Whose values stand where nothing else is known.
    """

    kind: CardKind
    words: Mapping[str, str]
    source: str | None = None
    like: Card | None = None

    @property
    def layout(self) -> Layout:
        """What the card must and may hold."""
        return self.kind.layout(self.words)

    def lines(self, name: str) -> Iterator[str]:
        """The file below its head, line by line, for a device of this name."""
        yield f"name: {name}"
        yield f"kind: {self.kind}"
        yield from self._word_lines()
        yield "\nvalues:"
        yield from self._value_lines()
        if self.kind.limits:
            yield "\nlimits:"
            yield from self._limit_lines()

    def _word_lines(self) -> Iterator[str]:
        """Entries of the file beside its name and kind."""
        for word, said in said_of(self.kind, WORDS).items():
            if word == "name" or is_choice(word):
                continue
            choices = choices_of(self.kind, word)
            yield from _comments("", said)
            yield from (f"#   {choice}: {meaning}" for choice, meaning in choices.items())
            needed = word in NEEDED or bool(choices)
            yield f"{'' if needed else '# '}{word}: {self.words.get(word, FILL_IN)}"
        if self.like is not None and EXECUTES in self.like.about:
            yield f"\n# {self.like.name} executes other networks than a trace's; remove it if not"
            yield f"{EXECUTES}: {quoted(self.like.about[EXECUTES])}"

    def _value_lines(self) -> Iterator[str]:
        """Values that the card must have, then those that it may have."""
        said, layout = said_of(self.kind, VALUES), self.layout
        instead = {group[0]: " or ".join(group[1:]) for group in layout.one_of}
        needed = [key for key in said if key in layout.values - set(layout.taken_from)]
        needed += [key for key in instead if key not in needed]
        may = layout.values | layout.more_values
        optional = [key for key in said if key in may and key not in needed]

        for key in needed:
            others = instead.get(key)
            note = f"or, in its place, {others} below" if others else ""
            yield from _comments("  ", said[key], note)
            is_open = key in layout.values or self.like is None or key in self.like.values
            yield from self._entry(key, said[key], is_open)
        if optional:
            yield f"\n  {OPTIONAL}"
        for key in optional:
            yield from _comments("  ", said[key], _else(key, layout))
            is_open = self.like is not None and key in self.like.values
            yield from self._entry(key, said[key], is_open)
        if elsewhere := [key for key in said if key not in may]:
            text = f"Of cards of another timing: {', '.join(elsewhere)}"
            yield ""
            yield from (f"  # {line}" for line in wrap(text, COLUMNS))

    def _limit_lines(self) -> Iterator[str]:
        """Limits that must be said, then those that may be, as they are where they are not."""
        said, layout = said_of(self.kind, LIMITS), self.layout
        usual = {**self.kind.unsaid_limits, **layout.limit_defaults}
        known = {} if self.like is None else self.like.limits
        needed = layout.limits - set(layout.limit_defaults)
        for key in sorted(said, key=lambda key: key not in needed):
            number = usual.get(key)
            note = f"else {'any number' if number is None else number}" if key in usual else ""
            yield from _comments("  ", said[key], note)
            is_open = key in needed or key in known
            number = known.get(key, number)
            yield f"  {'' if is_open else '# '}{key}: {FILL_IN if number is None else number}"

    def _entry(self, key: str, said: Said, is_open: bool) -> Iterator[str]:
        """A value to fill in, or that of another card; in a comment unless it `is_open`."""
        fields: dict[str, str] = dict.fromkeys(ENTRY, FILL_IN)
        fields["unit"] = said.unit or quoted("")
        fields |= dict.fromkeys(("status", "conditions"), FILL_IN)
        fields["source"] = FILL_IN if self.source is None else quoted(self.source)
        if self.like is not None and key in self.like.values:
            fields |= self._assumed(key, said)
        start = "  " if is_open else "  # "
        yield f"{start}{key}:"
        yield f"{start}  {{{', '.join(f'{field}: {text}' for field, text in fields.items())}}}"

    def _assumed(self, key: str, said: Said) -> dict[str, str]:
        """A value of the other card, in a usual unit."""
        assert self.like is not None
        quantity = self.like[key]
        size = si_factor(said.unit, self.kind.unit(key))
        source = f"not known of this chip; assumed to be that of {self.like.name}"
        of_itself = f"{self.like.name}: {key}"  # what a value has that names no measurement
        shared = "" if quantity.measurement == of_itself else quantity.measurement
        return {
            **{end: f"{getattr(quantity, end) / size:.9g}" for end in ENTRY},
            "status": "assumed",
            "conditions": quoted(quantity.conditions),
            "source": quoted(source),
            **({"measurement": quoted(shared)} if shared else {}),
        }


def _else(key: str, layout: Layout) -> str:
    """What happens where a card does not say an optional value, unless it is not charged."""
    if key in layout.taken_from:
        return f"else that of {layout.taken_from[key]}, assumed"
    for group in layout.needs_a_price:
        if key in group:
            others = "".join(f", or {other}" for other in group if other != key)
            return f"counts that have any ask for it{others} (0 where another value includes it)"
    return ""


def _comments(indent: str, said: Said, note: str = "") -> Iterator[str]:
    """What a key means, and an example."""
    yield ""
    yield f"{indent}# {'; '.join(filter(None, (said.meaning, note)))}"
    if said.shown_example:
        yield f"{indent}#   e.g. {said.shown_example}"
