"""A picture of where the modules of designs lie on their FPGAs, side by side."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from .... import files
from ....errors import SpikewattError
from ....installed import not_installed
from ..families.family import BLOCK_RAM, FLIP_FLOP, LUT
from ..fpga_report import FpgaReport
from .modules import ALL_MODULES
from .places import places_of

# Okabe and Ito's palette, told apart by the colour-blind too.
PALETTE = ("#009E73", "#56B4E9", "#D55E00", "#E69F00", "#CC79A7", "#999999", "#0072B2")
COLOURS = dict(zip(ALL_MODULES, PALETTE, strict=True))
MARKERS = {
    LUT: {"marker": "s", "s": 3.5, "linewidths": 0},
    FLIP_FLOP: {"marker": ".", "s": 5, "linewidths": 0},
    BLOCK_RAM: {"marker": "s", "s": 42, "linewidths": 0.4, "edgecolors": "black"},
}
MOST_DESIGNS = 4
DOTS_PER_INCH = 130
WIDTH, AROUND = 5, 1.9  # of one design, and of titles and legend, inches


def placement_picture(reports: Mapping[str, FpgaReport], path: Path) -> Path:
    """Draw where the cells of each design's best seed lie, in one picture.

    All have the same scale; cells are coloured by module, see `modules`.

    Parameters
    ----------
    reports : name of a design -> its synthesis, one to four
    path : of the picture: png, svg or pdf by its ending

    Raises
    ------
    MissingToolError : matplotlib is not installed.
    SpikewattError : no design, or more than fit side by side.
    """
    if not 1 <= len(reports) <= MOST_DESIGNS:
        law = "shows one to four designs side by side"
        raise SpikewattError("synth --picture", law, len(reports), f"1..{MOST_DESIGNS}")

    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        law = "a picture needs matplotlib"
        raise not_installed("synth", law, "matplotlib") from error

    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(reports), squeeze=False)[0]
    for ax, (name, report) in zip(axes, reports.items(), strict=True):
        draw_placement(ax, name, report)

    right = max(ax.get_xlim()[1] for ax in axes)
    lowest = max(ax.get_ylim()[0] for ax in axes)
    for ax in axes:
        ax.set(xlim=(0, right), ylim=(lowest, 0))

    figure.set_size_inches(1 + WIDTH * len(reports), WIDTH * lowest / right + AROUND)

    figure.legend(
        handles=_legend(),
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize="small",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    kind = path.suffix.lstrip(".") or None
    figure.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, bbox_inches="tight")
    files.write(path, buffer.getvalue())
    return path


def draw_placement(ax, name: str, report: FpgaReport) -> None:
    """Draw one design into matplotlib's axes, with sizes and clock in the title."""
    places = places_of(report)
    columns, rows = zip(*(place for found in places.values() for place in found), strict=True)
    for kind, style in MARKERS.items():
        for module, colour in COLOURS.items():
            found = places.get((module, kind))
            if found:
                ax.scatter(*zip(*found, strict=True), color=colour, **_style(style, colour))

    ax.set_xlim(0, max(columns) + 2)
    ax.set_ylim(max(rows) + 2, 0)
    ax.set_aspect("equal")
    ax.set_xlabel("column")
    ax.set_ylabel("row")
    seeds = len(report.all_clocks_hz)
    title = (
        f"{name} on {report.device_and_grade}",
        f"{report.taken('luts')} LUTs, {report.taken('flip_flops')} flip-flops,",
        f"{report.taken('block_rams')} block RAMs, {report.clock_hz / 1e6:.1f} MHz "
        f"(median of {seeds} seed{'s' if seeds > 1 else ''})",
    )
    ax.set_title("\n".join(title), fontsize="medium")


def _style(style: dict, colour: str) -> dict:
    edge = style.get("edgecolors")
    return {**style, "edgecolors": edge if edge else colour}


def _legend() -> list:
    from matplotlib.lines import Line2D

    handles = []
    for module, colour in COLOURS.items():
        patch = Line2D([], [], color=colour, marker="s", linestyle="", markersize=7, label=module)
        handles.append(patch)

    sizes = {"block RAM": 9, "LUT or flip-flop": 3}
    for label, size in sizes.items():
        line = Line2D([], [], color="white", marker="s", linestyle="", markersize=size)
        line.set(markeredgecolor="black", label=label)
        handles.append(line)

    return handles
