"""Verbs that check, synthesise and count with other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SpikewattError, whole_number
from .options import (
    CHIP,
    DATASET_HELP,
    SPK_HELP,
    DataDir,
    DataSet,
    Force,
    Json,
    OldNetwork,
    network_inputs,
    new_file,
    not_called_network,
    show,
    verb,
)

if TYPE_CHECKING:
    from ..progress import Progress

CORE_ALONE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
WAVEFORMS = (".fst", ".vcd")


# ------------------------------------------------------------------ verify


@verb(CHIP)
def verify(
    what: Annotated[
        list[str] | None,
        typer.Option(
            help="benches, radix, rate, proofs, icarus, faults; repeat; by default benches and "
            "radix."
        ),
    ] = None,
    spk: Annotated[
        Path | None, typer.Option(help="Your own spiking network (.spk) in place of the targets.")
    ] = None,
    dataset: Annotated[str, typer.Option(help=f"Images for --spk: {DATASET_HELP}")] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test images for --spk.")] = 20,
    steps: Annotated[int, typer.Option(help="Simulated steps of a rate network.")] = 32,
    engine: Annotated[
        str, typer.Option(help="Engine to compare with: annarchy, batched or reference.")
    ] = "batched",
    simulator: Annotated[str, typer.Option(help="For --spk: verilator or icarus.")] = "verilator",
    waves: Annotated[
        Path | None, typer.Option(help="New folder to leave waveforms of --spk in.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    force: Force = False,
    as_json: Json = False,
    network: OldNetwork = None,
) -> None:
    """Check the RTL core against a golden model and an engine.

    Spikes, potentials, cycles and accesses, to the last one.
    """
    not_called_network("verify", network, "--spk FILE")
    if junit:
        new_file(junit, force)
    if waves and spk is None:
        example = "spikewatt verify --spk my.spk --waves folder"
        raise SpikewattError("verify --waves", "goes with --spk", "no network", example)
    whole_number(
        "verify --samples",
        "must be at least 1",
        samples,
        1,
        10**6,
    )
    from ..analysis.report.console import stages
    from ..rtl_ref.verification.targets import DEFAULT, run_target, write_junit

    found: dict[str, list[dict]] = {}
    with stages() as progress:
        if spk is None:
            for target in what or DEFAULT:
                found[target] = run_target(target, engine, data_dir, progress)
        else:
            found["network"] = _verify_own(
                spk, dataset, data_dir, samples, steps, waves, engine, simulator, progress
            )

    rows = [row for part in found.values() for row in part]
    if junit:
        write_junit(rows, junit)
    _show_verification(found, rows, waves, as_json)
    if sum(row["mismatches"] for row in rows):
        raise typer.Exit(1)


def _verify_own(
    spk: Path,
    dataset: str,
    data_dir: Path | None,
    samples: int,
    steps: int,
    waves: Path | None,
    engine: str,
    simulator: str,
    progress: Progress,
) -> list[dict]:
    """A user's network on the core; one row per population."""
    from ..rtl_ref.verification.whole_network import verify_network
    from ..sim.network.spiking_network import SpikingNetwork

    spiking = SpikingNetwork.load(spk)
    x, _ = network_inputs(spiking, dataset, data_dir, samples)
    own_steps = steps if spiking.code == "rate" else None
    rows = verify_network(
        spiking,
        x,
        own_steps,
        waves,
        engine,
        simulator,
        progress=progress,
    )
    images = f"{spk.name}, {{samples}} images: {{population}}"
    return [{"what": images.format(**row), **row} for row in rows]


def _show_verification(
    found: dict[str, list[dict]], rows: list[dict], waves: Path | None, as_json: bool
) -> None:
    import json

    from ..analysis.report.console import print_lines
    from ..analysis.report.verification import target_findings

    if as_json:
        print(json.dumps({"rows": rows}, indent=2, default=float))
        return
    for target, part in found.items():
        show(target_findings(target, part), False)
    if waves:
        files = [str(path) for path in sorted(waves.iterdir()) if path.suffix in WAVEFORMS]
        hint = f"open with GTKWave or Surfer, e.g. `gtkwave {files[0]}`."
        print_lines([f"waveforms: {', '.join(files)}; {hint}"])


