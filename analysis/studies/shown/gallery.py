"""The gallery: all studies on a page, written from the committed files, so that it cannot drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..outcome import Outcome, Side
from ..study import README, Study
from ..table import outcomes
from .boards import boards_section
from .figure import BESIDE
from .markdown import markdown_table, percent, whole

PICTURES = "gallery"  # folder beside the page; a file's name begins with that of its study
FIGURE = "studies.png"
PICTURED, LINKED = (".png",), (".html", ".pdf")
HEADS = ("row", "what", "cell", "steps", "theirs (%)", "ours (%)", "our ANN (%)", "inputs", "SOPs",
         "")  # fmt: skip
SIDES = "lllrrrrrrl"
HEAD = """# Gallery of the published studies

Every row of the studies that spikewatt grew from, ours beside theirs, and their pictures. This page
is written by `spikewatt study gallery -o docs/GALLERY.md` from the committed tables; `spikewatt
study run NAME` computes these again, and `spikewatt study table` prints them.

"Ours" is the share of test inputs that the spiking network gets right, "our ANN" that of Keras on
the same inputs, SOPs are synaptic operations of an inference. Steps are simulated ones, from the
first input to the last output. A row that falls short of what its file asks for is marked, and
below its table stands by how much.
"""
UNDER_FIGURE = f"""At the left each price of each row. At the right, from an ANN to its spikes, a
cell each; {BESIDE}.
Both stand in one line of the tables below. Their methods may differ, since a study compares
converters; the name of the cell says which is ours. Figures of peers that stand beside no single
cell are in the tables alone.
"""


def gallery(studies: Iterable[Study], folder: Path) -> str:
    """The page as Markdown.

    Parameters
    ----------
    studies : iterable of Study
    folder : Path
        Where the page will lie; pictures are in ``gallery/`` beside it.
    """
    chosen = list(studies)
    parts = [HEAD]
    if (folder / FIGURE).is_file():
        parts.append(f"![Energy of an inference against accuracy, over all rows]({FIGURE})\n")
        parts.append(UNDER_FIGURE)
    contents = "\n".join(f"* [{study.title}](#{_anchor(study.title)})" for study in chosen)
    parts.append(f"{contents}\n")
    for study in chosen:
        parts.extend(_section(study, folder / PICTURES))
    return "\n".join(parts)


def _anchor(title: str) -> str:
    """A head's anchor, as GitHub makes it: small letters, hyphens, no punctuation.

    >>> _anchor("k-bit spiking LeNet (Zou, 2023)")
    'k-bit-spiking-lenet-zou-2023'
    """
    kept = (c for c in title.lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _section(study: Study, pictures: Path) -> Iterator[str]:
    found = outcomes(study)
    yield f"## {study.title}\n"
    yield f"{_text_of(study)}\n"
    if any(outcome.sides for outcome in found):
        yield f"{_table(found)}\n"
    short = [f"* {outcome.row}: {each}" for outcome in found for each in outcome.shortfalls]
    if short:
        yield "Falls short:\n\n" + "\n".join(short) + "\n"
    else:
        yield "No row falls short.\n"
    yield from boards_section(study)
    yield from _pictures(study, pictures)


def _text_of(study: Study) -> str:
    """Its README without the first head, other heads two levels deeper; else whose it is."""
    readme = study.folder / README
    if not readme.is_file():
        return f"{study.file.source}."
    text = readme.read_text(encoding="utf-8").partition("\n")[2].strip()
    lines = (f"##{line}" if line.startswith("#") else line for line in text.splitlines())
    return "\n".join(lines)


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
    for path in sorted(folder.glob(f"{study.name}*")):
        name = path.stem.removeprefix(study.name).strip("-_").replace("_", " ").replace("-", " ")
        words = name.capitalize() or study.title
        if path.suffix in PICTURED:
            yield f"![{words}]({PICTURES}/{path.name})\n\n*{words}.*\n"
        elif path.suffix in LINKED:
            kind = path.suffix.removeprefix(".").upper()
            yield f"[{words} ({kind})]({PICTURES}/{path.name})\n"
