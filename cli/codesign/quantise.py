"""The verb that lets a network send less than it could: stages, planes by layer, early exit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import SpikewattError, whole_number
from ..options import DEVICE_HELP, DataDir, Force, Json, OwnDataSet, new_file, show
from ..program import NETWORK, verb
from .given import conversion_options, given_network, sample

TABLES = ("accuracy.csv", "energy.csv", "time.csv", "tails.png", "tails.svg")
DEVICES = ("odin_style:axons_per_core=1024,doubling_accumulator=1", "stm32l4r5")
NETWORK_HELP = (
    "Spiking network (.spk), stages (.spks) that are run as they are, or a trained network, which "
    "is converted with the options of `convert` below."
)
HOW_HELP = (
    "stages: the most significant planes first, the rest where the margin of the answer is small; "
    "allocate: to each layer its number of planes; exit: a streaming code ends where it is sure. "
    "By default stages, of a streaming code exit."
)


@verb(NETWORK, conversion_options)
def quantise(
    network: Annotated[Path, typer.Argument(help=NETWORK_HELP)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Existing folder for staged.spks, quantised.spk or exit.json, "
            f"{', '.join(TABLES)}.",
        ),
    ],
    how: Annotated[str | None, typer.Option(help=HOW_HELP)] = None,
    dataset: OwnDataSet = None,
    data_dir: DataDir = None,
    budget_points: Annotated[
        float, typer.Option(help="Most accuracy that may be lost on validation images, points.")
    ] = 0.3,
    threshold: Annotated[
        float | None,
        typer.Option(help="Of the margin, 0 to 1, in place of one that is chosen."),
    ] = None,
    planes: Annotated[
        list[int] | None,
        typer.Option(help="Of the first stage; repeat for several to choose from."),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help=f"{DEVICE_HELP} By default a core that doubles, and a microcontroller."),
    ] = None,
    validation_samples: Annotated[
        int,
        typer.Option(help="Training images at most that were held back, on which is chosen."),
    ] = 2000,
    shift: Annotated[
        int,
        typer.Option(
            help="Validation images are moved by up to so many pixels, for a network that was "
            "trained on them: of those its margins are too large."
        ),
    ] = 0,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    simulated_steps: Annotated[
        int | None, typer.Option(help="Simulated steps of a streaming code.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of Poisson inputs.")] = 0,
    force: Force = False,
    as_json: Json = False,
    **given: Any,
) -> None:
    """How few bits or steps answer? Chosen per image, or per layer.

    Chosen on validation images; what is said of accuracy and energy is of the test images.
    """
    _check_words(output, planes, validation_samples, samples, shift, threshold)

    from ...analysis.codesign.methods import Chosen, Wanted, chosen, method_for, method_named
    from ...analysis.codesign.outcome import outcome
    from ...analysis.report.figures.style import save
    from ...analysis.report.figures.tails import tails_figure
    from ...analysis.report.rows import write_frame
    from ...energy.cards.load import load_card
    from ...models.zoo.catalogue import dataset_of
    from ..habits.voice import show_progress

    named = None if how is None else method_named("quantise --how", how)
    devices = device or list(DEVICES)
    for name in devices:
        load_card(name)
    options = {key: value for key, value in given.items() if value is not None}
    dataset = dataset_of(network, dataset)
    staged = _staged(network, how, threshold, planes, simulated_steps, options)
    if staged is not None:
        spiking, named = staged.stages[-1], method_named("quantise", "stages")
    else:
        spiking = given_network("quantise", network, dataset, data_dir, options).network
    named = named or method_for(spiking)
    if planes and not named.has_first_stage:
        law = "are those of the first stage"
        raise SpikewattError("quantise --planes", law, f"--how {named.name}", "--how stages")
    if threshold is not None and not named.has_threshold:
        law = "is that of a margin"
        allowed = "--how stages, --how exit"
        raise SpikewattError("quantise --threshold", law, f"--how {named.name}", allowed)
    own = () if staged is not None else (named.file,)
    for file in (*own, *TABLES):
        new_file(output / file, force)

    seen = sample(spiking, dataset, data_dir, validation_samples, "validation", shift)
    wanted = Wanted(budget_points, threshold, tuple(planes or ()), simulated_steps, seed)
    with show_progress() as progress:
        if staged is not None:
            found = Chosen(named, spiking, staged)
            wanted = Wanted(budget_points, staged.rule.threshold, (), None, seed)
        else:
            found = chosen(f"quantise --how {named.name}", named, spiking, seen, wanted, progress)
    test = sample(spiking, dataset, data_dir, samples)
    result = outcome(found, seen, test, devices, wanted)
    if not result.energies:
        law, why = "one of the devices can execute the network so", result.does_not_fit.values()
        raise SpikewattError(f"quantise --how {named.name}", law, "; ".join(why))
    findings = result.findings()

    if own:
        found.save(output)
    for table in findings:
        write_frame(table.frame, output / f"{table.name}.csv")
    save(tails_figure(result.spreads()), output, "tails")
    show(findings, as_json)


def _check_words(
    output: Path,
    planes: list[int] | None,
    validation_samples: int,
    samples: int | None,
    shift: int,
    threshold: float | None,
) -> None:
    """Raise for what can be known to be wrong before anything is read."""
    if not output.is_dir():
        raise SpikewattError("quantise --output", "is an existing folder", str(output))
    law = "must be at least 1"
    whole_number("quantise --validation-samples", law, validation_samples, 1, 10**9)
    if samples is not None:
        whole_number("quantise --samples", law, samples, 1, 10**9)
    whole_number("quantise --shift", "is a number of pixels", shift, 0, 1000)
    for number in planes or ():
        whole_number("quantise --planes", "is a number of planes", number, 1, 31)
    if threshold is not None:
        from ...sim.staged.margins import checked_share

        checked_share("quantise --threshold", threshold)


def _staged(
    path: Path,
    how: str | None,
    threshold: float | None,
    planes: list[int] | None,
    simulated_steps: int | None,
    options: dict[str, Any],
):
    """The stages in a file; None of another file."""
    if path.suffix.lower() != ".spks":
        return None
    chosen = {
        "how": how if how != "stages" else None,
        "planes": planes or None,
        "threshold": threshold,
        "simulated_steps": simulated_steps,
    }
    for word, value in {**chosen, **options}.items():
        if value is not None:
            law = "is chosen before stages are written, and these are"
            raise SpikewattError(f"quantise --{word.replace('_', '-')}", law, str(path), ".spk")
    from ...sim.staged.staged_network import StagedNetwork

    return StagedNetwork.load(path)
