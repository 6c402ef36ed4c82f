"""A template of a card, filled in as a person does it: entry by entry, in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

Figure = tuple[float, float, float, str]  # value, low, high, unit


def fill(
    path: Path,
    words: Mapping[str, str],
    values: Mapping[str, Figure],
    limits: Mapping[str, int],
    without: Iterable[str] = (),
) -> None:
    """Fill in what is given, out of its comment where it stands in one, and delete `without`."""
    text = path.read_text("utf-8")
    for word, said in words.items():
        text = _once(rf"^(?:# )?{word}: FILL_IN$", f"{word}: {said}", text)
    for key, (value, low, high, unit) in values.items():
        entry = (
            f"  {key}:\n    {{value: {value}, low: {low}, high: {high}, unit: {unit}, "
            'status: estimated, conditions: "", source: a paper}'
        )
        text = _once(rf"^  (?:# )?{key}:\n  (?:# )?  \{{.*\}}$", entry, text)
    for key, limit in limits.items():
        text = _once(rf"^  (?:# )?{key}: \S+$", f"  {key}: {limit}", text)
    for key in without:
        text = _once(rf"^  {key}:\n.*\n", "", text)
    path.write_text(text, "utf-8")


def _once(pattern: str, new: str, text: str) -> str:
    found, count = re.subn(pattern, lambda _: new, text, flags=re.MULTILINE)
    assert count == 1, f"{pattern}: {count} times"
    return found
