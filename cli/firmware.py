"""The verb that hands a network over as C for a microcontroller."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SpikewattError, one_of, whole_number
from .options import OWN_DATASET_HELP, DataDir, Force, Json, network_inputs, show
from .program import CHIP, verb

if TYPE_CHECKING:
    import numpy as np

    from ..energy.firmware.cores import FirmwareCore
    from ..energy.firmware.handover.program import Program

SUFFIXES = (".spk", ".tflite")


@verb(CHIP)
def firmware(
    network: Annotated[
        Path,
        typer.Argument(
            metavar="NET",
            help="Spiking network (.spk), int8 network (.tflite), or zoo:NAME, which is converted "
            "into spikes as `convert` does it.",
        ),
    ],
    device: Annotated[str, typer.Option(help="Microcontroller, as `spikewatt devices` names it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")],
    dataset: Annotated[
        str | None, typer.Option(help=f"Where its input is from: {OWN_DATASET_HELP}")
    ] = None,
    data_dir: DataDir = None,
    sample: Annotated[int, typer.Option(help="Test sample that it is run on, from 0.")] = 0,
    steps: Annotated[
        int | None, typer.Option(help="Simulated steps of a streaming code; by default 32.")
    ] = None,
    quality: Annotated[
        str, typer.Option(help="Kernels: best (written for the core) or plain.")
    ] = "best",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a network as C for a microcontroller.

    A folder that builds with Zig or arm-none-eabi-gcc; its README says how. It was built and
    executed in an emulator, with the outputs and numbers of spikes of the reference.
    """
    law = "must be a quality of kernels"
    one_of("firmware --quality", law, quality, ("best", "plain"))
    from ..energy.cards.load import load_card
    from ..energy.firmware.handover.hand_over import check_place, firmware_core, hand_over
    from ..energy.firmware.instructions import check_packages

    check_place(output, force)
    card = load_card(device)
    core = firmware_core(card)
    check_packages()
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from .habits.voice import show_progress

    with show_progress() as progress:
        program = _read(network, core, dataset, data_dir, sample, steps, quality)
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
    path: Path,
    core: FirmwareCore,
    given: str | None,
    data_dir: Path | None,
    sample: int,
    steps: int | None,
    quality: str,
) -> Program:
    """The program of a file or of a network of the zoo, with one sample of a data set."""
    from ..energy.firmware.handover.program import program_of_spikes
    from ..models.zoo.catalogue import dataset_of, is_of_zoo

    dataset = dataset_of(path, given)
    if is_of_zoo(path):
        from .codesign.given import given_network

        spiking = given_network("firmware", path, dataset, data_dir, {}).network
        x, _ = network_inputs(spiking, dataset, data_dir)
        return program_of_spikes(spiking, _sample(x, sample), core, steps, quality)

    kind = one_of("firmware NET", "must be a network of a kind", path.suffix.lower(), SUFFIXES)
    from ..energy.firmware.handover.program import read_int8, read_spiking

    if kind == ".spk":
        from ..sim.network.spiking_network import SpikingNetwork

        x, _ = network_inputs(SpikingNetwork.load(path), dataset, data_dir)
        return read_spiking(path, _sample(x, sample), core, steps, quality)

    if steps is not None:
        raise SpikewattError("firmware --steps", "is for a spiking network", steps)
    from ..models.datasets import load_dataset

    x = load_dataset(dataset, data_dir).scaled("test")
    return read_int8(path, _sample(x, sample), quality)


def _sample(x: np.ndarray, sample: int) -> np.ndarray:
    law = "must be a test sample"
    return x[whole_number("firmware --sample", law, sample, 0, len(x) - 1)]
