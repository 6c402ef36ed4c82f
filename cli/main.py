"""The command line: each verb a few lines over the API. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import whole_number
from . import energy, rtl  # noqa: F401  (they register their verbs)
from .options import (
    DATASET_HELP,
    INPUT_CODE_HELP,
    METHOD_HELP,
    DataDir,
    Force,
    Json,
    app,
    new_file,
    verb,
)


@verb
def run(
    config: Annotated[
        Path | None, typer.Argument(help="YAML file; without one, the digits job.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Folder under the runs folder.")] = None,
    dataset: Annotated[str | None, typer.Option(help=DATASET_HELP)] = None,
    data_dir: DataDir = None,
    network: Annotated[
        str | None, typer.Option(help="Name of a network to train, or the path of a .keras file.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    code: Annotated[str | None, typer.Option(help="rate, signed, radix or sync_rate.")] = None,
    input_code: Annotated[str | None, typer.Option(help=INPUT_CODE_HELP)] = None,
    method: Annotated[str | None, typer.Option(help=METHOD_HELP)] = None,
    steps: Annotated[
        int | None, typer.Option(help="Steps: simulated ones under rate, per layer in exact codes.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="annarchy, batched or reference.")] = None,
    device: Annotated[
        list[str] | None, typer.Option(help="Card name or .yaml file; repeat for several.")
    ] = None,
    period_s: Annotated[
        float | None, typer.Option(help="One inference per so many seconds.")
    ] = None,
    runs_dir: Annotated[Path, typer.Option(help="Folder that the run's folder is made in.")] = Path(
        "runs"
    ),
    as_json: Json = False,
) -> None:
    """Train or load a network, convert, simulate, price, and report into a new folder."""
    from ..analysis.job.config import read_config

    overrides = {
        "name": name,
        "dataset": dataset,
        "data_dir": str(data_dir) if data_dir else None,
        "network": network,
        "epochs": epochs,
        "code": code,
        "input_code": input_code,
        "method": method,
        "steps": steps,
        "engine": engine,
        "devices": device or None,
        "period_s": period_s,
    }
    checked = read_config(config, overrides)

    from ..analysis.job.run import run as run_job
    from ..analysis.report.console import print_run, run_as_json, stages

    with stages() as progress:
        result = run_job(checked, runs_dir, progress)
    if as_json:
        print(json.dumps(run_as_json(result), indent=2))
    else:
        print_run(result)


@verb
def convert(
    model: Annotated[Path, typer.Argument(help="Trained .keras file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .spk file to write.")],
    dataset: Annotated[str, typer.Option(help=f"Calibration data: {DATASET_HELP}")] = "digits",
    data_dir: DataDir = None,
    weight_bits: Annotated[int, typer.Option(help="Width of the signed weights.")] = 8,
    input_max: Annotated[float, typer.Option(help="Input value of the brightest pixel.")] = 1.0,
    calibration_samples: Annotated[
        int, typer.Option(help="Training samples to calibrate on.")
    ] = 1000,
    code: Annotated[str, typer.Option(help="rate, signed, radix or sync_rate.")] = "rate",
    steps: Annotated[int | None, typer.Option(help="Steps per layer, not under rate.")] = None,
    input_code: Annotated[str, typer.Option(help=INPUT_CODE_HELP)] = "if",
    method: Annotated[str, typer.Option(help=METHOD_HELP)] = "least_error",
    reset: Annotated[
        str | None, typer.Option(help="subtract or zero, under rate; by default the method's own.")
    ] = None,
    readout: Annotated[
        str, typer.Option(help="membrane, or spikes (the output fires and is counted).")
    ] = "membrane",
    bias_correction: Annotated[
        int, typer.Option(help="Sweeps of bias correction, in exact codes.")
    ] = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Convert a trained Keras network into a spiking network."""
    new_file(output, force)
    whole_number(
        "convert --calibration-samples", "must be at least 1", calibration_samples, 1, 10**9
    )
    from ..models.datasets import load_dataset
    from ..models.networks import load_keras
    from ..sim.conversion.convert import convert as convert_model

    keras_model = load_keras(model)
    data = load_dataset(dataset, data_dir)
    calibration = data.scaled("train")[:calibration_samples] * input_max
    network = convert_model(
        keras_model,
        calibration,
        code,
        weight_bits=weight_bits,
        input_levels=data.levels,
        input_max=input_max,
        steps=steps,
        input_code=input_code,
        bias_correction=bias_correction,
        method=method,
        reset=reset,
        readout=readout,
    )
    network.save(output)
    _print_populations(output, network, as_json)


