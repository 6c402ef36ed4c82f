"""What each key of a card means, in one line, with a published example: `data/card_keys.csv`.

Templates (`template`) and the tables of `docs/reference/card_keys.md` come from it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from ..kinds import CardKind
from .schema import FOLDER

TABLE = FOLDER / "card_keys.csv"
OF_ANY_KIND = "any"
WORDS, VALUES, LIMITS = "words", "values", "limits"


class Said(NamedTuple):
    """What is said of one key.

    Parameters
    ----------
    unit : str
        A usual one, as a card writes it; "" of a plain number.
    meaning : str
        One line.
    example : str
        A published figure, or what a word can be; "" where none is known.
    source : str
        Of the example.
    """

    unit: str
    meaning: str
    example: str
    source: str

    @property
    def shown_example(self) -> str:
        """The example and its source, or "" where none is known."""
        of = f" ({self.source})" if self.source else ""
        return f"{self.example}{of}" if self.example else ""


def said_of(kind: CardKind, part: str) -> dict[str, Said]:
    """Key -> what is said of it, in the order of the table.

    Parameters
    ----------
    kind : CardKind
    part : str
        ``words``, ``values`` or ``limits``.

    Examples
    --------
    >>> from spikewatt.energy.cards.kinds import CARD_KINDS
    >>> said_of(CARD_KINDS["battery"], "values")["voltage_v"].meaning
    'its voltage under that load'
    """
    own, of_any = (_table().get((name, part), {}) for name in (kind.name, OF_ANY_KIND))
    return {**of_any, **own}


def choices_of(kind: CardKind, word: str) -> dict[str, str]:
    """Choice -> what it means, of a word that is one of several.

    >>> from spikewatt.energy.cards.kinds import CARD_KINDS
    >>> list(choices_of(CARD_KINDS["neuromorphic_core"], "timing"))
    ['clocked', 'tick', 'barrier']
    """
    start = f"{word}: "
    words = said_of(kind, WORDS)
    return {key.removeprefix(start): one.meaning for key, one in words.items() if start in key}


def is_choice(word: str) -> bool:
    """Whether a word of the table is a choice of another: ``timing: tick``."""
    return ":" in word


@cache
def _table() -> Mapping[tuple[str, str], Mapping[str, Said]]:
    found: dict[tuple[str, str], dict[str, Said]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            of_part = found.setdefault((row["kind"], row["part"]), {})
            of_part[row["key"]] = Said(*(row[field] for field in Said._fields))
    return found
