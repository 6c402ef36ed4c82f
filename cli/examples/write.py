"""The verb that writes sample files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ... import files
from ...errors import SpikewattError
from ..habits.voice import is_quiet
from ..options import Force, new_file
from ..program import JOB, verb


@verb(JOB)
def examples(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write into; by default this one.")
    ] = Path("."),
    force: Force = False,
) -> None:
    """Write sample files: data, counts, readings, a space.

    They are those that the documents use, so that their commands work from an empty folder.
    """
    from .samples import samples

    if output.exists() and not output.is_dir():
        raise SpikewattError(str(output), "is a folder to write into", "a file")
    output.mkdir(parents=True, exist_ok=True)
    found = samples()
    for name in found:
        new_file(output / name, force)
    for name, (content, about) in found.items():
        files.write(output / name, content)
        print(output / name if is_quiet() else f"{output / name}: {about}")
