"""The command line: each verb a few lines over the API."""

from __future__ import annotations

from typing import Annotated

import typer

from ..endings import end_like_an_interrupt
from ..installed import __version__
from .border import plain_streams
from .habits.voice import be_quiet, be_verbose
from .program import app

# Each registers its verbs; the help lists them in this order.
# ruff: noqa: F401
# isort: off
from . import run
from . import sweep
from . import network
from .zoo import zoo
from .codesign import prune
from .codesign import quantise
from .codesign import robustness
from .pricing import price
from . import energy
from . import firmware
from . import study
from .document import schema
from .examples import write
from .chip import odin
from .chip import rtl
from .chip import synth
from .chip import handover
# isort: on


def _print_version(asked: bool) -> None:
    if asked:
        print(f"spikewatt {__version__}")
        raise typer.Exit


def _be_verbose(asked: bool) -> None:
    if asked:
        be_verbose()


def _be_quiet(asked: bool) -> None:
    if asked:
        be_quiet()


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_be_verbose,
            help="Log to stderr what is done and why: engine, cache, compiling, files written; "
            "show tracebacks and all warnings.",
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            callback=_be_quiet,
            help="No progress and no tables: only the answer in a sentence and paths, or nothing.",
        ),
    ] = False,
) -> None:
    """What does my network cost as spikes on a neuromorphic core, and what on a Cortex-M?"""


def main() -> None:
    """Run the program; see `entry.main` for what answers Ctrl-C earlier."""
    end_like_an_interrupt()
    plain_streams()
    app()
