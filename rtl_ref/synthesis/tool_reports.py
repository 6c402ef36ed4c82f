"""Numbers out of the tools' own reports: Yosys's cell counts and areas, nextpnr's utilisation and timing, OpenSTA's text."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...errors import FileFormatError

NS, UM2 = 1e-9, 1e-12


def read_json(path: Path) -> dict:
    """A JSON object; raises FileFormatError."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise FileFormatError(
            str(path), "must be a tool's JSON report", str(error)[:120]
        ) from error
    if not isinstance(content, dict):
        raise FileFormatError(
            str(path), "must be a tool's JSON report", type(content).__name__, "an object"
        )
    return content


def read_stat(path: Path, top: str) -> dict:
    """Yosys ``stat -json``: ``cells`` (type -> count), ``cell_count`` and, if a library was given, ``area_m2``.

    With ``-liberty`` a type has a count and an area, without it a count. Raises FileFormatError.
    """
    module = read_json(path).get("modules", {}).get(f"\\{top}")
    if not module or "num_cells_by_type" not in module:
        raise FileFormatError(str(path), f"must count the cells of {top}", "no such module")
    cells = {
        kind: int(entry["count"] if isinstance(entry, dict) else entry)
        for kind, entry in module["num_cells_by_type"].items()
    }
    area = module.get("area")
    return {
        "cells": cells,
        "cell_count": sum(cells.values()),
        "area_m2": None if area is None else float(area) * UM2,
    }


def read_place_and_route(path: Path) -> dict:
    """nextpnr ``--report``: utilisation, the highest clock [Hz] and the critical path that sets it.

    Returns luts, flip_flops, block_rams, multipliers, distributed_ram_ports, clock_hz, critical_path_s, critical_from, critical_to,
    critical_parts_s (``clock to output``, ``logic``, ``routing``, ``setup``). Raises FileFormatError.
    """
    report = read_json(path)
    used = {kind: entry.get("used", 0) for kind, entry in report.get("utilization", {}).items()}
    clocks = {name: entry["achieved"] for name, entry in report.get("fmax", {}).items()}
    if not clocks or "TRELLIS_COMB" not in used:
        raise FileFormatError(
            str(path), "must hold an ECP5's utilisation and a clock", f"clocks {sorted(clocks)}"
        )
    clock = min(clocks, key=lambda name: clocks[name])
    paths = [
        p
        for p in report.get("critical_paths", [])
        if p["from"] == p["to"] == f"posedge {clock}" and p["path"]
    ]
    if not paths:
        raise FileFormatError(str(path), "must hold the critical path of the clock", clock)
    steps = max((p["path"] for p in paths), key=lambda steps: sum(step["delay"] for step in steps))
    names = {
        "clk-to-q": "clock to output",
        "logic": "logic",
        "routing": "routing",
        "setup": "setup",
    }
    parts = {
        name: sum(s["delay"] for s in steps if s["type"] == kind) * NS
        for kind, name in names.items()
    }
    return {
        "luts": used["TRELLIS_COMB"],
        "flip_flops": used.get("TRELLIS_FF", 0),
        "block_rams": used.get("DP16KD", 0),
        "multipliers": used.get("MULT18X18D", 0),
        "distributed_ram_ports": used.get("TRELLIS_RAMW", 0),
        "clock_hz": clocks[clock] * 1e6,
        "critical_path_s": sum(parts.values()),
        "critical_from": "{cell} {port}".format(**steps[0]["from"]),
        "critical_to": "{cell} {port}".format(**steps[-1]["to"]),
        "critical_parts_s": parts,
    }


def read_timing(text: str) -> dict:
    """OpenSTA ``report_checks -path_delay max``: critical_from, critical_to, critical_path_s (arrival and setup), slack_s.

    The time unit is the nanosecond. Raises FileFormatError.
    """
    start, end = (
        re.search(r"^Startpoint: (\S+)", text, re.M),
        re.search(r"^Endpoint: (\S+)", text, re.M),
    )
    arrival = re.search(r"^\s*(-?[\d.]+)\s+data arrival time", text, re.M)
    setup = re.search(r"^\s*(-?[\d.]+)\s+-?[\d.]+\s+library setup time", text, re.M)
    slack = re.search(r"^\s*(-?[\d.]+)\s+slack", text, re.M)
    if not (start and end and arrival and slack):
        raise FileFormatError("OpenSTA", "must report a path", text.strip()[-200:] or "nothing")
    time = float(arrival[1]) - (float(setup[1]) if setup else 0.0)
    return {
        "critical_from": start[1],
        "critical_to": end[1],
        "critical_path_s": time * NS,
        "slack_s": float(slack[1]) * NS,
    }


def read_power(text: str, group: str = "Total") -> dict[str, float]:
    """OpenSTA ``report_power`` [W]: internal_w, switching_w, leakage_w of a group of cells. Raises FileFormatError."""
    row = re.search(rf"^{group}\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", text, re.M)
    try:
        values = [float(value) for value in row.groups()[:3]] if row else []
    except ValueError:
        values = []
    if not values:
        raise FileFormatError("OpenSTA", "must report power", text.strip()[-200:] or "nothing")
    return dict(zip(("internal_w", "switching_w", "leakage_w"), values, strict=True))
