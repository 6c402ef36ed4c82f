"""Accuracy against energy: every point, the front, the tolerances and what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...design.front import on_front
from ...design.points import GOALS, on_most_images
from ..numbers import with_prefix
from ..terminal.legend import Legend
from .style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, clean, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)  # of devices, in turn
MARKERS = {"snn": "o^vPX*", "int8_ann": "sphH8d"}  # the next each time colours begin again
TEXT = "#333333"
BELOW_KERAS = 5.0  # points of percent that are shown at least
MOST_LABELS = 12
LETTER_GAP = 0.025  # from one letter to the next, of the width
HEIGHT = 3.3  # inches of the axes, at least
AXIS_INCHES = 0.8  # of the name of the axis and its ticks
LINE_INCHES = 0.18  # of a line of the legend, or below it
LABEL_INCHES = 0.32  # two lines
IN_A_LINE = 3  # entries of the legend
LINES = 4  # entries of the legend that are no device


def points_figure(frame: pd.DataFrame, tolerances: Sequence[float]) -> Figure:
    """A figure of its own with `draw_points`; long names of devices are marks, explained below."""
    names = Legend()
    marked = frame.assign(device=frame["device"].map(names.short))
    explained = "\n".join(names.lines())

    devices = len(marked.groupby(["device", "side"]))
    lines = -(-(devices + LINES) // IN_A_LINE) + len(names.lines())
    below = AXIS_INCHES + LINE_INCHES * lines
    height = below + max(HEIGHT, LABEL_INCHES * len(_labelled(marked)))
    fig = figure(9.5, height)
    draw_points(fig.subplots(), marked, tolerances, LABEL_INCHES / (height - below))
    if explained:
        fig.supxlabel(explained, x=0.02, ha="left", fontsize=8)
    return fig


def draw_points(
    ax: Axes, frame: pd.DataFrame, tolerances: Sequence[float], gap: float = 0.1
) -> None:
    """Accuracy on test images against energy.

    Parameters
    ----------
    ax : Axes
        To draw in; labels stand at its right.
    frame : DataFrame
        Of `Points`; rows without an accuracy on test images are not drawn. Keras, its tolerances
        and the fronts are those of the rows that were confirmed on the most test images.
    tolerances : sequence of float
        Points of percent below Keras.
    gap : float, default 0.1
        From one label to the next, of the height.
    """
    known = frame[frame["accuracy"].notna()]
    if not len(known):
        ax.text(0.5, 0.5, "no accuracy is known", ha="center", transform=ax.transAxes)
        return

    known = known.assign(comparable=on_most_images(known))
    keras = float(known.loc[known["comparable"], "keras_accuracy"].iloc[0])
    order = {str(device): place for place, device in enumerate(known["device"].unique())}
    colours = {device: COLOURS[place % len(COLOURS)] for device, place in order.items()}
    lowest = _lowest(known, keras)
    shown = known[known["accuracy"] >= lowest]

    for (device, side), rows in shown.groupby(["device", "side"], sort=False):
        markers = MARKERS[str(side)]
        marker = markers[order[str(device)] // len(COLOURS) % len(markers)]
        _draw_device(ax, rows, str(device), str(side), colours[str(device)], marker)
    _draw_tolerances(ax, keras, tolerances)
    _draw_asked(ax, shown[shown["asked"]], colours)

    ax.set_xscale("log")
    left, right = ax.get_xlim()
    front = shown[shown["on_front"]].sort_values("energy_j")
    to_the_edge = pd.concat([front, front.tail(1).assign(energy_j=right)])
    _draw_front(ax, to_the_edge, "black", 1.6, "front of all")
    ax.set_xlim(left, right)
    ax.set_ylim(100 * lowest - 0.5, None)
    _label(ax, _labelled(shown), gap)
    _finish(ax, len(known) - len(shown))


def _lowest(known: pd.DataFrame, keras: float) -> float:
    """The lowest accuracy that is drawn: the far ones would press all others together."""
    counts = known["asked"] | _is_chosen(known) | (known["side"] == "int8_ann")
    important = known.loc[counts, "accuracy_low"]
    return float(min([keras - BELOW_KERAS / 100, *important]))


def _draw_device(
    ax: Axes, rows: pd.DataFrame, device: str, side: str, colour: str, marker: str
) -> None:
    """All points of a device, those that were chosen with their intervals."""
    name = f"int8 on {device}" if side == "int8_ann" else f"spikes on {device}"
    mask = _is_chosen(rows)
    others, best = rows[~mask], rows[mask]
    comparable = rows[rows["comparable"]]
    _draw_front(ax, comparable[on_front(comparable, GOALS)], colour, 0.8)
    ax.plot(
        others["energy_j"], 100 * others["accuracy"], marker, color=colour, alpha=0.35, ms=4
    )  # fmt: skip
    accuracy = 100 * best["accuracy"]
    spread = np.abs(
        100 * best[["accuracy_low", "accuracy_high"]].to_numpy().T - accuracy.to_numpy()
    )
    ax.errorbar(
        best["energy_j"], accuracy, spread, fmt=marker, color=colour, ms=8, lw=1.2, capsize=3,
        markeredgecolor="black", markeredgewidth=0.8,
    )  # fmt: skip
    ax.plot([], [], marker, color=colour, ms=7, label=name)


def _draw_front(
    ax: Axes, front: pd.DataFrame, colour: str, width: float, label: str | None = None
) -> None:
    front = front.sort_values("energy_j")
    ax.plot(
        front["energy_j"], 100 * front["accuracy"], color=colour, lw=width,
        drawstyle="steps-post", label=label, zorder=1,
    )  # fmt: skip


def _draw_tolerances(ax: Axes, keras: float, tolerances: Sequence[float]) -> None:
    ax.axhline(100 * keras, color=GREY, lw=1, label="Keras")
    for number, tolerance in enumerate(sorted(tolerances)):
        label = "Keras less " + ", ".join(f"{t:g}" for t in sorted(tolerances)) + " points"
        ax.axhline(
            100 * keras - tolerance, color=GREY, lw=1, ls="--", label=None if number else label
        )  # fmt: skip


def _draw_asked(ax: Axes, asked: pd.DataFrame, colours: dict) -> None:
    for number, (_, row) in enumerate(asked.iterrows()):
        ax.plot(
            row["energy_j"], 100 * row["accuracy"], "D", ms=8, mfc="none",
            mec=colours[row["device"]], mew=1.5, label=None if number else "asked for",
        )  # fmt: skip


def _labelled(shown: pd.DataFrame) -> pd.DataFrame:
    """The rows that get a label: those that can decide and were chosen, the deciding ones first."""
    able = shown["accuracy"].notna() & shown["decides"] & _is_chosen(shown)
    return shown[able].sort_values("chosen", ascending=False, kind="stable").head(MOST_LABELS)


def _is_chosen(rows: pd.DataFrame) -> pd.Series:
    """Which were chosen within any tolerance; a file holds nothing where a text is empty."""
    return rows["chosen_at"].fillna("").astype(str) != ""


def _label(ax: Axes, rows: pd.DataFrame, gap: float) -> None:
    """A letter above each point, in the order of their energies, and what it stands for."""
    rows = rows.sort_values("energy_j")
    left, right = np.log(ax.get_xlim())
    wanted = ((np.log(rows["energy_j"]) - left) / (right - left)).to_list()
    places = spread_out(wanted[::-1], LETTER_GAP)[::-1]

    for number, (place, (_, row)) in enumerate(zip(places, rows.iterrows(), strict=True)):
        letter = ascii_lowercase[number]
        ax.annotate(
            letter, (row["energy_j"], 100 * row["accuracy_high"]), (place, 1.05),
            textcoords="axes fraction", fontsize=9, ha="center", va="center", color=TEXT,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6},
        )  # fmt: skip
        line = 1 - gap * (number + 0.5)
        ax.text(
            1.03, line, f"{letter}  {_text(row)}", fontsize=8, va="center", color=TEXT,
            transform=ax.transAxes,
        )  # fmt: skip


def _text(row: pd.Series) -> str:
    """Design, accuracy and energy of a point."""
    name = f"int8 on {row['device']}"
    if row["side"] != "int8_ann":
        words = [f"{row['code']} {row['steps']:.0f}", _word(row["options"])]
        name = f"{row['device']}: {', '.join(word for word in words if word)}"
    return f"{name}\n    {100 * row['accuracy']:.1f} %, {with_prefix(row['energy_j'], 'J')}"


def _word(options: object) -> str:
    return options if isinstance(options, str) else ""


def spread_out(wanted: Sequence[float], gap: float) -> list[float]:
    """Places as near to those wanted as a gap allows, within 0 to 1 if they fit.

    Parameters
    ----------
    wanted : sequence of float
        From the highest to the lowest, of a side of a picture.
    gap : float
        From one to the next at least.

    Examples
    --------
    >>> [round(place, 2) for place in spread_out([0.5, 0.5, 0.1], 0.1)]
    [0.55, 0.45, 0.1]
    >>> [round(place, 2) for place in spread_out([1.0, 1.0], 0.1)]
    [0.95, 0.85]
    """
    groups: list[list[float]] = []  # middle and number of labels that touch
    for place in wanted:
        groups.append([_inside(place, 1.0, gap), 1.0])
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            (one, many), (other, more) = groups[-2:]
            middle = (one * many + other * more) / (many + more)
            groups[-2:] = [[_inside(middle, many + more, gap), many + more]]

    places = []
    for middle, many in groups:
        top = middle + gap * (many - 1) / 2
        places += [top - gap * number for number in range(int(many))]
    return places


def _inside(middle: float, many: float, gap: float) -> float:
    """The middle of so many labels, moved so that they stand within 0 to 1."""
    half = min(0.5, gap * many / 2)
    return min(max(middle, half), 1 - half)


def _touch(above: list[float], below: list[float], gap: float) -> bool:
    return above[0] - below[0] < gap * (above[1] + below[1]) / 2


def _finish(ax: Axes, hidden: int) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    low, high = ax.get_xlim()
    within_a_decade = high / low < 30
    minor = FuncFormatter(lambda value, _: _tick(value, few=True))
    ax.xaxis.set_minor_formatter(minor if within_a_decade else NullFormatter())
    ax.set_xlabel("energy of an inference, with what is used until the next")
    ax.set_ylabel("accuracy on test images (%), bars: 95 %")
    if hidden:
        plural = "s" if hidden > 1 else ""
        ax.text(
            0.99, 0.01, f"{hidden} point{plural} below", ha="right", fontsize=8, color=GREY,
            transform=ax.transAxes,
        )  # fmt: skip
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=IN_A_LINE, frameon=False, fontsize=8
    )  # fmt: skip
    clean(ax)


def _tick(value: float, few: bool = False) -> str:
    """A power of ten, and of those between only 2 and 5."""
    if few and f"{value:.0e}"[0] not in "25":
        return ""
    return with_prefix(value, "J").replace(".00", "").replace(".0", "")
