"""The verb that hands a network over as C for a microcontroller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import one_of, whole_number
from .options import CHIP, DATASET_HELP, DataDir, Force, Json, show, verb

SUFFIXES = (".tflite",)


@verb(CHIP)
def firmware(
    network: Annotated[
        Path,
        typer.Argument(metavar="NET", help="int8 network (.tflite)."),
    ],
    device: Annotated[str, typer.Option(help="Microcontroller, as `spikewatt devices` names it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")],
    dataset: Annotated[
        str, typer.Option(help=f"Where its input is from: {DATASET_HELP}")
    ] = "digits",
    data_dir: DataDir = None,
    sample: Annotated[int, typer.Option(help="Test sample that it is run on, from 0.")] = 0,
    quality: Annotated[
        str, typer.Option(help="Kernels: best (written for the core) or plain.")
    ] = "best",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a network as C for a microcontroller.

    A folder that builds with Zig or arm-none-eabi-gcc; its README says how. It was built and
    executed in an emulator, with the outputs that TensorFlow Lite computes.
    """
    law = "must be a quality of kernels"
    one_of("firmware --quality", law, quality, ("best", "plain"))
    from ..energy.cards.load import load_card
    from ..energy.firmware.handover.hand_over import check_place, firmware_core, hand_over
    from ..energy.firmware.instructions import check_packages

    check_place(output, force)
    card = load_card(device)
    firmware_core(card)
    check_packages()
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from ..shown_progress import show_progress

    with show_progress() as progress:
        program = _read(network, dataset, data_dir, sample, quality)
        written = hand_over(
            program.sources,
            program.sample,
            card,
            output,
            program.title,
            force,
            progress,
        )

    table = Table("rows", str(output), pd.DataFrame([written], dtype=object))
    notes = (f"{program.title} Begin with {output / 'README.md'}.",)
    show(Findings((table,), notes=notes), as_json)


def _read(
    network: Path,
    dataset: str,
    data_dir: Path | None,
    sample: int,
    quality: str,
):
    """The program of a file, with one sample of a data set."""
    one_of("firmware NET", "must be a network of a kind", network.suffix.lower(), SUFFIXES)
    from ..energy.firmware.handover.program import read_int8
    from ..models.datasets import load_dataset

    x = load_dataset(dataset, data_dir).scaled("test")
    whole_number("firmware --sample", "must be a test sample", sample, 0, len(x) - 1)
    return read_int8(network, x[sample], quality)
