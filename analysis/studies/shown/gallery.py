"""The gallery: a page per study and an index, written from the committed files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..outcome import Outcome, Side
from ..study import README, Study
from ..table import outcomes, short_and_not_run
from .boards import boards_section
from .figure import BESIDE
from .markdown import markdown_table, percent, whole

INDEX = "index.md"
FIGURE = "studies.png"  # above the folder of the gallery
PICTURED, LINKED = (".png",), (".html", ".pdf")
HEADS = ("row", "what", "cell", "steps", "theirs (%)", "ours (%)", "our ANN (%)", "inputs", "SOPs",
         "")  # fmt: skip
SIDES = "lllrrrrrrl"
HEAD = """# Gallery of the published studies

Every row of the studies that spikewatt grew from, ours beside theirs, and their pictures, a page
each. These pages are written by `spikewatt study gallery -o docs/gallery` from the committed
tables; `spikewatt study run NAME` computes these again, and `spikewatt study table` prints them.
"""
UNDER_FIGURE = f"""At the left each price of each row. At the right, from an ANN to its spikes, a
cell each; {BESIDE}.
Both stand in one line of the tables of the studies. Their methods may differ, since a study
compares converters; the name of the cell says which is ours. Figures of peers that stand beside no
single cell are in the tables alone.
"""
ABOVE_TABLE = """"Ours" is the share of test inputs that the spiking network gets right, "our ANN"
that of Keras on the same inputs, SOPs are synaptic operations of an inference. Steps are simulated
ones, from the first input to the last output. A row that falls short of what its file asks for is
marked, and below the table stands by how much.
"""


def gallery(studies: Iterable[Study], folder: Path) -> dict[str, str]:
    """The pages as Markdown, by the names of their files: the index, then one per study.

    Parameters
    ----------
    studies : iterable of Study
    folder : Path
        Where the pages will lie; the pictures of the studies lie there, too.
    """
    chosen = list(studies)
    pages = {INDEX: _index(chosen, folder)}
    for study in chosen:
        pages[_name_of(study)] = "\n".join(_page(study, folder))
    return pages


def page_files(studies: Iterable[Study], folder: Path) -> list[Path]:
    """The files of the pages that `gallery` makes."""
    return [folder / INDEX, *(folder / _name_of(study) for study in studies)]


def _name_of(study: Study) -> str:
    return f"{study.name}.md"


def _index(chosen: Iterable[Study], folder: Path) -> str:
    parts = [HEAD]
    rows = []
    for study in chosen:
        found = outcomes(study)
        short, not_run = short_and_not_run(found)
        title = f"[{study.title}]({_name_of(study)})"
        rows.append([title, str(len(found)), str(short), str(not_run)])
    parts.append(markdown_table(("study", "rows", "fall short", "not run"), rows, "lrrr") + "\n")
    if (folder.parent / FIGURE).is_file():
        parts.append(f"![Energy of an inference against accuracy, over all rows](../{FIGURE})\n")
        parts.append(UNDER_FIGURE)
    return "\n".join(parts)


def _page(study: Study, folder: Path) -> Iterator[str]:
    found = outcomes(study)
    yield f"# {study.title}\n"
    yield f"{_text_of(study)}\n"
    yield "## Ours beside theirs\n"
    if any(outcome.sides for outcome in found):
        yield ABOVE_TABLE
        yield f"{_table(found)}\n"
    short = [f"* {outcome.row}: {each}" for outcome in found for each in outcome.shortfalls]
    if short:
        yield "Falls short:\n\n" + "\n".join(short) + "\n"
    else:
        yield "No row falls short.\n"
    yield from boards_section(study)
    yield from _pictures(study, folder)


def _text_of(study: Study) -> str:
    """Its README without the first head; else whose it is."""
    readme = study.folder / README
    if not readme.is_file():
        return f"{study.file.source}."
    return readme.read_text(encoding="utf-8").partition("\n")[2].strip()


def _table(found: Iterable[Outcome]) -> str:
    rows = []
    for outcome in found:
        short = {each.cell for each in outcome.shortfalls}
        for number, side in enumerate(outcome.sides):
            first = number == 0
            is_short = side.cell in short or (first and "" in short)
            rows.append([*_names(outcome, side, first), *_numbers(side), _mark(is_short, side)])
    shown = len(HEADS) if any(row[-1] for row in rows) else len(HEADS) - 1
    return markdown_table(HEADS[:shown], [row[:shown] for row in rows], SIDES[:shown])


def _names(outcome: Outcome, side: Side, first: bool) -> list[str]:
    return [outcome.row, outcome.title, side.cell] if first else ["", "", side.cell]


def _numbers(side: Side) -> list[str]:
    return [
        whole(side.steps),
        percent(side.published_percent),
        percent(side.own_percent),
        percent(side.ann_percent),
        whole(side.images),
        whole(side.operations),
    ]


def _mark(is_short: bool, side: Side) -> str:
    words = (["**short**"] if is_short else []) + ([side.note] if side.note else [])
    return "; ".join(words)


def _pictures(study: Study, folder: Path) -> Iterator[str]:
    """Pictures whose names begin with that of the study, then pages and documents as links."""
    if not folder.is_dir():
        return
    found = [
        path
        for path in sorted(folder.glob(f"{study.name}*"))
        if path.suffix in (*PICTURED, *LINKED)
    ]
    if found:
        yield "## Pictures and papers\n"
    for path in found:
        name = path.stem.removeprefix(study.name).strip("-_").replace("_", " ").replace("-", " ")
        words = name.capitalize() or study.title
        if path.suffix in PICTURED:
            yield f"![{words}]({path.name})\n\n*{words}.*\n"
        else:
            kind = path.suffix.removeprefix(".").upper()
            yield f"[{words} ({kind})]({path.name})\n"
