"""A study: a folder with a README, the rows of its tables, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...errors import UNKNOWN_KEY, SpikewattError, one_of, said_of_fault
from ...yaml_document import Document, read_document
from .kinds.registry import ROW_KINDS, USUAL
from .methods.columns import METHODS, ROBUSTNESS
from .results import MEASURES, PRICES, RESULTS, Results, read_results
from .row import KERAS_FILES, RowFile
from .study_file import StudyFile

FOLDER = Path(__file__).parent
ROWS = "rows"
FILE = "study.yaml"
README = "README.md"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Study:
    """One published study.

    Parameters
    ----------
    name : str
        Of its folder: author and year.
    folder : Path
    file : StudyFile
        Whose it is, and the tolerance of a rerun.
    rows : tuple of RowFile
        In the order of their files' names.
    """

    name: str
    folder: Path
    file: StudyFile
    rows: tuple[RowFile, ...]

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return self.file.title

    def row(self, name: str) -> RowFile:
        """The row of this name.

        Raises
        ------
        SpikewattError : there is none.
        """
        known = {row.row: row for row in self.rows}
        return known[one_of(f"study {self.name} row", "must name a row", name, known)]

    def chosen(self, names: Iterable[str] | None) -> tuple[RowFile, ...]:
        """The rows of these names, each once; None for all."""
        if names is None:
            return self.rows
        return tuple(self.row(name) for name in dict.fromkeys(names))

    def committed(self) -> Results:
        """What its committed CSV files say; empty where nothing was run yet."""
        return self.results_in(self.folder)

    def results_in(self, folder: Path) -> Results:
        """What the CSV files in `folder` say of its rows.

        Raises
        ------
        SpikewattError : other columns, another study's lines, or a row that it does not have.
        """
        found = read_results(folder)
        known = {(self.name, row.row) for row in self.rows}
        tables = {RESULTS: found.lines, PRICES: found.prices, MEASURES: found.measures}
        tables |= {METHODS: found.methods, ROBUSTNESS: found.robustness}
        for name, lines in tables.items():
            for line in lines:
                if (line["study"], line["row"]) not in known:
                    got = f"{line['study']}, {line['row']}"
                    law = f"holds rows of the study {self.name} alone"
                    allowed = ", ".join(row.row for row in self.rows)
                    raise SpikewattError(str(folder / name), law, got, allowed)
        return found


def study_names() -> list[str]:
    """Names of the studies, sorted."""
    return sorted(found.parent.name for found in FOLDER.glob(f"*/{ROWS}"))


@cache
def read_study(name: str) -> Study:
    """The study of this name.

    Raises
    ------
    SpikewattError : there is none, or a row breaks a law.
    """
    one_of("study", "must name a study", name, study_names())
    folder = FOLDER / name
    file = _read(folder / FILE, StudyFile)
    paths = sorted((folder / ROWS).glob("*.yaml"))
    rows = tuple(read_row(path, file.keras_files) for path in paths)
    return Study(name, folder, file, rows)


def read_row(path: Path, keras_files: Iterable[str] = ()) -> RowFile:
    """A row from its file.

    Parameters
    ----------
    path : Path
    keras_files : iterable of str, default none
        Networks that its study knows beside those of ``models/studied``.

    Raises
    ------
    SpikewattError : a file that is no row, with the line of what is wrong.
    """
    document, content = _document(path)
    asked_for = content.get("kind", USUAL)
    law = "must name a kind of row"
    kind = ROW_KINDS[one_of(f"{document.where('kind')}: kind", law, asked_for, ROW_KINDS)]
    row = _checked(document, kind.file, {KERAS_FILES: tuple(keras_files)})
    if row.row != path.stem:
        where = f"{document.where('row')}: row"
        raise SpikewattError(where, "is the name of the file", row.row, path.stem)

    return row


def _read(path: Path, model: type[Model]) -> Model:
    """The `model` that a YAML file holds."""
    return _checked(_document(path)[0], model)


def _document(path: Path) -> tuple[Document, dict[Any, Any]]:
    """A file with its keys and their values."""
    document = read_document(path)
    for fault in document.faults:
        raise fault

    if not isinstance(document.content, dict):
        got = type(document.content).__name__
        raise SpikewattError(str(path), "holds keys with their values", got)
    return document, document.content


def _checked(
    document: Document, model: type[Model], context: Mapping[str, Any] | None = None
) -> Model:
    """The content of a file as `model`; of several faults the first, with its line."""
    try:
        return model.model_validate(document.content, context=context)
    except ValidationError as error:
        # A misspelt key is told as such, and not as one that is missing.
        fault = min(error.errors(), key=lambda each: each["type"] == "missing")
        place = document.where(*fault["loc"])
        inner = fault.get("ctx", {}).get("error")
        if isinstance(inner, SpikewattError):  # a law of ours that pydantic passes on
            where = f"{place}: {inner.where}"
            raise SpikewattError(where, inner.law, inner.got, inner.allowed, inner.hint) from error

        law, got, allowed = said_of_fault(fault)
        if law == UNKNOWN_KEY and len(fault["loc"]) == 1:
            allowed = ", ".join(model.model_fields)
        key = ".".join(map(str, fault["loc"]))
        raise SpikewattError(f"{place}: {key}", law, got, allowed) from error
