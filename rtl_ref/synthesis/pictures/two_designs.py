"""Two placed designs side by side at one scale, and a legend that says what each module takes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .... import files
from ....errors import SpikewattError
from ....installed import not_installed
from ..families.family import BLOCK_RAM, FLIP_FLOP, LUT
from ..fpga_report import FpgaReport
from .placement import COLOURS
from .places import Places, counts_of, places_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.1  # of the text of an A4 page, inches
LEFT, BETWEEN = 0.36, 0.16  # inches
RIGHT = 0.03  # inches
TITLE, FOOT = 0.52, 0.30  # above and below a die, inches
LINE = 0.172  # of the legend, inches
DOTS_PER_INCH = 240
SIDES = {LUT: 0.25, FLIP_FLOP: 0.25, BLOCK_RAM: 1.5}  # of a cell, tiles
UNDER_TITLE = 26  # points of the two lines below a title
TITLE_POINTS, TEXT_POINTS, SMALL_POINTS = 9.0, 7.5, 7.0
INK, SOFT, RULE = "#1c1c1c", "#555555", "#bbbbbb"

# Column of the legend -> what it says; where it ends, as a share of the design's half.
COLUMNS = {"LUTs": 0.36, "flip-flops": 0.66, "block RAMs": 1.0}
KIND = {"LUTs": LUT, "flip-flops": FLIP_FLOP, "block RAMs": BLOCK_RAM}
NAMES = 1.35  # width of the modules' names, inches


def two_designs_picture(reports: Mapping[str, FpgaReport], path: Path) -> Path:
    """Draw two implemented designs side by side, cells coloured by module, with a legend.

    Both show the columns and rows up to the last cell of either, at one scale. The legend names
    each module with the LUTs, flip-flops and block RAMs that it takes in either design, and its
    share of the design's LUTs.

    Parameters
    ----------
    reports : name of a design -> its synthesis; two, on one device
    path : of the picture: png, svg or pdf by its ending

    Raises
    ------
    MissingToolError : matplotlib is not installed.
    SpikewattError : not two designs, or on devices of their own.
    """
    figure = two_designs_figure(reports)
    buffer = io.BytesIO()
    kind = path.suffix.lstrip(".") or None
    figure.savefig(buffer, format=kind, dpi=DOTS_PER_INCH)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, buffer.getvalue())
    return path


def two_designs_figure(reports: Mapping[str, FpgaReport]) -> Figure:
    """The picture as matplotlib's figure; as `two_designs_picture`."""
    _check(reports)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        law = "a picture needs matplotlib"
        raise not_installed("two designs", law, "matplotlib") from error

    places = {name: places_of(report) for name, report in reports.items()}
    columns, rows = _extent(places)
    die_width = (WIDTH - LEFT - BETWEEN - RIGHT) / 2
    die_height = die_width * rows / columns
    lines = len(COLOURS) + 3
    height = TITLE + die_height + FOOT + lines * LINE

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    for number, (name, report) in enumerate(reports.items()):
        left = LEFT + number * (die_width + BETWEEN)
        bottom = height - TITLE - die_height
        box = (left / WIDTH, bottom / height, die_width / WIDTH, die_height / height)
        ax = figure.add_axes(box)
        _draw_die(ax, places[name], (columns, rows))
        _title(ax, name, report)
        if number:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel("row", fontsize=SMALL_POINTS, color=SOFT, labelpad=1)

    legend = figure.add_axes((0, 0, 1, lines * LINE / height))
    _draw_legend(legend, {name: counts_of(found) for name, found in places.items()}, lines)
    return figure


def _check(reports: Mapping[str, FpgaReport]) -> None:
    if len(reports) != 2:
        law = "compares two designs side by side"
        raise SpikewattError("two designs", law, len(reports), "2; `synth --picture` shows 1..4")

    devices = [report.device for report in reports.values()]
    if len(set(devices)) > 1:
        law = "shows both on one device, at one scale"
        raise SpikewattError("two designs", law, devices, "the same device twice")


def _extent(places: Mapping[str, Places]) -> tuple[float, float]:
    """(columns, rows) that hold the cells of all designs, and a tile around."""
    every = [place for found in places.values() for cells in found.values() for place in cells]
    columns, rows = zip(*every, strict=True)
    return max(columns) + 2, max(rows) + 2


