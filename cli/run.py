"""The verb that does everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .border import print_json
from .options import JOB, Json, fields, verb

if TYPE_CHECKING:
    from ..analysis.job.run import RunResult

SHOWN = ("best", "points", "summary", "prices", "verdicts")
IN_JSON = ("best", "points", "layers", "prices", "verdicts")


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
    from ..shown_progress import show_progress

    with show_progress() as progress:
        result = run_job(checked, runs_dir, progress)
    if as_json:
        _print_json(result)
    else:
        _print(result)


def _print_json(result: RunResult) -> None:
    from ..analysis.report.rows import document, json_text

    found = document(result.findings.only(*IN_JSON))
    print_json(json_text({"folder": str(result.folder), **found}))


def _print(result: RunResult) -> None:
    from ..analysis.report.figures.run import TRACE
    from ..analysis.report.prices import RANGES
    from ..analysis.report.terminal.console import print_lines, print_tables

    print_lines(result.findings.sentence.splitlines(), indent="")
    print_tables(result.findings.only(*SHOWN))
    print_lines((f"does not fit: {why}" for why in result.does_not_fit.values()), indent="")

    print("Assumptions")
    print_lines([*result.findings.assumptions, RANGES])
    files = f"pictures: *.png, *.svg; numbers: *.csv, network.spk, {TRACE}"
    print(f"\nEverything is in {result.folder}/ ({files})")
