"""Verbs for one network: convert, simulate, diagnose, draw, exchange."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SpikewattError, whole_number
from .options import (
    OWN_DATASET_HELP,
    TRAINED_HELP,
    DataDir,
    DataSet,
    Force,
    Json,
    OwnDataSet,
    Spk,
    fields,
    network_inputs,
    new_file,
    not_staged,
    show,
)
from .program import NETWORK, verb

PACKED = 20  # at best a trace is so much smaller on the disk than in memory
Keras = Annotated[Path, typer.Argument(help=TRAINED_HELP)]
NewSpk = Annotated[Path, typer.Option("--output", "-o", help="The .spk file to write.")]
Steps = Annotated[int | None, typer.Option(help="Simulated steps of a streaming code.")]
StateBits = Annotated[
    int | None,
    typer.Option(help="Width of a potential, which saturates in it; by default wide enough."),
]


def _conversion_options():
    from ..sim.conversion.options import ConversionOptions

    return fields(ConversionOptions, leave_out=("input_levels",))


@verb(NETWORK, _conversion_options)
def convert(
    model: Keras,
    output: NewSpk,
    dataset: Annotated[
        str | None, typer.Option(help=f"Calibration data: {OWN_DATASET_HELP}")
    ] = None,
    data_dir: DataDir = None,
    calibration_samples: Annotated[
        int, typer.Option(help="Training samples to calibrate on.")
    ] = 1000,
    force: Force = False,
    as_json: Json = False,
    **given: object,
) -> None:
    """Convert a trained Keras network into a spiking network."""
    new_file(output, force)
    law = "must be at least 1"
    whole_number(
        "convert --calibration-samples",
        law,
        calibration_samples,
        1,
        10**9,
    )
    from ..models.datasets import load_dataset
    from ..models.loading.load import load_keras
    from ..models.zoo.catalogue import dataset_of
    from ..sim.conversion.convert import convert as convert_model
    from .habits.voice import show_progress

    keras_model = load_keras(model)
    data = load_dataset(dataset_of(model, dataset), data_dir)
    if len(keras_model.inputs) == 1:
        data = data.fitted(keras_model.inputs[0].shape[1:])
    options: dict[str, Any] = {k: value for k, value in given.items() if value is not None}
    largest = options.get("input_max", 1.0)
    calibration = data.scaled("train", largest)[:calibration_samples]
    _check_range(keras_model, model, data, calibration, largest)
    with show_progress() as progress:
        network = convert_model(
            keras_model, calibration, input_levels=data.levels, progress=progress, **options
        )
    network.save(output)
    _show_populations(output, network, as_json, _agreement(keras_model, network, calibration))


def _check_range(keras_model, path: Path, data, calibration, largest: float) -> None:
    """Refuse a classifier that knows the labels in another range of the pixels than this one."""
    from ..analysis.job.plausible import TRIED, check_accuracy
    from ..models.training import predictions

    outputs = [math.prod(tensor.shape[1:]) for tensor in keras_model.outputs]
    if len(keras_model.inputs) > 1 or len(outputs) > 1 or outputs[0] < data.classes:
        return
    if calibration.shape[1:] != tuple(keras_model.inputs[0].shape[1:]):
        return  # `convert` says so

    x, labels = calibration[:TRIED], data.y_train[: len(calibration[:TRIED])]
    right = predictions(keras_model, x) == labels
    check_accuracy(keras_model, str(path), x, labels, float(right.mean()), largest)


def _agreement(keras_model, network, calibration):
    """How far the network answers as Keras does; warns if that is bad."""
    from ..analysis.checks.agreement import compare

    found = compare(keras_model, network, calibration)
    found.warn()
    return found


def _show_populations(output: Path, network, as_json: bool, agreement=None) -> None:
    from ..analysis.report.findings import Findings
    from ..analysis.report.tables import population_table

    table = population_table(network, f"{output}: {network.hash[:12]}")
    found = Findings((table,))
    if agreement is not None:
        facts = {"agreement": agreement.agreement, "correlation": agreement.correlation}
        found = Findings((table,), facts=facts, notes=(f"The network {agreement}.",))
    show(found, as_json)


@verb(NETWORK)
def simulate(
    network: Spk,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .trace file to write.")
    ] = None,
    dataset: DataSet = "digits",
    data_dir: DataDir = None,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    steps: Steps = None,
    engine: Annotated[
        str,
        typer.Option(
            help="annarchy, batched, event or reference; auto: the one with the least estimated "
            "time."
        ),
    ] = "annarchy",
    rasters: Annotated[
        int, typer.Option(help="Record every spike of the first so many samples.")
    ] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes or threads of the engine.")] = None,
    seed: Annotated[int, typer.Option(help="Of Poisson inputs and lost spikes.")] = 0,
    state_bits: StateBits = None,
    lost_spikes: Annotated[
        float,
        typer.Option(help="Probability that a spike is lost on its way; batched or reference."),
    ] = 0.0,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Write nothing: say operations, seconds of each engine, memory, and the size of "
            "the trace.",
        ),
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a spiking network on test data and keep the trace."""
    _check_output(output, dry_run, force)
    from ..analysis.report.findings import Findings
    from ..analysis.report.tables import layers
    from ..resources import check_disk
    from ..sim.engines.simulate import simulate as run_engine
    from ..sim.engines.simulate import trace_bytes
    from ..sim.network.spiking_network import SpikingNetwork
    from .habits.voice import show_progress

    not_staged("simulate", network)
    spiking = SpikingNetwork.load(network)
    if samples is not None:
        whole_number(
            "simulate --samples",
            "must be at least 1",
            samples,
            1,
            10**9,
        )
    x, labels = network_inputs(spiking, dataset, data_dir, samples)
    if dry_run:
        _show_estimate(network, spiking, x, steps, rasters, workers, seed, state_bits, as_json)
        return
    assert output is not None
    packed = trace_bytes(spiking, len(x), steps, rasters) // PACKED
    check_disk(output, "the trace", packed)
    with show_progress() as progress:
        trace = run_engine(
            spiking,
            x,
            engine,
            steps,
            rasters,
            workers,
            progress,
            seed=seed,
            state_bits=state_bits,
            lost_spikes=lost_spikes,
            out=output,
        )

    title, facts = f"{output}: {trace.samples} samples, {trace.steps} steps", {}
    if labels is not None:
        accuracy = float(trace.accuracy(labels)[-1])
        title += f", accuracy {accuracy * 100:.2f} %"
        facts["accuracy"] = accuracy
    show(Findings((layers(trace, title, "rows"),), facts=facts), as_json)


