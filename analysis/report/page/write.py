"""A page as one file: styles, scripts, charts and data are inside, nothing is loaded."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from .... import files
from ....errors import printable, warn
from ....installed import install_line, is_installed, require
from ..rows import json_text
from .model import Page
from .page import run_page

NAME = "report.html"
STORE = "space.json"  # what every store of a sweep holds, and no folder of a run
LIBRARIES = ("altair", "jinja2", "vl_convert")
WHERE, LAW = "report", "a page needs the libraries of spikewatt[report]"
TEMPLATES = Path(__file__).parent / "templates"
# What ends a script or begins another inside of one; JSON has an escape for each.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_report(folder: str | Path, output: str | Path | None = None) -> Path | None:
    """Write ``report.html`` of a run or a sweep; without its libraries only a warning.

    Parameters
    ----------
    folder : str or Path
        A folder that `run` left, or the store of a sweep.
    output : str or Path, default None
        The file; by default ``report.html`` in the folder.

    Returns
    -------
    Path or None
        The file; None where a library is missing.

    Raises
    ------
    SpikewattError
        The folder is not one of a run, nor a store.

    Examples
    --------
    >>> import spikewatt as sw
    >>> sw.write_report("runs/digits-mlp-64-48-10", "mine.html")  # doctest: +SKIP
    """
    if warn_of(missing_libraries()):
        return None
    target = Path(output) if output else Path(folder) / NAME
    write_page(page_of(Path(folder)), target)
    return target


def page_of(folder: Path) -> Page:
    """The page of a run or, where the folder is a store, of a sweep."""
    if not (folder / STORE).is_file():
        return run_page(folder)

    from .sweep_page import sweep_page

    return sweep_page(folder)


def missing_libraries() -> list[str]:
    """Those of LIBRARIES that are not installed."""
    return [name for name in LIBRARIES if not is_installed(name)]


def warn_of(missing: list[str]) -> bool:
    """Warn where a page cannot be made, and say so."""
    if missing:
        warn(WHERE, LAW, f"no {', '.join(missing)}", install_line("report"))
    return bool(missing)


def check_libraries() -> None:
    """Raise MissingToolError where a page cannot be made."""
    require(WHERE, LAW, *LIBRARIES)


def write_page(page: Page, target: Path) -> None:
    """Write `page` to the file `target`, whole or not at all."""
    files.write(target, html(page))


def html(page: Page) -> str:
    """The text of a page; everything that comes from a file or a name is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    drawn = page.charts | page.live
    data = {**page.data, "charts": drawn, "live": list(page.live)}
    return environment.get_template(page.template).render(
        title=printable(page.title),
        kind=page.kind,
        verdict=printable(page.verdict).replace(" %", "\u00a0%"),
        below=[printable(line) for line in page.below],
        warnings=[printable(line) for line in page.warnings],
        charts=drawn,
        version=_version(),
        style=Markup(_template("style.css")),
        bundle=Markup(bundle()),
        reprice=Markup(_template("reprice.js")),
        controls=Markup(_template("controls.js")),
        data=Markup(_inert(data)),
        **{**EMPTY, **page.parts},
    )


# What a template asks for, and a page may lack.
EMPTY: dict = {
    "live": False,
    "steps": (),
    "hosts": (),
    "points": None,
    "layers": None,
    "energy": None,
    "prices": None,
    "mappings": (),
    "tornado": None,
    "hardware": (),
    "assumptions": (),
    "provenance": (),
    "config": "",
}


def _version() -> str:
    """Of this package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("spikewatt")
    except PackageNotFoundError:
        return "of a checkout"


@functools.cache
def bundle() -> str:
    """Vega and what embeds its charts, as one script that needs nothing else."""
    import vl_convert

    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE)


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _inert(data: object) -> str:
    """JSON that no text in it can leave."""
    text = json.dumps(json.loads(json_text(data)), separators=(",", ":"), ensure_ascii=False)
    for sign, escape in UNSAFE.items():
        text = text.replace(sign, escape)
    return text
