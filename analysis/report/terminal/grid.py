"""Columns of text in a given width: words are wrapped, numbers never; what is left out is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from rich.cells import cell_len

GAP = "  "  # between two columns
INDENT = "  "  # of what goes on from the line above, in one cell
EASY = 14  # characters that a column of words gets before other columns are left out
MOST = 20  # characters above which a word is cut where no punctuation parts it
HEAD_LINES = 2  # that a head takes where there is room
NUMBER = re.compile(r"[-+−]?(?:\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|\.\d+|∞)")
# Where a word that is too long for a line is parted: after these or before a plus, if need be
# after these too.
PARTS = re.compile(r"\+?[^,:/;|+]*[,:/;|]*")
SMALL_PARTS = re.compile(r"[^_=.-]*[_=.-]*")


@dataclass(frozen=True)
class GridColumn:
    """A column as it stands on paper.

    Parameters
    ----------
    head : str
        Its title, with the unit.
    cells : tuple of str
        One per row.
    number : bool, default False
        Whether cells are numbers, which are aligned at the point and never parted.
    leave_out : int, default 0
        Where there is no room the column with the largest goes first; that with 0 stays.
    """

    head: str
    cells: tuple[str, ...]
    number: bool = False
    leave_out: int = 0

    @property
    def widest_cell(self) -> int:
        return max((cell_len(line) for cell in self.cells for line in cell.split("\n")), default=0)

    @property
    def natural(self) -> int:
        """The width that it takes where there is enough."""
        head = _longest_word(self.head)
        while len(wrapped(self.head, head, "")) > HEAD_LINES:
            head += 1
        return max(self.widest_cell, head)

    @property
    def easy(self) -> int:
        """The width below which another column is rather left out."""
        if self.number:
            return max(self.widest_cell, _longest_word(self.head))
        return min(self.natural, max(EASY, self.least))

    @property
    def least(self) -> int:
        """The smallest width in which it still can be read."""
        head = _longest_word(self.head)
        if self.number:
            return max(self.widest_cell, head)
        words = [word for cell in self.cells for word in cell.split()]
        parts = [part for word in words for part in _parts(word, 0)]
        longest = max(map(cell_len, parts), default=0) + len(INDENT)
        return max(head, min(self.widest_cell, longest, MOST))


@dataclass(frozen=True)
class Grid:
    """Columns that were fitted into a width.

    Parameters
    ----------
    columns : tuple of GridColumn
        Those that are shown.
    widths : tuple of int
        Of each.
    left_out : tuple of str
        Heads of those that are not shown.
    """

    columns: tuple[GridColumn, ...]
    widths: tuple[int, ...]
    left_out: tuple[str, ...] = ()

    def head(self) -> list[str]:
        """Head and rule, as lines."""
        heads = [wrapped(c.head, w, "") for c, w in zip(self.columns, self.widths, strict=True)]
        most = max(map(len, heads))
        low = [[""] * (most - len(lines)) + lines for lines in heads]  # they stand on the rule
        rule = GAP.join("─" * width for width in self.widths)
        return [*self._lines(low), rule]

    def rows(self) -> list[str]:
        """All rows, as lines; a name of several lines, as in the row above, is said once."""
        shown, above = [], None
        for cells in zip(*(column.cells for column in self.columns), strict=True):
            parts = []
            told = above is not None  # whether all cells so far are those of the row above
            for column, cell, width, before in zip(
                self.columns, cells, self.widths, above or cells, strict=True
            ):
                lines = [cell] if column.number else wrapped(cell, width)
                told = told and cell == before and not column.number
                parts.append([] if told and len(lines) > 1 else lines)
            shown += self._lines(parts)
            above = cells

        return shown

    def _lines(self, cells: list[list[str]]) -> list[str]:
        lines = []
        for parts in zip_longest(*cells, fillvalue=""):
            padded = [
                _padded(part, width, column.number)
                for part, width, column in zip(parts, self.widths, self.columns, strict=True)
            ]
            lines.append(GAP.join(padded).rstrip())
        return lines


def width_of(widths: Sequence[int]) -> int:
    """The width of columns together, with the gaps between them."""
    return sum(widths) + len(GAP) * (len(widths) - 1)


def fitted(columns: Sequence[GridColumn], width: int) -> Grid:
    """`columns` in `width`: words wrapped first, then columns left out, numbers never parted.

    Where the first column and numbers alone are wider than `width`, the grid is as wide as they.
    """
    kept = [_aligned(column) for column in columns]
    left_out: list[str] = []
    while True:
        if widths := _shrunk(kept, [column.easy for column in kept], width):
            return Grid(tuple(kept), widths, tuple(left_out))

        goes = max(kept, key=lambda column: column.leave_out)
        if not goes.leave_out:
            break
        kept.remove(goes)
        left_out.append(goes.head)

    while True:
        least = [column.least for column in kept]
        widths = _shrunk(kept, least, width)
        if widths or len(kept) <= 2:
            return Grid(tuple(kept), widths or tuple(least), tuple(left_out))
        left_out.append(kept.pop().head)


def full_width(columns: Sequence[GridColumn]) -> int:
    """The smallest width in which no column is left out and words are easily read."""
    return width_of([_aligned(column).easy for column in columns])


def natural_width(columns: Sequence[GridColumn]) -> int:
    """The width in which no cell is wrapped."""
    return width_of([_aligned(column).natural for column in columns])


def _shrunk(columns: list[GridColumn], floors: list[int], width: int) -> tuple[int, ...] | None:
    """Widths that fit: the widest column that may shrink does, one by one; None if none can."""
    widths = [column.natural for column in columns]
    while width_of(widths) > width:
        able = [i for i, floor in enumerate(floors) if widths[i] > floor]
        if not able:
            return None
        widest = max(able, key=lambda i: widths[i])
        widths[widest] -= 1
    return tuple(widths)


# ------------------------------------------------------------------ words


def wrapped(text: str, width: int, indent: str = INDENT) -> list[str]:
    """`text` in lines of at most `width`, parted at spaces, else after punctuation.

    Examples
    --------
    >>> wrapped("odin_style:axons_per_core=512 snn", 16)
    ['odin_style:', '  axons_per_', '  core=512 snn']
    """
    lines = []
    for paragraph in text.split("\n"):
        line = None
        for space, token in _tokens(paragraph, width, indent):
            if line is None:
                line = token
            elif cell_len(line + space + token) <= width:
                line += space + token
            else:
                lines.append(line)
                line = indent + token
        lines.append(line or "")
    return lines


def _tokens(text: str, width: int, indent: str) -> Iterator[tuple[str, str]]:
    """What is never parted, each with the space before it: words, and parts of long ones."""
    room = max(1, width - len(indent))
    if cell_len(text) <= width:
        yield "", text
        return

    for word in text.split(" "):
        parts = [word] if cell_len(word) <= room else _parts(word, room)
        space = " "
        for part in parts:
            for i in range(0, max(1, len(part)), room):
                yield space, part[i : i + room]
                space = ""


def _parts(word: str, room: int) -> list[str]:
    """A word parted at punctuation, so that its parts have room, if that can be."""
    parts = []
    for part in filter(None, PARTS.findall(word)):
        is_short = cell_len(part) <= room
        parts += [part] if is_short else filter(None, SMALL_PARTS.findall(part))
    return parts


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


# ------------------------------------------------------------------ numbers


def _aligned(column: GridColumn) -> GridColumn:
    """The same with its numbers below each other at the point, each of a range by itself."""
    if not column.number:
        return column

    rows = [_cut(cell) for cell in column.cells]
    if len({len(row) for row in rows if row}) != 1:
        return column

    places = max(map(len, rows))
    before = [max((len(row[i][0]) for row in rows if row), default=0) for i in range(places)]
    behind = [max((len(row[i][1]) for row in rows if row), default=0) for i in range(places)]

    cells = []
    for row in rows:
        parts = [f"{whole:>{before[i]}}{rest:<{behind[i]}}" for i, (whole, rest) in enumerate(row)]
        cells.append("".join(parts))
    return replace(column, cells=tuple(cells))


def _cut(cell: str) -> list[tuple[str, str]]:
    """The numbers of a cell: what is before the point, and from there to the next number."""
    found = list(NUMBER.finditer(cell))
    ends = [match.start() for match in found[1:]] + [len(cell)]
    begins = [0, *(match.start() for match in found[1:])]

    parts = []
    for match, begin, end in zip(found, begins, ends, strict=False):
        whole = match.group().partition(".")[0]
        point = match.start() + len(whole)
        parts.append((cell[begin:point], cell[point:end]))
    return parts
