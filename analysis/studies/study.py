"""A study: a folder with a README, the rows of its tables, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from ...errors import SpikewattError, first_fault, one_of
from ...yaml_document import read_document
from .kinds.registry import ROW_KINDS, USUAL
from .results import Results, read_results
from .row import RowFile

FOLDER = Path(__file__).parent
ROWS = "rows"


@dataclass(frozen=True)
class Study:
    """One published study.

    Parameters
    ----------
    name : str
        Of its folder: author and year.
    folder : Path
    rows : tuple of RowFile
        In the order of their files' names.
    """

    name: str
    folder: Path
    rows: tuple[RowFile, ...]

    @property
    def title(self) -> str:
        """The first head of its README."""
        first = (self.folder / "README.md").read_text(encoding="utf-8").partition("\n")[0]
        return first.removeprefix("#").strip()

    def row(self, name: str) -> RowFile:
        """The row of this name.

        Raises
        ------
        SpikewattError : there is none.
        """
        known = {row.row: row for row in self.rows}
        return known[one_of(f"study {self.name} row", "must name a row", name, known)]

    def chosen(self, names: Iterable[str] | None) -> tuple[RowFile, ...]:
        """The rows of these names; None for all."""
        return self.rows if names is None else tuple(self.row(name) for name in names)

    def committed(self) -> Results:
        """What its committed CSV files say; empty where nothing was run yet."""
        return read_results(self.folder)


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
    rows = tuple(read_row(path) for path in sorted((folder / ROWS).glob("*.yaml")))
    return Study(name, folder, rows)


def read_row(path: Path) -> RowFile:
    """A row from its file.

    Raises
    ------
    SpikewattError : a file that is no row, with the line of what is wrong.
    """
    document = read_document(path)
    for fault in document.faults:
        raise fault

    content = document.content
    if not isinstance(content, dict):
        raise SpikewattError(str(path), "holds the keys of a row", type(content).__name__)

    law = "must name a kind of row"
    kind = ROW_KINDS[one_of(f"{path.name}: kind", law, content.get("kind", USUAL), ROW_KINDS)]
    try:
        row = kind.file.model_validate(content)
    except ValidationError as error:
        place = document.where(*error.errors()[0]["loc"])
        raise first_fault(f"{place}: ", error, kind.file.model_fields) from error
    if row.row != path.stem:
        raise SpikewattError(document.where("row"), "is the name of the file", row.row, path.stem)

    return row
