"""What MkDocs calls when it builds the site: generated pages, navigation, a copy of the source."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]
sys.path.insert(0, str(DOCS))

from _generate import (  # noqa: E402
    api,
    cards,
    checks,
    commands,
    configuration,
    documents,
    errors,
    nav,
    notebooks,
    sources,
)

GENERATORS = (cards, configuration, commands, documents, errors, api, checks, notebooks)
COPY = DOCS.parent / "build" / "docs" / "spikewatt"


def on_startup(command: str, dirty: bool) -> None:
    """Lay the copy before mkdocstrings looks for it: it takes no folder that is not there yet."""
    _copy_source()


def on_pre_build(config: Any) -> None:
    """Lay it again, since sources change while the site is served."""
    _copy_source()


def _copy_source() -> None:
    """A copy of the package's source: the checkout holds environments and tests beside it."""
    shutil.rmtree(COPY, ignore_errors=True)
    for _, path in sources.modules():
        target = COPY / path.relative_to(sources.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages, and say where every page stands."""
    from mkdocs.structure.files import File, InclusionLevel

    for generator in GENERATORS:
        for path, content in generator.pages().items():
            files.append(File.generated(config, path, content=content))
    pages = [
        file.src_uri
        for file in files.documentation_pages()
        if file.inclusion is not InclusionLevel.EXCLUDED
    ]
    config.nav = nav.navigation(pages)
    return files
