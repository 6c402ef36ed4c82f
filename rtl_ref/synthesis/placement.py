"""A picture of where the cells of a design lie on the FPGA."""

from __future__ import annotations

import io
import re
from pathlib import Path

from ... import files
from ...errors import MissingToolError
from .fpga import FpgaReport
from .tool_reports import read_json

CELLS = {
    "TRELLIS_COMB": "LUT",
    "TRELLIS_FF": "flip-flop",
    "DP16KD": "block RAM",
}

# Told apart by the colour-blind too.
COLOURS = {
    "LUT": "#0072B2",
    "flip-flop": "#E69F00",
    "block RAM": "#009E73",
}
SMALL = {"marker": ".", "s": 14, "linewidths": 0}
LARGE = {"marker": "s", "s": 60}


def placement_picture(report: FpgaReport, path: Path) -> Path:
    """Draw where the cells of the best seed lie, as a PNG.

    Parameters
    ----------
    report : of the synthesis
    path : of the picture

    Raises
    ------
    MissingToolError : matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        remedy = "pip install 'spikewatt[plot]'"
        law = "a picture needs matplotlib"
        raise MissingToolError("synth", law, "no matplotlib", remedy) from error

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    for kind, places in _places_by_kind(report).items():
        if not places:
            continue
        columns, rows = zip(*places, strict=True)
        style = LARGE if kind == "block RAM" else SMALL
        label = f"{kind} ({len(places):,})"
        ax.scatter(columns, rows, color=COLOURS[kind], label=label, **style)

    ax.invert_yaxis()
    ax.set_aspect("equal")
    device = f"{report.device}-{report.speed_grade}"
    clock = f"{report.clock_hz / 1e6:.1f} MHz"
    ax.set(
        xlabel="column",
        ylabel="row",
        title=f"{report.top} on {device}, {clock}",
    )
    figure.legend(loc="outside lower center", ncols=3, markerscale=1.5)

    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    kind = path.suffix.lstrip(".") or None
    figure.savefig(buffer, format=kind, dpi=110, bbox_inches="tight")
    files.write(path, buffer.getvalue())
    return path


def _places_by_kind(
    report: FpgaReport,
) -> dict[str, list[tuple[float, float]]]:
    placed = read_json(Path(report.folder) / "placed.json")
    (module,) = placed["modules"].values()

    found: dict[str, list[tuple[float, float]]] = {}
    for kind in CELLS.values():
        found[kind] = []

    for cell in module["cells"].values():
        bel = cell["attributes"].get("NEXTPNR_BEL", "")
        place = place_of(bel)
        if place and cell["type"] in CELLS:
            found[CELLS[cell["type"]]].append(place)

    return found


def place_of(bel: str) -> tuple[float, float] | None:
    """Column and row of a BEL; None where the text is none.

    The four slices of a tile stand side by side, their LUTs above their flip-flops.

    >>> place_of("X12/Y37/EBR2"), place_of("X12/Y37/SLICEA.K0")
    ((12, 37), (11.625, 36.625))
    """
    found = re.fullmatch(r"X(\d+)/Y(\d+)/(?:SLICE([A-D])\.(K|FF)([01])|.+)", bel)
    if not found:
        return None
    column, row, slice_name, kind, number = found.groups()
    if slice_name is None:
        return int(column), int(row)

    across = "ABCD".index(slice_name)
    down = int(number) + (2 if kind == "FF" else 0)
    x = int(column) + (across - 1.5) / 4
    y = int(row) + (down - 1.5) / 4
    return x, y
