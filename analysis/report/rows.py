"""Findings as data: JSON documents and CSV files, in SI units, with the units in the names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from ... import files
from ...errors import FileFormatError, printable
from ...installed import __version__
from .findings import Findings, Table
from .numbers import is_missing

if TYPE_CHECKING:
    import pandas as pd

# Of documents. It grows when a reader of the older one would go wrong: a key that is gone, renamed
# or means something else. New keys do not count.
SCHEMA = "spikewatt/1"
DOES_NOT_FIT = "does_not_fit.csv"
SENTENCE = "sentence.txt"
ASSUMPTIONS = "assumptions.txt"
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet takes for the begin of one


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
    """Everything in `findings` for JSON: sentence, facts, each table by its name, and the lines.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table("rows", "", pd.DataFrame({"energy_j": [2e-9]}))
    >>> document(Findings((table,), facts={"accuracy": 0.9}))
    {'accuracy': 0.9, 'rows': [{'energy_j': 2e-09}]}
    """
    found: dict = {"sentence": findings.sentence} if findings.sentence else {}
    found |= findings.facts
    for table in findings:
        found[table.name] = records(table.frame)

    if findings.assumptions:
        found["assumptions"] = list(findings.assumptions)
        found["does_not_fit"] = dict(findings.does_not_fit)

    return found


def as_json(findings: Findings) -> str:
    """`document` as text; see `json_text`."""
    return json_text(document(findings))


def enveloped(verb: str, data: object) -> dict[str, object]:
    """`data` with what it is, as every verb prints it with ``--json``.

    Examples
    --------
    >>> list(enveloped("price", {"rows": []}))
    ['schema', 'verb', 'spikewatt', 'data']
    """
    return {"schema": SCHEMA, "verb": verb, "spikewatt": __version__, "data": data}


def data_in(document: Mapping, where: str) -> Mapping:
    """The data of a document that a verb printed; versions before the envelope had them alone.

    Parameters
    ----------
    document : mapping
    where : str
        The file, for messages.

    Raises
    ------
    FileFormatError
        A document of another version.
    """
    found = document.get("schema")
    if found is None:
        return document
    if found != SCHEMA:
        law, hint = "is a document that this version reads", "print it again with --json"
        raise FileFormatError(where, law, found, SCHEMA, hint)
    data = document.get("data")
    return data if isinstance(data, Mapping) else {}


def json_text(found: object) -> str:
    """JSON as text: numbers of numpy as plain ones, and null for what JSON has no number for.

    Examples
    --------
    >>> print(json_text({"life_s": float("inf")}))
    {
      "life_s": null
    }
    """
    return json.dumps(_finite(found), indent=2, default=float, allow_nan=False)


def _finite(value: object) -> object:
    """`value` with None in the place of each infinite number and each that is none."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, Real) and not isinstance(value, Integral):
        return value if isfinite(value) else None
    return value


def write_csv(table: Table, path: Path) -> None:
    """Write the whole frame of `table`; see `write_frame`."""
    write_frame(table.frame, path)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV that a spreadsheet reads as text and numbers, and never as a formula.

    Parameters
    ----------
    frame : DataFrame
        A text that begins like a formula (=, +, -, @) gets an apostrophe before it; characters
        that move a cursor are escaped.
    path : Path
        The file.
    """
    safe = frame.map(_inert)
    safe.columns = [_inert(column) for column in frame.columns]
    files.write(path, safe.to_csv(index=False))


def _inert(cell: object) -> object:
    """A cell that nothing executes.

    >>> _inert("=1+1"), _inert("hidden1"), _inert(-3)
    ("'=1+1", 'hidden1', -3)
    """
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def write_folder(findings: Findings, folder: Path) -> None:
    """Write each table as ``<name>.csv`` into `folder`, and the assumptions beside them.

    Devices that were refused stand in ``does_not_fit.csv``, each with its reason; the answer in
    ``sentence.txt``, so that whoever shows the folder later says the same as was said then.
    """
    for table in findings:
        path = folder / f"{table.name}.csv"
        write_csv(table, path)

    if findings.does_not_fit:
        import pandas as pd

        refused = pd.DataFrame(findings.does_not_fit.items(), columns=["device", "why"])
        write_frame(refused, folder / DOES_NOT_FIT)

    if findings.sentence:
        files.write(folder / SENTENCE, _lines(findings.sentence.splitlines()))

    lines = [*findings.assumptions, *findings.does_not_fit.values()]
    files.write(folder / ASSUMPTIONS, _lines(lines))


def _lines(lines: Iterable[str]) -> str:
    """Lines of a text file, in which no character moves a cursor."""
    return "".join(f"{printable(line)}\n" for line in lines)


def merged(named: Mapping[str, Findings], key: str) -> Findings:
    """The findings of several networks as one: a row says in its first column `key` whose it is.

    Parameters
    ----------
    named : mapping from str to Findings
        Name -> findings; the name "" stands for the only network there is, and labels nothing.
        Its facts stay; those of several networks would not say whose they are.
    key : str
        Name of the first column.
    """
    frames: dict[str, list[pd.DataFrame]] = {}
    lines: dict[str, None] = {}  # in order, each once
    does_not_fit: dict[str, str] = {}
    sentences: list[str] = []
    for name, findings in named.items():
        for table in findings:
            labelled = _labelled(table.frame, key, name)
            frames.setdefault(table.name, []).append(labelled)

        lines |= dict.fromkeys(findings.assumptions)
        for device, why in findings.does_not_fit.items():
            refused = f"{name}: {device}" if name else device
            does_not_fit[refused] = why

        if findings.sentence:
            sentences.append(f"{name}: {findings.sentence}" if name else findings.sentence)

    tables = [_joined(name, parts) for name, parts in frames.items()]
    return Findings(
        tuple(tables),
        tuple(lines),
        does_not_fit,
        named[""].facts if "" in named else {},
        sentence="\n".join(sentences),
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
