"""The command line: each verb a few lines over the API. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from .errors import SpikewattError, whole_number

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
            print(f"spikewatt: {error.filename or 'file'}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            print("spikewatt: interrupted", file=sys.stderr)
            raise typer.Exit(130) from None

    return app.command()(guarded)


def _new_file(path: Path, force: bool) -> Path:
    if path.is_dir():
        raise SpikewattError(str(path), "must name a file", "a folder")
    if path.exists() and not force:
        raise SpikewattError(str(path), "an existing file is not written over", "it exists", "another name, or --force")
    if not path.parent.is_dir():
        raise SpikewattError(str(path), "the folder to write into exists", "no such folder")
    return path


@verb
def run(
    config: Annotated[Path | None, typer.Argument(help="YAML file; without one, the digits job.")] = None,
    name: Annotated[str | None, typer.Option(help="Folder under the runs folder.")] = None,
    dataset: Annotated[str | None, typer.Option(help=DATASET_HELP)] = None,
    data_dir: DataDir = None,
    network: Annotated[str | None, typer.Option(help="Name of a network to train, or the path of a .keras file.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    code: Annotated[str | None, typer.Option(help="rate, signed, radix or sync_rate.")] = None,
    input_code: Annotated[str | None, typer.Option(help=INPUT_CODE_HELP)] = None,
    method: Annotated[str | None, typer.Option(help=METHOD_HELP)] = None,
    steps: Annotated[int | None, typer.Option(help="Steps: simulated ones under rate, per layer in exact codes.")] = None,
    engine: Annotated[str | None, typer.Option(help="annarchy, batched or reference.")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Card name or .yaml file; repeat for several.")] = None,
    period_s: Annotated[float | None, typer.Option(help="One inference per so many seconds.")] = None,
    runs_dir: Annotated[Path, typer.Option(help="Folder that the run's folder is made in.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Train or load a network, convert, simulate, price, and report into a new folder."""
    from .analysis.config import read_config

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

    from .analysis.console import print_run, run_as_json, stages
    from .analysis.run import run as run_job

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
    calibration_samples: Annotated[int, typer.Option(help="Training samples to calibrate on.")] = 1000,
    code: Annotated[str, typer.Option(help="rate, signed, radix or sync_rate.")] = "rate",
    steps: Annotated[int | None, typer.Option(help="Steps per layer, not under rate.")] = None,
    input_code: Annotated[str, typer.Option(help=INPUT_CODE_HELP)] = "if",
    method: Annotated[str, typer.Option(help=METHOD_HELP)] = "least_error",
    reset: Annotated[str | None, typer.Option(help="subtract or zero, under rate; by default the method's own.")] = None,
    readout: Annotated[str, typer.Option(help="membrane, or spikes (the output fires and is counted).")] = "membrane",
    bias_correction: Annotated[int, typer.Option(help="Sweeps of bias correction, in exact codes.")] = 0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Convert a trained Keras network into a spiking network."""
    _new_file(output, force)
    whole_number("convert --calibration-samples", "must be at least 1", calibration_samples, 1, 10**9)
    from .models.datasets import load_dataset
    from .models.networks import load_keras
    from .sim.convert import convert as convert_model

    keras_model = load_keras(model)
    data = load_dataset(dataset, data_dir)
    calibration = data.scaled("train")[:calibration_samples] * input_max
    network = convert_model(
        keras_model,
        calibration,
        code,
        weight_bits,
        data.levels,
        input_max,
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
    from .analysis.console import print_table

    rows = [
        {"population": p.name, "kind": p.kind, "shape": "x".join(map(str, p.shape)), "threshold": _span(p)} for p in network.populations
    ]
    print_table(f"{output}: {network.hash[:12]}", rows, as_json)


@verb
def export_nir(
    network: Annotated[Path, typer.Argument(help="Spiking network (.spk).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The NIR file to write.")],
    portable: Annotated[bool, typer.Option(help="Refuse what another tool would not know from NIR's own equations.")] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a spiking network in NIR, the exchange format of spiking simulators."""
    _new_file(output, force)
    from .sim.network import SpikingNetwork
    from .sim.nir_export import to_nir

    spiking = SpikingNetwork.load(network)
    to_nir(spiking, output, portable)
    _print_populations(output, spiking, as_json)


