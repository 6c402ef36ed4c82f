"""Accuracy against steps of streaming rows: as published, and ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...report.figures.style import BLUE, GREY, ORANGE, clean, figure
from ..kinds.network import NetworkRow
from ..results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (20, 50, 100, 200, 500, 1000, 2000)


@dataclass
class Curves:
    """What a panel shows of one network.

    Parameters
    ----------
    theirs : mapping from steps to percent
    their_images : int
        The most that they measured a point on.
    ours : mapping from steps to line of ``results.csv``
        Of streaming cells.
    exact : line of ``results.csv`` or None
        Of the cell with an exact code.
    """

    theirs: dict[int, float] = field(default_factory=dict)
    their_images: int = 0
    ours: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    exact: Mapping[str, Any] | None = None

    def add(self, row: NetworkRow, committed: Results) -> None:
        """Take in a row, and what was found of it."""
        for cell in row.cells:
            lines = [line for line in committed.of_row(row.row) if line["cell"] == cell.cell]
            if cell.durations:
                self.ours |= {line["steps"]: line for line in lines}
            elif lines:
                self.exact = lines[-1]
            if cell.published is not None:
                self.theirs |= cell.published.accuracy_percent
                self.their_images = max(self.their_images, cell.published.images or 0)


def steps_picture(
    rows: Iterable[NetworkRow], committed: Results, titles: Mapping[str, str]
) -> Figure:
    """A panel per network: published accuracy against steps, and ours.

    Parameters
    ----------
    rows : iterable of NetworkRow
        With streaming cells; those of networks without a title are left out.
    committed : Results
        What was found of them.
    titles : mapping from network to str
        Titles of the panels, from left to right.
    """
    panels = {network: Curves() for network in titles}
    for row in rows:
        if row.network in panels:
            panels[row.network].add(row, committed)

    fig = figure(4.4 * len(panels), 4.5)
    fig.set_layout_engine("constrained", wspace=0.04)  # ticks of neighbours apart
    axes = fig.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for ax, (network, curves) in zip(axes, panels.items(), strict=True):
        _draw(ax, curves)
        ax.set_title(titles[network], fontsize=10)
        ax.set_xlabel("steps")
    axes[0].set_ylabel("accuracy (%)")
    return fig


def _draw(ax: Axes, curves: Curves) -> None:
    theirs = dict(sorted(curves.theirs.items()))
    label = f"theirs, {curves.their_images} images"
    ax.plot([*theirs], [*theirs.values()], "s--", color=ORANGE, label=label)

    ours = [curves.ours[steps] for steps in sorted(curves.ours)]
    if ours:
        label = f"ours, rate, {ours[-1]['images']:,} images"
        _draw_lines(ax, ours, label)
        ann = 100 * ours[-1]["ann_accuracy"]
        ax.axhline(ann, color=GREY, linestyle=":", linewidth=1, label="our ANN, same images")
    if (exact := curves.exact) is not None:
        per_layer, images = exact["steps_per_layer"], exact["images"]
        label = f"ours, radix, {per_layer} steps a layer, {images:,} images"
        ax.plot(exact["steps"], 100 * exact["accuracy"], "D", color=BLUE, mfc="white", label=label)

    longest = max([*curves.theirs, *curves.ours], default=1)
    ax.set_xscale("log")
    ax.set_xticks(*_ticks(longest))
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0.0, -0.16))
    clean(ax)


def _draw_lines(ax: Axes, lines: Sequence[Mapping[str, Any]], label: str) -> None:
    """Accuracies with their 95 % intervals."""
    steps = [line["steps"] for line in lines]
    middle, low, high = (
        [100 * line[key] for line in lines] for key in ("accuracy", "accuracy_low", "accuracy_high")
    )
    ax.plot(steps, middle, "o-", color=BLUE, label=label)
    band = {"color": BLUE, "alpha": 0.15, "linewidth": 0, "label": "its 95 % interval"}
    ax.fill_between(steps, low, high, **band)


def _ticks(longest: int) -> tuple[list[int], list[str]]:
    ticks = [each for each in TICKS if each <= longest]
    return ticks, [f"{each:,}" for each in ticks]