def _span(population) -> str:
    """The thresholds of a population that fires: one, or the smallest and the largest."""
    low, high = int(population.threshold.min()), int(population.threshold.max())
    fires = population.kind == "integrate_and_fire"
    return "" if not fires else str(low) if low == high else f"{low}..{high}"


def _print_populations(output: Path, network, as_json: bool) -> None:
    from ..analysis.report.console import print_table

    rows = [
        {
            "population": p.name,
            "kind": p.kind,
            "shape": "x".join(map(str, p.shape)),
            "threshold": _span(p),
        }
        for p in network.populations
    ]
    print_table(f"{output}: {network.hash[:12]}", rows, as_json)


@verb
def export_nir(
    network: Annotated[Path, typer.Argument(help="Spiking network (.spk).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The NIR file to write.")],
    portable: Annotated[
        bool, typer.Option(help="Refuse what another tool would not know from NIR's own equations.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a spiking network in NIR, the exchange format of spiking simulators."""
    new_file(output, force)
    from ..sim.network.spiking_network import SpikingNetwork
    from ..sim.nir.write import to_nir

    spiking = SpikingNetwork.load(network)
    to_nir(spiking, output, portable)
    _print_populations(output, spiking, as_json)


@verb
def import_nir(
    nir_file: Annotated[Path, typer.Argument(metavar="FILE", help="NIR file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .spk file to write.")],
    dt: Annotated[
        float | None, typer.Option(help="Time per step, where the file does not say it.")
    ] = None,
    reset: Annotated[
        str | None, typer.Option(help="subtract or zero, where the file does not say it.")
    ] = None,
    fires: Annotated[
        str | None, typer.Option(help="at or above the threshold; by default above, as NIR says.")
    ] = None,
    weight_bits: Annotated[int, typer.Option(help="Width of the signed weights.")] = 8,
    input_code: Annotated[
        str,
        typer.Option(help="What the input is given: analog values, or the spikes of an encoder."),
    ] = "analog",
    input_max: Annotated[float, typer.Option(help="Input value of the brightest pixel.")] = 1.0,
    input_levels: Annotated[
        int, typer.Option(help="Steps between an input of 0 and of input-max.")
    ] = 255,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read a NIR file, of any tool, as a spiking network."""
    new_file(output, force)
    from ..sim.nir.read import from_nir

    network = from_nir(nir_file, dt, reset, fires, weight_bits, input_code, input_levels, input_max)
    network.save(output)
    _print_populations(output, network, as_json)


@verb
def crosscheck(
    network: Annotated[
        Path | None,
        typer.Argument(
            help="Spiking network (.spk); by default a small one with borders, strides, zeros."
        ),
    ] = None,
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to count.")] = 3,
    steps: Annotated[int, typer.Option(help="Simulated steps.")] = 12,
    as_json: Json = False,
) -> None:
    """Count synaptic operations with NeuroBench, SpikingJelly and sinabs too, on the same weights and spikes."""
    from ..analysis.report.console import print_table
    from ..analysis.studies.crosscheck import crosscheck as count
    from ..analysis.studies.crosscheck import standing_input, standing_network
    from ..models.datasets import load_dataset
    from ..sim.network.spiking_network import SpikingNetwork

    whole_number("crosscheck --samples", "must be a number of samples", samples, 1, 10**6)
    spiking, x = standing_network(), standing_input()
    if network:
        spiking = SpikingNetwork.load(network)
        x = (
            load_dataset(dataset, data_dir).scaled("test")[:samples]
            * spiking.input_unit
            * spiking.input_levels
        )
    rows = count(spiking, x, steps if spiking.code == "rate" else None).to_dict("records")
    for row in rows:  # NaN: this tool does not count such a layer
        row["counted"] = None if row["counted"] != row["counted"] else int(row["counted"])
        row["equal"] = (
            "not counted"
            if row["counted"] is None
            else "yes"
            if row["counted"] == row["ours"]
            else "no"
        )
    print_table("Synaptic operations per connection and sample", rows, as_json)
    if any(row["equal"] == "no" for row in rows):
        raise typer.Exit(1)


@verb
def simulate(
    network: Annotated[Path, typer.Argument(help="Spiking network (.spk).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The trace (.h5) to write.")],
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[
        int | None, typer.Option(help="Only the first so many test samples.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Simulated steps of a streaming code.")] = None,
    engine: Annotated[str, typer.Option(help="annarchy, batched or reference.")] = "annarchy",
    rasters: Annotated[
        int, typer.Option(help="Record every spike of the first so many samples.")
    ] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes of the ANNarchy engine.")] = None,
    seed: Annotated[int, typer.Option(help="Of Poisson inputs.")] = 0,
    state_bits: Annotated[
        int | None,
        typer.Option(help="Width of a potential, which saturates in it; by default wide enough."),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a spiking network on the test part of a data set and keep the trace."""
    new_file(output, force)
    from ..analysis.report.console import print_table, stages
    from ..analysis.report.tables import layer_table
    from ..models.datasets import load_dataset
    from ..sim.engines.simulate import simulate as run_engine
    from ..sim.network.spiking_network import SpikingNetwork

    spiking = SpikingNetwork.load(network)
    data = load_dataset(dataset, data_dir)
    if samples is not None:
        whole_number("simulate --samples", "must be at least 1", samples, 1, 10**9)
    input_max = spiking.input_unit * spiking.input_levels
    with stages() as progress:
        trace = run_engine(
            spiking,
            data.scaled("test")[:samples] * input_max,
            engine,
            steps,
            rasters,
            workers,
            progress,
            seed=seed,
            state_bits=state_bits,
        )
    title, found = f"{output}: {trace.samples} samples, {trace.steps} steps", {}
    if len(spiking.readouts) == 1:  # of several outputs the labels are those of none
        found = {"accuracy": float(trace.accuracy(data.y_test[:samples])[-1])}
        title += f", accuracy {found['accuracy'] * 100:.2f} %"
    trace.save(output)
    print_table(title, layer_table(trace).to_dict("records"), as_json, found)


@verb
def diagnose(
    network: Annotated[Path, typer.Argument(help="Spiking network (.spk).")],
    model: Annotated[Path, typer.Argument(help="The .keras file that it was converted from.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Existing folder for diagnosis.csv, .png and .svg."),
    ] = None,
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to look at.")] = 200,
    steps: Annotated[int | None, typer.Option(help="Simulated steps of a streaming code.")] = None,
    state_bits: Annotated[
        int | None, typer.Option(help="Width of a potential; by default wide enough.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Where did the accuracy go? Each layer beside the Keras layer that it came from, and what to try next."""
    if output:
        for name in ("diagnosis.csv", "diagnosis.png", "diagnosis.svg"):
            new_file(output / name, force)
    whole_number("diagnose --samples", "must be a number of samples", samples, 1, 2000)
    from ..analysis.report.console import diagnosis_rows, print_table
    from ..analysis.report.figures import save_diagnosis
    from ..analysis.studies.diagnosis import diagnose as diagnose_layers
    from ..models.datasets import load_dataset
    from ..models.networks import load_keras
    from ..sim.network.spiking_network import SpikingNetwork

    spiking = SpikingNetwork.load(network)
    data = load_dataset(dataset, data_dir)
    x = data.scaled("test")[:samples] * spiking.input_unit * spiking.input_levels
    labels = (
        data.y_test[:samples] if len(spiking.readouts) == 1 else None
    )  # of several outputs the labels are those of none
    table = diagnose_layers(load_keras(model), spiking, x, labels, steps, state_bits)
    if output:
        table.to_csv(output / "diagnosis.csv", index=False)
        save_diagnosis(table, output)
    print_table(f"Diagnosis on {len(x)} samples", diagnosis_rows(table, raw=as_json), as_json)


@verb
def plot(
    folder: Annotated[Path, typer.Argument(help="Folder of a run.")], as_json: Json = False
) -> None:
    """Draw the pictures of a run again."""
    from ..analysis.report.console import print_table
    from ..analysis.report.figures import plot_run

    print_table("Pictures", [{"picture": str(path)} for path in plot_run(folder)], as_json)


def main() -> None:
    """Entry point of the ``spikewatt`` program."""
    app()


if __name__ == "__main__":
    main()
