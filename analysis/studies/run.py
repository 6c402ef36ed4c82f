"""run_study: the rows of a study, run again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...endings import keeping
from ...errors import SpikewattError, raise_faults, warn, whole_number
from ...progress import Progress, silent
from ...resources import check_writable
from ...sim.engines.annarchy.build import check_toolchain
from ..report.numbers import count_of
from .kinds.registry import kind_of
from .needed import lacking
from .places import Places
from .results import RESULTS, Results
from .row import RowFile
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
    skip_missing: bool = False,
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
    skip_missing : bool, default False
        Whether rows whose weights or data are not there are left out, with a warning each.
    progress : Progress, default silent
        Called with the row and what is done of it: (stage, done, in all).

    Returns
    -------
    Results : of these rows.

    Raises
    ------
    SpikewattError
        Unknown study or row; missing data or weights, all of them at once; a folder that holds
        another study's results, or lines of more than `images`, or cannot be written into; spikes
        of ANNarchy that differ.
        MissingToolError: ANNarchy, or the compiler that it needs.
    """
    study = read_study(name)
    chosen = study.chosen(rows)
    if images is not None:
        law = "must be a number of test images"
        whole_number("run_study.images", law, images, 1, 2**31)
    folder = output or Path("studies") / name
    check_writable(folder)
    check_writable(folder / KEPT)
    before = study.results_in(folder)  # refused now, and not after hours
    _check_images(folder, before, chosen, images)
    chosen = _with_all_they_need(chosen, models_dir, data_dir, skip_missing)
    if any(row.networks for row in chosen):
        check_toolchain()
    folder.mkdir(parents=True, exist_ok=True)

    found, kept = Results(), folder / KEPT
    with keeping(lambda: f"what is done is kept in {kept}" if kept.is_dir() else ""):
        for which, row in enumerate(chosen, 1):
            stages = progress if len(chosen) == 1 else _numbered(progress, which, len(chosen))
            places = Places(kept, models_dir, data_dir, images, stages, with_own_converter)
            of_row = kind_of(row).run(study.name, row, places).filled()
            study.results_in(folder).replaced_by(of_row).write(folder)
            found.add(of_row)

    return found


def _check_images(
    folder: Path, before: Results, chosen: tuple[RowFile, ...], images: int | None
) -> None:
    """A try does not take the place of lines of more images."""
    if images is None:
        return
    names = {row.row for row in chosen}
    for line in before.lines:
        if line["row"] in names and (line["images"] or 0) > images:
            raise SpikewattError(
                where=str(folder / RESULTS),
                law=f"lines of more images are not replaced by those of {images:,}",
                got=f"{line['row']}, {line['cell']}: {count_of(line['images'], 'image', 'images')}",
                hint="name another folder with --output",
            )


def _with_all_they_need(
    rows: tuple[RowFile, ...], models_dir: Path | None, data_dir: Path | None, skip: bool
) -> tuple[RowFile, ...]:
    """The rows that can be run; unless others are skipped, that is all or an error."""
    missing = lacking(rows, models_dir, data_dir)
    if not skip:
        faults = {str(fault): fault for faults in missing.values() for fault in faults}
        raise_faults(list(faults.values()))
    for row, faults in missing.items():
        warn(f"row {row}", f"is left out: {faults[0]}")
    return tuple(row for row in rows if row.row not in missing)


def _numbered(progress: Progress, which: int, rows: int) -> Progress:
    """Says in front of each stage which row it is of how many."""

    def told(stage: str, done: int, total: int) -> None:
        progress(f"[{which}/{rows}] {stage}", done, total)

    return told
