"""Energy of an inference against accuracy, over all rows of all studies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ...report.figures.style import GREY, LIGHT, clean, figure
from ...report.numbers import count_of
from .families import FAMILIES, REST, family_of
from .points import AS_KERAS, Loss, Point, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 8.6  # inches
PANEL_INCHES, REST_INCHES = 3.0, 1.5
TO_LOSSES = (3.2, 1.3)  # widths of the two axes of a panel
BEYOND = 0.3  # points above 100 %, where the scale would end in infinity
TICKS = (10, 30, 50, 70, 80, 90, 95, 98, 99, 99.5, 100)
SMALL = 7.5
TEXT = "#333333"
THEIRS, OURS = GREY, TEXT
BESIDE = "theirs: as published; ours: the cell that the row's file puts beside it"
NAMES = {"cifar10": "CIFAR-10", "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def studies_figure(shown: Shown) -> Figure:
    """One panel per data set: at the left energy against accuracy, at the right what was published.

    Parameters
    ----------
    shown : Shown
        Of `shown_of`.
    """
    panels = shown.panels
    heights = [shown.height(panel) for panel in panels] or [1.0]
    fig = figure(WIDTH, PANEL_INCHES * sum(heights) + REST_INCHES)
    grid = fig.subplots(
        len(heights),
        2,
        squeeze=False,
        width_ratios=TO_LOSSES,
        height_ratios=heights,
        sharey="row",
    )
    lows = [point.energy_low_j for point in shown.points]
    highs = [point.energy_high_j for point in shown.points]
    for (left, right), panel in zip(grid, panels, strict=False):
        points = [point for point in shown.points if point.panel == panel]
        losses = [loss for loss in shown.losses if loss.panel == panel]
        _scale(left, points, losses)
        _draw_points(left, points)
        _draw_losses(right, losses)
        left.set_title(_title(panel), loc="left", fontsize=10)
        left.set_xscale("log")
        if shown.points:
            left.set_xlim(min(lows) / 1.5, max(highs) * 1.5)
        _name_axes(left, panel)
    _legend(fig, shown)
    return fig


def caption(shown: Shown) -> str:
    """What is drawn and what is not, a line for each side.

    Examples
    --------
    >>> print(caption(Shown((), (), 2)))
    Left: 0 prices of 0 rows; 2 times a device refuses a network.
    Right: 0 cells; theirs: as published; ours: the cell that the row's file puts beside it.
    """
    rows = {(point.study, point.row) for point in shown.points}
    return (
        f"Left: {count_of(len(shown.points), 'price', 'prices')} of "
        f"{count_of(len(rows), 'row', 'rows')}; "
        f"{count_of(shown.refused, 'time', 'times')} a device refuses a network.\n"
        f"Right: {count_of(len(shown.losses), 'cell', 'cells')}; {BESIDE}."
    )


def _title(panel: str) -> str:
    if panel == AS_KERAS:
        return "MLPerf Tiny without labelled data: agreement with Keras"
    return NAMES.get(panel, panel)


# Axes


def _stretched(percent):
    """Tenths of a point count near 100 %, and tens far from it."""
    return -np.log10(np.maximum(100 + BEYOND - np.asarray(percent, float), 1e-3))


def _back(height):
    return 100 + BEYOND - 10.0 ** -np.asarray(height, float)


def _scale(ax: Axes, points: Sequence[Point], losses: Sequence[Loss]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    known = [point.percent for point in points]
    for loss in losses:
        both = (*loss.published, *loss.own)
        known.extend(value for value in both if value is not None)
    low, high = (min(known), max(known)) if known else (0.0, 100.0)
    ends = _stretched([low, high])
    room = 0.06 * max(float(ends[1] - ends[0]), 0.2)
    ax.set_yscale("function", functions=(_stretched, _back))
    bottom, top = float(_back(ends[0] - room)), min(100.2, float(_back(ends[1] + room)))
    ax.set_ylim(bottom, top)
    ticks = [float(tick) for tick in TICKS]
    if not any(bottom <= tick <= top for tick in ticks):
        ticks = [round((low + high) / 2, 1)]  # of rows that are all as good
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _name_axes(ax: Axes, panel: str) -> None:
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    ax.xaxis.set_major_locator(LogLocator(10, numticks=12))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(EngFormatter(unit="J", sep=" "))
    ax.tick_params(labelsize=8)
    what = "as Keras" if panel == AS_KERAS else "right"
    ax.set_ylabel(f"{what}, % of test inputs", fontsize=8.5)
    ax.set_xlabel("energy of an inference; bars: 5 % to 95 %", fontsize=8.5)
    ax.grid(color=LIGHT, linewidth=0.5)
    ax.set_axisbelow(True)
    clean(ax)


# What is drawn


def _draw_points(ax: Axes, points: Sequence[Point]) -> None:
    """Spikes are filled circles, int8 open squares, each with the range of its energy."""
    for family in (*FAMILIES, REST):
        for is_int8 in (False, True):
            of_both = [
                point
                for point in points
                if family_of(point.device) == family and point.is_int8 == is_int8
            ]
            if of_both:
                _draw_family(ax, of_both, family.colour, is_int8)


def _draw_family(ax: Axes, points: Sequence[Point], colour: str, is_int8: bool) -> None:
    energy = np.array([point.energy_j for point in points])
    low = np.array([point.energy_low_j for point in points])
    high = np.array([point.energy_high_j for point in points])
    percent = [point.percent for point in points]
    reach = np.maximum([energy - low, high - energy], 0)
    ax.errorbar(
        energy, percent, xerr=reach, fmt="none", ecolor=colour, elinewidth=0.7, alpha=0.35,
        zorder=2,
    )  # fmt: skip
    face = "white" if is_int8 else colour
    ax.plot(
        energy, percent, "s" if is_int8 else "o", ms=4.6 if is_int8 else 4.2,
        markerfacecolor=face, markeredgecolor=colour if is_int8 else "white",
        markeredgewidth=1.1 if is_int8 else 0.5, zorder=4 if is_int8 else 3,
    )  # fmt: skip


def _draw_losses(ax: Axes, losses: Sequence[Loss]) -> None:
    """Per cell the way from an ANN to its spikes: theirs, and ours beside it."""
    clean(ax)
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
    if not losses:
        ax.text(0.5, 0.5, "nothing published\nstands beside a cell", ha="center", va="center",
                fontsize=SMALL, color=GREY, transform=ax.transAxes)  # fmt: skip
        ax.spines["bottom"].set_visible(False)
        return

    ax.set_xlim(-0.8, len(losses) - 0.2)
    for place, loss in enumerate(losses):
        _way(ax, place - 0.18, loss.published, THEIRS)
        _way(ax, place + 0.18, loss.own, OURS)
    start, last = 0, len(losses)
    for number, (study, group) in enumerate(groupby(losses, lambda loss: loss.study)):
        count = len(list(group))
        ends = (start - 0.5, start + count - 0.5)
        if number % 2:
            ax.axvspan(*ends, color=LIGHT, alpha=0.4, lw=0, zorder=0)
        place, side = sum(ends) / 2, "center"
        if count < 0.2 * last and start == 0:  # the name is wider than its cells
            place, side = ends[0], "left"
        elif count < 0.2 * last and start + count == last:
            place, side = ends[1], "right"
        ax.annotate(
            study.replace("_", " "), (place, 0), (0, -4 - 9 * (number % 2)),
            xycoords=("data", "axes fraction"), textcoords="offset points", ha=side, va="top",
            fontsize=SMALL, color=TEXT, annotation_clip=False,
        )  # fmt: skip
        start += count
    ax.set_title("ANN to spikes, a cell each", loc="left", fontsize=8.5, color=TEXT)
    ax.grid(axis="y", color=LIGHT, linewidth=0.5)
    ax.set_axisbelow(True)


def _way(ax: Axes, place: float, ends: tuple[float | None, float], colour: str) -> None:
    """A bar for the ANN, a circle for its spikes."""
    ann, spikes = ends
    if ann is not None:
        ax.plot([place, place], [ann, spikes], color=colour, lw=1, zorder=2)
        ax.plot(place, ann, "_", color=colour, ms=6, mew=1.4, zorder=2)
    ax.plot(
        place, spikes, "o", ms=4, markerfacecolor="white" if colour == THEIRS else colour,
        markeredgecolor=colour, zorder=3,
    )  # fmt: skip


def _legend(fig: Figure, shown: Shown) -> None:
    from matplotlib.lines import Line2D

    used = {family_of(point.device) for point in shown.points}
    handles = [
        Line2D([], [], ls="", marker="o", ms=6, color=family.colour, label=family.name)
        for family in (*FAMILIES, REST)
        if family in used
    ]
    dark = {"ls": "", "color": TEXT, "ms": 6}
    handles += [
        Line2D([], [], marker="o", label="as spikes", **dark),
        Line2D([], [], marker="s", markerfacecolor="white", label="in int8", **dark),
        Line2D([], [], marker="o", markerfacecolor="white", color=THEIRS, ms=5,
               label="theirs: ANN (bar) to spikes (circle)"),
        Line2D([], [], marker="o", color=OURS, ms=5, label="ours: ANN (bar) to spikes (circle)"),
    ]  # fmt: skip
    fig.legend(
        handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8,
        title=caption(shown), title_fontsize=8,
    )  # fmt: skip
