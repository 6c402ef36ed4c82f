"""Precision and recall of each class: of Keras, of our cells, and as published."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....sim.engines.simulate import simulate
from ...report.tables import class_report
from ..cells.conversion import ENGINE, converted
from ..cells.prepared import PreparedRow
from ..places import Places
from ..results import write_table
from ..row import KERAS, Cell
from .asked import PublishedClasses

CLASSES = "classes.csv"
AT_ONCE = 500  # images
DIGITS = 6


def write_class_report(
    study: str, prepared: PreparedRow, published: PublishedClasses, places: Places
) -> None:
    """Write ``classes.csv``: Keras and the exact cells on all images, and the published cell.

    That one is run on the images of the published report, whose figures stand beside it.

    Parameters
    ----------
    study : str
    prepared : PreparedRow
    published : PublishedClasses
    places : Places
        Whose folder the file comes into.
    """
    import pandas as pd

    frames = [_report(prepared, KERAS, prepared.keras_classes)]
    for cell in prepared.row.cells:
        images = published.images if cell.cell == published.cell else len(prepared.test)
        if cell.durations and cell.cell != published.cell:
            continue
        frame = _report(prepared, cell.cell, _classes_of(prepared, cell, images))
        if cell.cell == published.cell:
            frame["published_precision"] = published.precision
            frame["published_recall"] = published.recall
        frames.append(frame)

    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "study", study)
    table.insert(1, "row", prepared.row.row)
    write_table(places.folder / CLASSES, table, DIGITS)


def _report(prepared: PreparedRow, cell: str, classes: np.ndarray):
    report = class_report(prepared.labels[: len(classes)], classes)
    report.insert(0, "cell", cell)
    report.insert(1, "images", len(classes))
    return report


def _classes_of(prepared: PreparedRow, cell: Cell, images: int) -> np.ndarray:
    """The answers of a cell's network after its last step."""
    images = min(images, len(prepared.test))
    network = converted(prepared, cell)
    steps = max(cell.durations, default=None)
    asked: dict[str, Any] = {
        "network": network.hash,
        "images": prepared.images_fingerprint(0, images),
        "steps": steps,
        "seed": cell.seed,
    }

    def work() -> list[int]:
        found = [
            simulate(
                network,
                prepared.test[start : min(start + AT_ONCE, images)],
                ENGINE,
                steps,
                seed=cell.seed + start,
            ).predictions()
            for start in range(0, images, AT_ONCE)
        ]
        return np.concatenate(found).tolist()

    return np.asarray(prepared.kept(f"{cell.cell}.classes", asked, work))
