"""The verb that synthesises the RTL core."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import SpikewattError
from ...progress import Progress, announce, expect
from ..options import (
    DATASET_HELP,
    DataDir,
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
    from ...rtl_ref.synthesis.asic import AsicReport
    from ...rtl_ref.synthesis.designs import Design
    from ...rtl_ref.synthesis.fpga_report import FpgaReport

SAMPLES = 20


@verb(CHIP)
def synth(
    spk: Annotated[
        Path | None, typer.Option(help="Your own spiking network (.spk), as `verify` takes it.")
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
    table: Annotated[
        bool, typer.Option(help="The standing table: three MLPs, a CNN and the bare core.")
    ] = False,
    axi: Annotated[
        bool, typer.Option("--axi", help="The chain behind its AXI4-Lite registers.")
    ] = False,
    cycles_per_sop: Annotated[
        int | None,
        typer.Option(help="2 (default) or more; from 3 on memories have an output register."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="ECP5, iCE40 or Gowin, e.g. LFE5U-45F (default), iCE40UP5K, GW2AR-18."),
    ] = None,
    speed_grade: Annotated[
        int | None, typer.Option(help="Of an ECP5: 6, 7 or 8 (default).")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Of the placer; the clock is their median.")] = 3,
    clock_mhz: Annotated[float, typer.Option(help="Clock to aim at.")] = 100.0,
    dataset: Annotated[
        str | None, typer.Option(help=f"What --spk runs on, for energy and time: {DATASET_HELP}")
    ] = None,
    samples: Annotated[int, typer.Option(help="Images of the data set.")] = SAMPLES,
    steps: Annotated[int | None, typer.Option(help="Of a rate network, default 32.")] = None,
    data_dir: DataDir = None,
    liberty: Annotated[
        list[Path] | None,
        typer.Option(
            help="Standard cells (.lib or .lib.gz) in place of the FPGA, with --dataset or --table "
            "beside it; repeat."
        ),
    ] = None,
    waves: Annotated[
        Path | None,
        typer.Option(
            help="FST or VCD of a run of the same network: toggles, and shares of energy."
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="PNG of the placements, side by side, coloured by module.")
    ] = None,
    bitstream: Annotated[
        Path | None,
        typer.Option(
            help="Bitstream of an ECP5 or iCE40 that runs the first image of --dataset on its own "
            "and compares; pins: clk, done, passed."
        ),
    ] = None,
    pins: Annotated[
        Path | None, typer.Option(help="Constraints of the board for --bitstream (.lpf, .pcf).")
    ] = None,
    force: Force = False,
    as_json: Json = False,
    network: OldNetwork = None,
) -> None:
    """Synthesise the RTL core: FPGA, or standard cells.

    LUTs, memories and clock on an FPGA; area, clock and power in a standard-cell library; with
    data, energy and time of an inference on each and on the cards.
    """
    not_called_network("synth", network, "--spk FILE")
    libraries = list(liberty or [])
    costed = table or dataset is not None
    _check_options(spk, dataset, samples, picture, libraries, costed)
    for output in (picture, bitstream):
        if output:
            new_file(output, force)
    _check_bitstream(bitstream, pins, dataset)
    from ...analysis.report.synthesis import synthesis_findings
    from ...rtl_ref.synthesis.activity import read_activity

    top = _top(axi)
    activity = read_activity(waves) if waves else None
    if table:
        designs = _standing(data_dir)
    else:
        designs = _designs(spk, size or [], core, top, cycles_per_sop)
        if dataset is not None and spk is not None:
            designs = [_with_data(designs[0], dataset, data_dir, samples, steps), *designs[1:]]

    on_fpga = (
        {} if libraries and not costed else _on_fpga(designs, clock_mhz, device, speed_grade, seeds)
    )
    in_cells = _in_cells(designs, libraries, activity, clock_mhz)
    written = [_picture(on_fpga, picture)] if picture else []
    if bitstream:
        first = network_inputs(designs[0].network, str(dataset), data_dir, 1)[0][0]
        written.append(_bitstream(designs[0], first, bitstream, device, pins, steps))
    show(synthesis_findings(designs, on_fpga, in_cells, activity, written), as_json)


def _check_options(
    spk: Path | None,
    dataset: str | None,
    samples: int,
    picture: Path | None,
    libraries: Sequence[Path],
    costed: bool,
) -> None:
    if picture and libraries and not costed:
        law = "is that of a placement on the FPGA"
        raise SpikewattError("synth --picture", law, "--liberty")
    if dataset is not None and spk is None:
        raise SpikewattError("synth --dataset", "is what your own network runs on", None, "--spk")
    if samples < 1:
        raise SpikewattError("synth --samples", "is a number of images", samples, ">= 1")


def _check_bitstream(bitstream: Path | None, pins: Path | None, dataset: str | None) -> None:
    if bitstream and dataset is None:
        law = "holds a network and an image that it runs"
        raise SpikewattError("synth --bitstream", law, "no image", "--spk and --dataset")
    if pins and not bitstream:
        raise SpikewattError("synth --pins", "goes with a bitstream", pins, "--bitstream")
    if pins and not pins.is_file():
        raise SpikewattError(str(pins), "the file of pins must exist", "no such file")


def _top(axi: bool) -> str:
    from ...rtl_ref.design import CHAIN
    from ...rtl_ref.synthesis.parameters import AXI

    return AXI if axi else CHAIN


def _standing(data_dir: Path | None) -> list[Design]:
    from ...rtl_ref.synthesis.designs import standing_designs

    return standing_designs(data_dir)


def _designs(
    spk: Path | None, sizes: list[str], core: bool, top: str, cycles_per_sop: int | None
) -> list[Design]:
    """What to synthesise: what was asked for, else the standing networks."""
    from ...rtl_ref.synthesis.designs import (
        STANDING_NETWORKS,
        core_alone,
        design_of_network,
        design_of_sizes,
    )
    from ...sim.network.spiking_network import SpikingNetwork

    designs = []
    if spk is not None:
        network = SpikingNetwork.load(spk)
        designs.append(design_of_network(spk.name, network, top=top, cycles_per_sop=cycles_per_sop))
    for text in sizes:
        designs.append(design_of_sizes(_layer_sizes(text), top, cycles_per_sop))
    if core:
        designs.append(core_alone(cycles_per_sop))
    if designs:
        return designs

    return [design_of_sizes(layers, top, cycles_per_sop) for layers in STANDING_NETWORKS]


def _with_data(
    design: Design, dataset: str, data_dir: Path | None, samples: int, steps: int | None
) -> Design:
    """The design of a network, and what it does on the first images of a data set."""
    from ...sim.engines.simulate import simulate

    spiking = design.network
    x, _ = network_inputs(spiking, dataset, data_dir, samples)
    assert spiking is not None  # it is that of --spk
    return replace(design, trace=simulate(spiking, x, "batched", steps))


def _layer_sizes(text: str) -> list[int]:
    """``784-48-10`` as numbers."""
    parts = text.split("-")
    if not all(re.fullmatch(r"[1-9][0-9]{0,6}", part) for part in parts):
        law = "is the sizes of layers, joined by -"
        raise SpikewattError("synth --size", law, text, "such as 784-48-10")
    return [int(part) for part in parts]


def _on_fpga(
    designs: Sequence[Design],
    clock_mhz: float,
    device: str | None,
    speed_grade: int | None,
    seeds: int,
) -> dict[str, FpgaReport]:
    """Name -> the design on its FPGA."""
    from ...rtl_ref.synthesis.fpga import DEVICE, synthesise_fpga
    from ..habits.voice import show_progress

    if not 1 <= seeds <= 100:
        raise SpikewattError("synth --seeds", "is a number of placements", seeds, "1..100")

    found = {}
    with show_progress() as progress:
        for done, design in enumerate(designs):
            progress("synthesise", done, len(designs))
            found[design.name] = synthesise_fpga(
                design.parameters,
                design.top,
                clock_mhz * 1e6,
                device or design.device or DEVICE,
                speed_grade,
                range(1, seeds + 1),
                partial(_announce, design.name, progress, len(designs) == 1),
            )
        progress("synthesise", len(designs), len(designs))

    return found


def _announce(name: str, progress: Progress, alone: bool, seconds: float) -> None:
    """What a synthesis will take, before it begins; its whole stage, where it is the only one."""
    announce(progress, seconds, f"synthesis of {name}, most of it nextpnr")
    if alone:
        expect(progress, "synthesise", seconds)


def _in_cells(
    designs: Sequence[Design], libraries: Sequence[Path], activity: Any, clock_mhz: float
) -> dict[str, list[AsicReport]]:
    """Name -> the design in each library."""
    from ...rtl_ref.synthesis.asic import synthesise_asic
    from ..habits.voice import show_progress

    rates = activity.net_rates() if activity else None
    found: dict[str, list[AsicReport]] = {design.name: [] for design in designs}
    pairs = [(design, library) for design in designs for library in libraries]
    with show_progress() as progress:
        for done, (design, library) in enumerate(pairs):
            progress("map", done, len(pairs))
            report = synthesise_asic(design.parameters, library, rates, clock_mhz * 1e6, design.top)
            found[design.name].append(report)
        if pairs:
            progress("map", len(pairs), len(pairs))

    return found


def _picture(on_fpga: dict[str, FpgaReport], picture: Path) -> str:
    """Draw the first placements, as many as stand side by side."""
    from ...rtl_ref.synthesis.pictures.placement import MOST_DESIGNS, placement_picture

    drawn = dict(list(on_fpga.items())[:MOST_DESIGNS])
    return f"picture: {placement_picture(drawn, picture)}"


def _bitstream(
    design: Design,
    sample: Any,
    bitstream: Path,
    device: str | None,
    pins: Path | None,
    steps: int | None,
) -> str:
    """Write the bitstream that tests a network on a board."""
    from ...rtl_ref.synthesis.boards.self_test import self_test_bitstream
    from ...rtl_ref.synthesis.fpga import DEVICE

    assert design.network is not None  # it is that of --spk
    cycles = int(design.parameters.get("CYCLES_PER_SOP", 2))
    written = self_test_bitstream(
        design.network,
        sample,
        bitstream,
        device=device or DEVICE,
        pins=pins,
        steps=steps,
        cycles_per_sop=cycles,
    )
    return f"bitstream: {written}; passed is high with done where the read-out is right"
