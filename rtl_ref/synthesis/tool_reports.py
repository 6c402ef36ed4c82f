"""Numbers out of the tools' own reports.

Yosys's cell counts and areas, nextpnr's utilisation and timing, OpenSTA's text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import FileFormatError

NS, UM2, MHZ = 1e-9, 1e-12, 1e6

# nextpnr's name of a part of a path -> ours.
PATH_PARTS = {
    "clk-to-q": "clock to output",
    "logic": "logic",
    "routing": "routing",
    "setup": "setup",
}
POWER_COLUMNS = ("internal_w", "switching_w", "leakage_w")


def read_json(path: Path) -> dict:
    """A JSON object; raises FileFormatError."""
    where, law = str(path), "must be a tool's JSON report"
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise FileFormatError(where, law, str(error)[:120]) from error

    if not isinstance(content, dict):
        raise FileFormatError(where, law, type(content).__name__, "an object")

    return content


def read_stat(path: Path, top: str) -> dict:
    """Yosys ``stat -json``: ``cells`` (type -> count), ``cell_count``, ``area_m2``.

    Parameters
    ----------
    path : of the report
    top : module whose cells are counted

    Returns
    -------
    The area is None if no library was given.

    Raises
    ------
    FileFormatError : another kind of file, or one without the module.
    """
    module = read_json(path).get("modules", {}).get(f"\\{top}")
    if not module or "num_cells_by_type" not in module:
        raise FileFormatError(
            str(path),
            f"must count the cells of {top}",
            "no such module",
        )

    cells = {}
    for kind, entry in module["num_cells_by_type"].items():
        # With a library a type has a count and an area, without one a count.
        count = entry["count"] if isinstance(entry, dict) else entry
        cells[kind] = int(count)

    area = module.get("area")
    return {
        "cells": cells,
        "cell_count": sum(cells.values()),
        "area_m2": None if area is None else float(area) * UM2,
    }


@dataclass(frozen=True)
class PlaceAndRoute:
    """What nextpnr reports.

    Parameters
    ----------
    placed : type of cell, in the placer's words -> count
    clock_hz : highest clock, Hz
    critical_path_s : path that sets it, s
    critical_from : cell and port that it starts at
    critical_to : cell and port that it ends at
    critical_parts_s : ``clock to output``, ``logic``, ``routing``, ``setup``, s
    """

    placed: dict[str, int]
    clock_hz: float
    critical_path_s: float
    critical_from: str
    critical_to: str
    critical_parts_s: dict[str, float]


def read_place_and_route(path: Path) -> PlaceAndRoute:
    """nextpnr ``--report``: utilisation, the highest clock and the path that sets it.

    Parameters
    ----------
    path : of the report

    Raises
    ------
    FileFormatError : another kind of file, or one without a clock or its path.
    """
    report = read_json(path)
    placed = {}
    for kind, entry in report.get("utilization", {}).items():
        placed[kind] = entry.get("used", 0)

    clocks = {}
    for name, entry in report.get("fmax", {}).items():
        clocks[name] = entry["achieved"]

    if not clocks or not placed:
        law = "must hold a utilisation and a clock"
        raise FileFormatError(str(path), law, f"clocks {sorted(clocks)}")

    slowest = min(clocks, key=lambda name: clocks[name])
    steps = _critical_path(path, report, slowest)
    parts = dict.fromkeys(PATH_PARTS.values(), 0.0)
    for kind, name in PATH_PARTS.items():
        delays = [step["delay"] for step in steps if step["type"] == kind]
        parts[name] = sum(delays) * NS

    return PlaceAndRoute(
        placed=placed,
        clock_hz=clocks[slowest] * MHZ,
        critical_path_s=sum(parts.values()),
        critical_from="{cell} {port}".format(**steps[0]["from"]),
        critical_to="{cell} {port}".format(**steps[-1]["to"]),
        critical_parts_s=parts,
    )


def _critical_path(path: Path, report: dict, clock: str) -> list[dict]:
    """The steps of the longest path from a clock edge to the next."""
    edge = f"posedge {clock}"
    paths = []
    for entry in report.get("critical_paths", []):
        from_clock = entry["from"] == edge
        to_clock = entry["to"] == edge
        if from_clock and to_clock and entry["path"]:
            paths.append(entry["path"])

    if not paths:
        raise FileFormatError(str(path), "must hold the critical path of the clock", clock)

    def delay(steps: list[dict]) -> float:
        return sum(step["delay"] for step in steps)

    return max(paths, key=delay)


def read_timing(text: str) -> dict:
    """OpenSTA ``report_checks -path_delay max``, whose time unit is the nanosecond.

    Parameters
    ----------
    text : of the report

    Returns
    -------
    critical_from, critical_to, critical_path_s (arrival and setup, s), slack_s.

    Raises
    ------
    FileFormatError : no path is reported.
    """
    start = re.search(r"^Startpoint: (\S+)", text, re.M)
    end = re.search(r"^Endpoint: (\S+)", text, re.M)
    arrival = re.search(r"^\s*(-?[\d.]+)\s+data arrival time", text, re.M)
    setup = re.search(r"^\s*(-?[\d.]+)\s+-?[\d.]+\s+library setup time", text, re.M)
    slack = re.search(r"^\s*(-?[\d.]+)\s+slack", text, re.M)
    if not (start and end and arrival and slack):
        raise FileFormatError("OpenSTA", "must report a path", _end_of(text))

    # The report subtracts the setup time from what is required; here it is part of the path.
    setup_ns = float(setup[1]) if setup else 0.0
    return {
        "critical_from": start[1],
        "critical_to": end[1],
        "critical_path_s": (float(arrival[1]) - setup_ns) * NS,
        "slack_s": float(slack[1]) * NS,
    }


def read_power(text: str, group: str = "Total") -> dict[str, float]:
    """OpenSTA ``report_power``: internal_w, switching_w, leakage_w of a group of cells, W.

    Parameters
    ----------
    text : of the report
    group : row of the report, default Total

    Raises
    ------
    FileFormatError : no such row.
    """
    row = re.search(rf"^{group}\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", text, re.M)
    try:
        values = [float(value) for value in row.groups()[:3]] if row else []
    except ValueError:
        values = []

    if not values:
        raise FileFormatError("OpenSTA", "must report power", _end_of(text))

    return dict(zip(POWER_COLUMNS, values, strict=True))


def _end_of(text: str) -> str:
    return text.strip()[-200:] or "nothing"
