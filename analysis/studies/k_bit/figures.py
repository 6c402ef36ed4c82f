"""Zou's three pictures, theirs beside ours: accuracy against steps, spikes by sign, operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...report.figures.style import (
    BLUE,
    DARK,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SMALL,
    clean,
    figure,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THEIRS, OURS = "Zou 2023", "spikewatt"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
MARKERS = "os^Dv*"
ZOOM = (98.0, 99.8)  # per cent, of the lower panels
MILLION, THOUSAND = 1e6, 1e3


@dataclass(frozen=True)
class Curve:
    """One network of either side.

    Parameters
    ----------
    label : str
    accuracy : sequence of float
        Per cent right after step 1, 2, 3, …
    positive, negative : float
        Spikes per image, once settled.
    operations : float
        Per image, by Zou's rule, once settled.
    exact_operations : float, optional
        The same, in a code whose spikes have values of their own.
    """

    label: str
    accuracy: Sequence[float]
    positive: float
    negative: float
    operations: float
    exact_operations: float | None = None


@dataclass(frozen=True)
class Side:
    """Who measured what: networks, the ANN in full precision, and what they have in common.

    Parameters
    ----------
    name : str
    curves : sequence of Curve
    ann_percent : float
        Accuracy of the ANN in full precision.
    """

    name: str
    curves: Sequence[Curve]
    ann_percent: float


def speed_figure(sides: Sequence[Side]) -> Figure:
    """Accuracy after each step, until it has settled: all of it above, the last points below."""
    fig = figure(9.6, 6.4)
    panels = fig.subplots(2, len(sides), sharex=True, sharey="row", squeeze=False)
    for column, side in enumerate(sides):
        for ax, limits in ((panels[0, column], (0.0, 101.5)), (panels[1, column], ZOOM)):
            _draw_speed(ax, side)
            ax.set_ylim(*limits)
        panels[0, column].set_title(side.name, loc="left")
        panels[0, column].legend(loc="lower right", frameon=False, fontsize=8)
        panels[1, column].set_xlabel("time step")

    longest = max(len(curve.accuracy) for side in sides for curve in side.curves)
    panels[0, 0].set_xlim(0, longest + 1)
    panels[0, 0].set_ylabel("accuracy (%)")
    panels[1, 0].set_ylabel("accuracy (%), enlarged")
    return fig


def _draw_speed(ax: Axes, side: Side) -> None:
    for curve, colour, marker in zip(side.curves, COLOURS, MARKERS, strict=False):
        steps = np.arange(1, len(curve.accuracy) + 1)
        ax.plot(steps, curve.accuracy, color=colour, marker=marker, ms=4, lw=1.2, label=curve.label)
    _level(ax, side.ann_percent, "full precision, ANN")
    whole_numbers(ax)
    clean(ax)


def sparsity_figure(sides: Sequence[Side], neurons: int) -> Figure:
    """Positive and negative spikes of one image, beside the number of neurons."""
    fig = figure(9.6, 3.9)
    axes = fig.subplots(1, len(sides), sharey=True, squeeze=False)[0]
    for ax, side in zip(axes, sides, strict=True):
        at = np.arange(len(side.curves))
        positive = np.array([curve.positive for curve in side.curves]) / THOUSAND
        negative = np.array([curve.negative for curve in side.curves]) / THOUSAND
        ax.bar(at, positive, color=BLUE, width=0.7, label="positive spikes")
        ax.bar(at, negative, bottom=positive, color=ORANGE, width=0.7, label="negative spikes")
        for x, up, down in zip(at, positive, negative, strict=True):
            _write_above(ax, float(x), up + down, f"{up:.1f} + {down:.1f}")
        _level(ax, neurons / THOUSAND, f"{neurons:,} neurons")
        _name_bars(ax, side)
        ax.margins(y=0.08)
    axes[0].set_ylabel("spikes per image (thousands)")
    _legend_above(fig, axes[-1])
    return fig


def operations_figure(sides: Sequence[Side], ann_operations: float) -> Figure:
    """Operations of one image by Zou's rule; ours in an exact code, too; beside the ANN's."""
    fig = figure(9.6, 3.9)
    axes = fig.subplots(1, len(sides), sharey=True, squeeze=False)[0]
    for ax, side in zip(axes, sides, strict=True):
        at = np.arange(len(side.curves))
        exact = [curve.exact_operations for curve in side.curves]
        both = all(value is not None for value in exact)
        width = 0.38 if both else 0.7
        shift = width / 2 if both else 0.0
        _bars(ax, at - shift, [c.operations for c in side.curves], width, BLUE, "signed spikes")
        if both:
            _bars(ax, at + shift, exact, width, ORANGE, "the same network in radix", hatch="////")
        _level(ax, ann_operations / MILLION, "ANN, 3 per multiply-accumulate")
        _name_bars(ax, side)
        ax.margins(y=0.08)
    axes[0].set_ylabel("operations per image (millions)")
    _legend_above(fig, axes[-1])
    return fig


def _level(ax: Axes, height: float, label: str) -> None:
    """A line across, behind all else."""
    ax.axhline(height, color=DARK, ls="--", lw=1, label=label, zorder=0)


def _write_above(ax: Axes, x: float, height: float, text: str) -> None:
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    ax.text(x, height, text, ha="center", va="bottom", fontsize=SMALL, bbox=ground, zorder=0.5)


def _legend_above(fig: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False)


def _bars(ax: Axes, at, values, width: float, colour: str, label: str, hatch: str = "") -> None:
    heights = np.array(values, float) / MILLION
    ax.bar(at, heights, width, color=colour, label=label, hatch=hatch, edgecolor="white", lw=0)
    for x, height in zip(at, heights, strict=True):
        _write_above(ax, x, height, f"{height:.2f}")


def _name_bars(ax: Axes, side: Side) -> None:
    ax.set_title(side.name, loc="left")
    ax.set_xticks(np.arange(len(side.curves)), [c.label.replace(" ", "\n") for c in side.curves])
    ax.tick_params(axis="x", length=0)
    clean(ax)
