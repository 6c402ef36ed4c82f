"""A card file as far as it can be read: what stands in it, and every fault that it has."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from ....errors import SpikewattError, nearest, said_of_fault
from ....yaml_document import Document
from ..kinds import CARD_KINDS, CardKind
from .schema import CardFile, ValueEntry

# What a template has where a figure or a word is to be filled in.
FILL_IN = "FILL_IN"
VALUES = "values"
PARTS = (VALUES, "limits")  # mappings whose keys depend on the kind
NO_MAPPING, NO_STRING = "model_type", "invalid_key"  # as pydantic calls them

Location = tuple[Hashable, ...]


class Draft:
    """A card file that may be wrong.

    Parameters
    ----------
    document : Document
        Its content is a mapping.
    """

    def __init__(self, document: Document):
        self.document = document
        self.content: Mapping[Any, Any] = document.content  # type: ignore[assignment]
        self.holes = self._holes()
        self.wrong: list[tuple[Location, SpikewattError]] = []
        self.file: CardFile | None = None
        self._read_schema()

    # ------------------------------------------------------------------ faults

    def refuse(
        self,
        location: Location,
        law: str,
        got: Any = None,
        allowed: Any = None,
        hint: str | None = None,
        at: Location | None = None,
    ) -> None:
        """Note a fault.

        Parameters
        ----------
        location : tuple
            What it is a fault of: keys from the outside.
        law, got, allowed, hint
            As of `SpikewattError`.
        at : tuple, optional
            Where the line is that is shown; by default that of `location`.
        """
        named = location[1:] if len(location) > 1 and location[0] in PARTS else location
        key = ".".join(str(part) for part in named if part != "[key]")
        at = location if at is None else at
        where = f"{self.document.where(*at)}: {key}"
        self.wrong.append((at, SpikewattError(where, law, got, allowed, hint)))

    def faults(self) -> list[SpikewattError]:
        """All that were noted, and keys that stand twice, by their lines."""
        line = self.document.line
        placed = [(line(*location), fault) for location, fault in self.wrong]
        return [fault for _, fault in sorted([*self.document.twice, *placed], key=itemgetter(0))]

    def is_hole(self, location: Location) -> bool:
        """Whether something there is yet to be filled in."""
        return any(location[: len(hole)] == hole for holes in self.holes.values() for hole in holes)

    # ------------------------------------------------------------------ what stands there

    @property
    def kind(self) -> CardKind | None:
        """The kind of card, where it is one."""
        name = self.content.get("kind")
        return CARD_KINDS.get(name) if isinstance(name, str) else None

    def part(self, name: str) -> Mapping[Any, Any] | None:
        """The mapping called `name`; None where it is none."""
        found = self.content.get(name, {})
        return found if isinstance(found, Mapping) else None

    def word(self, key: str) -> str | None:
        """The entry `key` of the file, where it is a text that is not empty."""
        found = self.content.get(key)
        return found if isinstance(found, str) and found and not self.is_hole((key,)) else None

    def words(self) -> dict[str, str]:
        """Entries of the file that its card repeats, where they are texts."""
        kind = self.kind
        found = {key: self.word(key) for key in kind.told} if kind else {}
        return {key: word for key, word in found.items() if word is not None}

    def is_wrong(self, key: str) -> bool:
        """Whether a fault was noted of the entry `key` of the file."""
        return any(location[:1] == (key,) for location, _ in self.wrong)

    def entries(self) -> Iterator[tuple[str, ValueEntry]]:
        """The values that can be read."""
        for key, found in (self.part(VALUES) or {}).items():
            try:
                yield key, ValueEntry.model_validate(found)
            except ValidationError:
                continue

    # ------------------------------------------------------------------ the schema

    def _read_schema(self) -> None:
        """Types and keys; what is yet to be filled in is said once for each value."""
        for location, holes in self.holes.items():
            fields = [str(hole[-1]) for hole in holes if len(hole) > len(location)]
            of = f" for {', '.join(fields)}" if fields else ""
            hint = self._instead_of(location)
            self.refuse(location, "must be filled in", f"{FILL_IN}{of}", hint=hint)
        try:
            self.file = CardFile.model_validate(self.content)
        except ValidationError as error:
            for fault in error.errors():
                self._refuse_schema(fault)

    def _instead_of(self, location: Location) -> str | None:
        """That a value may be removed, where another one that may stand in its place is there."""
        kind, values = self.kind, self.part(VALUES) or {}
        if kind is None or location[0] != VALUES:
            return None
        groups = kind.layout(self.words()).one_of
        others = [key for group in groups if location[-1] in group for key in group]
        there = [key for key in others if key in values and (VALUES, key) not in self.holes]
        return f"fill it in, or remove it: {there[0]} is there" if there else None

    def _refuse_schema(self, fault) -> None:
        location = tuple(fault["loc"])
        if self.is_hole(location):
            return
        law, got, allowed = said_of_fault(fault)
        hint = None
        if fault["input"] is None:
            got = "nothing"
        if fault["type"] == NO_STRING:
            hint = "figures have a point, never a comma"
        if fault["type"] == NO_MAPPING and location[0] == VALUES:
            law = "must be a mapping of value, low, high, unit, status, conditions and source"
        if fault["type"] == "extra_forbidden":
            known = CardFile.model_fields if len(location) == 1 else ValueEntry.model_fields
            meant = nearest(str(location[-1]), known)
            hint = f"nearest: {meant}" if meant else None
            if fault["input"] is None and not meant:  # a flow mapping was cut at a comma
                hint = "text that holds a comma stands in quotes"
            allowed = None if meant else ", ".join(known)
        self.refuse(location, law, got, allowed, hint)

    def _holes(self) -> dict[Location, list[Location]]:
        """Entry, or value or limit -> every place in it that is yet to be filled in."""
        found: dict[Location, list[Location]] = {}
        for location in _filled_in(self.content, ()):
            depth = 2 if location[0] in PARTS else 1
            found.setdefault(location[:depth], []).append(location)
        return found


def _filled_in(content: object, location: Location) -> Iterator[Location]:
    if isinstance(content, str) and FILL_IN in content:
        yield location
    if isinstance(content, Mapping):
        for key, child in content.items():
            yield from _filled_in(child, (*location, key))
