"""Verbs of the command line that check and synthesise the RTL core."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_common import DATASET_HELP, DataDir, Force, Json, new_file, verb
from .errors import SpikewattError, whole_number

SHOWN = ("what", "compared", "mismatches", "where")


@verb
def verify(
    what: Annotated[
        list[str] | None, typer.Option(help="benches, radix, rate, proofs, icarus, faults; repeat; by default benches and radix.")
    ] = None,
    network: Annotated[Path | None, typer.Option(help="Your own spiking network (.spk) in place of the targets.")] = None,
    dataset: Annotated[str, typer.Option(help=f"Images for --network: {DATASET_HELP}")] = "digits",
    data_dir: DataDir = None,
    samples: Annotated[int, typer.Option(help="Test images for --network.")] = 20,
    steps: Annotated[int, typer.Option(help="Simulated steps of a rate network.")] = 32,
    engine: Annotated[str, typer.Option(help="Engine to compare with: annarchy, batched or reference.")] = "batched",
    simulator: Annotated[str, typer.Option(help="For --network: verilator or icarus.")] = "verilator",
    waves: Annotated[Path | None, typer.Option(help="New folder to leave waveforms of --network in.")] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Check the RTL core: spikes, potentials, cycles and accesses against the golden model and an engine."""
    if junit:
        new_file(junit, force)
    if waves and network is None:
        raise SpikewattError("verify --waves", "goes with --network", "no network", "spikewatt verify --network my.spk --waves folder")
    whole_number("verify --samples", "must be at least 1", samples, 1, 10**6)
    from .analysis.console import print_lines, print_table, stages
    from .rtl_ref.targets import DEFAULT, run_target, write_junit

    rows: list[dict] = []
    if network is not None:
        from .models.datasets import load_dataset
        from .rtl_ref.verify import verify_network
        from .sim.network import SpikingNetwork

        spiking = SpikingNetwork.load(network)
        x = load_dataset(dataset, data_dir).scaled("test")[:samples] * spiking.input_unit * spiking.input_levels
        own_steps = steps if spiking.code == "rate" else None
        for row in verify_network(spiking, x, own_steps, waves, engine, simulator):
            rows.append({"what": f"{network.name}, {row['samples']} images: {row['population']}", **row})
    else:
        with stages() as progress:
            for target in what or DEFAULT:
                rows += run_target(target, engine, data_dir, progress)
    if junit:
        write_junit(rows, junit)
    keys = (*SHOWN[:-1], "cycles", "sops", "stalls", "where") if network is not None else SHOWN
    shown = rows if as_json else [{key: row.get(key, "") for key in keys} for row in rows]
    print_table("RTL against the golden model", shown, as_json)
    wrong, compared = (sum(row[key] for row in rows) for key in ("mismatches", "compared"))
    if not as_json:
        print_lines([f"{compared:,} values compared, {wrong:,} mismatches."])
        if waves:
            files = ", ".join(str(path) for path in sorted(waves.iterdir()) if path.suffix in (".fst", ".vcd"))
            print_lines([f"waveforms: {files}; open with GTKWave or Surfer, e.g. `gtkwave {files.split(', ')[0]}`."])
    if wrong:
        raise typer.Exit(1)
