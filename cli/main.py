"""The command line: each verb a few lines over the API."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from ..endings import end_like_an_interrupt
from .options import app

# Each registers its verbs; the help lists them in this order.
# ruff: noqa: F401
# isort: off
from . import run
from . import network
from . import price
from . import energy
from . import odin
from . import rtl
from . import synth
# isort: on


def _print_version(asked: bool) -> None:
    if asked:
        print(f"spikewatt {__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What does my network cost as spikes on a neuromorphic core, and what on a Cortex-M?"""


def main() -> None:
    """Entry point of the ``spikewatt`` program."""
    end_like_an_interrupt()
    app()


if __name__ == "__main__":
    main()