def _draw_die(ax: Axes, places: Places, extent: tuple[float, float]) -> None:
    """One die: squares in tiles, so that they scale with the picture."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    for kind, side in SIDES.items():
        for module, colour in COLOURS.items():
            squares = []
            for column, row in places.get((module, kind), []):
                squares.append(Rectangle((column - side / 2, row - side / 2), side, side))
            edge = INK if kind == BLOCK_RAM else "none"
            drawn = PatchCollection(squares, facecolor=colour, edgecolor=edge, linewidth=0.4)
            ax.add_collection(drawn)

    columns, rows = extent
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    ax.tick_params(labelsize=SMALL_POINTS, length=2, pad=1.5, colors=SOFT)
    ax.set_xlabel("column", fontsize=SMALL_POINTS, color=SOFT, labelpad=1)
    for spine in ax.spines.values():
        spine.set(color=RULE, linewidth=0.6)


def _title(ax: Axes, name: str, report: FpgaReport) -> None:
    """Name of the design, and how full the device is and how fast."""
    seeds = len(report.all_clocks_hz)
    sizes = f"{report.taken('luts')} LUTs, {report.taken('block_rams')} block RAMs"
    clock = f"{report.clock_hz / 1e6:.1f} MHz, median of {seeds} placements"
    text = f"on {report.device_and_grade}: {sizes},\n{clock}"
    ax.set_title(name, fontsize=TITLE_POINTS, fontweight="bold", loc="left", pad=UNDER_TITLE)
    ax.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=SMALL_POINTS,
        color=INK,
        va="bottom",
    )


def _draw_legend(
    ax: Axes, counts: Mapping[str, Mapping[str, Mapping[str, int]]], lines: int
) -> None:
    """Modules with their colours, and what each takes of either design."""
    from matplotlib.patches import Rectangle

    ax.set_xlim(0, WIDTH)
    ax.set_ylim(lines, 0)
    ax.axis("off")
    plain = {"fontsize": TEXT_POINTS, "va": "center", "color": INK}
    half = (WIDTH - NAMES - LEFT - BETWEEN) / 2

    for line, (module, colour) in enumerate(COLOURS.items(), start=2):
        ax.add_patch(Rectangle((LEFT, line + 0.18), 0.11, 0.64, facecolor=colour))
        ax.text(LEFT + 0.18, line + 0.5, module, **plain)

    total_line = len(COLOURS) + 2
    ax.text(LEFT + 0.18, total_line + 0.5, "all", **{**plain, "fontweight": "bold"})
    for line in (2, total_line):
        ax.plot([LEFT, WIDTH - 0.05], [line, line], color=RULE, linewidth=0.6)

    for number, (name, of_module) in enumerate(counts.items()):
        left = LEFT + NAMES + number * (half + BETWEEN / 2)
        bold = {**plain, "fontweight": "bold"}
        ax.text(left + (0.1 + half) / 2, 0.45, name, **bold, ha="center")
        ax.plot([left + 0.1, left + half], [0.95, 0.95], color=RULE, linewidth=0.6)
        for title, end in COLUMNS.items():
            kind, right = KIND[title], left + end * half
            ax.text(right, 1.5, title, **{**plain, "color": SOFT}, ha="right")
            whole = sum(found[kind] for found in of_module.values())
            for line, found in enumerate(of_module.values(), start=2):
                said = _said(found[kind], whole, kind)
                ax.text(right, line + 0.5, said, **plain, ha="right")
            said = f"{whole:,}"
            ax.text(right, total_line + 0.5, said, **bold, ha="right")


def _said(count: int, whole: int, kind: str) -> str:
    """A count, and of LUTs its share of the design's; nothing of none.

    >>> _said(250, 1000, LUT), _said(0, 1000, LUT), _said(5, 10, BLOCK_RAM)
    ('250 (25 %)', '–', '5')
    """
    if not count:
        return "–"
    if kind != LUT:
        return f"{count:,}"

    return f"{count:,} ({count / whole:.0%})".replace("%", " %")
