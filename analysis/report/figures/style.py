"""What all pictures share: colours, an empty figure, clean axes, and how a figure is saved."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

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

# One fixed colour per component of an energy.
COMPONENT_COLOURS = {
    "synaptic operations": BLUE,
    "neuron updates": ORANGE,
    "clock": GREEN,
    "leakage": RED,
    "between inferences": GREY,
    "spike handling": SKY,
    "step overhead": PURPLE,
    "multiply-accumulates": YELLOW,
    "outputs": "#444444",
    "pooling": "#8C564B",
    "state reset": "#BCBD22",
    "input load": "#7F3C8D",
    "read-out": "#17BECF",
}
DOTS_PER_INCH = 130
FEW_LAYERS = 4  # so many names stand beside each other; more are turned


def figure(width: float, height: float) -> Figure:
    """An empty figure, `width` by `height` inches, that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def clean(ax: Axes) -> None:
    """Leave only the axes at the left and at the bottom."""
    ax.spines[["top", "right"]].set_visible(False)


def whole_numbers(ax: Axes) -> None:
    """Ticks at whole numbers of steps or epochs."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def turn(layers: int) -> int:
    """Angle of the names of so many layers below an axis."""
    return 30 if layers > FEW_LAYERS else 0


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
