"""The verb that prices a trace, or a table of layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import SpikewattError
from ..options import DEVICE_HELP, Force, Json, new_file, not_called_network, show
from ..program import ENERGY, verb
from .priced import (
    check_words,
    device_files,
    device_settings,
    other_than,
    price_layers,
    price_work,
    read_work,
    refuse,
    zeros_of,
)
from .ruled import rules_alone, with_rules

if TYPE_CHECKING:
    from ...sim.counts.counts import Counts
    from ...sim.trace.trace import Trace

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
COUNTS_HELP = (
    "Counts of a network that ran elsewhere, in place of a trace: JSON, or a CSV with one row per "
    "layer; see docs/how_to/counts.md."
)
ZEROS_HELP = (
    "Zeros among the ANN's activations: zeros.json of a run, a share 0..1 of all, or "
    "POPULATION=SHARE, repeated. For --rules; and microcontrollers get int8_ann_zero_skipping, an "
    "int8 network that multiplies no zeros."
)
MAX_CORES_HELP = (
    "Neuromorphic cores that the network may take, or any; by default 1, and any of --counts."
)


@verb(ENERGY)
def price(
    trace: Annotated[
        Path | None, typer.Argument(help="Trace (.trace); not with --counts or --layers.")
    ] = None,
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
    counts: Annotated[Path | None, typer.Option(help=COUNTS_HELP)] = None,
    steps: Annotated[
        int | None, typer.Option(help="Steps of one inference, of --counts that do not say them.")
    ] = None,
    layers: Annotated[
        Path | None,
        typer.Option(
            help="Int8 layers in place of a trace: mlperf_tiny, a CSV, or the file of a trained "
            "network (.keras, .h5, .tflite), or zoo:NAME."
        ),
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Which network of --layers; by default every one.")
    ] = None,
    tornado: Annotated[bool, typer.Option(help="Show which values matter most.")] = False,
    explain: Annotated[
        bool, typer.Option(help="Lay the first two devices side by side, difference by difference.")
    ] = False,
    components: Annotated[
        bool, typer.Option(help="Show where the energy goes; with --counts it is always shown.")
    ] = False,
    workload: Annotated[
        str | None,
        typer.Option(help="snn, int8_ann or int8_ann_zero_skipping, for --explain."),
    ] = None,
    rules: Annotated[
        bool, typer.Option(help="Show what the literature's rules say: do spikes win?")
    ] = False,
    zeros: Annotated[list[str] | None, typer.Option(help=ZEROS_HELP)] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV with every layer and component.")
    ] = None,
    force: Force = False,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="Print every assumption in full.")
    ] = False,
    as_json: Json = False,
    network: Annotated[str | None, typer.Option(help="The same as --benchmark.")] = None,
) -> None:
    """Energy and time of a trace, counts or int8 layers.

    On one or more devices, with ranges, verdicts and break-even points.
    """
    if layers is None:
        not_called_network("price", network, "--spk FILE, or --benchmark NAME with --layers")
    elif network is not None and benchmark is not None:
        raise SpikewattError("price --network", "is --benchmark by another name", "both")
    benchmark = network or benchmark
    if output:
        other_than(output, trace, counts, layers, spk, *device_files(device), *(zeros or ()))
        new_file(output, force)
    ways = {"a trace": trace, "--counts": counts, "--layers": layers}
    ways = [name for name, given in ways.items() if given is not None]
    if len(ways) != 1:
        law = "takes a trace, or --counts, or --layers"
        raise SpikewattError("price", law, " and ".join(ways) or "none")
    way = ways[0]
    if rules and layers is not None:
        raise SpikewattError("price --rules", "goes with a trace or --counts", way)
    if rules and not device:
        refuse(
            "--device",
            "--rules alone",
            output=output,
            period_s=period_s,
            tornado=tornado or None,
            explain=explain or None,
            workload=workload,
            spk=spk,
            host=host,
            max_cores=max_cores,
            library=library,
            clock_hz=clock_hz,
            clock_mhz=clock_mhz,
            supply_v=supply_v,
            regulator=regulator,
            benchmark=benchmark,
        )
        if steps is not None and counts is None:
            raise SpikewattError("price --steps", "goes with --counts", way)
        show(rules_alone(read_work(trace, counts, steps), zeros), as_json)
        return
    if not device:
        law = "must name at least one device"
        raise SpikewattError("price --device", law, "none", "see `spikewatt devices`")
    check_words(workload, explain)
    if steps is not None and counts is None:
        raise SpikewattError("price --steps", "goes with --counts", way)
    settings = device_settings(library, clock_hz, clock_mhz, supply_v, regulator)
    of_cores = {"host": host, "max_cores": max_cores}
    of_cores = {key: value for key, value in of_cores.items() if value is not None}

    work: Trace | Counts | None = None
    if layers is not None:
        refuse("a trace or --counts", "--layers", workload=workload, max_cores=max_cores)
        refuse("a trace", "--layers", spk=spk, host=host, zeros=zeros)
        priced = price_layers(layers, device, period_s, benchmark, settings)
    else:
        refuse("--layers", way, benchmark=benchmark)
        if counts is not None:
            refuse("a trace", way, spk=spk)
            if not rules:
                refuse("a trace or --rules", way, zeros=zeros)
        elif zeros is not None:
            settings["zeros"] = zeros_of(zeros)
        work = read_work(trace, counts, steps)
        priced = {"": price_work(work, device, period_s, spk, settings | of_cores)}

    for prices in priced.values():
        if not prices.bills:
            why = "; ".join(prices.does_not_fit.values())
            raise SpikewattError("price", "one of the devices can execute the network", why)
    from ...analysis.report.prices import components as every_component
    from ...analysis.report.prices import price_findings
    from ...analysis.report.rows import merged, write_csv

    if output:
        write_csv(every_component(priced), output)

    findings = {
        name: price_findings(
            prices,
            work,
            name=name,
            tornado=tornado,
            explain=explain,
            workload=workload,
            by_component=components,
        )
        for name, prices in priced.items()
    }
    if rules and work is not None:
        findings = {"": with_rules(findings[""], work, priced[""], zeros)}
    if as_json:
        show(merged(findings, "benchmark"), True)
    else:
        for found in findings.values():
            show(replace(found, in_brief=()) if assumptions else found, False)
