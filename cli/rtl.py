"""Verbs of the command line that check and synthesise the RTL core."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SpikewattError, whole_number
from .options import DATASET_HELP, DataDir, Force, Json, new_file, verb

CORE_ALONE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}


@verb
def verify(
    what: Annotated[
        list[str] | None,
        typer.Option(
            help="benches, radix, rate, proofs, icarus, faults; repeat; by default benches and radix."
        ),
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="Your own spiking network (.spk) in place of the targets.")
    ] = None,
    dataset: Annotated[str, typer.Option(help=f"Images for --network: {DATASET_HELP}")] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test images for --network.")] = 20,
    steps: Annotated[int, typer.Option(help="Simulated steps of a rate network.")] = 32,
    engine: Annotated[
        str, typer.Option(help="Engine to compare with: annarchy, batched or reference.")
    ] = "batched",
    simulator: Annotated[
        str, typer.Option(help="For --network: verilator or icarus.")
    ] = "verilator",
    waves: Annotated[
        Path | None, typer.Option(help="New folder to leave waveforms of --network in.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Check the RTL core: spikes, potentials, cycles and accesses against the golden model and an engine."""
    if junit:
        new_file(junit, force)
    if waves and network is None:
        raise SpikewattError(
            "verify --waves",
            "goes with --network",
            "no network",
            "spikewatt verify --network my.spk --waves folder",
        )
    whole_number("verify --samples", "must be at least 1", samples, 1, 10**6)
    from ..analysis.report.console import print_lines, print_table, stages
    from ..analysis.report.verification import print_target
    from ..rtl_ref.verification.targets import DEFAULT, run_target, write_junit

    found: dict[str, list[dict]] = {}
    with stages() as progress:
        if network is not None:
            from ..models.datasets import load_dataset
            from ..rtl_ref.verification.whole_network import verify_network
            from ..sim.network.spiking_network import SpikingNetwork

            spiking = SpikingNetwork.load(network)
            x = (
                load_dataset(dataset, data_dir).scaled("test")[:samples]
                * spiking.input_unit
                * spiking.input_levels
            )
            own_steps = steps if spiking.code == "rate" else None
            checked = verify_network(
                spiking, x, own_steps, waves, engine, simulator, progress=progress
            )
            found["network"] = [
                {"what": f"{network.name}, {row['samples']} images: {row['population']}", **row}
                for row in checked
            ]
        else:
            for target in what or DEFAULT:
                found[target] = run_target(target, engine, data_dir, progress)
    rows = [row for part in found.values() for row in part]
    if junit:
        write_junit(rows, junit)
    if as_json:
        print_table("", rows, True)
    else:
        for target, part in found.items():
            print_target(target, part)
        if waves:
            files = ", ".join(
                str(path) for path in sorted(waves.iterdir()) if path.suffix in (".fst", ".vcd")
            )
            print_lines(
                [
                    f"waveforms: {files}; open with GTKWave or Surfer, e.g. `gtkwave {files.split(', ')[0]}`."
                ]
            )
    if sum(row["mismatches"] for row in rows):
        raise typer.Exit(1)


@verb
def synth(
    network: Annotated[
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
) -> None:
    """Synthesise the RTL core: LUTs and clock on an ECP5, or area, clock and power in a standard-cell library."""
    if picture:
        new_file(picture, force)
    if picture and liberty:
        raise SpikewattError("synth --picture", "is that of a placement on the FPGA", "--liberty")
    from ..analysis.report.console import print_lines, print_table
    from ..rtl_ref.synthesis.activity import read_activity
    from ..rtl_ref.synthesis.asic import synthesise_asic
    from ..rtl_ref.synthesis.fpga import STANDING_NETWORKS, synthesise_fpga
    from ..rtl_ref.synthesis.parameters import parameters_of, parameters_of_sizes
    from ..rtl_ref.synthesis.placement import placement_picture
    from ..sim.network.spiking_network import SpikingNetwork

    designs: list[tuple[str, str, dict]] = []
    if network is not None:
        designs.append((network.name, "snn_top", parameters_of(SpikingNetwork.load(network))))
    for text in size or ():
        if not all(part.isdigit() for part in text.split("-")):
            raise SpikewattError(
                "synth --size", "is the sizes of layers, joined by -", text, "such as 784-48-10"
            )
        designs.append(
            (text, "snn_top", parameters_of_sizes([int(part) for part in text.split("-")]))
        )
    if core:
        designs.append(("core 256 x 256, 4 bits", "integrate_and_fire_core", dict(CORE_ALONE)))
    if not designs:
        designs = [
            ("-".join(map(str, layers)), "snn_top", parameters_of_sizes(list(layers)))
            for layers in STANDING_NETWORKS
        ]
    activity = read_activity(waves) if waves else None
    rows, lines, reports = [], [], []
    for name, top, parameters in designs:
        if liberty is not None:
            rates = activity.net_rates() if activity else None
            report = synthesise_asic(parameters, liberty, rates, clock_mhz * 1e6, top)
            lines += [
                f"{name}: {note}."
                for note in (
                    f"{report.technology}, {report.corner}; activity: {report.activity}",
                    *report.notes,
                )
            ]
        else:
            report = synthesise_fpga(parameters, top, clock_mhz * 1e6, speed_grade=speed_grade)
            lines.append(f"{name}: {report.technology}; the clock is limited by {report.limit()}.")
            if picture and (name, top, parameters) == designs[-1]:
                lines.append(f"picture: {placement_picture(report, picture)}")
        rows.append(
            {
                "design": name,
                **{
                    key: value
                    for key, value in report.row().items()
                    if key not in ("top", "critical path")
                },
            }
        )
        reports.append(report.__dict__)
        lines.append(f"{name}: reports of the tools in {report.folder}")
        if activity:
            shares = activity.energy_shares(parameters, top)
            text = ", ".join(f"{group} {share:.0%}" for group, share in shares.items())
            lines.append(
                f"{name}: shares of energy by accesses (CACTI) and toggles of the waveform: {text}; beside them {_card_shares()}"
            )
            lines.append(
                "logic is a lower bound there: 2 fF per toggle assumed, no clock tree, no glitches; memories below 1 kB count as 1 kB."
            )
    print_table("Synthesis of the RTL core", rows, as_json, {"reports": reports, "notes": lines})
    if not as_json:
        print_lines(list(dict.fromkeys(lines)))


def _card_shares() -> str:
    """How the parametric card splits an operation, for comparison."""
    from ..energy.cards.parametric_core import MEMORY_SHARE

    return f"the card odin_style: memories {MEMORY_SHARE:.0%}, logic {1 - MEMORY_SHARE:.0%} of a synaptic operation."
