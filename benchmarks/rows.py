"""Rows of a benchmark: each is shown and written as soon as it is known."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

from spikewatt.analysis.report.terminal.console import print_rows

FOLDER = Path(__file__).resolve().parents[1] / "build" / "bench"


class Rows:
    """The rows of one benchmark, in ``build/bench/<name>.json``.

    Parameters
    ----------
    name : str, of the file.
    title : str, what all rows have in common.
    """

    def __init__(self, name: str, title: str):
        self.file = FOLDER / f"{name}.json"
        self.title = title
        self.rows: list[dict] = []
        print(f"\n{title}", flush=True)

    def add(self, row: dict) -> None:
        """Show a row, and write all so far; a benchmark that is cut off leaves these."""
        self.rows.append(row | {"load": round(os.getloadavg()[0], 2)})
        shown = ", ".join(f"{key} {_short(value)}" for key, value in row.items())
        print(f"  {shown}", flush=True)

        self.file.parent.mkdir(parents=True, exist_ok=True)
        found = {
            "title": self.title,
            "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
            "when": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
            "rows": self.rows,
        }
        self.file.write_text(json.dumps(found, indent=1) + "\n")

    def table(self) -> None:
        """All rows once more, as a table; a cell that a row lacks is empty."""
        heads = list(dict.fromkeys(head for row in self.rows for head in row))
        print_rows(self.title, [{head: row.get(head, "") for head in heads} for row in self.rows])


def _short(value: object) -> str:
    return (
        f"{value:,.3g}"
        if isinstance(value, float) and value < 1000
        else (f"{value:,.0f}" if isinstance(value, int | float) else str(value))
    )
