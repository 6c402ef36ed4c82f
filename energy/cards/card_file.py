"""Card files: YAML, read through a schema and laws into a Card; nobody else parses strings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ... import files
from ...errors import SpikewattError, raise_faults
from ...yaml_document import read_document
from .card import ENDS, Card, Quantity
from .files.draft import Draft
from .files.laws import check_laws
from .files.quantities import quantity_of
from .files.schema import FOLDER as FOLDER
from .files.schema import HEAD, PROVENANCE, CardFile
from .kinds import CARD_KINDS

MOST_NODES = 4000  # of a file that is read as a card; the largest of ours has 400


def read_card_file(path: Path) -> CardFile:
    """The content of `path`, which keeps the laws of its kind of card.

    Parameters
    ----------
    path : Path

    Raises
    ------
    SpikewattError
        No YAML, or no mapping. Of a mapping every fault at once, each with its line (`ManyFaults`
        where there are several): missing or unknown keys, keys that stand twice, what is yet to be
        filled in, wrong types, units and ranges, a limit out of its range.
    """
    document = read_document(path)
    if not isinstance(document.content, dict):
        content = document.content
        found = "an empty file" if content is None else type(content).__name__
        law = "must be a card: a mapping of keys to values"
        raise SpikewattError(str(path), law, found, ", ".join(CardFile.model_fields))
    if document.nodes > MOST_NODES:
        law = f"must be a card, which holds at most {MOST_NODES:,} keys, numbers and texts"
        raise SpikewattError(str(path), law, f"{document.nodes:,}")

    draft = Draft(document)
    check_laws(draft)
    raise_faults(draft.faults())
    assert draft.file is not None  # else its schema had a fault
    return draft.file


def card_of(path: Path, file: CardFile) -> Card:
    """The card that a file describes, without what a fit fills in.

    Parameters
    ----------
    path : Path
        Where the file was read, for messages.
    file : CardFile
        As of `read_card_file`.
    """
    kind = CARD_KINDS[file.kind]
    values = {
        key: quantity_of(f"{path.name}: {key}", f"{file.name}: {key}", key, entry, kind)
        for key, entry in file.values.items()
    }
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
