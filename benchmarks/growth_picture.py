"""The picture of how the cost grows: one panel for each thing that is added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from spikewatt import files
from spikewatt.analysis.report.figures.style import BLUE, ORANGE, clean, drawn, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from growth import Line, Series
    from matplotlib.axes import Axes

STYLES = {"event": (BLUE, "o", "-"), "batched": (ORANGE, "s", "--")}
MILLION = 1e6


def save_growth(
    found: Sequence[Series], fit: Callable[[np.ndarray, np.ndarray], Line], folder: Path
) -> Path:
    """Write ``growth.png`` into `folder`: points that were measured, and their lines."""
    fig = figure(9.5, 6.4)
    panels = fig.subplots(2, 2).ravel()
    for ax, series in zip(panels, found, strict=True):
        draw(ax, series, fit)
    fig.suptitle("Seconds of a public call with full traces, two engines", fontsize=12)
    picture = folder / "growth.png"
    folder.mkdir(parents=True, exist_ok=True)
    files.write(picture, drawn(fig, "png"))
    return picture


def draw(ax: Axes, series: Series, fit: Callable[[np.ndarray, np.ndarray], Line]) -> None:
    """Points and least-squares lines of each engine."""
    scale = MILLION if series.amount.max() >= MILLION else 1
    ends = np.array([0.0, series.amount.max()])
    for engine, seconds in series.seconds.items():
        colour, marker, dashes = STYLES[engine]
        line = fit(series.amount, seconds)
        label = f"{engine}: {_cost(line.slope)} per {series.added}, R² {line.r_squared:.3f}"
        ax.plot(series.amount / scale, seconds, marker, color=colour, markersize=5, label=label)
        ax.plot(ends / scale, line.start + line.slope * ends, dashes, color=colour, linewidth=1.3)

    unit = "million " if scale > 1 else ""
    ax.set_xlabel(f"{unit}{series.added}s")
    ax.set_ylabel("time (s)")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.set_title(series.title, fontsize=10)
    ax.legend(fontsize=8, frameon=False, loc="upper left")
    clean(ax)


def _cost(seconds: float) -> str:
    """Seconds in a unit that needs few digits."""
    for size, unit in ((1e-3, "ms"), (1e-6, "µs")):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
