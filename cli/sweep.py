"""The verb that searches networks and hardware together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SpikewattError
from .options import Json, show
from .program import JOB, verb

if TYPE_CHECKING:
    from ..analysis.report.findings import Findings
    from ..analysis.sweep.sweep import Plan

METHOD_HELP = (
    "grid (every point), latin_hypercube (samples), tpe or nsga2 (searches by Optuna); by default "
    "that of the space."
)


@verb(JOB)
def sweep(
    space: Annotated[Path, typer.Argument(help="YAML file with axes of networks and hardware.")],
    store: Annotated[
        Path | None, typer.Option(help="Folder for the rows; by default <space>.sweep.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default one per core, 0 for no other.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Of a Dask cluster that does the work: tcp://HOST:PORT.")
    ] = None,
    method: Annotated[str | None, typer.Option(help=METHOD_HELP)] = None,
    points: Annotated[
        int | None, typer.Option(help="How many points a sample or a search takes.")
    ] = None,
    accuracy_loss: Annotated[
        float | None,
        typer.Option(help="Points that accuracy may lie below the best Keras network."),
    ] = None,
    sensitivity: Annotated[
        bool, typer.Option(help="What matters most over the whole space: Sobol indices.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many points, and about how long.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="All rows as .csv or .parquet.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over an existing output file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Search networks and hardware for the best design.

    Every network is simulated once, all its hardware priced in bulk. Interrupted, the same command
    goes on where it was.
    """
    from ..analysis.sweep.space import make_space
    from ..analysis.sweep.sweep import Plan
    from ..analysis.sweep.sweep import sweep as run_sweep

    asked = {"method": method, "points": points, "accuracy_loss": accuracy_loss}
    checked = make_space(space, **asked)
    if output is not None:
        _check_output(output, force)
    if dry_run:
        show(_estimate(Plan.of(checked)), as_json)
        return

    from .habits.voice import show_progress

    into = store or Path(f"{space.stem}.sweep")
    with show_progress() as progress:
        found = run_sweep(checked, into, workers=workers, scheduler=scheduler, progress=progress)
    if output is not None:
        found.save(output)

    from ..analysis.report.page.write import write_report
    from ..analysis.sweep.report import sweep_findings

    write_report(found.path)
    show(sweep_findings(found, sensitivity), as_json)


def _check_output(path: Path, force: bool) -> None:
    from ..analysis.sweep.results import EXPORTS
    from .options import new_file

    if path.suffix not in EXPORTS:
        law = "is written as"
        raise SpikewattError("sweep --output", law, str(path), ", ".join(EXPORTS))
    new_file(path, force)


def _estimate(plan: Plan) -> Findings:
    from ..analysis.sweep.report import plan_findings

    return plan_findings(plan)
