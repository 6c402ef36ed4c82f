"""What rows need and this machine lacks, found before anything is run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...errors import SpikewattError
from ...models.datasets import DATA_VARIABLE, NAMES
from ...models.studied.find import find_weights
from .row import RowFile

BUNDLED = ("digits",)  # comes with scikit-learn


def lacking(
    rows: Iterable[RowFile], models_dir: Path | None = None, data_dir: Path | None = None
) -> dict[str, list[SpikewattError]]:
    """Row -> what it needs and is not there, each with what to put where; those that lack nothing
    are left out.
    """
    found = {}
    for row in rows:
        faults = [*_networks(row, models_dir), *_data(row, data_dir)]
        if faults:
            found[row.row] = faults
    return found


def _networks(row: RowFile, models_dir: Path | None) -> Iterator[SpikewattError]:
    for name in dict.fromkeys(row.networks):
        try:
            find_weights(name, models_dir)
        except SpikewattError as error:
            yield error


def _data(row: RowFile, data_dir: Path | None) -> Iterator[SpikewattError]:
    """A data set that a named folder does not have; where none is named, Keras loads it."""
    folder = data_dir or os.environ.get(DATA_VARIABLE)
    name = getattr(row, "dataset", None)  # a kind of row may have none
    if not folder or name not in NAMES or name in BUNDLED:
        return

    path = Path(folder) / f"{name}.npz"
    if not path.is_file():
        yield SpikewattError(
            where=str(path),
            law=f"row {row.row} needs the data set {name}",
            got="no such file",
            hint=f"put it there, or name its folder with --data-dir or ${DATA_VARIABLE}",
        )
