"""Where the cells of a placed design lie, and how many of them each module has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..families.family import BLOCK_RAM, FLIP_FLOP, LUT
from ..families.registry import family_of
from ..fpga_report import FpgaReport
from ..tool_reports import read_json
from .modules import ALL_MODULES, modules_of

# (module, kind of cell) -> (column, row) of each cell
Places = dict[tuple[str, str], list[tuple[float, float]]]
KINDS = (LUT, FLIP_FLOP, BLOCK_RAM)


def places_of(report: FpgaReport) -> Places:
    """Where the cells of the kept placement lie, that of the best seed.

    Parameters
    ----------
    report : of a synthesis whose folder is still there

    Raises
    ------
    FileFormatError : the placement is not there or not whole.
    """
    family, _ = family_of(report.device)
    placed = read_json(Path(report.folder) / "placed.json")
    (module,) = placed["modules"].values()

    cells = module["cells"]
    module_of = modules_of(cells, family)
    found: Places = {}
    for name, cell in cells.items():
        place = family.place_of(cell["attributes"].get("NEXTPNR_BEL", ""))
        kind = family.cells.get(cell["type"])
        if place and kind:
            found.setdefault((module_of[name], kind), []).append(place)

    return found


def counts_of(places: Mapping[tuple[str, str], list]) -> dict[str, dict[str, int]]:
    """Module -> kind of cell -> how many, of all modules in the order of their legend.

    >>> counts_of({("queue", LUT): [(1.0, 2.0)]})["queue"][LUT]
    1
    """
    found = {}
    for module in ALL_MODULES:
        found[module] = {kind: len(places.get((module, kind), [])) for kind in KINDS}

    return found
