"""What the terminal shows: the sentence first, then findings as tables and lines that fit it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from ....errors import printable
from ..findings import Findings, ShownColumn, Table
from ..numbers import cell
from .grid import GridColumn, fitted, full_width, natural_width, wrapped
from .legend import Legend

WIDTH = 80  # where neither COLUMNS nor a terminal says
NARROWEST = 20  # columns, whatever COLUMNS says
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def print_findings(findings: Findings) -> None:
    """The sentence, every table, then the assumptions, what does not fit, and further lines.

    Assumptions are shown in brief where there are short lines, and in full where there are none.
    """
    print_lines(findings.sentence.splitlines(), indent="")
    if findings.sentence:
        print()

    print_tables(findings)
    print_lines(findings.in_brief or findings.assumptions)
    print_lines(f"does not fit: {why}" for why in findings.does_not_fit.values())
    print_lines(findings.notes)


def print_tables(tables: Iterable[Table]) -> None:
    """Tables that share the marks of long names."""
    legend = Legend()
    for table in tables:
        _print(table.title, table.shown(), legend, table.footnotes)


def print_table(table: Table) -> None:
    """A table as a reader sees it."""
    print_tables([table])


def print_rows(title: str, rows: list[dict[str, object]]) -> None:
    """Rows of cells as a table; columns of numbers are aligned at the point.

    Parameters
    ----------
    title : str
        Head line.
    rows : list of dict
        Title of the column -> text or number, the same titles in each row.
    """
    columns = []
    for place, head in enumerate(rows[0] if rows else ()):
        cells = [row[head] for row in rows]
        numbers = all(isinstance(value, int | float) for value in cells)
        columns.append(ShownColumn(head, cells, numbers, place))

    _print(title, columns, Legend())


def print_lines(lines: Iterable[str], indent: str = "  ") -> None:
    """Assumptions, below a table: wrapped for a terminal or COLUMNS, a line each in a pipe."""
    width = _asked_width()
    for line in lines:
        text = printable(line)
        parts = [text] if width is None else wrapped(text, width - len(indent))
        for part in parts:
            print(f"{indent}{part}")


# ------------------------------------------------------------------ a table on a page


def _print(
    title: str,
    shown: Sequence[ShownColumn],
    legend: Legend,
    footnotes: Sequence[str] = (),
) -> None:
    width = _asked_width() or WIDTH
    columns = [_on_paper(column) for column in shown]
    for line in wrapped(printable(title), width, ""):
        print(_bold(line))
    if not columns:
        return

    if natural_width(columns) > width:
        full = [column for column in columns if any(column.cells)]
        columns = [_marked(column, legend) for column in full or columns]

    grid = fitted(columns, width)
    *heads, rule = grid.head()
    for line in heads:
        print(_bold(line))
    print(rule)
    rows = grid.rows()
    for line in rows:
        print(line)

    cells = [cell for column in grid.columns for cell in column.cells]
    print_lines([*legend.lines(cells), *footnotes])
    if grid.left_out:
        needed = full_width(columns)
        missing = ", ".join(grid.left_out)
        print_lines([f"not shown at {width} columns: {missing}; COLUMNS={needed} shows all"])
    print()


def _on_paper(column: ShownColumn) -> GridColumn:
    cells = tuple(printable(cell(value)) for value in column.cells)
    return GridColumn(printable(column.head), cells, column.number, column.leave_out)


def _marked(column: GridColumn, legend: Legend) -> GridColumn:
    """The same with marks in the place of long names."""
    if column.number:
        return column
    cells = tuple(legend.short(text) for text in column.cells)
    return GridColumn(column.head, cells, False, column.leave_out)


def _asked_width() -> int | None:
    """Columns that COLUMNS says, or the terminal; None where output goes to a pipe or a file."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdigit() and int(asked) > 0:
        return max(NARROWEST, int(asked))
    if sys.stdout.isatty():
        return max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns)
    return None


def _bold(text: str) -> str:
    """A head line, which stands out on a terminal."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain or not sys.stdout.isatty() else f"{BOLD}{text}{PLAIN}"