@verb
def import_nir(
    nir_file: Annotated[Path, typer.Argument(metavar="FILE", help="NIR file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .spk file to write.")],
    dt: Annotated[float | None, typer.Option(help="Time per step, where the file does not say it.")] = None,
    reset: Annotated[str | None, typer.Option(help="subtract or zero, where the file does not say it.")] = None,
    fires: Annotated[str | None, typer.Option(help="at or above the threshold; by default above, as NIR says.")] = None,
    weight_bits: Annotated[int, typer.Option(help="Width of the signed weights.")] = 8,
    input_code: Annotated[str, typer.Option(help="What the input is given: analog values, or the spikes of an encoder.")] = "analog",
    input_max: Annotated[float, typer.Option(help="Input value of the brightest pixel.")] = 1.0,
    input_levels: Annotated[int, typer.Option(help="Steps between an input of 0 and of input-max.")] = 255,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read a NIR file, of any tool, as a spiking network."""
    _new_file(output, force)
    from .sim.nir_import import from_nir

    network = from_nir(nir_file, dt, reset, fires, weight_bits, input_code, input_levels, input_max)
    network.save(output)
    _print_populations(output, network, as_json)


@verb
def crosscheck(
    network: Annotated[
        Path | None, typer.Argument(help="Spiking network (.spk); by default a small one with borders, strides, zeros.")
    ] = None,
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to count.")] = 3,
    steps: Annotated[int, typer.Option(help="Simulated steps.")] = 12,
    as_json: Json = False,
) -> None:
    """Count synaptic operations with NeuroBench, SpikingJelly and sinabs too, on the same weights and spikes."""
    from .analysis.console import print_table
    from .analysis.crosscheck import crosscheck as count
    from .analysis.crosscheck import standing_input, standing_network
    from .models.datasets import load_dataset
    from .sim.network import SpikingNetwork

    whole_number("crosscheck --samples", "must be a number of samples", samples, 1, 10**6)
    spiking, x = standing_network(), standing_input()
    if network:
        spiking = SpikingNetwork.load(network)
        x = load_dataset(dataset, data_dir).scaled("test")[:samples] * spiking.input_unit * spiking.input_levels
    rows = count(spiking, x, steps if spiking.code == "rate" else None).to_dict("records")
    for row in rows:  # NaN: this tool does not count such a layer
        row["counted"] = None if row["counted"] != row["counted"] else int(row["counted"])
        row["equal"] = "not counted" if row["counted"] is None else "yes" if row["counted"] == row["ours"] else "no"
    print_table("Synaptic operations per connection and sample", rows, as_json)
    if any(row["equal"] == "no" for row in rows):
        raise typer.Exit(1)


@verb
def simulate(
    network: Annotated[Path, typer.Argument(help="Spiking network (.spk).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The trace (.h5) to write.")],
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int | None, typer.Option(help="Only the first so many test samples.")] = None,
    steps: Annotated[int | None, typer.Option(help="Simulated steps of a streaming code.")] = None,
    engine: Annotated[str, typer.Option(help="annarchy, batched or reference.")] = "annarchy",
    rasters: Annotated[int, typer.Option(help="Record every spike of the first so many samples.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes of the ANNarchy engine.")] = None,
    seed: Annotated[int, typer.Option(help="Of Poisson inputs.")] = 0,
    state_bits: Annotated[int | None, typer.Option(help="Width of a potential, which saturates in it; by default wide enough.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a spiking network on the test part of a data set and keep the trace."""
    _new_file(output, force)
    from .analysis.console import print_table, stages
    from .analysis.tables import layer_table
    from .models.datasets import load_dataset
    from .sim.network import SpikingNetwork
    from .sim.simulate import simulate as run_engine

    spiking = SpikingNetwork.load(network)
    data = load_dataset(dataset, data_dir)
    if samples is not None:
        whole_number("simulate --samples", "must be at least 1", samples, 1, 10**9)
    input_max = spiking.input_unit * spiking.input_levels
    with stages() as progress:
        trace = run_engine(
            spiking, data.scaled("test")[:samples] * input_max, engine, steps, rasters, workers, progress, seed=seed, state_bits=state_bits
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
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Existing folder for diagnosis.csv, .png and .svg.")] = None,
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to look at.")] = 200,
    steps: Annotated[int | None, typer.Option(help="Simulated steps of a streaming code.")] = None,
    state_bits: Annotated[int | None, typer.Option(help="Width of a potential; by default wide enough.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Where did the accuracy go? Each layer beside the Keras layer that it came from, and what to try next."""
    if output:
        for name in ("diagnosis.csv", "diagnosis.png", "diagnosis.svg"):
            _new_file(output / name, force)
    whole_number("diagnose --samples", "must be a number of samples", samples, 1, 2000)
    from .analysis.console import diagnosis_rows, print_table
    from .analysis.diagnosis import diagnose as diagnose_layers
    from .analysis.plots import save_diagnosis
    from .models.datasets import load_dataset
    from .models.networks import load_keras
    from .sim.network import SpikingNetwork

    spiking = SpikingNetwork.load(network)
    data = load_dataset(dataset, data_dir)
    x = data.scaled("test")[:samples] * spiking.input_unit * spiking.input_levels
    labels = data.y_test[:samples] if len(spiking.readouts) == 1 else None  # of several outputs the labels are those of none
    table = diagnose_layers(load_keras(model), spiking, x, labels, steps, state_bits)
    if output:
        table.to_csv(output / "diagnosis.csv", index=False)
        save_diagnosis(table, output)
    print_table(f"Diagnosis on {len(x)} samples", diagnosis_rows(table, raw=as_json), as_json)


@verb
def price(
    trace: Annotated[Path, typer.Argument(help="Trace (.h5).")],
    device: Annotated[list[str], typer.Option(help="Card name or .yaml file; repeat for several.")],
    network: Annotated[Path | None, typer.Option(help="Spiking network, to check that it left the trace.")] = None,
    period_s: Annotated[float | None, typer.Option(help="One inference per so many seconds: adds current and battery life.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV with every layer and component.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Price a trace on devices: energy and time per inference, with the range that the cards imply."""
    if output:
        _new_file(output, force)
    from .analysis.console import price_rows, print_lines, print_table
    from .analysis.tables import price_devices
    from .energy.cards import load_card
    from .energy.price import battery_life
    from .sim.network import SpikingNetwork
    from .sim.trace import Trace

    cards = [load_card(name) for name in device]
    spiking = SpikingNetwork.load(network) if network else None
    loaded = Trace.load(trace)
    frame, refused = price_devices(loaded, cards, period_s, spiking)
    if not len(frame):
        raise SpikewattError("price", "one of the devices can execute the network", "; ".join(refused.values()))
    battery = battery_life(frame) if period_s else None
    if output:
        frame.to_csv(output, index=False)
    print_table(
        "Price of one inference",
        price_rows(frame, battery, raw=as_json),
        as_json,
        {"assumptions": frame.attrs["assumptions"], "does_not_fit": refused},
    )
    if not as_json:
        print_lines([*frame.attrs["assumptions"], *(f"does not fit: {why}" for why in refused.values())])


@verb
def plot(folder: Annotated[Path, typer.Argument(help="Folder of a run.")], as_json: Json = False) -> None:
    """Draw the pictures of a run again."""
    from .analysis.console import print_table
    from .analysis.plots import plot_run

    print_table("Pictures", [{"picture": str(path)} for path in plot_run(folder)], as_json)


@verb
def devices(
    name: Annotated[str | None, typer.Argument(help="One card, with every value.")] = None,
    as_json: Json = False,
) -> None:
    """List the devices, or every value of one with its range, status and source."""
    from .analysis.console import card_rows, print_table
    from .energy.cards import card_names, load_card

    if name:
        card = load_card(name)
        print_table(f"{card.name}: {card.title}", card_rows(card), as_json)
        return
    cards = [load_card(n) for n in card_names()]
    rows = []
    for card in cards:
        statuses = [q.status for q in card.values.values()]
        provenance = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
        rows.append({"device": card.name, "kind": card.kind, "what": card.title, "values": provenance})
    print_table("Devices (`spikewatt devices NAME` shows values and sources)", rows, as_json)


@verb
def verify(
    images: Annotated[int, typer.Option(help="Test images to run.")] = 5,
    steps: Annotated[int, typer.Option(help="Steps per image.")] = 32,
    waves: Annotated[Path | None, typer.Option(help="Folder to leave waveforms (VCD) in.")] = None,
    as_json: Json = False,
) -> None:
    """Run the RTL core on digits images and compare every spike with the reference engine."""
    from .analysis.console import print_table
    from .rtl_ref.verify import verify_digits

    rows = verify_digits(images, steps, waves)
    print_table("RTL against the reference engine", rows, as_json)
    if any(row["mismatches"] for row in rows):
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the ``spikewatt`` program."""
    app()


if __name__ == "__main__":
    main()
