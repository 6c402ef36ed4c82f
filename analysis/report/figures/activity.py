"""Pictures of what happened in the network: operations, firing rates, and single spikes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ....sim.trace.trace import Trace
from ..numbers import with_prefix
from .style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    ROW_INCHES,
    SKY,
    SMALL,
    clean,
    figure,
    name_rows,
    plain_decades,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
OPERATIONS = (
    ("sops_synapses", "SOPs, all synapses", BLUE),
    ("sops_nonzero", "SOPs, weight ≠ 0", SKY),
    ("macs", "MACs of the ANN", ORANGE),
)
ROOM = 1.35  # decades of an axis of operations, in those of the longest bar: for its value
MOST_NEURONS = 64  # of a population, that a raster shows
TALL, FLAT = 1.5, 0.62  # inches of a panel of a raster, of one population and of thirty
RASTER_INCHES = 12.0  # height above which panels are made flatter


# ------------------------------------------------------------------ operations


def operations_figure(table: pd.DataFrame) -> Figure:
    """Operations per inference that reach each layer; see `draw_sops`."""
    reached = table[table["sops_synapses"] > 0]
    fig = figure(10, 1.1 + ROW_INCHES * max(2, len(reached)))
    axes = fig.subplots(1, len(OPERATIONS), sharex=True, sharey=True)
    draw_sops(tuple(axes), reached)
    return fig


def draw_sops(axes: tuple[Axes, ...], reached: pd.DataFrame) -> None:
    """Operations per inference by layer: on two ledgers, and the ANN's MACs, on one scale.

    Parameters
    ----------
    axes : tuple of three Axes
        Beside each other, with one scale of operations and one of layers.
    reached : DataFrame
        Rows of `layer_table` that operations reach.
    """
    most = max([reached[key].max() for key, _, _ in OPERATIONS if len(reached)], default=10)
    for ax, (key, label, colour) in zip(axes, OPERATIONS, strict=True):
        at = name_rows(ax, reached["layer"])
        bars = ax.barh(at, reached[key].clip(lower=1), 0.66, color=colour)
        numbers = [with_prefix(count, "").strip() for count in reached[key]]
        ax.bar_label(bars, numbers, fontsize=SMALL, padding=3)
        ax.set_title(label, fontsize=9, loc="left")
        ax.set_xscale("log")
        ax.set_xlim(1, max(most, 10.0) ** ROOM)  # the foot of a bar means something: one operation
        plain_decades(ax, has_unit=False)
        ax.tick_params(axis="x", labelsize=8)
        clean(ax)

    axes[len(axes) // 2].set_xlabel("operations per inference that reach a layer")


# ------------------------------------------------------------------ firing rates


def rates_figure(table: pd.DataFrame) -> Figure:
    """Firing rate by layer; see `draw_firing_rate`."""
    firing = table.dropna(subset=["firing_rate"])
    fig = figure(7, 1.0 + ROW_INCHES * max(2, len(firing)))
    draw_firing_rate(fig.subplots(), firing)
    return fig


def draw_firing_rate(ax: Axes, firing: pd.DataFrame) -> None:
    """Share of the neurons that fire in a step, by layer; the rest is sparsity."""
    from matplotlib.ticker import MaxNLocator

    at = name_rows(ax, firing["layer"])
    rates = firing["firing_rate"] * 100
    bars = ax.barh(at, rates, 0.66, color=BLUE)
    numbers = [
        f"{rate:.1f} %, sparsity {100 - rate:.1f} %" if rate >= 0.05 else f"{rate:.2g} %"
        for rate in rates
    ]
    ax.bar_label(bars, numbers, fontsize=SMALL, padding=3)
    most = max(float(rates.max()), 0.1)
    ax.set_xlim(0, most * 1.5)
    ax.set_xticks([tick for tick in MaxNLocator(5).tick_values(0, most) if tick <= most * 1.05])
    ax.set_xlabel("firing rate (% of neurons per step)")
    clean(ax)


# ------------------------------------------------------------------ single spikes


def raster_table(trace: Trace, sample: int) -> pd.DataFrame:
    """Every spike of one sample that was recorded.

    Returns
    -------
    DataFrame
        ``population``, ``neuron`` (from 0), ``step`` (from 1).
    """
    parts = []
    for population, raster in trace.rasters.items():
        step, neuron = np.nonzero(raster[sample])
        part = pd.DataFrame({"population": population, "neuron": neuron, "step": step + 1})
        parts.append(part)

    return pd.concat(parts, ignore_index=True)


def raster_figure(spikes: pd.DataFrame, neurons: dict[str, int], steps: int) -> Figure:
    """The spikes of one sample, a panel per population; see `draw_raster`."""
    each = max(FLAT, min(TALL, RASTER_INCHES / max(1, len(neurons))))
    fig = figure(7.5, 1.0 + each * len(neurons))
    axes = fig.subplots(len(neurons), 1, sharex=True, squeeze=False)[:, 0]
    draw_raster(list(axes), spikes, neurons, steps)

    title = "Spikes of the first test image"
    if max(neurons.values(), default=0) > MOST_NEURONS:
        title += f"; of a large population {MOST_NEURONS} neurons, evenly spaced"
    fig.suptitle(title, fontsize=10)
    return fig


def sample_of(size: int, most: int = MOST_NEURONS) -> np.ndarray:
    """Which neurons of a population are drawn: all, or so many at equal distances.

    Examples
    --------
    >>> sample_of(3).tolist(), sample_of(100, 4).tolist()
    ([0, 1, 2], [0, 33, 66, 99])
    """
    if size <= most:
        return np.arange(size)
    return np.round(np.linspace(0, size - 1, most)).astype(int)


def draw_raster(
    axes: list[Axes], spikes: pd.DataFrame, neurons: dict[str, int], steps: int
) -> None:
    """Which neuron fired at which step, one panel per population.

    Parameters
    ----------
    axes : list of Axes
        As many as populations, one below the other.
    spikes : DataFrame
        See `raster_table`.
    neurons : dict from str to int
        Population -> number of neurons; of many, a sample is drawn.
    steps : int
        Simulated steps.
    """
    from matplotlib.ticker import MaxNLocator

    for ax, (population, size), colour in zip(axes, neurons.items(), cycle(PANELS), strict=False):
        chosen = sample_of(size)
        mine = spikes[spikes["population"] == population]
        mine = mine[mine["neuron"].isin(chosen)]
        height = max(2.0, min(14.0, 900 / len(chosen)))
        ax.scatter(
            mine["step"],
            mine["neuron"],
            s=height,
            marker="|",
            color=colour,
            linewidths=1.2,
            rasterized=True,  # thousands of marks are a small picture, and no large SVG
        )
        ax.set_ylim(-0.02 * size - 0.5, 1.02 * size - 0.5)
        ax.set_xlim(0.5, steps + 0.5)
        ax.yaxis.set_major_locator(MaxNLocator(2, integer=True, prune="upper"))
        ax.tick_params(axis="y", labelsize=SMALL)

        shown = f"{size:,} neurons" if len(chosen) == size else f"{len(chosen)} of {size:,} neurons"
        ax.set_ylabel(
            f"{population}\n{shown}", rotation=0, ha="right", va="center", fontsize=SMALL + 0.5
        )
        clean(ax)

    whole_numbers(axes[-1])
    axes[-1].set_xlabel("step")
