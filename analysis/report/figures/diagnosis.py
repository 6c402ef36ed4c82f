"""Picture of a diagnosis: each layer beside the Keras layer that it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .style import BLUE, GREY, ORANGE, PURPLE, RED, clean, figure, name_rows, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABOVE = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False, "fontsize": 8}
SHARES = (
    ("clipped_share", "clipped", RED),
    ("dead_share", "dead", GREY),
    ("saturated_share", "at the largest value", PURPLE),
)
TINY = 6  # points, of a value on one of three bars in a row
LEAST_SPAN = 4.0  # points of accuracy across the middle panel


def save_diagnosis(table: pd.DataFrame, folder: Path) -> Path:
    """Draw a diagnosis as PNG and SVG into `folder`; returns the PNG."""
    return save(diagnosis_figure(table), folder, "diagnosis")


def diagnosis_figure(table: pd.DataFrame) -> Figure:
    """A diagnosis as three panels; see `draw_diagnosis`."""
    fig = figure(11.5, 1.6 + 0.4 * len(table))
    fig.set_layout_engine("constrained", wspace=0.06)
    axes = fig.subplots(
        1,
        3,
        sharey=True,
        width_ratios=(1, 1, 1.2),
    )
    draw_diagnosis(tuple(axes), table)
    return fig


def draw_diagnosis(axes: tuple[Axes, Axes, Axes], table: pd.DataFrame) -> None:
    """Agreement with Keras, accuracy of Keras from each layer on, and what is clipped or dead.

    Parameters
    ----------
    axes : tuple of three Axes
        Beside each other, with one scale of layers.
    table : DataFrame
        See `diagnose`.
    """
    at = name_rows(axes[0], table["layer"])
    _draw_agreement(axes[0], at, table)
    _draw_accuracy(axes[1], at, table)
    _draw_shares(axes[2], at, table)

    for ax in axes:
        ax.xaxis.label.set_fontsize(9)
        clean(ax)


def _draw_agreement(ax: Axes, at: np.ndarray, table: pd.DataFrame) -> None:
    agreement = table["agreement"] * 100
    bars = ax.barh(
        at,
        agreement.clip(lower=0),
        color=BLUE,
        height=0.6,
    )
    ax.bar_label(
        bars,
        [f"{share:.1f}" for share in agreement],
        fontsize=8,
        padding=2,
    )
    ax.set_xlim(0, 118)
    ax.set_xlabel("agreement with Keras (%)")


def _draw_accuracy(ax: Axes, at: np.ndarray, table: pd.DataFrame) -> None:
    accuracy = table["accuracy_from_here"] * 100
    ax.plot(
        accuracy,
        at,
        "o",
        color=ORANGE,
    )
    for percent, height in zip(accuracy, at, strict=True):
        beside = {
            "fontsize": 8,
            "va": "center",
            "xytext": (7, 0),
            "textcoords": "offset points",
        }
        if np.isnan(percent):
            left = ax.get_yaxis_transform()
            ax.annotate(
                "branches lead around it",
                (0.02, height),
                xycoords=left,
                **beside,
            )
        else:
            over_lines = {"boxstyle": "square,pad=0.1", "color": "white"}
            ax.annotate(f"{percent:.1f}", (percent, height), **beside, bbox=over_lines)

    keras = table["keras_accuracy"].iloc[0] * 100
    if accuracy.notna().any():
        ax.axvline(
            keras,
            color=GREY,
            linestyle="--",
            label=f"Keras alone, {keras:.1f}",
        )
        ax.legend(**ABOVE)
        highest = max(accuracy.max(), keras)
        lowest = min(accuracy.min(), keras)
        span = max(highest - lowest, LEAST_SPAN)
        ax.set_xlim(highest - 1.3 * span, highest + 0.5 * span)
    ax.set_xlabel("accuracy if Keras goes on from here (%)")


def _draw_shares(ax: Axes, at: np.ndarray, table: pd.DataFrame) -> None:
    for i, (key, label, colour) in enumerate(SHARES):
        share = table[key].fillna(0) * 100
        bars = ax.barh(
            at + (i - 1) * 0.25,
            share,
            0.23,
            color=colour,
            label=label,
        )
        numbers = [f"{part:.1f}" if part else "" for part in share]
        ax.bar_label(bars, numbers, fontsize=TINY, padding=2)

    largest = [table[key].max() for key, _, _ in SHARES]
    ax.set_xlim(0, max(float(np.nanmax(largest)) * 115, 1.0))
    ax.set_xlabel("share of active values, neurons, values (%)")
    ax.legend(**ABOVE, ncols=3)
