"""What the terminal shows: findings as tables and lines."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import printable
from .findings import Findings, Table
from .numbers import cell

WIDTH = 130  # of tables in a pipe or file, where there is no terminal to ask


def print_findings(findings: Findings) -> None:
    """The sentence, every table, then the assumptions, what does not fit, and further lines."""
    print_lines(findings.sentence.splitlines(), indent="")

    for table in findings:
        print_table(table)

    print_lines(findings.assumptions)
    print_lines(f"does not fit: {why}" for why in findings.does_not_fit.values())
    print_lines(findings.notes)


def print_table(table: Table) -> None:
    """A table as a reader sees it."""
    print_rows(table.title, table.cells())


def print_rows(title: str, rows: list[dict[str, object]]) -> None:
    """Rows of cells as a table; columns of numbers stand on the right.

    Parameters
    ----------
    title : str
        Head line.
    rows : list of dict
        Title of the column -> text or number, the same titles in each row.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    shown = RichTable(title=escape(printable(title)), title_justify="left")
    for head in rows[0] if rows else ():
        numbers = all(isinstance(row[head], int | float) for row in rows)
        side = "right" if numbers else "left"
        shown.add_column(escape(printable(head)), justify=side, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(printable(cell(value))) for value in row.values()))

    width = None if Console().is_terminal else WIDTH
    Console(width=width).print(shown)


def print_lines(lines: Iterable[str], indent: str = "  ") -> None:
    """Assumptions, below a table."""
    for line in lines:
        print(f"{indent}{printable(line)}")
