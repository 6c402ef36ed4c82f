"""Verbs that price, map, calibrate and validate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SpikewattError
from .options import (
    ENERGY,
    TRACE_HELP,
    DataDir,
    Force,
    Json,
    OldNetwork,
    new_file,
    not_called_network,
    show,
    verb,
)

if TYPE_CHECKING:
    from ..energy.pricing.prices import Prices
    from ..sim.trace.trace import Trace

DEVICE_HELP = (
    "Card name, .yaml file, or odin_style:neurons_per_core=512,voltage_v=0.8; repeat for several."
)
LIBRARY_HELP = (
    "int8 kernels: cmsis-nn, tvm, tflm (reference), x-cube-ai (vendor-optimised), x-cube-ai-7.1, "
    "hale; else the card's own."
)


@verb(ENERGY)
def price(
    trace: Annotated[Path | None, typer.Argument(help="Trace (.trace); not with --layers.")] = None,
    device: Annotated[list[str] | None, typer.Option(help=DEVICE_HELP)] = None,
    spk: Annotated[
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
    network: OldNetwork = None,
) -> None:
    """Energy and time per inference of a trace or int8 layers.

    On one or more devices, with ranges, verdicts and break-even points.
    """
    not_called_network("price", network, "--spk FILE, or --benchmark NAME with --layers")
    if output:
        new_file(output, force)
    if (trace is None) == (layers is None):
        found = "both" if trace else "neither"
        raise SpikewattError("price", "takes a trace, or --layers", found)
    if not device:
        law = "must name at least one device"
        raise SpikewattError("price --device", law, "none", "see `spikewatt devices`")
    from ..analysis.report.prices import components, price_findings
    from ..analysis.report.rows import merged, write_csv

    if layers is None:
        if clock_mhz is not None or benchmark is not None:
            law = "go with --layers"
            raise SpikewattError("price --clock-mhz, --benchmark", law, "a trace")
        loaded, prices = _price_trace(
            trace,
            device,
            period_s,
            spk,
            host,
            library,
        )
        priced = {"": prices}
    else:
        for name, given in (("--spk", spk), ("--host", host), ("--workload", workload)):
            if given is not None:
                raise SpikewattError(f"price {name}", "goes with a trace", "--layers")
        loaded = None
        priced = _price_layers(
            layers,
            device,
            period_s,
            benchmark,
            library,
            clock_mhz,
        )

    for prices in priced.values():
        if not prices.bills:
            why = "; ".join(prices.does_not_fit.values())
            raise SpikewattError("price", "one of the devices can execute the network", why)
    if output:
        write_csv(components(priced), output)

    findings = {
        name: price_findings(
            prices, loaded, name=name, tornado=tornado, explain=explain, workload=workload
        )
        for name, prices in priced.items()
    }
    if as_json:
        show(merged(findings, "benchmark"), True)
    else:
        for found in findings.values():
            show(found, False)


def _price_trace(
    path: Path | None,
    devices: list[str],
    period_s: float | None,
    spk: Path | None,
    host: str | None,
    library: str | None,
) -> tuple[Trace, Prices]:
    """The trace, and its price on every device that can execute the network."""
    from ..energy.pricing.price import price as price_trace
    from ..sim.network.spiking_network import SpikingNetwork
    from ..sim.trace.trace import Trace

    trace = Trace.load(path)
    prices = price_trace(
        trace,
        *devices,
        network=SpikingNetwork.load(spk) if spk else None,
        period_s=period_s,
        host=host,
        library=library,
        skip_unfit=True,
    )
    return trace, prices


def _price_layers(
    table: Path,
    devices: list[str],
    period_s: float | None,
    benchmark: str | None,
    library: str | None,
    clock_mhz: float | None,
) -> dict[str, Prices]:
    """Name of a network in the table -> its price on every device that can hold it."""
    from ..energy.kernels.layer_table import read_networks
    from ..energy.pricing.price import price_layers

    clock_hz = None if clock_mhz is None else clock_mhz * 1e6
    names = [benchmark] if benchmark else list(read_networks(table))
    return {
        name: price_layers(
            table,
            *devices,
            library=library,
            clock_hz=clock_hz,
            network=name,
            period_s=period_s,
            skip_unfit=True,
        )
        for name in names
    }


@verb(ENERGY)
def map(
    trace: Annotated[Path, typer.Argument(help=TRACE_HELP)],
    device: Annotated[str, typer.Option(help=DEVICE_HELP)] = "odin_style",
    as_json: Json = False,
) -> None:
    """Which neurons sit on which core, and what does not fit.

    With how full the cores are, and their area.
    """
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from ..energy.cards.load import load_card
    from ..energy.devices.core_mapping import core_table, map_network
    from ..energy.devices.registry import device_kind
    from ..sim.trace.trace import Trace

    card = load_card(device)
    if not device_kind(card).places_neurons:
        found = f"{card.name} is a {card.kind}"
        raise SpikewattError("map --device", "must be a neuromorphic core", found)

    mapping = map_network(Trace.load(trace), card)
    cores = pd.DataFrame(core_table(mapping))
    table = Table("rows", f"{card.name}: {mapping.describe()}", cores)
    facts = {"area_m2": mapping.area_m2(card).value}
    show(Findings((table,), facts=facts, notes=(mapping.loading(card),)), as_json)


@verb(ENERGY)
def devices(
    name: Annotated[str | None, typer.Argument(help="One card, with every value.")] = None,
    as_json: Json = False,
) -> None:
    """List the devices, or every value of one with its source.

    A value has a unit, a range, a status (measured, simulated, estimated, assumed) and a source.
    """
    from ..analysis.report.findings import Findings
    from ..analysis.report.tables import card_table, device_table
    from ..energy.cards.load import load_card

    table = card_table(load_card(name)) if name else device_table()
    show(Findings((table,)), as_json)


@verb(ENERGY)
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
    """Refit a microcontroller's card from your own readings.

    Readings are latencies and, where you have them, energies of known networks.
    """
    new_file(output, force)
    from ..analysis.report.findings import Findings, Table
    from ..analysis.report.tables import card_rows
    from ..energy.cards.calibrate import calibrated_card
    from ..energy.cards.card_file import save_card
    from ..energy.cards.load import load_card

    card, fit = calibrated_card(
        load_card(device),
        measured,
        layers,
        allow_prior,
        name,
    )
    save_card(card, output)

    values = card_rows(card)
    refitted = values[values["status"].str.contains("(user)", regex=False)]
    table = Table("rows", f"{output}: values from {measured.name}", refitted)
    facts = {
        "residuals": fit.residuals,
        "condition_number": fit.condition_number_data,
        "from_prior": list(fit.from_prior),
    }
    where, worst = max(fit.residuals.items(), key=lambda item: abs(item[1]))
    note = f"condition number {fit.condition_number_data:.3g}; "
    note += f"largest residual {worst:+.1%} ({where})"
    if fit.from_prior:
        note += f"; assumed ratio: {', '.join(fit.from_prior)}"
    show(Findings((table,), facts=facts, notes=(f"{note}.",)), as_json)


@verb(ENERGY)
def validate(
    dataset: Annotated[
        str | None, typer.Option(help="mnist, to run ODIN's demonstration too (256-10, minutes).")
    ] = None,
    data_dir: DataDir = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Published and measured values beside our predictions.

    With the error, and whether a row was fitted.
    """
    if output:
        new_file(output, force)
    from ..analysis.report.findings import Findings
    from ..analysis.report.tables import validation
    from ..analysis.studies.validation import summary_lines
    from ..analysis.studies.validation import validate as compare

    frame = compare(dataset, data_dir)
    if output:
        frame.to_csv(output, index=False)
    show(Findings((validation(frame),), notes=tuple(summary_lines(frame))), as_json)
