"""One page per card of a device, and their index by kind."""

from __future__ import annotations

from collections.abc import Iterator

from spikewatt.analysis.report.devices import ABOUT_BOARDS, board_table, card_findings, card_rows
from spikewatt.analysis.report.numbers import PREFIXES
from spikewatt.energy.cards.card import Card, Quantity
from spikewatt.energy.cards.files.said import LIMITS, VALUES, said_of
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.pricing.in_brief import statuses

from .markdown import bullets, code, of_table, page, sentence, table, text

FOLDER = "reference/cards"
INTRODUCTION = """Each value of a device has a unit, a range from the 5th to the 95th percentile, a
status and a source. A card's page shows all of them, with those that a card takes from its core,
its kernel library or what holds for every device of its kind. `spikewatt devices NAME` prints the
same, and `spikewatt devices NAME --json` gives it to a program."""
STATUSES = """What a status says: *measured* is read from an instrument by the source, *simulated*
from a simulation of the circuit, *estimated* follows from measured values by a law or a fit,
*assumed* is a choice of ours; its range is wide, and the verdicts that turn with it are named in a
report."""
HEADS = ("key", "value", "low", "high", "status", "source", "conditions")
PREFIXED = ("J", "s", "W", "Hz", "A", "V", "C")  # units of which a value is shown with a prefix


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    cards = [load_card(name) for name in card_names()]
    made = {f"{FOLDER}/index.md": _index(cards)}
    return made | {f"{FOLDER}/{card.name}.md": _page(card) for card in cards}


def _index(cards: list[Card]) -> str:
    parts = [INTRODUCTION, STATUSES]
    for kind in dict.fromkeys(str(card.kind) for card in cards):
        rows = [
            (f"[{card.name}]({card.name}.md)", text(card.title), statuses(card))
            for card in cards
            if str(card.kind) == kind
        ]
        parts += [f"## {_words(kind)}", table(("card", "what", "values"), rows)]
        if kind == "microcontroller":
            parts += [of_table(board_table()), bullets(map(sentence, ABOUT_BOARDS))]
    return page("Cards of devices", *parts)


def _words(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _page(card: Card) -> str:
    about = [f"**{text(card.title)}.** A card of the kind {text(_words(str(card.kind)).lower())}."]
    notes = bullets(sentence(note) for note in card_findings(card).notes)
    sources = list(dict.fromkeys(each.source for each in card.values.values() if each.source))
    marks = {source: str(number) for number, source in enumerate(sources, start=1)}
    rows = [_row(card, key, quantity, marks) for key, quantity in card.values.items()]
    listed = "\n".join(f"{marks[source]}. {text(source)}" for source in sources)
    return page(
        card.name,
        *about,
        notes,
        "## Values",
        table(HEADS, rows, "lrrrlrl"),
        "## Sources",
        listed,
        "## Limits" if card.limits else "",
        table(("limit", "value"), [(code(key), f"{n:,}") for key, n in card.limits.items()], "lr"),
        "## What the keys mean",
        table(("key", "meaning"), list(_meanings(card))),
    )


def _row(card: Card, key: str, quantity: Quantity, marks: dict[str, str]) -> tuple[str, ...]:
    unit = card.kind.unit(key)
    numbers = [_number(end, unit) for end in (quantity.value, quantity.low, quantity.high)]
    mark = marks.get(quantity.source, "")
    return (code(key), *numbers, quantity.status, mark, text(quantity.conditions))


def _number(value: float, unit: str) -> str:
    """Four digits, with a prefix where the unit takes one."""
    size, prefix = 0, ""
    if unit in PREFIXED and value:
        fitting = ((size, word) for size, word in PREFIXES.items() if abs(value) >= 10.0**size)
        size, prefix = next(fitting, (0, ""))
    return f"{value / 10.0**size:.4g} {prefix}{unit}".strip()


def _meanings(card: Card) -> Iterator[tuple[str, str]]:
    """What `card_keys.csv` says of the keys that this card has."""
    said = {**said_of(card.kind, VALUES), **said_of(card.kind, LIMITS)}
    for key in card_rows(card)["key"]:
        if key in said:
            yield code(key), sentence(said[key].meaning)
