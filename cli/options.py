"""What all verbs share: the program, common options, and errors as one line."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import SpikewattError

app = typer.Typer(
    help="What does my network cost as spikes on a neuromorphic core, and what on a Cortex-M?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing output file.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder with <dataset>.npz.")]
INPUT_CODE_HELP = "if, bitplane, analog; under rate also poisson, signed_poisson, constant, bursting, phase, rank_order."
METHOD_HELP = "least_error, diehl_model, diehl_data, robust, spike_norm, ml_genn_data, few_spike, median, qcfs."
DATASET_HELP = "digits, mnist, fashion_mnist, cifar10, or the path of an .npz file."


def verb(function):
    """Register a verb whose bad input is one line on stderr and exit code 2."""

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except SpikewattError as error:
            print(f"spikewatt: {error}", file=sys.stderr)
            raise typer.Exit(2) from None
        except OSError as error:
            print(
                f"spikewatt: {error.filename or 'file'}: {error.strerror or error}", file=sys.stderr
            )
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            print("spikewatt: interrupted", file=sys.stderr)
            raise typer.Exit(130) from None

    return app.command()(guarded)


def new_file(path: Path, force: bool) -> Path:
    """`path`, if it may be written; raises SpikewattError for a folder, an existing file without `force`, or a missing folder."""
    if path.is_dir():
        raise SpikewattError(str(path), "must name a file", "a folder")
    if path.exists() and not force:
        raise SpikewattError(
            str(path),
            "an existing file is not written over",
            "it exists",
            "another name, or --force",
        )
    if not path.parent.is_dir():
        raise SpikewattError(str(path), "the folder to write into exists", "no such folder")
    return path