def _check_output(output: Path | None, dry_run: bool, force: bool) -> None:
    """Raise where a run has no file to write, or one that it may not write."""
    if dry_run:
        return
    if output is None:
        law = "names the .trace file to write"
        raise SpikewattError("simulate --output", law, "none", "-o FILE, or --dry-run")
    new_file(output, force)


def _show_estimate(
    path: Path,
    spiking,
    x,
    steps: int | None,
    rasters: int,
    workers: int | None,
    seed: int,
    state_bits: int | None,
    as_json: bool,
) -> None:
    from ..analysis.report.estimates import estimate_findings
    from ..sim.engines.estimate.estimate import estimate

    found = estimate(
        spiking,
        x,
        steps,
        rasters=rasters,
        workers=workers,
        seed=seed,
        state_bits=state_bits,
    )
    title = f"{path.name}: {found.samples:,} samples, {found.steps:,} steps"
    show(estimate_findings(found, title), as_json)


@verb(NETWORK)
def diagnose(
    model: Annotated[Path, typer.Argument(help="The network that was converted.")],
    network: Annotated[
        Path, typer.Argument(metavar="SPK", help="What `convert` made of it (.spk).")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Existing folder for diagnosis.csv, .png and .svg."),
    ] = None,
    dataset: OwnDataSet = None,
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to look at.")] = 200,
    steps: Steps = None,
    state_bits: StateBits = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Where did the accuracy go? Each layer beside its Keras layer.

    And what to try next.
    """
    from ..models.loading.formats import is_trained

    if model.suffix == ".spk" and is_trained(network):
        raise SpikewattError(
            "diagnose",
            "takes the Keras model, then the spiking network",
            f"{model} {network}",
            f"spikewatt diagnose {network} {model}",
        )
    if output:
        for name in ("diagnosis.csv", "diagnosis.png", "diagnosis.svg"):
            new_file(output / name, force)
    whole_number(
        "diagnose --samples",
        "must be a number of samples",
        samples,
        1,
        2000,
    )
    from ..analysis.checks.diagnosis import diagnose as diagnose_layers
    from ..analysis.report.figures.diagnosis import save_diagnosis
    from ..analysis.report.findings import Findings
    from ..analysis.report.rows import write_frame
    from ..analysis.report.tables import diagnosis
    from ..models.loading.load import load_keras
    from ..models.zoo.catalogue import dataset_of
    from ..sim.network.spiking_network import SpikingNetwork
    from .habits.voice import show_progress

    spiking = SpikingNetwork.load(network)
    x, labels = network_inputs(spiking, dataset_of(model, dataset), data_dir, samples)
    with show_progress() as progress:
        frame = diagnose_layers(
            load_keras(model),
            spiking,
            x,
            labels,
            steps,
            state_bits,
            progress,
        )
    if output:
        write_frame(frame, output / "diagnosis.csv")
        save_diagnosis(frame, output)
    table = diagnosis(frame, f"Diagnosis on {len(x)} samples", "rows")
    show(Findings((table,)), as_json)


@verb(NETWORK)
def plot(
    folder: Annotated[Path, typer.Argument(help="Folder of a run.")], as_json: Json = False
) -> None:
    """Draw the pictures of a run again."""
    import pandas as pd

    from ..analysis.report.figures.run import plot_run
    from ..analysis.report.findings import Findings, Table

    pictures = pd.DataFrame({"picture": [str(path) for path in plot_run(folder)]})
    show(Findings((Table("rows", "Pictures", pictures),)), as_json)


@verb(NETWORK)
def export_nir(
    network: Spk,
    output: Annotated[Path, typer.Option("--output", "-o", help="The NIR file to write.")],
    portable: Annotated[
        bool, typer.Option(help="Refuse what another tool would not know from NIR's equations.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a spiking network in NIR, for other simulators."""
    new_file(output, force)
    from ..sim.network.spiking_network import SpikingNetwork
    from ..sim.nir.write import to_nir

    spiking = SpikingNetwork.load(network)
    to_nir(spiking, output, portable)
    _show_populations(output, spiking, as_json)


@verb(NETWORK)
def import_nir(
    nir_file: Annotated[Path, typer.Argument(metavar="FILE", help="NIR file.")],
    output: NewSpk,
    dt: Annotated[
        float | None, typer.Option(help="Time per step, where the file does not say it.")
    ] = None,
    reset: Annotated[
        str | None, typer.Option(help="subtract or zero, where the file does not say it.")
    ] = None,
    fires: Annotated[
        str | None, typer.Option(help="at or above the threshold; by default above, as NIR says.")
    ] = None,
    weight_bits: Annotated[
        int | None, typer.Option(help="Width of the signed weights; by default 8.")
    ] = None,
    input_code: Annotated[
        str | None,
        typer.Option(help="What the input is given: analog values (default), or an encoder's."),
    ] = None,
    input_max: Annotated[
        float | None, typer.Option(help="Input value of the brightest pixel; by default 1.")
    ] = None,
    input_levels: Annotated[
        int | None,
        typer.Option(help="Steps between an input of 0 and of input-max; by default 255."),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read a NIR file, of any tool, as a spiking network."""
    new_file(output, force)
    from ..sim.nir.read import from_nir

    network = from_nir(
        nir_file,
        dt=dt,
        reset=reset,
        fires=fires,
        weight_bits=weight_bits,
        input_code=input_code,
        input_levels=input_levels,
        input_max=input_max,
    )
    network.save(output)
    _show_populations(output, network, as_json)
