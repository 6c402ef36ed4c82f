"""What each placement of a design found, seed by seed."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from ..families.registry import family_of
from ..fpga_report import FpgaReport
from ..tool_reports import read_place_and_route


def seed_reports(report: FpgaReport) -> dict[int, FpgaReport]:
    """Seed -> the report of its placement alone: its sizes and its clock.

    Parameters
    ----------
    report : of a synthesis whose folder is still there

    Raises
    ------
    FileFormatError : the placer's report of a seed is not there or not whole.
    """
    family, _ = family_of(report.device)
    found = {}
    for seed, clock_hz in report.all_clocks_hz.items():
        placed = read_place_and_route(Path(report.folder) / f"report_{seed}.json")
        found[int(seed)] = replace(
            report,
            seed=int(seed),
            used=asdict(family.used(placed.placed, report.cells)),
            clock_hz=clock_hz,
            all_clocks_hz={seed: clock_hz},
        )

    return found
