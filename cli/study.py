"""The verbs of the published studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .document.envelope import print_document
from .options import DataDir, Force, Json, new_file, show
from .program import JOB
from .two_words import family, member

STUDY = "study"
MODELS_HELP = (
    "Folder with weights that are too large for the package, searched with its subfolders; "
    "by default $SPIKEWATT_MODELS."
)
MOST_DIFFERENCES = 20  # that are told one by one

ModelsDir = Annotated[Path | None, typer.Option(help=MODELS_HELP)]

studies = family(STUDY, JOB, "The published studies, run again: ours beside theirs.")


@member(studies, STUDY)
def list_(as_json: Json = False) -> None:
    """The studies, their rows, and how many of ours fall short or were not run."""
    import pandas as pd

    from ..analysis.report.findings import Column, Findings, Table
    from ..analysis.studies.table import outcomes, short_and_not_run
    from ..analysis.studies.table import studies as chosen

    rows = []
    for study in chosen():
        found = outcomes(study)
        counts = (len(found), *short_and_not_run(found))
        rows.append((study.name, study.title, *counts, study.file.source))
    names = ["study", "title", "rows", "rows_short", "rows_not_run", "source"]
    frame = pd.DataFrame(rows, columns=names)
    shown = [
        Column("study", ("study",)),
        Column("rows", ("rows",), number=True),
        Column("fall short", ("rows_short",), number=True),
        Column("not run", ("rows_not_run",), number=True),
        Column("title", ("title",)),
    ]
    show(Findings((Table("studies", "Published studies", frame, shown),)), as_json)


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
            help="Also run ANNarchy's own converter where a row asks for it: seconds per image.",
        ),
    ] = False,
    skip_missing: Annotated[
        bool,
        typer.Option("--skip-missing", help="Leave out rows whose weights or data are not there."),
    ] = False,
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run the rows of a study again.

    The same line goes on where it was interrupted; after a change of spikewatt's own code it
    begins again. Every cell runs on test images in the event engine, and on 20 of them in
    ANNarchy, which must give the same spikes. results.csv and prices.csv come into the folder, and
    are compared with the committed ones, as are the files that some rows leave beside them: exit
    code 1 where a number lies beyond the study's tolerance, or where nothing was compared though
    no --images asked for fewer.
    """
    from ..analysis.report.numbers import count_of
    from ..analysis.studies.comparison import compare
    from ..analysis.studies.other_files import compare_others, read_others
    from ..analysis.studies.run import run_study
    from ..analysis.studies.study import read_study
    from .habits.voice import show_progress

    folder = output or Path("studies") / name
    study = read_study(name)
    committed, others = study.committed(), read_others(study.folder)
    with show_progress() as progress:
        found = run_study(
            name,
            row or None,
            models_dir=models_dir,
            data_dir=data_dir,
            output=folder,
            images=images,
            with_own_converter=with_own_converter,
            skip_missing=skip_missing,
            progress=progress,
        )

    rows = {line["row"] for line in found.lines}
    compared = compare(study, found, committed)
    compared += compare_others(study, rows, read_others(folder), others)
    if as_json:
        differences = [vars(each) for each in compared.differences]
        said = {"folder": str(folder), "results": found.lines, "differences": differences}
        print_document(said)
    else:
        lines = count_of(len(found.lines), "line of results is", "lines of results are")
        print(f"{lines} in {folder}/results.csv")
        for each in compared.differences[:MOST_DIFFERENCES]:
            print(f"  {each}")
        print(compared)
    nothing = not compared.lines and not compared.new and images is None
    if compared.beyond or nothing:
        raise typer.Exit(1)


@member(studies, STUDY)
def table(
    name: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Studies; by default all.")
    ] = None,
    row: Annotated[
        list[str] | None, typer.Option(help="A row; repeat for several. By default all.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Only rows that fall short.")] = False,
    as_json: Json = False,
) -> None:
    """Every row, ours beside theirs; what falls short.

    By the committed results; a row that falls short says by how much. With --json one object
    per row: study, row, published and own figures (energy and latency on each device, too),
    falls_short.
    """
    from ..analysis.studies.table import as_objects, chosen_outcomes, studies_findings
    from ..analysis.studies.table import studies as chosen

    found = chosen_outcomes(chosen(name or None), row or None, short)
    if as_json:
        print_document(as_objects(found))
    else:
        show(studies_findings(found), as_json)


@member(studies, STUDY)
def train(
    name: Annotated[str, typer.Argument(help="A network of the studies.")],
    models_dir: Annotated[
        Path | None, typer.Option(help="Folder for the weights; by default $SPIKEWATT_MODELS.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the images; by default the recipe's.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Train a network by its recipe.

    The same line goes on where it was interrupted. NAME.npz comes into the folder, with which
    `study run --models-dir` then runs. The weights of the package were trained on a GPU, by what
    models/studied/data/recipes.yaml says; these have other accuracies.
    """
    from ..models.datasets import load_dataset
    from ..models.studied.catalogue import studied
    from ..models.studied.find import folder_to_train_in
    from ..models.studied.training.train import train_studied
    from .habits.voice import show_progress

    facts = studied(name)
    folder = folder_to_train_in(models_dir)
    dataset = load_dataset(facts.dataset, data_dir)
    with show_progress() as progress:
        trained = train_studied(name, dataset, folder, epochs, progress)
    if as_json:
        print_document(trained.said(facts.accuracy))
    else:
        print(
            f"{trained.path}: {100 * trained.accuracy:.2f} % of the test images are right, "
            f"{100 * facts.accuracy:.2f} % with the published weights"
        )


@member(studies, STUDY)
def paper(
    name: Annotated[str, typer.Argument(help="A study that has a paper: aizu_2024.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the paper.")],
    results: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Folder that `study run` left; by default the committed results."
        ),
    ] = None,
    pdf: Annotated[bool, typer.Option(help="Print a PDF, too, with Chromium.")] = True,
    force: Force = False,
) -> None:
    """Write a study's white paper, as HTML and PDF.

    Two pages of A4, the HTML in one file.
    Numbers and sentences come from the study's tables; nothing is run.
    """
    from ..analysis.studies.paper.write import paper_files, white_paper

    for path in paper_files(name, output, pdf=pdf):
        if path.exists():
            new_file(path, force)
    for path in white_paper(name, output, results=results, pdf=pdf):
        print(path)


@member(studies, STUDY)
def figure(
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture, .png or .svg.")] = Path(
        "studies.png"
    ),
    force: Force = False,
) -> None:
    """Draw energy against accuracy over all rows."""
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
        Path, typer.Option("--output", "-o", help="Folder of the pages and their pictures.")
    ] = Path("gallery"),
    force: Force = False,
) -> None:
    """Write all studies as pages in Markdown, an index and one each, and draw their pictures.

    From the committed tables; nothing is run. A white paper that `study paper -o gallery` wrote
    into the same folder is linked.
    """
    from .. import files
    from ..analysis.report.numbers import count_of
    from ..analysis.studies.shown.gallery import gallery as pages_of
    from ..analysis.studies.shown.gallery import page_files
    from ..analysis.studies.shown.pictures import picture_files, write_pictures
    from ..analysis.studies.table import studies as chosen

    found = chosen()
    drawn = picture_files(found, output)
    for path in (*page_files(found, output), *drawn):
        if path.exists():
            new_file(path, force)
    write_pictures(found, output)
    pages = pages_of(found, output)
    for name, text in pages.items():
        files.write(output / name, text)
    many = count_of(len(pages), "page", "pages")
    print(f"{output}: {many}, and {count_of(len(drawn), 'file', 'files')} of pictures")
