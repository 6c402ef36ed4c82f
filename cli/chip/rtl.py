"""Verbs that check the RTL core, and the count of operations with other tools."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import SpikewattError, whole_number
from ...progress import announce
from ...resources import check_writable
from ..document.envelope import print_document
from ..habits.voice import is_quiet
from ..options import (
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
)
from ..program import CHIP, verb

if TYPE_CHECKING:
    from ...progress import Progress
    from ...rtl_ref.verification.chains.estimate import Estimate

WAVEFORMS = (".fst", ".vcd")


# ------------------------------------------------------------------ verify


@verb(CHIP)
def verify(
    what: Annotated[
        list[str] | None,
        typer.Option(
            help="benches, chains, axi, radix, rate, proofs, icarus, faults, all, all-faults "
            "(hours); repeat; by default benches and radix."
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
        str, typer.Option(help="Engine to compare with: annarchy, batched, event or reference.")
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
    from ...rtl_ref.verification.targets.junit import write_junit
    from ...rtl_ref.verification.targets.registry import (
        DEFAULT,
        REGISTRY,
        check_request,
        run_targets,
    )
    from ...rtl_ref.verification.targets.target import Request
    from ..habits.voice import show_progress

    targets = what or DEFAULT
    check_request(targets, engine, simulator)
    if waves:
        check_writable(waves)
    with show_progress() as progress:
        if spk is None:
            found = run_targets(targets, Request(engine, data_dir), progress)
            summaries = {name: REGISTRY[name].summary(rows) for name, rows in found.items()}
        else:
            own = _verify_own(
                spk, dataset, data_dir, samples, steps, waves, engine, simulator, progress
            )
            found, summaries = {"network": own}, {"network": _summary(own)}

    rows = [row for part in found.values() for row in part]
    if junit:
        write_junit(found, junit)
    _show_verification(found, summaries, waves, as_json)
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
    from ...rtl_ref.verification.whole_network import verify_network
    from ...sim.network.spiking_network import SpikingNetwork

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
        announce=partial(_announce, progress),
    )
    images = f"{spk.name}, {{samples}} images: {{population}}"
    return [{"what": images.format(**row), **row} for row in rows]


def _announce(progress: Progress, estimate: Estimate) -> None:
    """What it will take, before it begins."""
    millions = sum(estimate.cycles) / 1e6
    what = f"{millions:,.1f} million clock cycles of the RTL, and its build"
    announce(progress, estimate.seconds, what)


def _summary(rows: list[dict]) -> str:
    """What was found for a user's network, in a line."""
    compared = sum(row["compared"] for row in rows)
    wrong = sum(row["mismatches"] for row in rows)
    return f"{compared:,} values compared, stalls among them; {wrong:,} mismatches."


def _show_verification(
    found: dict[str, list[dict]], summaries: dict[str, str], waves: Path | None, as_json: bool
) -> None:
    from ...analysis.report.terminal.console import print_lines
    from ...analysis.report.verification import verification_findings

    if as_json:
        rows = [{"target": name, **row} for name, part in found.items() for row in part]
        print_document({"rows": rows})
        return
    show(verification_findings(found, summaries), False)
    if waves and not is_quiet():
        files = [str(path) for path in sorted(waves.iterdir()) if path.suffix in WAVEFORMS]
        hint = f"open with GTKWave or Surfer, e.g. `gtkwave {files[0]}`."
        print_lines([f"waveforms: {', '.join(files)}; {hint}"])


# ------------------------------------------------------------------ crosscheck


@verb(CHIP)
def crosscheck(
    network: Annotated[
        Path | None,
        typer.Argument(
            metavar="SPK",
            help=f"{SPK_HELP[:-1]}; by default a small one with borders, strides, zeros.",
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
    from ...analysis.checks.crosscheck import crosscheck as count
    from ...analysis.checks.standing_network import standing_input, standing_network
    from ...analysis.report.findings import Findings
    from ...analysis.report.tables import crosscheck_table
    from ...sim.network.spiking_network import SpikingNetwork

    if network:
        spiking = SpikingNetwork.load(network)
        x, _ = network_inputs(spiking, dataset, data_dir, samples)
    else:
        spiking, x = standing_network(), standing_input()

    table = crosscheck_table(count(spiking, x, steps if spiking.code == "rate" else None))
    show(Findings((table,)), as_json)
    if (table.frame["equal"] == "no").any():
        raise typer.Exit(1)
