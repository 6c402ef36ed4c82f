"""Pictures of a price: energy with its range, what it goes to, and who was refused and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ....energy.bill import IDLE_COMPONENTS
from ..terminal.grid import wrapped
from ..units import JOULES, Scale
from .style import (
    BLUE,
    DARK,
    FILLS,
    REST,
    SKY,
    SMALL,
    TOGETHER,
    clean,
    figure,
    name_rows,
    plain_decades,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST_SHARE = 0.005  # components below this share of every bar are drawn together
READ_SHARE = 7.0  # percent of a bar that a number is written on
NAME_CHARACTERS = 40  # of a line of a row's name
REASON_CHARACTERS = 54  # of a line of why a device was refused
REASON_LINES = 2
LINE_INCHES = 0.165  # of a row's name
AIR_INCHES = 0.12  # between two rows
LEAST_LINES = 1.4  # of a row: its bar
BAR_INCHES = 0.26
ROOM = 0.16  # of the decades of all ranges, beyond them: for the values
# Of a reason: where, which the row says, and what to do.
HIDDEN = re.compile(r"^(?:\w+ '[^']*': )+|; (?:allowed|hint): .*", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """A row of the picture: a workload on a device, or a device that was refused.

    Parameters
    ----------
    device, workload : str
        Whose energy it is; no workload where the device was refused.
    why : str, default ""
        Why the device was refused.
    instead_of : str, default ""
        The refused device that this one is priced in place of.
    """

    device: str
    workload: str = ""
    why: str = ""
    instead_of: str = ""

    @property
    def name(self) -> str:
        """At the left of the row."""
        text = f"{self.device} {self.workload}".strip()
        if self.instead_of:
            text += f"\n(in place of {self.instead_of})"
        return "\n".join(wrapped(text, NAME_CHARACTERS, ""))

    @property
    def height(self) -> float:
        """Inches that its texts take, with air."""
        lines = self.name.count("\n") + 1
        return AIR_INCHES + LINE_INCHES * max(lines, REASON_LINES if self.why else LEAST_LINES)

    @property
    def reason(self) -> str:
        """In the place of its energy: the law that it breaks, shortly."""
        lines = wrapped(f"does not fit: {HIDDEN.sub('', self.why)}", REASON_CHARACTERS, "")
        if len(lines) > REASON_LINES:
            last = lines[REASON_LINES - 1].rpartition(" ")[0].rstrip(",;")
            lines = [*lines[: REASON_LINES - 1], f"{last} …"]
        return "\n".join(lines)


def energy_figure(
    prices: pd.DataFrame, sums: pd.DataFrame, does_not_fit: Mapping[str, str]
) -> Figure:
    """The whole picture; see `draw_energy`."""
    rows = rows_of(prices, sums, does_not_fit)
    fig = figure(12, 1.75 + sum(row.height for row in rows))
    axes = fig.subplots(1, 2, width_ratios=(1.15, 1), sharey=True)
    draw_energy(tuple(axes), prices, sums, rows)
    return fig


def rows_of(prices: pd.DataFrame, sums: pd.DataFrame, does_not_fit: Mapping[str, str]) -> list[Row]:
    """A row for each workload on a device, in the order of `prices`, then those refused."""
    marks = {}
    if "instead_of" in sums:  # not in folders of earlier versions
        marked = sums[sums["instead_of"].notna()]
        marks = dict(zip(marked["device"], marked["instead_of"], strict=True))

    computing = _computing(prices)
    sides = dict.fromkeys(zip(computing["device"], computing["workload"], strict=True))
    priced = [Row(*side, instead_of=marks.get(side[0], "")) for side in sides]
    refused = [Row(device, why=why) for device, why in does_not_fit.items()]
    return [*priced, *refused]


def _computing(prices: pd.DataFrame) -> pd.DataFrame:
    return prices[~prices["component"].isin(IDLE_COMPONENTS)]


def draw_energy(
    axes: tuple[Axes, Axes], prices: pd.DataFrame, sums: pd.DataFrame, rows: list[Row]
) -> None:
    """Left the energy of an inference with its range, right what it goes to.

    Parameters
    ----------
    axes : tuple of two Axes
        Beside each other, with one scale of rows.
    prices : DataFrame
        Price by device, workload, layer and component.
    sums : DataFrame
        Totals by device and workload, without what is used between inferences.
    rows : list of Row
        See `rows_of`.
    """
    at = name_rows(axes[0], [row.name for row in rows], [row.height for row in rows])
    axes[0].tick_params(axis="y", labelsize=9)
    priced = [i for i, row in enumerate(rows) if not row.why]
    if priced:
        sides = [(rows[i].device, rows[i].workload) for i in priced]
        total = sums.set_index(["device", "workload"]).loc[sides]
        _draw_ranges(axes[0], at[priced], total)
        _draw_shares(axes[1], at[priced], _shares(_computing(prices), sides))

    for i, row in enumerate(rows):
        if row.why:
            _draw_refusal(axes[0], at[i], row)

    for i, label in enumerate(axes[0].get_yticklabels()):
        label.set_color(DARK if rows[i].why else "black")

    for ax in axes:
        clean(ax)
        if not priced:
            ax.set_xticks([])


def _draw_ranges(ax: Axes, at: np.ndarray, sums: pd.DataFrame) -> None:
    """A point per row with the range from 5 % to 95 %, and its value."""
    joules = sums[["energy_j", "energy_low_j", "energy_high_j"]].to_numpy()
    scale = JOULES.scale(joules.ravel().tolist()) or JOULES.scale([float(np.median(joules))])
    assert isinstance(scale, Scale)
    middle, low, high = joules.T / scale.size
    ax.errorbar(
        middle,
        at,
        xerr=[middle - low, high - middle],
        fmt="o",
        color=BLUE,
        ecolor=SKY,
        elinewidth=3,
        capsize=4,
    )
    for height, value, end in zip(at, joules[:, 0], high, strict=True):
        ax.annotate(
            scale.write(value),
            (end, height),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL + 0.5,
        )

    ax.set_xscale("log")
    least, most = low.min() / 1.5, high.max()
    ax.set_xlim(least, most * max(1.6, (most / least) ** ROOM))
    plain_decades(ax, has_unit=True)
    ax.set_xlabel(f"energy per inference ({scale.unit}), 5 % to 95 %")
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)


def _draw_refusal(ax: Axes, height: float, row: Row) -> None:
    ax.text(
        0.01,
        height,
        row.reason,
        transform=ax.get_yaxis_transform(),
        va="center",
        fontsize=SMALL + 0.5,
        style="italic",
        color=DARK,
    )


def _shares(computing: pd.DataFrame, sides: list[tuple[str, str]]) -> pd.DataFrame:
    """Share of each component in the energy, one row per side."""
    together = computing.assign(component=computing["component"].replace(TOGETHER))
    found = together.pivot_table(
        index=["device", "workload"],
        columns="component",
        values="energy_j",
        aggfunc="sum",
        sort=False,
    )
    found = found.loc[sides].fillna(0.0)
    return found.div(found.sum(axis=1), axis=0)


def _draw_shares(ax: Axes, at: np.ndarray, shares: pd.DataFrame) -> None:
    """Bars of 100 %, one fill per component, with the percentages that there is room for."""
    left = np.zeros(len(shares))
    drawn = [key for key in FILLS if key in shares and shares[key].max() >= SMALLEST_SHARE]
    rest = 1 - shares[drawn].sum(axis=1)
    parts = [(key, FILLS[key], shares[key]) for key in drawn]
    if rest.max() > 1e-4:
        parts.append(("everything else", REST, rest))

    for label, fill, share in parts:
        percent = share.to_numpy() * 100
        bars = ax.barh(
            at,
            percent,
            left=left,
            color=fill.colour,
            hatch=fill.hatch,
            edgecolor="white",
            linewidth=0.4,
            label=label,
            height=BAR_INCHES,
        )
        numbers = [f"{part:.0f}" if part >= READ_SHARE else "" for part in percent]
        texts = ax.bar_label(bars, numbers, label_type="center", fontsize=SMALL, color=fill.ink)
        if fill.hatch:
            for text in texts:
                text.set_bbox({"boxstyle": "square,pad=0.1", "color": fill.colour})
        left += percent

    ax.set_xlim(0, 100)
    ax.set_xlabel("share of the energy (%)")
    ax.legend(
        frameon=False,
        ncols=3,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        fontsize=8,
    )
