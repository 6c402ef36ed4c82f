"""What all pictures share: colours, an empty figure, clean axes, and how a figure is saved."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .... import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
YELLOW = "#F0E442"
GREY = "#999999"
LIGHT = "#DDDDDD"

DARK = "#444444"


@dataclass(frozen=True)
class Fill:
    """How a component is drawn: a colour for its family, lines where others have that colour."""

    colour: str
    hatch: str = ""

    @property
    def ink(self) -> str:
        """Black or white, whichever is read on it."""
        return "white" if self.colour in (BLUE, GREEN, RED, DARK) and not self.hatch else "black"


# One fixed fill per component of an energy.
FILLS = {
    "synaptic operations": Fill(BLUE),
    "spike transport": Fill(BLUE, "//"),
    "output spikes": Fill(BLUE, ".."),
    "neuron updates": Fill(ORANGE),
    "state reset": Fill(ORANGE, "//"),
    "clock": Fill(GREEN),
    "routing": Fill(GREEN, "//"),
    "leakage": Fill(RED),
    "static power": Fill(RED, "//"),
    "spike handling": Fill(SKY),
    "input load": Fill(SKY, "//"),
    "read-out": Fill(SKY, ".."),
    "step overhead": Fill(PURPLE),
    "multiply-accumulates": Fill(YELLOW),
    "pooling": Fill(YELLOW, "//"),
    "outputs": Fill(DARK),
    "host asleep": Fill(GREY),
    "host input": Fill(GREY, "//"),
    "host analog layer": Fill(GREY, "xx"),
    "host read-out": Fill(GREY, ".."),
    "host waking": Fill(GREY, "--"),
}
REST = Fill(LIGHT)
DOTS_PER_INCH = 130
ROW_INCHES = 0.27  # height of a row: a bar, its name and its value
SMALL = 7.5  # points, of a value on a bar


def figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` inches, that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def clean(ax: Axes) -> None:
    """Leave only the axes at the left and at the bottom, and no ticks beside names of rows."""
    ax.spines[["top", "right"]].set_visible(False)
    if ax.yaxis_inverted():
        ax.tick_params(axis="y", length=0)


def whole_numbers(ax: Axes) -> None:
    """Ticks at whole numbers of steps or epochs, and at none that the axis does not reach."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def name_rows(ax: Axes, names: Iterable[str]) -> np.ndarray:
    """Names of rows at the left, the first at the top; returns where the rows are.

    Axes that share them have them, too.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    texts = list(names)
    at = np.arange(len(texts))
    ax.set_yticks(at, texts)
    ax.yaxis.set_major_locator(FixedLocator(at.tolist()))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylim(len(texts) - 0.4, -0.6)
    return at


def plain_decades(ax: Axes, most: int = 5) -> None:
    """At most so many ticks of a logarithmic axis, at powers of ten: 0.1, 1, 100, 10 k."""
    from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullLocator

    def written(value: float, place: int | None = None) -> str:
        return f"{value:g}" if value < 1000 else EngFormatter(sep=" ")(value, place)

    ax.xaxis.set_major_locator(LogLocator(10, numticks=most))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(written))


def save(fig: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.png`` and ``<name>.svg`` into `folder`; returns the PNG."""
    picture = folder / f"{name}.png"
    files.write(picture, drawn(fig, "png"))
    files.write(folder / f"{name}.svg", drawn(fig, "svg"))
    return picture


def drawn(fig: Figure, kind: str) -> bytes:
    """A figure as the bytes of a file."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format=kind, dpi=DOTS_PER_INCH)
    return buffer.getvalue()
