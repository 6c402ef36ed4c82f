"""Lines of a table: whose they are, accuracies with their intervals, versions."""

from __future__ import annotations

from typing import Any

from ...design.interval import wilson
from .prepared import PreparedRow, versions


def named(study: str, prepared: PreparedRow, cell: str) -> dict[str, Any]:
    """Study, row and cell of a line."""
    return {"study": study, "row": prepared.row.row, "cell": cell}


def line_of(
    study: str, prepared: PreparedRow, cell: str, images: int, right: int
) -> dict[str, Any]:
    """A line with accuracies: of the ANN on the same images, and of the cell."""
    return {
        **named(study, prepared, cell),
        **accuracies(images, right, prepared.ann_right(images)),
        **versions(),
    }


def accuracies(images: int, right: int, ann_right: int | None = None) -> dict[str, Any]:
    """Columns of shares with the ends of their 95 % intervals.

    Parameters
    ----------
    images : int
    right : int
        How many of them the cell gets right.
    ann_right : int or None
        How many the ANN does; None where there is none.
    """
    columns: dict[str, Any] = {"images": images}
    if ann_right is not None:
        low, high = wilson(ann_right, images)
        columns |= {"ann_accuracy": ann_right / images, "ann_low": low, "ann_high": high}
    low, high = wilson(right, images)
    return columns | {"accuracy": right / images, "accuracy_low": low, "accuracy_high": high}
