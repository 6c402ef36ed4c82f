"""The picture of how the cost grows: one panel for each thing that is added."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from spikewatt import files
from spikewatt.analysis.report.figures.style import BLUE, ORANGE, clean, drawn, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from .bench import Line, Series

STYLES = {"event": (BLUE, "o"), "batched": (ORANGE, "s")}
MILLION = 1e6


def save_growth(
    found: Sequence[Series], fit: Callable[[np.ndarray, np.ndarray], Line], folder: Path
) -> Path:
    """Write ``growth.png`` into `folder`: points that were measured, and their lines."""
    engines = list(found[0].seconds)
    fig = figure(3.3 * len(found), 3.2 * len(engines))
    panels = fig.subplots(len(engines), len(found))
    for engine, row in zip(engines, panels, strict=True):
        for ax, series in zip(row, found, strict=True):
            draw(ax, series, engine, fit)
    fig.suptitle(
        "Processor time of a public call with full traces, all threads together", fontsize=12
    )
    picture = folder / "growth.png"
    folder.mkdir(parents=True, exist_ok=True)
    files.write(picture, drawn(fig, "png"))
    return picture


def draw(
    ax: Axes, series: Series, engine: str, fit: Callable[[np.ndarray, np.ndarray], Line]
) -> None:
    """Points and the least-squares line of one engine."""
    seconds, scale = series.seconds[engine], 1.0
    if series.amount.max() >= MILLION:
        scale = MILLION
    colour, marker = STYLES[engine]
    line = fit(series.amount, seconds)
    ends = np.array([0.0, series.amount.max()])
    ax.plot(ends / scale, line.start + line.slope * ends, "-", color=colour, linewidth=1.3)
    ax.plot(series.amount / scale, seconds, marker, color=colour, markersize=5)

    cost = f"{_cost(line.slope)} per {series.added}, R² = {line.r_squared:.3f}"
    ax.set_title(f"{engine}: {series.title}\n{cost}", fontsize=9)
    ax.set_xlabel(f"million {series.added}s" if scale > 1 else f"{series.added}s")
    ax.set_ylabel("processor time (s)")
    ax.set_xlim(left=0)
    ax.set_ylim(0, 1.08 * max(seconds.max(), line.start + line.slope * ends[1]))
    clean(ax)


def _cost(seconds: float) -> str:
    """Seconds in a unit that needs few digits."""
    for size, unit in ((1e-3, "ms"), (1e-6, "µs")):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
