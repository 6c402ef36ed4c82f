"""The verb that draws accuracy against faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import SpikewattError, whole_number
from ..options import (
    DataDir,
    Force,
    Json,
    OwnDataSet,
    network_inputs,
    new_file,
    number,
    show,
)
from ..program import NETWORK, verb
from .given import conversion_options, given_network

FILES = ("robustness.csv", "robustness_runs.csv", "robustness.png", "robustness.svg")
FAULT_HELP = (
    "Kind of fault, or kind and levels as shares, lost_spikes=0,0.01,0.1; repeat for several. By "
    "default every kind: input_noise, lost_spikes, silent_neurons, firing_neurons, "
    "flipped_weight_bits, weight_bits_at_0, weight_bits_at_1."
)


@verb(NETWORK, conversion_options)
def robustness(
    networks: Annotated[
        list[str],
        typer.Argument(
            metavar="NETWORK…",
            help="Spiking networks (.spk), or trained ones, which are converted with the options "
            "below; LABEL=FILE names a line of the picture.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=f"Existing folder for {', '.join(FILES)}.")
    ],
    dataset: OwnDataSet = None,
    data_dir: DataDir = None,
    fault: Annotated[list[str] | None, typer.Option(help=FAULT_HELP)] = None,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Of the faults; repeat for several. By default 0 1 2.")
    ] = None,
    simulated_steps: Annotated[
        int | None, typer.Option(help="Simulated steps of a streaming code.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="As of `simulate`; spikes are lost in batched or reference.")
    ] = "auto",
    force: Force = False,
    as_json: Json = False,
    **given: Any,
) -> None:
    """How does accuracy fall with noise, lost spikes and wrong bits?

    One curve per kind of fault and network.
    """
    if not output.is_dir():
        raise SpikewattError("robustness --output", "is an existing folder", str(output))
    for name in FILES:
        new_file(output / name, force)
    faults = _faults(fault)
    if samples is not None:
        whole_number("robustness --samples", "must be at least 1", samples, 1, 10**9)
    options = {key: value for key, value in given.items() if value is not None}

    from ...analysis.report.figures.style import save
    from ...analysis.report.findings import Findings
    from ...analysis.report.rows import write_frame
    from ...analysis.robustness.curves import SEEDS
    from ...analysis.robustness.curves import robustness as look
    from ...analysis.robustness.table import shown
    from ..habits.voice import show_progress

    named = _named(networks)
    dataset = _one_dataset([path for _, path in named], dataset)
    spiking = {
        label: given_network("robustness", path, dataset, data_dir, options).network
        for label, path in named
    }
    found = []
    for label, network in spiking.items():
        x, labels = network_inputs(network, dataset, data_dir, samples)
        with show_progress() as progress:
            found.append(
                look(
                    {label: network},
                    x,
                    labels,
                    faults,
                    tuple(seed or SEEDS),
                    steps=simulated_steps,
                    engine=engine,
                    progress=progress,
                )
            )
    together = found[0].with_others(*found[1:])
    write_frame(together.table, output / FILES[0])
    write_frame(together.runs, output / FILES[1])
    picture = save(together.figure(), output, "robustness")
    images = int(together.table["images"].max())
    table = shown(together.table, f"Accuracy with faults on {images:,} images of {dataset}")
    show(Findings((table,), notes=(f"Picture: {picture}",)), as_json)


def _one_dataset(networks: list[Path], dataset: str | None) -> str:
    """The data set of all networks: curves of different images are not comparable."""
    from ...models.zoo.catalogue import dataset_of

    found = list(dict.fromkeys(dataset_of(network, dataset) for network in networks))
    if len(found) > 1:
        law = "is one for all networks, whose curves share a picture"
        raise SpikewattError("robustness --dataset", law, ", ".join(found), "one of them")
    return found[0]


def _named(networks: list[str]) -> list[tuple[str, Path]]:
    """(label, file) of each; labels are different."""
    parted = [word.rpartition("=") for word in networks]
    found = [(label or Path(path).stem, Path(path)) for label, _, path in parted]
    labels = [label for label, _ in found]
    if len(set(labels)) < len(labels):
        law = "have different labels"
        raise SpikewattError("robustness NETWORK", law, ", ".join(labels), "LABEL=FILE")
    return found


def _faults(words: list[str] | None) -> dict[str, tuple[float, ...]] | None:
    """Kind of fault -> its levels; None where none was said."""
    if not words:
        return None
    from ...sim.faults.kinds import fault_named

    found: dict[str, tuple[float, ...]] = {}
    for word in words:
        name, _, levels = word.partition("=")
        fault = fault_named("robustness --fault", name)
        try:
            given = tuple(number(level) for level in levels.split(",")) if levels else fault.levels
        except ValueError:
            law = "is a kind of fault, or KIND=LEVEL,LEVEL,…"
            raise SpikewattError("robustness --fault", law, word) from None
        if name in found:
            raise SpikewattError("robustness --fault", "names a kind once", name)
        found[name] = given
    return found
