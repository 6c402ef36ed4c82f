"""The verb that runs a network on ODIN itself or on tinyODIN, by its twin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import SpikewattError, whole_number
from ...models.odin.chips import CHIPS, ODIN, chip_of
from ..options import DataDir, Json, OwnDataSet, show
from ..program import CHIP, verb


@verb(CHIP)
def odin(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="Trained network of dense layers to start from (.keras, …, zoo:digits-mlp); else "
            "trained anew."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="New folder for the network and the image of the chip."
        ),
    ] = None,
    chip: Annotated[str, typer.Option(help=f"{' or '.join(CHIPS)}.")] = ODIN.name,
    dataset: OwnDataSet = None,
    data_dir: DataDir = None,
    side: Annotated[
        int | None,
        typer.Option(help="Resize images to so many pixels square, 16 for the 256 axons."),
    ] = None,
    hidden: Annotated[
        int, typer.Option(help="Hidden neurons without a model; 0 for one layer.")
    ] = 48,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    period_s: Annotated[
        float | None, typer.Option(help="One inference per so many seconds.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the training.")] = 0,
    as_json: Json = False,
) -> None:
    """Train for ODIN or tinyODIN, run on its twin, and price.

    With an output folder the chip's memories, registers and an event list are exported.
    """
    if output and output.exists():
        law = "an existing folder is not written into"
        raise SpikewattError(str(output), law, "it exists", "another name")
    if samples is not None:
        whole_number(
            "odin --samples",
            "must be at least 1",
            samples,
            1,
            10**9,
        )
    whole_number("odin --seed", "must be a seed", seed, 0, 2**31 - 1)
    whole_number("odin --hidden", "must be a number of neurons", hidden, 0, 256)
    chosen = chip_of("odin --chip", chip)
    if side is not None:
        whole_number("odin --side", "must be a number of pixels", side, 1, 4096)
    from ...analysis.checks.odin_on_chip import run_job
    from ...analysis.report.findings import Findings
    from ...analysis.report.prices import price_table
    from ...models.zoo.catalogue import dataset_of
    from ..habits.voice import show_progress

    with show_progress() as progress:
        result = run_job(
            model,
            dataset_of(model, dataset),
            data_dir,
            side=side,
            hidden=hidden or None,
            samples=samples,
            period_s=period_s,
            seed=seed,
            output=output,
            progress=progress,
            chip=chosen,
        )

    title = f"{result.network.name}: {result.accuracy * 100:.2f} % on the twin of {chosen.title}"
    if result.keras_accuracy is not None:
        title += f", Keras {result.keras_accuracy * 100:.2f} %"
    facts = {
        "accuracy": result.accuracy,
        "keras_accuracy": result.keras_accuracy,
        "counts": result.run.counts.mean(),
    }
    table = price_table(result.prices, title)
    show(Findings((table,), tuple(result.prices.assumptions), facts=facts), as_json)
