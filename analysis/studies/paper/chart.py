"""The chart of a paper about sizes: accuracy against energy, as SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ....installed import not_installed
from ...report.figures.style import BLUE, RED, clean
from .facts import BOARD, SIZES, SizeFacts
from .seeds import FEW_BITS, FLOAT, spread_of
from .tables import MICRO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 3.5, 2.4  # inches
POINTS = 7.0
COLOURS = dict(zip(SIZES, (BLUE, RED), strict=True))
# Runs that a line joins -> marker, and whether it is filled.
AS_TRAINED = ("exact", "pixels-4-bits", "pixels-2-bits", "pixels-1-bit")
FINE_TUNED = {"k4": ("s", "K = 4"), "k1": ("^", "K = 1")}
BITS = ("8", "4", "2", "1")
# (how it is trained, cell) of several trainings -> the run that has its energy.
TRAINED = {(FLOAT, "exact"): "exact", (FLOAT, "pixels-2-bits"): "pixels-2-bits",
           (FEW_BITS, "exact"): "k4"}  # fmt: skip


def energy_chart(facts: SizeFacts) -> str:
    """Both sizes with pixels of 8 to 1 bits, and fine-tuned, as the text of an SVG."""
    figure = energy_figure(facts)
    buffer = io.StringIO()
    # No date, and fixed identifiers: the same numbers give the same file.
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "paper", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def energy_figure(facts: SizeFacts) -> Figure:
    """The chart as matplotlib's figure.

    Raises
    ------
    MissingToolError : matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        law = "a chart needs matplotlib"
        raise not_installed("study paper", law, "matplotlib", extra="paper") from error

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    ax = figure.subplots()
    for design, size in SIZES.items():
        _draw(ax, facts, design, size)

    ax.set_xscale("log")
    ax.set_xlabel(f"energy of an inference on {BOARD}, µJ", fontsize=POINTS)
    ax.set_ylabel("right, % of 10,000 images", fontsize=POINTS)
    ax.tick_params(labelsize=POINTS, which="both")
    _plain_ticks(ax)
    ax.grid(color="#dddddd", linewidth=0.5)
    ax.set_axisbelow(True)
    ax.margins(x=0.08, y=0.1)
    clean(ax)
    _legend(ax)
    return figure


def _point(facts: SizeFacts, size: int, run: str) -> tuple[float, float, float, float]:
    """(energy in µJ, accuracy in %, and how far its interval reaches below and above)."""
    line = facts.run_of(size, run)
    found = facts.accuracy_of(line)
    percent, low, high = (100 * found[key] for key in ("accuracy", "accuracy_low", "accuracy_high"))
    return line["energy_per_inference_j"] / MICRO, percent, percent - low, high - percent


def _draw(ax: Axes, facts: SizeFacts, design: str, size: int) -> None:
    colour = COLOURS[design]
    points = [_point(facts, size, run) for run in AS_TRAINED]
    x, y, below, above = zip(*points, strict=True)
    ax.errorbar(
        x, y, (below, above), color=colour, marker="o", markersize=3.5, linewidth=1, elinewidth=0.6
    )
    for energy, percent, bits in zip(x, y, BITS, strict=True):
        ax.annotate(
            bits, (energy, percent), (2.5, -8.5), textcoords="offset points", fontsize=POINTS - 0.5,
            color=colour,
        )  # fmt: skip

    for run, (marker, _) in FINE_TUNED.items():
        pair = [_point(facts, size, name) for name in (run, f"{run}-pixels-2-bits")]
        x, y, *_ = zip(*pair, strict=True)
        ax.plot(
            x, y, color=colour, marker=marker, markersize=4, markerfacecolor="white",
            linewidth=0.8, linestyle=":",
        )  # fmt: skip
    _draw_trainings(ax, facts, colour, size)


def _draw_trainings(ax: Axes, facts: SizeFacts, colour: str, size: int) -> None:
    for (trained, cell), run in TRAINED.items():
        spread = spread_of(facts, size, cell, trained)
        low, high = (100 * spread.accuracies[end] for end in (0, -1))
        middle = 100 * spread.middle["accuracy"]
        x = facts.run_of(size, run)["energy_per_inference_j"] / MICRO
        ax.errorbar(
            x, middle, ([middle - low], [high - middle]), color=colour, marker="D", markersize=3,
            markeredgecolor="black", markeredgewidth=0.5, elinewidth=1.6,
        )  # fmt: skip


def _plain_ticks(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _legend(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker="o", markersize=3.5, linewidth=1, label=design)
        for design, colour in COLOURS.items()
    ]
    for marker, label in FINE_TUNED.values():
        plain = {"color": "#555555", "linewidth": 0.8, "linestyle": ":"}
        handles.append(
            Line2D([], [], marker=marker, markersize=4, markerfacecolor="white",
                   label=f"fine-tuned, {label}", **plain)
        )  # fmt: skip
    ax.legend(
        handles=handles,
        fontsize=POINTS - 0.5,
        frameon=False,
        loc="upper center",
        ncols=2,
        bbox_to_anchor=(0.45, -0.24),
    )
