"""Verbs that show what is there already: the page of a run, and runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import JOB, Force, Json, new_file, show, verb


@verb(JOB)
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a run, or store of a sweep.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page; by default report.html in the folder."),
    ] = None,
    force: Force = False,
) -> None:
    """Write the page of a run or a sweep: one HTML file, offline, of a run with controls.

    A page that stands in the folder is made anew. verification.json and synthesis.json in it, as
    `verify --json` and `synth --json` print them, are shown too.
    """
    from ..analysis.report.page.write import check_libraries, write_report

    if output is not None:
        new_file(output, force)
    check_libraries()
    print(write_report(folder, output))


@verb(JOB)
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs; the first is the base.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="New folder for the tables and their page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put runs side by side: accuracy, energy, time, settings that differ.

    Points that another run beats in accuracy and energy are not on the front.
    """
    from ..analysis.design.comparison import compare_runs
    from ..analysis.report.page.comparison_page import comparison_page
    from ..analysis.report.page.write import NAME, missing_libraries, warn_of, write_page
    from ..analysis.report.rows import write_folder
    from ..files import new_folder

    found = compare_runs(runs)
    if output is not None:
        with new_folder(output) as folder:
            write_folder(found, folder)
            if not warn_of(missing_libraries()):
                write_page(comparison_page(found), folder / NAME)
    show(found, as_json)
    if output is not None and not as_json:
        print(f"Everything is in {output}/")
