"""run_study: the rows of a study, run again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...progress import Progress, silent
from .kinds.registry import kind_of
from .places import Places
from .results import Results, read_results
from .study import read_study

KEPT = "kept"


def run_study(
    name: str,
    rows: Iterable[str] | None = None,
    *,
    models_dir: Path | None = None,
    data_dir: Path | None = None,
    output: Path | None = None,
    images: int | None = None,
    with_own_converter: bool = False,
    progress: Progress = silent,
) -> Results:
    """Run the rows of a study, and write ``results.csv`` and ``prices.csv``.

    Each part of the work is kept in ``<output>/kept`` as soon as it is done: the same call goes on
    where an interrupted one ended. Rows that are not run stay in the files as they are.

    Parameters
    ----------
    name : str
        Of the study.
    rows : iterable of str, optional
        Names of rows; by default all.
    models_dir : Path, optional
        Folder with weights that are too large for the package; by default ``$SPIKEWATT_MODELS``.
    data_dir : Path, optional
        Folder with ``<dataset>.npz``; by default ``$SPIKEWATT_DATA``.
    output : Path, optional
        Folder of the files; by default ``studies/<name>`` here. Made where it is missing.
    images : int, optional
        The most test images of any cell, for a try.
    with_own_converter : bool, default False
        Whether rows that ask for it run in ANNarchy's own converter, too, which takes seconds for
        an image; without it their lines of an earlier run stay.
    progress : Progress, default silent
        Called with (row, done, in all).

    Returns
    -------
    Results : of these rows.

    Raises
    ------
    SpikewattError
        Unknown study or row; missing data or weights; spikes of ANNarchy that differ.
    """
    study = read_study(name)
    chosen = study.chosen(rows)
    folder = output or Path("studies") / name
    folder.mkdir(parents=True, exist_ok=True)
    places = Places(folder / KEPT, models_dir, data_dir, images, progress, with_own_converter)

    found = Results()
    for row in chosen:
        of_row = kind_of(row).run(study.name, row, places)
        read_results(folder).replaced_by(of_row).write(folder)
        found.add(of_row)

    return found
