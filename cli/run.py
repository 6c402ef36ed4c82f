"""The verb that does everything, and those that show what it left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .document.envelope import print_document
from .habits.voice import is_quiet
from .options import Force, Json, fields, new_file, show
from .program import JOB, verb

if TYPE_CHECKING:
    from ..analysis.job.run import RunResult

SPARED = ("pruning", "exit_accuracy", "exit_energy", "exit_time")  # where it was asked for
SHOWN = ("best", "points", "summary", "prices", "verdicts", *SPARED)
IN_JSON = ("best", "points", "layers", "prices", "verdicts", "rules", *SPARED)


def _options():
    from ..analysis.job.config import RunConfig

    return fields(RunConfig, flags={"devices": "--device"})


@verb(JOB, _options)
def run(
    config: Annotated[
        Path | None, typer.Argument(help="YAML file; without one, the digits job.")
    ] = None,
    runs_dir: Annotated[Path, typer.Option(help="Folder that the run's folder is made in.")] = Path(
        "runs"
    ),
    as_json: Json = False,
    **given: object,
) -> None:
    """Train or load, convert, simulate, price, report.

    Everything goes into a new folder. Each key of the YAML file is also an option.
    """
    from ..analysis.job.config import read_config

    for several in ("devices", "accuracy_loss"):
        given[several] = given[several] or None
    checked = read_config(config, given)

    from ..analysis.job.run import run as run_job
    from .habits.voice import show_progress

    with show_progress() as progress:
        result = run_job(checked, runs_dir, progress)
    if as_json:
        _print_json(result)
    else:
        _print(result)


def _print_json(result: RunResult) -> None:
    from ..analysis.report.rows import document

    found = document(result.findings.only(*IN_JSON))
    print_document({"folder": str(result.folder), **found})


def _print(result: RunResult) -> None:
    from ..analysis.report.figures.run import TRACE
    from ..analysis.report.prices import RANGES
    from ..analysis.report.rows import ASSUMPTIONS
    from ..analysis.report.terminal.console import print_lines, print_tables

    print_lines(result.findings.sentence.splitlines(), indent="")
    if is_quiet():
        print(result.folder)
        return
    print_tables(result.findings.only(*SHOWN))
    print_lines((f"does not fit: {why}" for why in result.does_not_fit.values()), indent="")

    print("What is counted, what is not, and how sure the values are")
    print_lines([*result.findings.in_brief, RANGES])
    print(f"  All {len(result.findings.assumptions)} assumptions: {ASSUMPTIONS}, report.html")
    files = f"pictures: *.png, *.svg; numbers: *.csv, network.spk, {TRACE}"
    print(f"\nEverything is in {result.folder}/ ({files})")


@verb(JOB)
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a run, or store of a sweep.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page; by default report.html in the folder."),
    ] = None,
    force: Force = False,
) -> None:
    """Write the page of a run or a sweep: HTML, offline.

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
    """Put runs side by side: what differs, and who is better.

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
