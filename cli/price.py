"""The verb that prices a trace, or a table of layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SpikewattError, one_of
from .options import (
    DEVICE_HELP,
    ENERGY,
    Force,
    Json,
    new_file,
    not_called_network,
    number,
    per_device,
    show,
    verb,
)

if TYPE_CHECKING:
    from ..analysis.report.findings import Findings
    from ..energy.pricing.prices import Prices
    from ..sim.trace.trace import Trace

LIBRARY_HELP = (
    "int8 kernels: cmsis-nn, tflm, tvm, x-cube-ai, hale, plumerai, onnc, each with its version "
    "(X-CUBE-AI v9.0); or reference, plain kernels, which none of these are; or "
    "DEVICE=NAME, repeated; else the card's own."
)
CLOCK_HELP = (
    "Clock of all microcontrollers (of the cores where there are none), or DEVICE=HERTZ, repeated."
)
SUPPLY_HELP = (
    "Supply of all microcontrollers (voltage of the cores where there are none), or DEVICE=VOLTS, "
    "repeated."
)
REGULATOR_HELP = (
    "ldo or dcdc, of all microcontrollers, which must have it, or DEVICE=NAME, repeated; else the "
    "card's own."
)
FASTEST_MHZ = 100_000  # beyond every device: somebody meant hertz
ZEROS_HELP = (
    "Share of zeros among the ANN's activations, 0..1, for --rules: of all, or POPULATION=SHARE, "
    "repeated."
)
MAX_CORES_HELP = "Neuromorphic cores that the network may take, or any; by default 1."


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
        typer.Option(
            help="Microcontroller beside each core, which does input, analog layer and read-out: "
            "compared, every one among the devices (default); none; or a card."
        ),
    ] = None,
    library: Annotated[list[str] | None, typer.Option(help=LIBRARY_HELP)] = None,
    clock_hz: Annotated[list[str] | None, typer.Option(help=CLOCK_HELP)] = None,
    clock_mhz: Annotated[
        list[str] | None, typer.Option(help="The same in megahertz, or DEVICE=MEGAHERTZ.")
    ] = None,
    supply_v: Annotated[list[str] | None, typer.Option(help=SUPPLY_HELP)] = None,
    regulator: Annotated[list[str] | None, typer.Option(help=REGULATOR_HELP)] = None,
    max_cores: Annotated[str | None, typer.Option(help=MAX_CORES_HELP)] = None,
    layers: Annotated[
        Path | None,
        typer.Option(
            help="Int8 layers in place of a trace: mlperf_tiny, a CSV, or the file of a trained "
            "network (.keras, .h5, .tflite)."
        ),
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Which network of --layers; by default every one.")
    ] = None,
    tornado: Annotated[bool, typer.Option(help="Show which values matter most.")] = False,
    explain: Annotated[
        bool, typer.Option(help="Lay the first two devices side by side, difference by difference.")
    ] = False,
    workload: Annotated[str | None, typer.Option(help="snn or int8_ann, for --explain.")] = None,
    rules: Annotated[
        bool, typer.Option(help="Show what the literature's rules say of the trace.")
    ] = False,
    zeros: Annotated[list[str] | None, typer.Option(help=ZEROS_HELP)] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV with every layer and component.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
    network: Annotated[str | None, typer.Option(help="The same as --benchmark.")] = None,
) -> None:
    """Energy and time per inference of a trace or int8 layers.

    On one or more devices, with ranges, verdicts and break-even points.
    """
    if layers is None:
        not_called_network("price", network, "--spk FILE, or --benchmark NAME with --layers")
    elif network is not None and benchmark is not None:
        raise SpikewattError("price --network", "is --benchmark by another name", "both")
    benchmark = network or benchmark
    if output:
        new_file(output, force)
    if (trace is None) == (layers is None):
        found = "both" if trace else "neither"
        raise SpikewattError("price", "takes a trace, or --layers", found)
    if zeros and not rules:
        raise SpikewattError("price --zeros", "goes with --rules", ", ".join(zeros))
    if rules and trace is None:
        raise SpikewattError("price --rules", "goes with a trace", "--layers")
    if rules and not device:
        show(_rules_alone(trace, zeros), as_json)
        return
    if not device:
        law = "must name at least one device"
        raise SpikewattError("price --device", law, "none", "see `spikewatt devices`")
    _check_words(workload, explain)
    from ..energy.kernels.library import named

    settings: dict[str, Any] = {
        "library": per_device("price --library", library, named),
        "clock_hz": _clock_hz(clock_hz, clock_mhz),
        "supply_v": per_device("price --supply-v", supply_v, number),
        "regulator": per_device("price --regulator", regulator),
    }
    from ..analysis.report.prices import components, price_findings
    from ..analysis.report.rows import merged, write_csv

    if layers is None:
        if benchmark is not None:
            raise SpikewattError("price --benchmark", "goes with --layers", "a trace")
        of_cores = {"host": host, "max_cores": max_cores}
        settings |= {key: value for key, value in of_cores.items() if value is not None}
        loaded, prices = _price_trace(trace, device, period_s, spk, settings)
        priced = {"": prices}
    else:
        of_a_trace = {
            "--spk": spk,
            "--host": host,
            "--workload": workload,
            "--max-cores": max_cores,
        }
        for name, given in of_a_trace.items():
            if given is not None:
                raise SpikewattError(f"price {name}", "goes with a trace", "--layers")
        loaded = None
        priced = _price_layers(layers, device, period_s, benchmark, settings)

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
    if rules:
        findings = {"": _with_rules(findings[""], loaded, prices, zeros)}
    if as_json:
        show(merged(findings, "benchmark"), True)
    else:
        for found in findings.values():
            show(found, False)


def _rules_alone(path: Path | None, zeros: list[str] | None) -> Findings:
    """What the rules say of a trace that is not priced."""
    from ..analysis.literature.rules import rules
    from ..analysis.report.rules import rule_findings
    from ..sim.trace.trace import Trace

    return rule_findings(rules(Trace.load(path), zeros=per_device("price --zeros", zeros, number)))


def _with_rules(
    findings: Findings, work: Trace | None, prices: Prices, zeros: list[str] | None
) -> Findings:
    """`findings` with what the rules say below them."""
    from ..analysis.literature.rules import rules
    from ..analysis.report.rules import rule_facts, rule_tables

    assert work is not None  # --rules goes with a trace
    found = rules(work, prices, zeros=per_device("price --zeros", zeros, number))
    tables, facts = (*findings.tables, *rule_tables(found)), rule_facts(found)
    return replace(findings, tables=tables, facts={**findings.facts, **facts})


def _clock_hz(in_hz: list[str] | None, in_mhz: list[str] | None) -> Any:
    """The clock that was given in hertz or in megahertz."""
    if in_mhz is None:
        return per_device("price --clock-hz", in_hz, number)
    if in_hz is not None:
        raise SpikewattError("price --clock-mhz", "is --clock-hz in megahertz", "both")
    return per_device("price --clock-mhz", in_mhz, _from_megahertz)


def _from_megahertz(text: str) -> float:
    """Hz; raises SpikewattError where hertz were meant."""
    megahertz = number(text)
    if abs(megahertz) > FASTEST_MHZ:
        law, hint = "must be a clock in megahertz", f"--clock-hz {text}"
        raise SpikewattError("price --clock-mhz", law, text, f"<= {FASTEST_MHZ:,}", hint)
    return megahertz * 1e6


def _check_words(workload: str | None, explain: bool) -> None:
    """Raise where a word means nothing, even if nothing would have asked for it."""
    from ..energy.bill import WORKLOADS

    if workload is None:
        return
    one_of("price --workload", "must name a workload", workload, WORKLOADS)
    if not explain:
        raise SpikewattError("price --workload", "goes with --explain", "none")


def _price_trace(
    path: Path | None,
    devices: list[str],
    period_s: float | None,
    spk: Path | None,
    settings: dict[str, Any],
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
        skip_unfit=True,
        **settings,
    )
    return trace, prices


def _price_layers(
    table: Path,
    devices: list[str],
    period_s: float | None,
    benchmark: str | None,
    settings: dict[str, Any],
) -> dict[str, Prices]:
    """Name of a network in the table -> its price on every device that can hold it."""
    from ..energy.cards.load import load_card
    from ..energy.layer_tables.tables import networks_in
    from ..energy.pricing.price import price_layers
    from ..shown_progress import show_progress

    # Read once, whatever the number of networks.
    cards = [load_card(device) for device in devices]
    networks = networks_in(table, benchmark)
    priced = {}
    with show_progress() as progress:
        for name, layers in networks.items():
            priced[name] = price_layers(
                layers,
                *cards,
                period_s=period_s,
                skip_unfit=True,
                **settings,
            )
            progress("price", len(priced), len(networks))
    return priced
