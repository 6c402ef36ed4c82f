"""Pictures of what happened in the network: operations, firing rates, and single spikes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ....sim.trace.trace import Trace
from .style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    clean,
    turn,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBERED = 3  # up to so many layers, numbers stand on the bars
PANELS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY)
OPERATIONS = (
    ("sops_synapses", "SOPs, all synapses", BLUE),
    ("sops_nonzero", "SOPs, weight ≠ 0", SKY),
    ("macs", "MACs of the ANN", ORANGE),
)


def draw_sops(ax: Axes, table: pd.DataFrame) -> None:
    """Operations per inference that reach each layer, on two ledgers, beside the ANN's MACs.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        See `layer_table`.
    """
    reached = table[table["sops_synapses"] > 0]
    at = np.arange(len(reached))
    for i, (key, label, colour) in enumerate(OPERATIONS):
        bars = ax.bar(
            at + (i - 1) * 0.27,
            reached[key],
            0.25,
            label=label,
            color=colour,
        )
        if len(reached) <= NUMBERED:
            numbers = [f"{count:,.0f}" for count in reached[key]]
            ax.bar_label(
                bars,
                numbers,
                fontsize=7,
                padding=2,
            )

    ax.set_yscale("log")
    ax.set_xticks(at, reached["layer"], rotation=turn(len(reached)))
    ax.set_ylabel("operations per inference")
    ax.set_xlabel("layer that receives them")
    ax.set_ylim(1, ax.get_ylim()[1] * 4)  # one operation: the foot of a bar means something
    ax.legend(
        frameon=False,
        ncols=3,
        loc="upper center",
        fontsize=9,
    )
    clean(ax)


def draw_firing_rate(ax: Axes, table: pd.DataFrame) -> None:
    """Share of the neurons that fire in a step, per layer; the rest is sparsity."""
    firing = table.dropna(subset=["firing_rate"])
    rates = firing["firing_rate"] * 100
    silence = firing["sparsity"] * 100
    bars = ax.bar(
        firing["layer"],
        rates,
        color=BLUE,
        width=0.6,
    )
    numbers = [
        f"{rate:.1f} %\nsparsity {rest:.1f} %" for rate, rest in zip(rates, silence, strict=True)
    ]
    ax.bar_label(
        bars,
        numbers,
        fontsize=8,
        padding=2,
    )

    ax.set_ylim(0, max(rates.max() * 1.3, 1))
    ax.set_ylabel("firing rate (% of neurons per step)")
    ax.set_xlabel("layer")
    ax.tick_params(axis="x", rotation=turn(len(firing)))
    clean(ax)


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
        Population -> number of neurons.
    steps : int
        Simulated steps.
    """
    panels = zip(
        axes,
        neurons.items(),
        cycle(PANELS),
        strict=False,
    )
    for ax, (population, size), colour in panels:
        mine = spikes[spikes["population"] == population]
        height = max(2.0, min(14.0, 900 / size))
        ax.scatter(
            mine["step"],
            mine["neuron"],
            s=height,
            marker="|",
            color=colour,
            linewidths=1.2,
        )
        ax.set_ylim(-1, size)
        ax.set_xlim(0.5, steps + 0.5)
        ax.set_ylabel(f"{population}\nneuron")
        clean(ax)

    whole_numbers(axes[-1])
    axes[-1].set_xlabel("step")
