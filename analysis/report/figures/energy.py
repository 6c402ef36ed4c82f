"""Pictures of a price: energy with its range, and what it goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ....energy.bill import IDLE_COMPONENTS
from .style import BLUE, COMPONENT_COLOURS, LIGHT, SKY, clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = ["device", "workload"]  # one bar each
SMALLEST_SHARE = 0.005  # components below this share of every bar are drawn together


def draw_energy(axes: tuple[Axes, Axes], prices: pd.DataFrame, sums: pd.DataFrame) -> None:
    """Left the energy of an inference with its range, right what it goes to.

    Parameters
    ----------
    axes : tuple of two Axes
        Beside each other.
    prices : DataFrame
        Price by device, workload, layer and component.
    sums : DataFrame
        Totals by device and workload, without what is used between inferences.
    """
    computing = prices[~prices["component"].isin(IDLE_COMPONENTS)]
    sides = list(dict.fromkeys(zip(computing["device"], computing["workload"], strict=True)))
    at = np.arange(len(sides))[::-1]
    _draw_ranges(axes[0], at, sums.set_index(SIDE).loc[sides])
    axes[0].set_yticks(at, [f"{device}\n{workload}" for device, workload in sides])

    shares = computing.pivot_table(
        index=SIDE, columns="component", values="energy_j", aggfunc="sum"
    )
    shares = shares.loc[sides].fillna(0.0)
    _draw_shares(axes[1], at, shares.div(shares.sum(axis=1), axis=0))
    axes[1].set_yticks(at, [""] * len(sides))

    for ax in axes:
        ax.set_ylim(-0.6, len(sides) - 0.4)
        clean(ax)


def _draw_ranges(ax: Axes, at: np.ndarray, sums: pd.DataFrame) -> None:
    """A point per bar with the range from 5 % to 95 %."""
    micro = sums[["energy_j", "energy_low_j", "energy_high_j"]].to_numpy() * 1e6
    middle, low, high = micro.T
    reach = [middle - low, high - middle]
    ax.errorbar(
        middle,
        at,
        xerr=reach,
        fmt="o",
        color=BLUE,
        ecolor=SKY,
        elinewidth=3,
        capsize=4,
    )
    ax.set_xscale("log")
    ax.set_xlabel("energy per inference (µJ), 5 % to 95 %")
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)


def _draw_shares(ax: Axes, at: np.ndarray, shares: pd.DataFrame) -> None:
    """Bars of 100 %, one colour per component."""
    left = np.zeros(len(shares))
    for component, colour in COMPONENT_COLOURS.items():
        if component not in shares or shares[component].max() < SMALLEST_SHARE:
            continue
        part = shares[component].to_numpy() * 100
        ax.barh(
            at,
            part,
            left=left,
            color=colour,
            label=component,
            height=0.6,
        )
        left += part

    rest = 100 - left
    if rest.max() > 0.01:
        ax.barh(
            at,
            rest,
            left=left,
            color=LIGHT,
            label="everything else",
            height=0.6,
        )

    ax.set_xlim(0, 100)
    ax.set_xlabel("share of the energy (%)")
    ax.legend(
        frameon=False,
        ncols=3,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        fontsize=8,
    )
