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
    errors,
    nav,
    notebooks,
    sources,
)

GENERATORS = (cards, configuration, commands, errors, api, checks, notebooks)
COPY = DOCS.parent / "build" / "docs" / "spikewatt"


def on_pre_build(config: Any) -> None:
    """Lay a copy of the package's source where mkdocstrings looks for it.

    The package is the checkout itself, whose other folders (environments, tests) are not to be
    read.
    """
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
