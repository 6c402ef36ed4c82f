"""Verbs of the command line that price, map, calibrate and validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SpikewattError, whole_number
from .options import DATASET_HELP, DataDir, Force, Json, new_file, verb

DEVICE_HELP = (
    "Card name, .yaml file, or odin_style:neurons_per_core=512,voltage_v=0.8; repeat for several."
)
LIBRARY_HELP = "int8 kernels: cmsis-nn, tvm, tflm (reference), x-cube-ai (vendor-optimised), x-cube-ai-7.1, hale; else the card's own."


@verb
def price(
    trace: Annotated[Path | None, typer.Argument(help="Trace (.h5); not with --layers.")] = None,
    device: Annotated[list[str] | None, typer.Option(help=DEVICE_HELP)] = None,
    network: Annotated[
        Path | None, typer.Option(help="Spiking network, to check that it left the trace.")
    ] = None,
    period_s: Annotated[
        float | None,
        typer.Option(help="One inference per so many seconds: adds current and battery life."),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Microcontroller beside each core: input, analog layer, read-out."),
    ] = None,
    library: Annotated[str | None, typer.Option(help=LIBRARY_HELP)] = None,
    layers: Annotated[
        Path | None, typer.Option(help="CSV of int8 layers, in place of a trace.")
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Which network of --layers; by default every one.")
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of the microcontroller, with --layers.")
    ] = None,
    tornado: Annotated[bool, typer.Option(help="Show which values matter most.")] = False,
    explain: Annotated[
        bool, typer.Option(help="Lay the first two devices side by side, difference by difference.")
    ] = False,
    workload: Annotated[str | None, typer.Option(help="snn or int8_ann, for --explain.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV with every layer and component.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Price a trace, or a table of int8 layers, on devices: energy and time per inference, with ranges and verdicts."""
    if output:
        new_file(output, force)
    if (trace is None) == (layers is None):
        raise SpikewattError("price", "takes a trace, or --layers", "both" if trace else "neither")
    if not device:
        raise SpikewattError(
            "price --device", "must name at least one device", "none", "see `spikewatt devices`"
        )
    from ..analysis.report.prices import print_prices, save_prices
    from ..energy.cards.load import load_card
    from ..energy.kernels.layer_table import read_networks
    from ..energy.pricing.price import price as price_trace
    from ..energy.pricing.price import price_layers
    from ..sim.network.spiking_network import SpikingNetwork
    from ..sim.trace.trace import Trace

    cards = [load_card(name) for name in device]
    if layers is None:
        if clock_mhz is not None or benchmark is not None:
            raise SpikewattError("price --clock-mhz, --benchmark", "go with --layers", "a trace")
        spiking = SpikingNetwork.load(network) if network else None
        loaded = Trace.load(trace)  # type: ignore[arg-type]
        found = price_trace(
            loaded,
            *cards,
            network=spiking,
            period_s=period_s,
            host=host,
            library=library,
            skip_unfit=True,
        )
        priced = {"": found}
    else:
        for name, given in (("--network", network), ("--host", host), ("--workload", workload)):
            if given is not None:
                raise SpikewattError(f"price {name}", "goes with a trace", "--layers")
        loaded, clock_hz = None, None if clock_mhz is None else clock_mhz * 1e6
        names = [benchmark] if benchmark else list(read_networks(layers))
        priced = {
            name: price_layers(
                layers,
                *cards,
                library=library,
                clock_hz=clock_hz,
                network=name,
                period_s=period_s,
                skip_unfit=True,
            )
            for name in names
        }
    for prices in priced.values():
        if not prices.bills:
            reasons = "; ".join(prices.does_not_fit.values())
            raise SpikewattError("price", "one of the devices can execute the network", reasons)
    if output:
        save_prices(priced, output)
    print_prices(
        priced, loaded, as_json, tornado=tornado, explained=(cards, workload) if explain else None
    )


@verb
def map(
    trace: Annotated[Path, typer.Argument(help="Trace (.h5).")],
    device: Annotated[str, typer.Option(help=DEVICE_HELP)] = "odin_style",
    as_json: Json = False,
) -> None:
    """Which neurons sit on which core, how full the cores are, and what does not fit."""
    from ..analysis.report.console import print_lines, print_table
    from ..energy.cards.load import load_card
    from ..energy.devices.core_mapping import core_table, map_network
    from ..energy.devices.registry import device_kind
    from ..sim.trace.trace import Trace

    card = load_card(device)
    if not device_kind(card).places_neurons:
        raise SpikewattError(
            "map --device", "must be a neuromorphic core", f"{card.name} is a {card.kind}"
        )
    mapping = map_network(Trace.load(trace), card)
    print_table(
        f"{card.name}: {mapping.describe()}",
        core_table(mapping),
        as_json,
        {"area_m2": mapping.area_m2(card).value},
    )
    if not as_json:
        print_lines([mapping.loading(card)])


