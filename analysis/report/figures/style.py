"""What all pictures share: colours, an empty figure, clean axes, and how a figure is saved."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .... import files
from ....installed import require

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
    "spike transport": Fill(BLUE, "////"),
    "output spikes": Fill(BLUE, "...."),
    "neuron updates": Fill(ORANGE),
    "state reset": Fill(ORANGE, "////"),
    "clock": Fill(GREEN),
    "routing": Fill(GREEN, "////"),
    "leakage": Fill(RED),
    "static power": Fill(RED, "////"),
    "spike handling": Fill(SKY),
    "input load": Fill(SKY, "////"),
    "read-out": Fill(SKY, "...."),
    "step overhead": Fill(PURPLE),
    "overhead": Fill(PURPLE, "...."),
    "multiply-accumulates": Fill(YELLOW),
    "zero checks": Fill(YELLOW, "...."),
    "pooling": Fill(YELLOW, "////"),
    "outputs": Fill(DARK),
    "regulator loss": Fill(PURPLE, "////"),
    "host": Fill(GREY),
    "host analog layer": Fill(GREY, "////"),
}
# Components that a picture shows as one.
TOGETHER = {
    "host input": "host",
    "host driver": "host",
    "host port": "host",
    "host read-out": "host",
    "host asleep": "host",
    "host waking": "host",
    "host encoder": "host",
}
REST = Fill(LIGHT)
DOTS_PER_INCH = 130
ROW_INCHES = 0.27  # height of a row: a bar, its name and its value
SALT = "spikewatt"  # of names inside of an SVG, which are drawn by lot without one
SMALL = 7.5  # points, of a value on a bar


def figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` inches, that belongs to no window."""
    require("pictures", "are drawn with matplotlib", "matplotlib")
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


def name_rows(ax: Axes, names: Iterable[str], heights: Sequence[float] | None = None) -> np.ndarray:
    """Names of rows at the left, the first at the top; returns where the rows are.

    Axes that share them have them, too. Rows are 1 high, or as high as `heights` say.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    texts = list(names)
    ends = np.cumsum(np.ones(len(texts)) if heights is None else heights)
    at = ends - np.diff(ends, prepend=0.0) / 2
    ax.set_yticks(at, texts)
    ax.yaxis.set_major_locator(FixedLocator(at.tolist()))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylim(ends[-1] + 0.1 if len(ends) else 1.0, -0.1)
    return at


def plain_decades(ax: Axes, has_unit: bool, most: int = 5) -> None:
    """At most so many ticks of a logarithmic axis, at powers of ten.

    Where its unit has a prefix: 0.1, 1, 10,000; of plain numbers: 1, 100, 10 k.
    """
    from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullLocator

    def written(value: float, place: int | None = None) -> str:
        if has_unit or value < 1000:
            return f"{value:,g}"
        return EngFormatter(sep=" ")(value, place)

    ax.xaxis.set_major_locator(LogLocator(10, numticks=most))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(written))


def save(fig: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.png`` and ``<name>.svg`` into `folder`; returns the PNG."""
    picture = folder / f"{name}.png"
    files.write(picture, drawn(fig, "png"))
    fig.set_layout_engine("none")  # what stands where is known now
    files.write(folder / f"{name}.svg", drawn(fig, "svg"))
    return picture


def drawn(fig: Figure, kind: str) -> bytes:
    """A figure as the bytes of a file: the same bytes each time."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    undated = {"Date": None} if kind == "svg" else {}
    with rc_context({"svg.hashsalt": SALT}):
        fig.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, metadata=undated)
    return buffer.getvalue()
