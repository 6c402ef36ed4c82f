"""The verbs of the published studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .border import print_json
from .options import JOB, DataDir, Force, Json, family, member, new_file, show

STUDY = "study"
MODELS_HELP = (
    "Folder with weights that are too large for the package, searched with its subfolders; "
    "by default $SPIKEWATT_MODELS."
)

ModelsDir = Annotated[Path | None, typer.Option(help=MODELS_HELP)]

studies = family(STUDY, JOB, "The published studies, run again: ours beside theirs.")


@member(studies, STUDY)
def list_(as_json: Json = False) -> None:
    """The studies, with how many rows their tables have, and how many of ours fall short."""
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from ..analysis.studies.table import outcomes
    from ..analysis.studies.table import studies as chosen

    rows = []
    for study in chosen():
        found = outcomes(study)
        short = sum(outcome.falls_short for outcome in found)
        rows.append((study.name, study.title, len(found), short))
    frame = pd.DataFrame(rows, columns=["study", "title", "rows", "falling short"])
    show(Findings((Table("studies", "Published studies", frame),)), as_json)


@member(studies, STUDY)
def run(
    name: Annotated[str, typer.Argument(help="A study, as `study list` names them.")],
    row: Annotated[
        list[str] | None, typer.Option(help="A row; repeat for several. By default all.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; by default studies/NAME here.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="The most test images of any cell, for a try.")
    ] = None,
    with_own_converter: Annotated[
        bool,
        typer.Option(
            "--with-own-converter",
            help="Also ANNarchy's own converter on the rows that ask for it: seconds per image.",
        ),
    ] = False,
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run the rows of a study again; the same line goes on where it was interrupted.

    Every cell runs on test images in the event engine, and on 20 of them in ANNarchy, which must
    give the same spikes. results.csv and prices.csv come into the folder.
    """
    from ..analysis.report.rows import json_text
    from ..analysis.studies.run import run_study
    from ..shown_progress import show_progress

    folder = output or Path("studies") / name
    with show_progress() as progress:
        found = run_study(
            name,
            row or None,
            models_dir=models_dir,
            data_dir=data_dir,
            output=folder,
            images=images,
            with_own_converter=with_own_converter,
            progress=progress,
        )
    if as_json:
        print_json(json_text({"folder": str(folder), "results": found.lines}))
    else:
        print(f"{len(found.lines)} lines of results are in {folder}/results.csv")


@member(studies, STUDY)
def table(
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="Studies; by default all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Every row, ours beside theirs, by the committed results; what falls short, and by how much.

    With --json one object per row: study, row, published and own figures, falls_short.
    """
    from ..analysis.report.rows import json_text
    from ..analysis.studies.table import as_objects, studies_findings
    from ..analysis.studies.table import studies as chosen

    if as_json:
        print_json(json_text(as_objects(chosen(name or None))))
    else:
        show(studies_findings(chosen(name or None)), as_json)


@member(studies, STUDY)
def figure(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Picture, .png or .svg.")
    ] = Path("studies.png"),
    force: Force = False,
) -> None:
    """Draw energy against accuracy over all rows, by the committed results."""
    from .. import files
    from ..analysis.report.figures.style import drawn
    from ..analysis.studies.shown.figure import caption, studies_figure
    from ..analysis.studies.shown.points import shown_of
    from ..analysis.studies.table import studies as chosen
    from ..errors import one_of

    new_file(output, force)
    kind = one_of("--output", "is a picture", output.suffix.removeprefix("."), ("png", "svg"))
    shown = shown_of(chosen())
    files.write(output, drawn(studies_figure(shown), str(kind)))
    print(f"{output}: {caption(shown)}")


@member(studies, STUDY)
def gallery(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Page, in Markdown; pictures are beside it.")
    ] = Path("GALLERY.md"),
    force: Force = False,
) -> None:
    """Write all studies as a page: what each did, ours beside theirs, pictures."""
    from .. import files
    from ..analysis.studies.shown.gallery import gallery as page
    from ..analysis.studies.table import studies as chosen

    new_file(output, force)
    files.write(output, page(chosen(), output.parent))
    print(f"{output} is written")