# ------------------------------------------------------------------ synth


@verb(CHIP)
def synth(
    spk: Annotated[
        Path | None, typer.Option(help="Your own spiking network (.spk), a chain of dense layers.")
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(help="Layers such as 784-48-10; repeat; by default 784-48-10 and 784-128-10."),
    ] = None,
    core: Annotated[
        bool,
        typer.Option(
            help="The core alone: 256 axons, 256 neurons, 4-bit weights, 16-bit potentials."
        ),
    ] = False,
    liberty: Annotated[
        Path | None, typer.Option(help="Standard cells (.lib or .lib.gz) in place of the FPGA.")
    ] = None,
    waves: Annotated[
        Path | None,
        typer.Option(
            help="FST or VCD of a run of the same network: toggles, and shares of energy."
        ),
    ] = None,
    clock_mhz: Annotated[float, typer.Option(help="Clock to aim at.")] = 100.0,
    speed_grade: Annotated[int, typer.Option(help="Of the ECP5: 6, 7 or 8.")] = 8,
    picture: Annotated[
        Path | None, typer.Option(help="PNG of the placement of the last design.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
    network: OldNetwork = None,
) -> None:
    """Synthesise the RTL core: FPGA, or standard cells.

    LUTs and clock on an ECP5; area, clock and power in a standard-cell library.
    """
    not_called_network("synth", network, "--spk FILE")
    if picture:
        new_file(picture, force)
    if picture and liberty:
        law = "is that of a placement on the FPGA"
        raise SpikewattError("synth --picture", law, "--liberty")
    import pandas as pd

    from ..analysis.report.findings import Findings, Table
    from ..rtl_ref.synthesis.activity import read_activity

    designs = _designs(spk, size or [], core)
    activity = read_activity(waves) if waves else None
    rows: list[dict] = []
    notes: list[str] = []
    reports: list[dict] = []
    for name, top, parameters in designs:
        if liberty is not None:
            report, lines = _in_cells(
                name,
                top,
                parameters,
                liberty,
                activity,
                clock_mhz,
            )
        else:
            drawn = picture if name == designs[-1][0] else None
            report, lines = _on_fpga(
                name,
                top,
                parameters,
                clock_mhz,
                speed_grade,
                drawn,
            )
        notes += [*lines, f"{name}: reports of the tools in {report.folder}"]
        if activity:
            notes += _energy_shares(name, top, parameters, activity)
        reports.append(report.__dict__)
        row = {key: cell for key, cell in report.row().items() if key not in HIDDEN}
        rows.append({"design": name, **row})

    table = Table("rows", "Synthesis of the RTL core", pd.DataFrame(rows, dtype=object))
    facts = {"reports": reports, "notes": notes}
    each_once = tuple(dict.fromkeys(notes))
    show(Findings((table,), facts=facts, notes=each_once), as_json)


HIDDEN = ("top", "critical path")  # of a report's row: too long for a table
Design = tuple[str, str, dict]  # name, top module, parameters


def _designs(spk: Path | None, sizes: list[str], core: bool) -> list[Design]:
    """What to synthesise: what was asked for, else the standing networks."""
    from ..rtl_ref.design import CHAIN, CORE
    from ..rtl_ref.synthesis.fpga import STANDING_NETWORKS
    from ..rtl_ref.synthesis.parameters import parameters_of, parameters_of_sizes
    from ..sim.network.spiking_network import SpikingNetwork

    designs: list[Design] = []
    if spk is not None:
        designs.append((spk.name, CHAIN, parameters_of(SpikingNetwork.load(spk))))
    for text in sizes:
        designs.append((text, CHAIN, parameters_of_sizes(_layer_sizes(text))))
    if core:
        name = "core 256 x 256, 4 bits"
        designs.append((name, CORE, dict(CORE_ALONE)))
    if designs:
        return designs

    return [
        ("-".join(map(str, layers)), CHAIN, parameters_of_sizes(list(layers)))
        for layers in STANDING_NETWORKS
    ]


def _layer_sizes(text: str) -> list[int]:
    """``784-48-10`` as numbers."""
    parts = text.split("-")
    if not all(part.isdigit() for part in parts):
        law = "is the sizes of layers, joined by -"
        raise SpikewattError("synth --size", law, text, "such as 784-48-10")
    return [int(part) for part in parts]


def _in_cells(
    name: str, top: str, parameters: dict, liberty: Path, activity: Any, clock_mhz: float
):
    """The design in standard cells, and what to say with it."""
    from ..rtl_ref.synthesis.asic import synthesise_asic

    rates = activity.net_rates() if activity else None
    report = synthesise_asic(
        parameters,
        liberty,
        rates,
        clock_mhz * 1e6,
        top,
    )
    about = f"{report.technology}, {report.corner}; activity: {report.activity}"
    return report, [f"{name}: {note}." for note in (about, *report.notes)]


def _on_fpga(
    name: str,
    top: str,
    parameters: dict,
    clock_mhz: float,
    speed_grade: int,
    picture: Path | None,
):
    """The design on an ECP5, drawn into `picture`, and what to say with it."""
    from ..rtl_ref.synthesis.fpga import synthesise_fpga
    from ..rtl_ref.synthesis.placement import placement_picture

    report = synthesise_fpga(parameters, top, clock_mhz * 1e6, speed_grade=speed_grade)
    lines = [f"{name}: {report.technology}; the clock is limited by {report.limit()}."]
    if picture:
        lines.append(f"picture: {placement_picture(report, picture)}")
    return report, lines


def _energy_shares(name: str, top: str, parameters: dict, activity: Any) -> list[str]:
    """How the energy of the waveform splits, beside how the parametric card splits it."""
    from ..energy.cards.parametric_core import MEMORY_SHARE

    shares = activity.energy_shares(parameters, top)
    listed = ", ".join(f"{group} {share:.0%}" for group, share in shares.items())
    of_waveform = f"shares of energy by accesses (CACTI) and toggles of the waveform: {listed}"
    of_card = f"memories {MEMORY_SHARE:.0%}, logic {1 - MEMORY_SHARE:.0%} of a synaptic operation"
    return [
        f"{name}: {of_waveform}; beside them the card odin_style: {of_card}.",
        "logic is a lower bound there: 2 fF per toggle assumed, no clock tree, no glitches; "
        "memories below 1 kB count as 1 kB.",
    ]


# ------------------------------------------------------------------ crosscheck


@verb(CHIP)
def crosscheck(
    network: Annotated[
        Path | None,
        typer.Argument(
            help=f"{SPK_HELP[:-1]}; by default a small one with borders, strides, zeros."
        ),
    ] = None,
    dataset: DataSet = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test samples to count.")] = 3,
    steps: Annotated[int, typer.Option(help="Simulated steps.")] = 12,
    as_json: Json = False,
) -> None:
    """Count operations with NeuroBench, SpikingJelly, sinabs.

    On the same weights and spikes; exit code 1 where a count differs.
    """
    whole_number(
        "crosscheck --samples",
        "must be a number of samples",
        samples,
        1,
        10**6,
    )
    from ..analysis.report.findings import Findings
    from ..analysis.report.tables import crosscheck_table
    from ..analysis.studies.crosscheck import crosscheck as count
    from ..analysis.studies.crosscheck import standing_input, standing_network
    from ..sim.network.spiking_network import SpikingNetwork

    if network:
        spiking = SpikingNetwork.load(network)
        x, _ = network_inputs(spiking, dataset, data_dir, samples)
    else:
        spiking, x = standing_network(), standing_input()

    table = crosscheck_table(count(spiking, x, steps if spiking.code == "rate" else None))
    show(Findings((table,)), as_json)
    if (table.frame["equal"] == "no").any():
        raise typer.Exit(1)
