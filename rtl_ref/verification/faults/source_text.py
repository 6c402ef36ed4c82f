"""Finds places in SystemVerilog text: what is code, what is a statement, which brackets match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPENING, CLOSING = "([{", ")]}"
PASSIVE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)|\"[^\"\n]*\"|`\w+[^\n]*",
    re.S,
)


@dataclass(frozen=True)
class Span:
    """Text from `start` to before `end`."""

    start: int
    end: int

    def __contains__(self, place: int) -> bool:
        return self.start <= place < self.end

    def of(self, text: str) -> str:
        """The text there."""
        return text[self.start : self.end]


def code(text: str) -> str:
    """`text` with comments, attributes, strings and directives blanked; places stay the same.

    >>> code("a = b; // c")
    'a = b;     '
    """

    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    return PASSIVE.sub(blank, text)


def closing(text: str, opening: int) -> int:
    """Place of the bracket that closes the one at `opening`.

    >>> closing("f(a[1], b)", 1)
    9
    """
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] in OPENING) - (text[place] in CLOSING)
        if depth == 0:
            return place
    raise ValueError("a bracket is not closed")


def blocks(text: str, word: str) -> Iterator[Span]:
    """What stands under each `word`, such as ``always_ff``: a statement, or begin…end."""
    for match in re.finditer(rf"\b{word}\b\s*(@\s*\([^)]*\))?", text):
        yield Span(match.end(), _statement_end(text, match.end()))


def _statement_end(text: str, start: int) -> int:
    depth = 0
    for match in re.finditer(r"\b(begin|case|end|endcase)\b|;", text[start:]):
        token = match[0]
        depth += token in ("begin", "case")
        depth -= token in ("end", "endcase")
        rest = text[start + match.end() :].lstrip()
        if depth == 0 and not rest.startswith("else"):
            return start + match.end()
    return len(text)


def instances(text: str) -> Iterator[tuple[Span, bool]]:
    """Named connections of each instance, from bracket to bracket; whether of parameters."""
    for match in re.finditer(r"\(\s*\.\w+", text):
        before = text[: match.start()].rstrip()
        yield Span(match.start(), closing(text, match.start()) + 1), before.endswith("#")


def connections(text: str, instance: Span) -> Iterator[tuple[str, Span, Span]]:
    """Name, whole place, and place of the expression of each connection of an instance.

    An implicit one (``.clk``) has an empty expression.
    """
    place = instance.start + 1
    while match := re.compile(r"\s*\.(\w+)\s*").match(text, place):
        start, end = match.start(1) - 1, match.end(1)
        inner = Span(end, end)
        if text[match.end() : match.end() + 1] == "(":
            end = closing(text, match.end()) + 1
            inner = Span(match.end() + 1, end - 1)
        yield match[1], Span(start, end), inner
        comma = re.compile(r"\s*,").match(text, end)
        if not comma:
            return
        place = comma.end()
