"""In which line each layer of a JSON file of counts begins, which JSON readers do not say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LAYERS = "layers"
BLANKS = re.compile(r"[ \t\n\r]*")


def layer_lines(text: str) -> list[int]:
    """The line, from 1, of each element of the list ``layers``; none where there is no list.

    Parameters
    ----------
    text : str
        A JSON object that was read.

    Examples
    --------
    >>> layer_lines('{"steps": 1,\\n"layers": [{},\\n\\n{}]}')
    [2, 4]
    """
    for key, at in _members(text, _blanks(text, 0)):
        if key == LAYERS and text[at] == "[":
            return [text.count("\n", 0, begins) + 1 for begins in _elements(text, at)]
    return []


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Key of each member of the object that begins at `at`, and where its value begins."""
    at = _blanks(text, at + 1)
    while text[at] != "}":
        key, at = _decoder.raw_decode(text, at)
        at = _blanks(text, _blanks(text, at) + 1)  # after the colon
        yield key, at
        at = _next(text, at)


def _elements(text: str, at: int) -> Iterator[int]:
    """Where each element of the list that begins at `at` begins."""
    at = _blanks(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, at)


def _next(text: str, at: int) -> int:
    """What follows the value at `at`: after its comma, or the end of what it stands in."""
    _, at = _decoder.raw_decode(text, at)
    at = _blanks(text, at)
    return _blanks(text, at + 1) if text[at] == "," else at


def _blanks(text: str, at: int) -> int:
    """The first place from `at` on that is not blank."""
    found = BLANKS.match(text, at)
    assert found is not None
    return found.end()


_decoder = json.JSONDecoder()
