"""Picture of single inferences: what share of them takes more than so much, down to the tail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ....energy.staged.distribution import SHARES, WHAT, Spread
from ..units import JOULES, SECONDS, Prefixed, Scale, counted
from .style import BLUE, GREEN, ORANGE, PURPLE, RED, clean, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (ORANGE, BLUE, GREEN, RED, PURPLE)
LABELS: dict[str, tuple[str, Prefixed]] = {
    "energy_j": ("energy", JOULES),
    "time_s": ("time", SECONDS),
}


def tails_figure(spreads: Mapping[str, Spread]) -> Figure:
    """Energy and time of single inferences on one device, a line for each run.

    Parameters
    ----------
    spreads : label -> Spread
        Of one device: without the method, with it.
    """
    fig = figure(9, 4.0)
    for ax, what in zip(fig.subplots(1, len(WHAT)), WHAT, strict=True):
        draw_tails(ax, spreads, what)
    return fig


def draw_tails(ax: Axes, spreads: Mapping[str, Spread], what: str) -> None:
    """The share of inferences that take more than x, on a logarithmic axis; dots at p50, p95, p99.

    Parameters
    ----------
    ax : Axes
    spreads : label -> Spread
    what : str
        ``energy_j`` or ``time_s``.
    """
    word, quantity = LABELS[what]
    every = [value for spread in spreads.values() for value in getattr(spread, what)]
    scale = quantity.scale(counted(every)) or Scale(1.0, quantity.symbol)

    least = min(float(spread.weights.min()) for spread in spreads.values())
    for colour, (label, spread) in zip(_cycled(len(spreads)), spreads.items(), strict=True):
        values, above = _curve(spread, what)
        mean = scale.write(getattr(spread, f"mean_{what}"))
        text = f"{label}, mean {mean} {scale.unit}"
        ax.step(
            values / scale.size, np.maximum(above, least), color=colour, where="post", label=text
        )
        for share in list(SHARES.values())[:-1]:
            at = spread.at(what, share) / scale.size
            ax.plot(at, max(1 - share, least), "o", color=colour, markersize=4)

    ax.set_yscale("log")
    ax.set_xlim(left=0)
    ax.set_xlabel(f"{word} of an inference ({scale.unit})")
    ax.set_ylabel("share of inferences that take more")
    ax.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    clean(ax)


def _curve(spread: Spread, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Amounts in order from 0, and the share of inferences above each."""
    values = getattr(spread, what)
    order = np.argsort(values, kind="stable")
    above = 1 - np.cumsum(spread.weights[order])
    return np.concatenate(([0.0], values[order])), np.concatenate(([1.0], above))


def _cycled(number: int) -> Sequence[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(number)]
