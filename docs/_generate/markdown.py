"""Markdown of what the package shows in a terminal: tables, lines, summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spikewatt.analysis.report.findings import ShownColumn, Table
from spikewatt.analysis.report.numbers import cell
from spikewatt.analysis.studies.shown.markdown import markdown_table

CODE = re.compile(r"(`+[^`]*`+)")
SPECIAL = re.compile(r"[<>*\[\]]")
ENTITIES = {"<": "&lt;", ">": "&gt;"}
DOI = re.compile(r"\bdoi:(10\.\d{4,9}/[^\s,;)\]]*[^\s,;)\].])")


def text(words: str) -> str:
    """`words` so that Markdown shows them as they are; code stays code, and a DOI is a link.

    >>> text("<dataset>.npz of `a*b`")
    '&lt;dataset&gt;.npz of `a*b`'
    """
    parts = CODE.split(words)
    parts[::2] = [_plain(part) for part in parts[::2]]
    return "".join(parts)


def _plain(part: str) -> str:
    safe = SPECIAL.sub(lambda found: ENTITIES.get(found.group(), f"\\{found.group()}"), part)
    return DOI.sub(r"[doi:\1](https://doi.org/\1)", safe)


def code(word: object) -> str:
    """`word` as code; "" of nothing."""
    return f"`{word}`" if str(word) else ""


def sentence(words: str) -> str:
    """`words`, which begin small in the code, as a sentence of a page."""
    words = text(words.strip())
    return f"{words[:1].upper()}{words[1:]}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], sides: str = "") -> str:
    """A Markdown table, all of it to the left where no `sides` are given; "" without rows."""
    lines = [[_one_line(each) for each in row] for row in rows]
    return markdown_table(heads, lines, sides or "l" * len(heads)) if lines else ""


def of_table(found: Table) -> str:
    """A table of the package, as a reader of the terminal sees it, and its footnotes."""
    columns = found.shown()
    heads = [column.head for column in columns]
    rows = zip(*(map(_shown, column.cells) for column in columns), strict=True)
    sides = "".join(map(_side, columns))
    parts = [table(heads, rows, sides), *(text(note) for note in found.footnotes)]
    return "\n\n".join(parts)


def _side(column: ShownColumn) -> str:
    return "r" if column.number else "l"


def _shown(value: object) -> str:
    return text(value) if isinstance(value, str) else text(str(cell(value)))


def _one_line(words: str) -> str:
    return " ".join(words.split())


def page(title: str, *parts: str) -> str:
    """A page: its head, and what is not empty, with an empty line between."""
    return "\n\n".join([f"# {title}", *(part for part in parts if part)]) + "\n"


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"* {_one_line(line)}" for line in lines)


def summary(docstring: str | None) -> str:
    """The first sentence or line of a docstring, with its code as Markdown has it."""
    first = (docstring or "").strip().split("\n\n")[0]
    return text(_one_line(first.replace("``", "`")))
