"""Findings as data: JSON documents and CSV files, in SI units, with the units in the names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ... import files
from .findings import Findings, Table
from .numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd


def records(frame: pd.DataFrame) -> list[dict]:
    """Rows of a frame, with None where there is no value.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"layer": ["input", "output"], "sops": [float("nan"), 3.0]}))
    [{'layer': 'input', 'sops': None}, {'layer': 'output', 'sops': 3.0}]
    """
    return [_record(row) for row in frame.to_dict("records")]


def _record(row: Mapping) -> dict:
    found = {}
    for key, value in row.items():
        found[str(key)] = None if is_missing(value) else value

    return found


def document(findings: Findings) -> dict:
    """Everything in `findings` for JSON: facts, each table under its name, and the lines.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table("rows", "", pd.DataFrame({"energy_j": [2e-9]}))
    >>> document(Findings((table,), facts={"accuracy": 0.9}))
    {'accuracy': 0.9, 'rows': [{'energy_j': 2e-09}]}
    """
    found: dict = dict(findings.facts)
    for table in findings:
        found[table.name] = records(table.frame)

    if findings.assumptions:
        found["assumptions"] = list(findings.assumptions)
        found["does_not_fit"] = dict(findings.does_not_fit)

    return found


def as_json(findings: Findings) -> str:
    """`document` as text; numbers of numpy are written as plain ones."""
    return json.dumps(document(findings), indent=2, default=float)


def write_csv(table: Table, path: Path) -> None:
    """Write the whole frame of `table`."""
    files.write(path, table.frame.to_csv(index=False))


def write_folder(findings: Findings, folder: Path) -> None:
    """Write each table as ``<name>.csv`` into `folder`, and the assumptions beside them."""
    for table in findings:
        path = folder / f"{table.name}.csv"
        write_csv(table, path)

    lines = [*findings.assumptions, *findings.does_not_fit.values()]
    files.write(folder / "assumptions.txt", "\n".join(lines) + "\n")


def merged(named: Mapping[str, Findings], key: str) -> Findings:
    """The findings of several networks as one: a row says in its first column `key` whose it is.

    Parameters
    ----------
    named : mapping from str to Findings
        Name -> findings; the name "" stands for the only network there is, and labels nothing.
    key : str
        Name of the first column.
    """
    frames: dict[str, list[pd.DataFrame]] = {}
    lines: dict[str, None] = {}  # in order, each once
    does_not_fit: dict[str, str] = {}
    for name, findings in named.items():
        for table in findings:
            labelled = _labelled(table.frame, key, name)
            frames.setdefault(table.name, []).append(labelled)

        lines |= dict.fromkeys(findings.assumptions)
        for device, why in findings.does_not_fit.items():
            refused = f"{name}: {device}" if name else device
            does_not_fit[refused] = why

    tables = [_joined(name, parts) for name, parts in frames.items()]
    return Findings(
        tuple(tables),
        tuple(lines),
        does_not_fit,
    )


def _labelled(frame: pd.DataFrame, key: str, name: str) -> pd.DataFrame:
    if not name:
        return frame

    labelled = frame.copy()
    labelled.insert(0, key, name)
    return labelled


def _joined(name: str, parts: list[pd.DataFrame]) -> Table:
    import pandas as pd

    frame = pd.concat(parts, ignore_index=True)
    return Table(name, "", frame)
