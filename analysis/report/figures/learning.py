"""Pictures of the data and of what was learnt: sample images, training, accuracy against steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .style import BLUE, ORANGE, RED, clean, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 10  # images beside each other
FEW_EPOCHS = 3  # below, points are marked


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
    """Accuracy of the spiking network after each step, and of the Keras network."""
    spiking = table["snn_accuracy"] * 100
    ax.plot(
        table["step"],
        spiking,
        color=BLUE,
        marker=".",
        label="spiking network",
    )

    keras = table["ann_accuracy"].iloc[0] * 100
    ax.axhline(
        keras,
        color=ORANGE,
        linestyle="--",
        label="Keras network",
    )

    ax.set_xlabel("steps")
    ax.set_ylabel("accuracy on the test images (%)")
    whole_numbers(ax)
    ax.legend(
        frameon=False,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
    )
    clean(ax)