@verb
def calibrate(
    measured: Annotated[
        Path,
        typer.Argument(
            help="CSV: network, latency_ms, energy_uj (may be empty), if wanted clock_mhz."
        ),
    ],
    device: Annotated[str, typer.Option(help="Card of the microcontroller that was measured.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The card (.yaml) to write.")],
    layers: Annotated[
        Path | None,
        typer.Option(help="CSV of the networks' layers; by default those of MLPerf Tiny."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the new card; by default <device>_calibrated.")
    ] = None,
    allow_prior: Annotated[
        bool, typer.Option(help="Accept assumed ratios for what the rows do not identify.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Refit a microcontroller's card from your own readings of latency and energy."""
    new_file(output, force)
    from ..analysis.report.console import card_rows, print_lines, print_table
    from ..energy.cards.calibrate import calibrated_card
    from ..energy.cards.card_file import save_card
    from ..energy.cards.load import load_card

    card, result = calibrated_card(load_card(device), measured, layers, allow_prior, name)
    save_card(card, output)
    rows = [row for row in card_rows(card) if "(user)" in row["status"]]
    quality = {
        "residuals": result.residuals,
        "condition_number": result.condition_number_data,
        "from_prior": list(result.from_prior),
    }
    print_table(f"{output}: values from {measured.name}", rows, as_json, quality)
    if not as_json:
        worst = max(result.residuals.items(), key=lambda item: abs(item[1]))
        assumed = f"; assumed ratio: {', '.join(result.from_prior)}" if result.from_prior else ""
        print_lines(
            [
                f"condition number {result.condition_number_data:.3g}; largest residual {worst[1]:+.1%} ({worst[0]}){assumed}."
            ]
        )


@verb
def validate(
    dataset: Annotated[
        str | None, typer.Option(help="mnist, to run ODIN's demonstration too (256-10, minutes).")
    ] = None,
    data_dir: DataDir = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Published or measured values beside our predictions, with the error and whether a row was fitted."""
    if output:
        new_file(output, force)
    from ..analysis.report.console import print_lines, print_table, validation_rows
    from ..analysis.studies.validation import summary_lines
    from ..analysis.studies.validation import validate as compare

    table = compare(dataset, data_dir)
    if output:
        table.to_csv(output, index=False)
    print_table(
        "Predictions against published and measured values",
        validation_rows(table, as_json),
        as_json,
    )
    if not as_json:
        print_lines(summary_lines(table))


@verb
def odin(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="Trained .keras file of dense layers to start from; else trained anew."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="New folder for the network and the image of the chip."
        ),
    ] = None,
    dataset: Annotated[str, typer.Option(help=DATASET_HELP)] = "digits",
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
    """Train a network for ODIN's arithmetic, run it on the twin of the chip, price it, and export the chip's memories."""
    if output and output.exists():
        raise SpikewattError(
            str(output), "an existing folder is not written into", "it exists", "another name"
        )
    if samples is not None:
        whole_number("odin --samples", "must be at least 1", samples, 1, 10**9)
    from ..analysis.report.console import print_price, stages
    from ..analysis.studies.odin_on_chip import run_job

    with stages() as progress:
        result = run_job(
            model,
            dataset,
            data_dir,
            side,
            hidden or None,
            samples,
            period_s,
            seed,
            output,
            progress,
        )
    title = f"{result.network.name}: {result.accuracy * 100:.2f} % on the twin"
    if result.keras_accuracy is not None:
        title += f", Keras {result.keras_accuracy * 100:.2f} %"
    about = {
        "accuracy": result.accuracy,
        "keras_accuracy": result.keras_accuracy,
        "counts": result.run.counts.mean(),
    }
    print_price(title, result.prices, as_json, about)


@verb
def devices(
    name: Annotated[str | None, typer.Argument(help="One card, with every value.")] = None,
    as_json: Json = False,
) -> None:
    """List the devices, or every value of one with its range, status and source."""
    from ..analysis.report.console import card_rows, print_table
    from ..energy.cards.load import card_names, load_card

    if name:
        card = load_card(name)
        print_table(f"{card.name}: {card.title}", card_rows(card), as_json)
        return
    cards = [load_card(n) for n in card_names()]
    rows = []
    for card in cards:
        statuses = [q.status for q in card.values.values()]
        provenance = ", ".join(f"{statuses.count(s)} {s}" for s in dict.fromkeys(statuses))
        rows.append(
            {"device": card.name, "kind": str(card.kind), "what": card.title, "values": provenance}
        )
    print_table("Devices (`spikewatt devices NAME` shows values and sources)", rows, as_json)
