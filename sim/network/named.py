"""Concepts as small frozen classes, each with the name that files, tables and users write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, TypeVar

from ...errors import one_of


class Named:
    """A concept without state: its class holds the facts, its name stands in files and tables.

    It equals its name, so that ``network.code == "rate"`` says what it seems to say.

    >>> from spikewatt.sim.network.codes import Rate
    >>> Rate() == "rate", str(Rate()), repr(Rate())
    (True, 'rate', 'Rate()')
    """

    name: ClassVar[str]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.name == other
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"{self!r} is frozen: {field} cannot be set")


Concept = TypeVar("Concept", bound=Named)


def by_name(concepts: Iterable[Concept]) -> dict[str, Concept]:
    """Name -> concept, in the order given."""
    return {concept.name: concept for concept in concepts}


def named(where: str, law: str, value: str | Concept, table: Mapping[str, Concept]) -> Concept:
    """The entry of `table` that `value` is, or names.

    Raises
    ------
    SpikewattError : it is none; the names of all are listed.
    """
    if isinstance(value, Named) and table.get(value.name) == value:
        return table[value.name]
    return table[one_of(where, law, value, table)]  # type: ignore[arg-type]
