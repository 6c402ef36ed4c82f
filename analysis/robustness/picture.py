"""Picture of accuracy against faults: a panel per fault, a line per network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...sim.faults.kinds import FAULTS
from ..report.figures.style import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    clean,
    figure,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, DARK)  # of networks, in turn
MARKERS = "os^DvP*"
DASHES = ("-", "--", ":", "-.")  # the next each time colours begin again
MOST_BESIDE = 4  # panels in a row
PANEL_WIDTH, PANEL_HEIGHT = 3.3, 2.9  # inches
LEGEND_LINE = 0.2  # inches
LETTER = 0.075  # inches, of a label in the legend
NONE = 0.5  # how far level 0 stands from the lowest other, in decades or as far as two levels
TEXT = {"fontsize": 9}
BAND = "lowest to highest of {seeds} seeds"


def curves_figure(table: pd.DataFrame) -> Figure:
    """Accuracy in per cent against the level of each fault, on one scale of accuracy.

    A line is the mean over the seeds, its band from the lowest to the highest of them. Levels are
    on a logarithmic scale, beside which the network without a fault stands.

    Parameters
    ----------
    table : DataFrame
        See `table.summary`; any number of networks and faults.
    """
    faults = list(dict.fromkeys(table["fault"]))
    networks = list(dict.fromkeys(table["network"]))
    beside = _beside(len(faults))
    rows = -(-len(faults) // beside)
    width = PANEL_WIDTH * beside + 0.4
    in_a_line = _in_a_line([*networks, BAND], width)
    lines = -(-(len(networks) + 1) // in_a_line)
    fig = figure(width, PANEL_HEIGHT * rows + LEGEND_LINE * lines + 0.45)

    grid = fig.subplots(rows, beside, squeeze=False, sharey=True)
    axes = grid.reshape(-1)
    for ax, fault in zip(axes, faults, strict=False):
        _draw(ax, table[table["fault"] == fault], networks)
        ax.set_title(_title(fault), fontsize=9.5)
        ax.set_xlabel(_unit(fault), **TEXT)
    for ax in axes[len(faults) :]:
        ax.set_visible(False)
    for ax in grid[:, 0]:
        ax.set_ylabel("accuracy (%)", **TEXT)
    lowest = 100 * float(table["accuracy_lowest"].min())
    axes[0].set_ylim(max(0.0, lowest - 3), 101.5)

    handles, labels = axes[0].get_legend_handles_labels()
    seeds = int(table["seeds"].max())
    if seeds > 1:
        from matplotlib.patches import Patch

        handles.append(Patch(color=GREY, alpha=0.4, lw=0))
        labels.append(BAND.format(seeds=seeds))
    fig.legend(
        handles, labels, loc="outside lower center", ncols=in_a_line, frameon=False, fontsize=8.5
    )  # fmt: skip
    return fig


def _beside(panels: int) -> int:
    """Panels in a row: as few rows as can be, then as even as can be."""
    rows = -(-panels // MOST_BESIDE)
    return -(-panels // rows)


def _in_a_line(labels: list[str], width: float) -> int:
    """Labels in a line of the legend."""
    longest = LETTER * max(len(str(label)) for label in labels) + 0.6
    return max(1, min(len(labels), int(width / longest)))


def _title(fault: str) -> str:
    return FAULTS[fault].title if fault in FAULTS else fault


def _unit(fault: str) -> str:
    return FAULTS[fault].unit if fault in FAULTS else "level (%)"


def _draw(ax: Axes, rows: pd.DataFrame, networks: list[str]) -> None:
    """The lines of one fault."""
    levels = sorted(100 * level for level in rows["level"].unique())
    at = dict(zip(levels, _places(levels), strict=True))
    for number, network in enumerate(networks):
        own = rows[rows["network"] == network].sort_values("level")
        if not len(own):
            continue
        colour = COLOURS[number % len(COLOURS)]
        place = [at[level] for level in 100 * own["level"]]
        ax.fill_between(
            place, 100 * own["accuracy_lowest"], 100 * own["accuracy_highest"],
            color=colour, alpha=0.2, lw=0,
        )  # fmt: skip
        ax.plot(
            place, 100 * own["accuracy"], DASHES[number // len(COLOURS) % len(DASHES)],
            marker=MARKERS[number % len(MARKERS)], color=colour, ms=4.5, lw=1.4, label=network,
        )  # fmt: skip

    ax.set_xticks(list(at.values()), [f"{level:g}" for level in levels], fontsize=8)
    ax.tick_params(axis="y", labelsize=8, labelleft=True)
    ax.grid(axis="y", lw=0.4, alpha=0.5)
    clean(ax)


def _places(levels: list[float]) -> list[float]:
    """Where levels stand: logarithms, and 0 at the left of them.

    >>> _places([0.0, 1.0, 10.0, 100.0])
    [-0.5, 0.0, 1.0, 2.0]
    """
    above = [level for level in levels if level > 0]
    places = [float(np.log10(level)) for level in above]
    if len(above) == len(levels):
        return places
    return [places[0] - NONE if places else 0.0, *places]
