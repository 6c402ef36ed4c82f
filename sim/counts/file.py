"""Files of counts: JSON, and CSV with one row per layer, read under limits and with lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ... import files
from ...errors import SHOWN, FileFormatError, SpikewattError
from . import fields
from .json_lines import layer_lines

LARGEST = 2**24  # bytes of a file of counts
VERSION = 1  # of the JSON form
JSON_KEYS = ("version", "$schema")  # that say nothing about the network
SEPARATORS = {";": "semicolons", "\t": "tabs"}  # that are not read
Made = TypeVar("Made")


def write_counts(counts: Any, path: str | Path) -> None:
    """Write `counts` as JSON, whole or not at all."""
    if Path(path).suffix.lower() == ".csv":
        raise SpikewattError(str(path), "counts are saved as JSON", ".csv", ".json")
    files.write(path, json.dumps(as_json(counts), indent=2) + "\n")


def as_json(counts: Any) -> dict[str, Any]:
    """The JSON form; fields that nobody knows are left out."""
    about = {name: getattr(counts, name) for name in fields.INFERENCE}
    layers = [_known(asdict(layer)) for layer in counts.layers]
    return {"version": VERSION, **_known(about), "layers": layers}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def read_counts(made: Callable[..., Made], path: str | Path, steps: int | None = None) -> Made:
    """Counts from a file: JSON where it begins with a bracket or is named so, else CSV."""
    if not isinstance(path, str | Path):
        law = "must be the path of a file of counts"
        raise SpikewattError("Counts.load", law, repr(path)[:SHOWN], "str or Path")
    text = _text(Path(path))
    is_json = text.lstrip()[:1] in ("{", "[") or Path(path).suffix.lower() == ".json"
    found = _from_json(str(path), text) if is_json else _from_csv(str(path), text)

    about = dict(found.about)
    if steps is not None:
        steps = fields.STEPS["steps"].checked("steps", steps)
        if about.get("steps", steps) != steps:
            law = "are said once, or twice alike"
            raise SpikewattError("steps", law, steps, f"{about['steps']}, as {path} says")
        about["steps"] = steps
    if "steps" not in about:
        law = f"must say the steps of an inference{found.how}"
        hint = "--steps N on the command line, steps=N in Python"
        raise FileFormatError(str(path), law, hint=hint)

    try:
        return made(found.layers, **about)
    except SpikewattError as error:
        where = f"{path}: {found.line_of(error.where)}{error.where.removeprefix('Counts.')}"
        raise FileFormatError(where, error.law, error.got, error.allowed, error.hint) from error


class _Found(NamedTuple):
    """What stands in a file: fields of layers and of the inference, and where its layers begin."""

    layers: list[dict[str, Any]]
    about: dict[str, Any]
    lines: dict[str, int]
    how: str

    def line_of(self, where: str) -> str:
        """The line of the layer that an error is about."""
        for layer, line in self.lines.items():
            if where == layer or where.startswith((f"{layer}:", f"{layer}.")):
                return f"line {line}: "
        return ""


def _text(path: Path) -> str:
    """The text of a file that may be one of counts."""
    if not path.exists() or path.is_dir():
        found = "a folder" if path.is_dir() else "no such file"
        raise FileFormatError(str(path), "must be a file of counts", found, "CSV or JSON")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        law, found = "must be UTF-8 text", f"byte {error.object[error.start]:#04x}"
        raise FileFormatError(str(path), law, found, "CSV or JSON") from error
    except OSError as error:
        raise FileFormatError(str(path), "must be readable", error.strerror) from error

    if len(data) > LARGEST:
        raise FileFormatError(str(path), f"has at most {LARGEST:,} bytes", "more")
    if "\0" in text:
        raise FileFormatError(str(path), "must be UTF-8 text", "a byte 0x00", "CSV or JSON")
    if not text.strip():
        raise FileFormatError(str(path), "must be a file of counts", "an empty file")
    return text


# JSON


def _from_json(where: str, text: str) -> _Found:
    """{"steps": …, "layers": [{…}, …]}."""
    try:
        found = json.loads(text, object_pairs_hook=_no_key_twice)
        begins = layer_lines(text) if isinstance(found, dict) else []
    except (ValueError, RecursionError) as error:
        raise FileFormatError(where, "must be JSON", str(error)[:SHOWN]) from error
    if not isinstance(found, dict):
        law = 'must be an object {"steps": …, "layers": […]}'
        raise FileFormatError(where, law, type(found).__name__)

    optional = (*fields.INFERENCE, *JSON_KEYS)
    fields.check_known(where, found, ("layers",), optional)
    version = found.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        law = "must be a version that is known"
        raise FileFormatError(f"{where}: version", law, repr(found["version"])[:SHOWN], VERSION)
    about = {name: found[name] for name in fields.INFERENCE if found.get(name) is not None}
    return _Found(
        found["layers"], about, _lines_in_json(found["layers"], begins), " (the key steps)"
    )


def _lines_in_json(layers: Any, begins: list[int]) -> dict[str, int]:
    """The line that each layer begins in, by its number, and by its name if it alone has it."""
    if not isinstance(layers, list):
        return {}
    names = [layer.get("name") if isinstance(layer, dict) else None for layer in layers]
    by_number = {f"Counts.layers[{number}]": line for number, line in enumerate(begins)}
    by_name = {
        f"layer {name!r}": line
        for name, line in zip(names, begins, strict=True)
        if isinstance(name, str) and names.count(name) == 1
    }
    return by_number | by_name


def _no_key_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} stands twice")
        if key in fields.OPTIONAL and fields.is_missing(value):  # unknown in a table only
            raise ValueError(f"key {key!r} must be a finite number; got {value}")
        found[key] = value
    return found


# CSV


def _from_csv(where: str, text: str) -> _Found:
    """One row per layer; what holds for all of them in columns that are alike in every row."""
    header, rows = _rows(where, text)
    layers, lines, about = [], {}, {}
    for line, cells in rows:
        row = dict(zip(header, cells, strict=True))
        at = f"{where}: line {line}"
        layer = {name: _read(at, name, row[name]) for name in header if name in fields.LAYER}
        layers.append({name: value for name, value in layer.items() if value is not None})
        lines.setdefault(f"layer {layer['name']!r}", line)

        for name in (each for each in header if each in fields.INFERENCE):
            value = _read(at, name, row[name])
            if about.setdefault(name, value) != value:
                law = f"must be what line {rows[0][0]} says"
                said = ["nothing" if each is None else each for each in (value, about[name])]
                raise FileFormatError(f"{at}: {name}", law, *said)
    about = {name: value for name, value in about.items() if value is not None}
    return _Found(layers, about, lines, " (a column steps)")


def _read(at: str, name: str, cell: str) -> Any:
    """What a cell says; None of an empty one that may be empty."""
    kind = (fields.LAYER | fields.INFERENCE)[name]
    if cell:
        return kind.read(f"{at}: {name}", cell)
    if name in fields.REQUIRED:
        raise FileFormatError(f"{at}: {name}", "must not be empty")
    return None


def _rows(where: str, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns, and (line, cells) of each row that is not empty."""
    reader = csv.reader(StringIO(text, newline=""), strict=True, skipinitialspace=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((reader.line_num, stripped))
    except csv.Error as error:
        at = f"{where}: line {reader.line_num}"
        raise FileFormatError(at, "must be CSV", str(error)[:SHOWN]) from error

    if not rows:
        raise FileFormatError(where, "must be a file of counts", "empty cells alone")
    (_, header), *layers = rows
    if len(header) == 1:
        _check_separator(where, header[0])
    fields.check_known(
        f"{where}: columns", header, fields.REQUIRED, [*fields.OPTIONAL, *fields.INFERENCE]
    )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileFormatError(f"{where}: columns", "stand once", f"{', '.join(twice)} twice")
    if not layers:
        raise FileFormatError(where, "must have a row for each layer", "no rows")
    return header, [(line, _filled(where, line, cells, len(header))) for line, cells in layers]


def _check_separator(where: str, header: str) -> None:
    for separator, name in SEPARATORS.items():
        if separator in header:
            raise FileFormatError(where, "columns are separated by commas", name)


def _filled(where: str, line: int, cells: list[str], columns: int) -> list[str]:
    """A row of as many cells as there are columns; those at its end may be left out."""
    if len(cells) > columns:
        law = "has a cell for each column"
        raise FileFormatError(f"{where}: line {line}", law, len(cells), f"{columns} columns")
    return cells + [""] * (columns - len(cells))
