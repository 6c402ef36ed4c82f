"""The navigation: a tab per folder; pages by the small lists below, the others by the alphabet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

INDEX, HOME = "index.md", "Home"
# Folder -> its tab, in order; "" is a single page. Folders that are not here come last.
TABS = {
    "tutorial": "Tutorial",
    "how_to": "How-to",
    "explanation": "Explanation",
    "reference": "Reference",
    "notebooks": "Notebooks",
    "validation.md": "Validation",
    "gallery": "Gallery",
}
FOLDERS = {"reference/cards": "Cards of devices", "reference/api": "Python API"}
# Folder -> pages and folders that come first, in this order; each that exists.
FIRST = {
    "how_to": (
        "keras", "other_files", "nir", "counts", "data", "price", "board", "chip", "report", "less",
        "faults", "sweep", "cluster", "rtl", "firmware", "odin", "studies",
    ),
    "explanation": (
        "measured_and_assumed", "codes", "engines", "ledger", "ranges", "verdicts", "fair_fight",
        "conversion", "silicon", "counts_on_chips", "rules", "one_spike", "design",
    ),
    "reference": ("cli", "configuration", "sweep", "files", "json", "errors", "glossary", "cards",
                  "card_keys", "api"),
    "reference/api": ("models", "sim", "energy", "rtl_ref", "analysis", "package"),
}  # fmt: skip


def navigation(pages: Iterable[str]) -> list[Any]:
    """What `nav` of `mkdocs.yml` would say: every page, each once.

    Parameters
    ----------
    pages : iterable of str
        Paths of the Markdown files, from the folder of the documents.

    Examples
    --------
    >>> navigation(["how_to/sweep.md", "index.md", "how_to/keras.md"])
    [{'Home': 'index.md'}, {'How-to': ['how_to/keras.md', 'how_to/sweep.md']}]
    """
    left = sorted(pages)
    found: list[Any] = [{HOME: page} for page in left if page == INDEX]
    tops = dict.fromkeys([*TABS, *(PurePosixPath(page).parts[0] for page in left)])
    for top in tops:
        inside = [page for page in left if page.startswith(f"{top}/")]
        if top in left and top != INDEX:
            found.append({TABS[top]: top} if top in TABS else top)
        elif inside:
            found.append({TABS.get(top, _words(top)): _section(top, inside)})
    return found


def _section(folder: str, pages: list[str]) -> list[Any]:
    """Pages and folders of a folder: its index, those that are listed, the others."""
    depth = len(PurePosixPath(folder).parts)
    names = {PurePosixPath(page).parts[depth].removesuffix(".md"): page for page in pages}
    first = ["index", *FIRST.get(folder, ())]
    order = [*(name for name in first if name in names), *sorted(set(names) - set(first))]
    found: list[Any] = []
    for name in order:
        below = f"{folder}/{name}"
        inside = [page for page in pages if page.startswith(f"{below}/")]
        if inside:
            found.append({FOLDERS.get(below, _words(name)): _section(below, inside)})
        else:
            found.append(f"{below}.md")
    return found


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
