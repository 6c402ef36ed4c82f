"""white_paper: a study as a paper of two pages, HTML and PDF."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .... import files
from ....errors import one_of
from ....installed import not_installed
from ..kinds.odin import OdinRow
from ..study import read_study
from .chart import energy_chart
from .facts import ODIN, SizeFacts
from .pdf import as_pdf, check_browser
from .tables import accuracy_table, hardware_table
from .text import words_of

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
PAPERS = ("aizu_2024",)
WHERE = "study paper"
DESIGN = re.compile(r"\d+(-\d+){2,}")
PLAIN = ("title", "picture_says")  # of the head and of attributes, which hold no markup
UNITS = ("%", "µJ", "nJ", "MHz")


def white_paper(
    name: str, output: Path, *, results: Path | None = None, pdf: bool = True
) -> list[Path]:
    """Write ``<name>.html`` and ``<name>.pdf`` from the tables of a study.

    Parameters
    ----------
    name : of a study that has a paper
    output : folder, made where it is missing
    results : folder with the study's CSV files and picture; default those of the package
    pdf : whether a PDF is printed, too, which needs a browser; default True

    Returns
    -------
    The files that were written.

    Raises
    ------
    MissingToolError : Jinja2, matplotlib or, for the PDF, Playwright or its browser is missing.
    SpikewattError : a study without a paper, or without its tables; a paper that is not two pages.
    """
    paths = paper_files(name, output, pdf=pdf)
    if pdf:
        check_browser()

    study = read_study(name)
    published = cast(OdinRow, study.row(ODIN)).published
    facts = SizeFacts.read(results or study.folder, published)
    text = paper_html(facts)
    contents = [text.encode()]
    if pdf:
        contents.append(as_pdf(text))

    output.mkdir(parents=True, exist_ok=True)
    for path, content in zip(paths, contents, strict=True):
        files.write(path, content)
    return paths


def paper_files(name: str, output: Path, *, pdf: bool = True) -> list[Path]:
    """What `white_paper` writes into `output`: the HTML, and the PDF where it is asked for.

    Raises
    ------
    SpikewattError : a study without a paper.
    """
    one_of(WHERE, "must name a study that has a paper", name, PAPERS)
    endings = (".html", ".pdf") if pdf else (".html",)
    return [output / f"{name}{ending}" for ending in endings]


def paper_html(facts: SizeFacts) -> str:
    """The paper as one file that loads nothing; every text in it is escaped."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
        from markupsafe import Markup
    except ImportError as error:
        raise not_installed(WHERE, "a paper needs Jinja2", "jinja2", extra="paper") from error

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    words = {name: text if name in PLAIN else _set(text) for name, text in words_of(facts).items()}
    return environment.get_template("paper.html").render(
        style=Markup((TEMPLATES / "paper.css").read_text("utf-8")),
        accuracy=accuracy_table(facts),
        hardware=hardware_table(facts),
        picture=_inline("image/png", facts.picture),
        chart=_inline("image/svg+xml", energy_chart(facts).encode()),
        **words,
    )


def _inline(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _set(text):
    """A text or texts as HTML: commands as code, a number and its unit on one line."""
    from markupsafe import Markup, escape

    if isinstance(text, list):
        return [_set(line) for line in text]
    for unit in UNITS:
        text = text.replace(f" {unit}", f"\u00a0{unit}")
    parts = [_with_whole_names(escape(part)) for part in text.split("`")]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)


def _with_whole_names(text: Markup) -> Markup:
    """Names of designs, such as 784-48-10, are not broken at the end of a line."""
    from markupsafe import Markup

    return Markup(DESIGN.sub(r'<span class="whole">\g<0></span>', str(text)))
