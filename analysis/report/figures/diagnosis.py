"""Picture of a diagnosis: each layer beside the Keras layer that it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .style import BLUE, GREY, ORANGE, PURPLE, RED, clean, figure, name_rows, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ABOVE = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False, "fontsize": 8}
SHARES = (
    ("clipped_share", "clipped", RED),
    ("dead_share", "dead", GREY),
    ("saturated_share", "at the largest value", PURPLE),
)
LEAST_SPAN = 4.0  # points of accuracy across the middle panel


def save_diagnosis(table: pd.DataFrame, folder: Path) -> Path:
    """Draw a diagnosis as PNG and SVG into `folder`; returns the PNG."""
    fig = figure(11, 1.6 + 0.4 * len(table))
    fig.set_layout_engine("constrained", wspace=0.06)
    axes = fig.subplots(
        1,
        3,
        sharey=True,
        width_ratios=(1, 1, 1.2),
    )
    draw_diagnosis(tuple(axes), table)
    return save(fig, folder, "diagnosis")


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
            "xytext": (4, 0),
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
            ax.annotate(f" {percent:.1f}", (percent, height), **beside)

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
        ax.barh(
            at + (i - 1) * 0.25,
            share,
            0.23,
            color=colour,
            label=label,
        )

    largest = [table[key].max() for key, _, _ in SHARES]
    ax.set_xlim(0, max(float(np.nanmax(largest)) * 115, 1.0))
    ax.set_xlabel("share of active values, neurons, values (%)")
    ax.legend(**ABOVE, ncols=3)
