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
    ann = prepared.ann_right(images)
    ann_low, ann_high = wilson(ann, images)
    low, high = wilson(right, images)
    return {
        **named(study, prepared, cell),
        "images": images,
        "ann_accuracy": ann / images,
        "ann_low": ann_low,
        "ann_high": ann_high,
        "accuracy": right / images,
        "accuracy_low": low,
        "accuracy_high": high,
        **versions(),
    }
