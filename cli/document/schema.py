"""The verb that prints a JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import one_of
from ..options import Force, new_file
from ..program import JOB, verb
from .schemas import SCHEMAS, as_text

# What an editor with the language server of YAML reads at the top of a file.
LINE = "# yaml-language-server: $schema={path}"


@verb(JOB)
def schema(
    what: Annotated[
        str,
        typer.Argument(
            help="output (of --json), configuration (what `run` takes), space (what `sweep` takes) "
            "or card (of a device)."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; else it is printed.")
    ] = None,
    force: Force = False,
) -> None:
    """Print a JSON Schema, so that editors complete keys.

    With -o also the line that a YAML file begins with, so that an editor finds the schema.
    """
    one_of("schema", "must name a schema", what, SCHEMAS)
    if output is not None:
        new_file(output, force)
    text = as_text(SCHEMAS[what]())
    if output is None:
        print(text, end="")
        return
    from ... import files

    files.write(output, text)
    print(output)
    if what != "output":
        print(f"The first line of a YAML file beside it: {LINE.format(path=output.name)}")
