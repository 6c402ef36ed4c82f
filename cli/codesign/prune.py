"""The verb that prunes a network within a budget of accuracy."""

from __future__ import annotations

import hashlib
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import SpikewattError, whole_number
from ..options import DEVICE_HELP, DataDir, Force, Json, OwnDataSet, new_file, show
from ..program import NETWORK, verb
from .given import Given, conversion_options, given_network, sample

NETWORK_HELP = (
    "Spiking network (.spk), or a trained one, which is converted with the options of `convert` "
    "below."
)


@verb(NETWORK, conversion_options)
def prune(
    network: Annotated[Path, typer.Argument(help=NETWORK_HELP)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The .spk file to write; with --fine-tune the trained network is written beside "
            "it, as .keras.",
        ),
    ],
    dataset: OwnDataSet = None,
    data_dir: DataDir = None,
    budget_points: Annotated[
        float, typer.Option(help="Most accuracy that may be lost on validation images, points.")
    ] = 0.3,
    what: Annotated[
        list[str] | None,
        typer.Option(help="synapses or channels; repeat for both, which is the default."),
    ] = None,
    aim: Annotated[
        str,
        typer.Option(
            help="What is to be saved: operations (of weights that are not 0), synapses (which are "
            "stored), or neurons (of which small cores run out first)."
        ),
    ] = "operations",
    fine_tune: Annotated[
        int,
        typer.Option(help="Epochs of training after each round, of a trained network; 0: none."),
    ] = 0,
    device: Annotated[
        list[str] | None,
        typer.Option(help=f"{DEVICE_HELP} By default two cores and a microcontroller."),
    ] = None,
    validation_samples: Annotated[
        int,
        typer.Option(help="Training images at most that were held back, on which is chosen."),
    ] = 2000,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    simulated_steps: Annotated[
        int | None, typer.Option(help="Simulated steps of a streaming code.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of training and of Poisson inputs.")] = 0,
    force: Force = False,
    as_json: Json = False,
    **given: Any,
) -> None:
    """What can a network do without, within a budget?

    Chosen on validation images; what is said of accuracy and energy is of the test images.
    """
    new_file(output, force)
    whole_number("prune --validation-samples", "must be at least 1", validation_samples, 1, 10**9)
    whole_number("prune --fine-tune", "must be a number of epochs", fine_tune, 0, 10_000)
    if samples is not None:
        whole_number("prune --samples", "must be at least 1", samples, 1, 10**9)
    _check_trained(network, fine_tune)
    trained = _trained_file(network, output, force) if fine_tune else None

    from ...analysis.codesign.pruning import pruning_outcome
    from ...energy.cards.load import load_card
    from ...energy.pruning_savings import DEVICES
    from ...models.zoo.catalogue import dataset_of
    from ...sim.pruning.knobs import WHAT
    from ...sim.pruning.prune import prune as prune_network
    from ..habits.voice import show_progress

    devices = device or list(DEVICES)
    for name in devices:
        load_card(name)
    options = {key: value for key, value in given.items() if value is not None}
    dataset = dataset_of(network, dataset)
    found = given_network("prune", network, dataset, data_dir, options)
    seen = sample(found.network, dataset, data_dir, validation_samples, "validation")
    asked = {"budget_points": budget_points, "what": tuple(what or WHAT), "aim": aim}
    kept = _kept(output, found, len(seen.x), seed, {**asked, "epochs": fine_tune})
    try:
        with show_progress() as progress:
            pruned = prune_network(
                found.network,
                seen.x,
                seen.labels,
                **asked,
                tuning=_tuning(found, fine_tune, seed, kept),
                steps=simulated_steps,
                seed=seed,
                progress=progress,
            )
    except KeyboardInterrupt:
        if kept.is_dir():
            said = f"{kept.parent} has the epochs that are done; the same line goes on"
            print(f"spikewatt: {said}", file=sys.stderr)
        raise
    except SpikewattError:
        _forget(kept)
        raise
    test = sample(found.network, dataset, data_dir, samples)
    outcome = pruning_outcome(
        pruned, test, devices, len(seen.x), budget_points, aim, simulated_steps, seed
    )
    pruned.network.save(output)
    if trained is not None:
        from ...models.loading.save import save_keras

        save_keras(pruned.model, trained)
    _forget(kept)
    show(outcome.findings(), as_json)


def _check_trained(network: Path, fine_tune: int) -> None:
    """Raise where there is nothing to train."""
    from ...models.loading.formats import TRAINED, is_trained

    if fine_tune and not is_trained(network):
        law = "needs a trained network and its training data, which a spiking one does not hold"
        raise SpikewattError("prune --fine-tune", law, str(network), TRAINED)


def _trained_file(network: Path, output: Path, force: bool) -> Path:
    """Where the network goes that was trained on; never over the one that it came from."""
    path = output.with_suffix(".keras")
    if path in (output, network) or (path.exists() and path.samefile(network)):
        law = "writes a .spk file and, with --fine-tune, a .keras file of the same name beside it"
        raise SpikewattError("prune --output", law, str(output), "another name")
    return new_file(path, force)


def _kept(
    output: Path, found: Given, validation_samples: int, seed: int, asked: dict[str, Any]
) -> Path:
    """Folder of the epochs of this very call, so that an interruption does not lose them."""
    of = [found.network.hash, validation_samples, seed, *asked.values()]
    call = hashlib.sha256(repr(of).encode()).hexdigest()[:12]
    return output.with_suffix(".tuning") / call


def _forget(kept: Path) -> None:
    """Remove what is not needed once all is written."""
    shutil.rmtree(kept, ignore_errors=True)
    with suppress(OSError):  # epochs of other calls
        kept.parent.rmdir()


def _tuning(found: Given, epochs: int, seed: int, folder: Path):
    """What is trained after each round; None where nothing is."""
    if not epochs:
        return None
    from ...sim.pruning.tuning.tuning import Tuning

    assert found.data is not None
    return Tuning(
        found.model,
        found.data.scaled("train", found.input_max),
        found.data.y_train,
        found.options,
        found.calibration,
        epochs=epochs,
        seed=seed,
        folder=folder,
    )
