"""The verb that synthesises the RTL core."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SpikewattError
from .options import (
    CHIP,
    Force,
    Json,
    OldNetwork,
    new_file,
    not_called_network,
    show,
    verb,
)

CORE_ALONE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
HIDDEN = ("top", "critical path")  # of a report's row: too long for a table
Design = tuple[str, str, dict]  # name, top module, parameters


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
    if not all(re.fullmatch(r"[1-9][0-9]{0,6}", part) for part in parts):
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
