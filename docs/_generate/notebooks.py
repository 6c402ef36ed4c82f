"""Notebooks as pages, with the results that they hold; nothing is run here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

FOLDER = "notebooks"
DOCS = Path(__file__).parents[1]
STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
# Tables of pandas look like all others of the site, which styles those without a class.
FRAME = '<table border="1" class="dataframe">'
DOWNLOAD = "[The notebook as a file]({name}), to run it yourself."


def pages() -> dict[str, str | bytes]:
    """Path of the page or picture -> its content."""
    made: dict[str, str | bytes] = {}
    for path in sorted((DOCS / FOLDER).glob("*.ipynb")):
        made |= _page(path)
    return made


def _page(path: Path) -> dict[str, str | bytes]:
    from nbconvert import MarkdownExporter

    exporter: Any = MarkdownExporter()
    pictures = f"{path.stem}_files"
    body, resources = exporter.from_filename(
        str(path), resources={"output_files_dir": pictures, "unique_key": path.stem}
    )
    head, _, rest = STYLE.sub("", body).replace(FRAME, "<table>").lstrip().partition("\n")
    text = "\n\n".join([head, DOWNLOAD.format(name=path.name), rest.strip()]) + "\n"
    outputs = {f"{FOLDER}/{name}": data for name, data in resources["outputs"].items()}
    return {f"{FOLDER}/{path.stem}.md": text, **outputs}
