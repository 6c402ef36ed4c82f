"""Pictures of the data and of what was learnt: sample images, training, accuracy against steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .style import BLUE, ORANGE, RED, clean, figure, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 10  # images beside each other
FEW_EPOCHS = 3  # below, points are marked
FEW_STEPS = 64  # up to so many, points are marked


def samples_figure(images: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> Figure:
    """Test images with the classes that the spiking network gave; see `draw_samples`."""
    fig = figure(9, 1.15 * rows_of(len(labels)) + 0.5)
    draw_samples(fig, images, labels, predicted)
    return fig


def training_figure(history: pd.DataFrame) -> Figure:
    """Training; see `draw_training`."""
    fig = figure(9, 3.4)
    draw_training(tuple(fig.subplots(1, 2)), history)
    return fig


def accuracy_figure(table: pd.DataFrame) -> Figure:
    """Accuracy against steps; see `draw_accuracy`."""
    fig = figure(6.5, 4.2)
    draw_accuracy(fig.subplots(), table)
    return fig


def rows_of(images: int) -> int:
    """Rows of a grid of so many images.

    Examples
    --------
    >>> rows_of(20), rows_of(21)
    (2, 3)
    """
    return -(-images // COLUMNS)


def _as_picture(image: np.ndarray) -> np.ndarray:
    """(rows, columns): of an image its first channel, of a row of numbers one row."""
    return image[..., 0] if image.ndim == 3 else np.atleast_2d(image)


def draw_samples(
    fig: Figure, images: np.ndarray, labels: np.ndarray, predicted: np.ndarray
) -> None:
    """A grid of test images, each with the class that the spiking network gave.

    Parameters
    ----------
    fig : Figure
        Empty figure.
    images : ndarray, (images, rows, columns, channels)
        Pixels in 0..1; of other numbers of channels than three, the first is drawn. Rows of
        numbers and frames, (length, channels), are drawn as they are.
    labels, predicted : ndarray, (images,)
        Right class, and that of the spiking network.
    """
    columns = min(COLUMNS, len(images))
    axes = fig.subplots(rows_of(len(images)), columns, squeeze=False).reshape(-1)
    for ax in axes:
        ax.axis("off")

    for ax, image, label, guess in zip(
        axes,
        images,
        labels,
        predicted,
        strict=False,
    ):
        coloured = image.ndim == 3 and image.shape[-1] == 3
        pixels = image if coloured else _as_picture(image)
        colours = None if coloured else "gray_r"
        ax.imshow(
            pixels,
            cmap=colours,
            vmin=min(0, image.min()),
            vmax=1,
            interpolation="nearest",
            aspect="equal" if image.ndim == 3 else "auto",
        )

        right = label == guess
        text = f"{guess}" if right else f"{guess}, is {label}"
        ax.set_title(text, color="black" if right else RED, fontsize=10)

    fig.suptitle("Test images and the class that the spiking network gives", fontsize=11)


def draw_training(axes: tuple[Axes, Axes], history: pd.DataFrame) -> None:
    """Accuracy and loss per epoch, on training and validation data."""
    accuracy, loss = axes
    _draw_history(
        accuracy,
        history,
        "accuracy",
        100,
    )
    accuracy.set_ylabel("accuracy (%)")
    _draw_history(
        loss,
        history,
        "loss",
        1,
    )
    loss.set_ylabel("cross-entropy loss (nats)")


def _draw_history(ax: Axes, history: pd.DataFrame, key: str, scale: float) -> None:
    marker = "o" if len(history) < FEW_EPOCHS else None
    curves = (
        ("training", key, BLUE, "-"),
        ("validation", f"val_{key}", ORANGE, "--"),
    )
    for label, column, colour, style in curves:
        values = history[column] * scale
        ax.plot(
            history["epoch"],
            values,
            color=colour,
            linestyle=style,
            label=label,
            marker=marker,
        )

    whole_numbers(ax)
    ax.set_xlabel("epoch")
    ax.legend(frameon=False)
    clean(ax)


def draw_accuracy(ax: Axes, table: pd.DataFrame) -> None:
    """Accuracy of the spiking network after each step, and of Keras, with 95 % intervals.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    table : DataFrame
        See `accuracy_table`; one of an earlier version has no intervals.
    """
    steps = table["step"]
    marker = "." if len(steps) <= FEW_STEPS else None
    last = table.iloc[-1]
    networks = (
        ("spiking network", "snn_accuracy", BLUE, "-", marker),
        ("Keras network", "ann_accuracy", ORANGE, "--", None),
    )
    for label, key, colour, line, mark in networks:
        final = f"{last[key]:.1%}".replace("%", " %")
        if f"{key}_low" in table:
            low, high = table[f"{key}_low"] * 100, table[f"{key}_high"] * 100
            if key == "snn_accuracy":
                ax.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
            else:
                for end in (low, high):
                    ax.plot(steps, end, color=colour, linestyle=":", linewidth=1)
            final += f" ({low.iloc[-1]:.1f} to {high.iloc[-1]:.1f})"
        ax.plot(
            steps,
            table[key] * 100,
            color=colour,
            linestyle=line,
            marker=mark,
            label=f"{label}, at the end {final}" if key == "snn_accuracy" else f"{label}, {final}",
        )

    ax.set_xlim(0.5, steps.max() + 0.5)
    ax.set_xlabel("steps")
    ax.set_ylabel("accuracy on the test images (%)")
    whole_numbers(ax)
    ax.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        fontsize=9,
    )
    clean(ax)
