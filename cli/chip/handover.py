"""The verb that hands the RTL core of a network over to an engineer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import whole_number
from ..options import DATASET_HELP, DataDir, Force, Json, Spk, network_inputs, show
from ..program import CHIP, verb

MOST_SAMPLES = 10**4


@verb(CHIP)
def rtl(
    network: Spk,
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder to write.")],
    dataset: Annotated[str, typer.Option(help=f"Inputs of the vectors: {DATASET_HELP}")] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to make vectors of.")] = 3,
    steps: Annotated[int, typer.Option(help="Simulated steps of a rate network.")] = 32,
    state_bits: Annotated[int, typer.Option(help="Width of a potential in the cores.")] = 24,
    cycles_per_sop: Annotated[
        int,
        typer.Option(help="Cycles of a visit to a neuron; 3: a register after the memories."),
    ] = 2,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a network's core: RTL, memories, bench, driver.

    A folder for an engineer, who needs no Python from there on; its README says how.
    """
    whole_number("rtl --samples", "must be a number of samples", samples, 1, MOST_SAMPLES)
    from ...rtl_ref.handover.hand_over import check_place

    check_place(output, force)
    import pandas as pd

    from ...analysis.report.findings import Findings, Table
    from ...rtl_ref.handover.hand_over import hand_over
    from ...sim.network.spiking_network import SpikingNetwork
    from ..habits.voice import show_progress

    spiking = SpikingNetwork.load(network)
    x, _ = network_inputs(spiking, dataset, data_dir, samples)
    with show_progress() as progress:
        written = hand_over(
            spiking,
            x,
            output,
            steps if spiking.code == "rate" else None,
            state_bits,
            cycles_per_sop,
            force,
            progress,
        )

    table = Table("rows", str(output), pd.DataFrame([written], dtype=object))
    notes = (f"begin with {output / 'README.md'}.",)
    show(Findings((table,), notes=notes), as_json)
