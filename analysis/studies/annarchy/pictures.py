"""Pictures of samples of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ....errors import SpikewattError
from ....models.datasets import load_dataset
from ...report.figures.style import figure, save
from ..cells.prepared import versions
from ..kinds.pictures import PicturesRow
from ..outcome import Outcome, Shortfall, Side
from ..places import Places
from ..results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE = "picture"  # the cell of such a row


def run_pictures_row(study: str, row: PicturesRow, places: Places) -> Results:
    """Draw ``<row>.png`` and ``<row>.svg`` into the folder of the run.

    Raises
    ------
    SpikewattError : missing data; names that are not one per class.
    """
    places.progress(row.row, 0, 1)
    dataset = load_dataset(row.dataset, places.data_dir)
    images, labels = dataset.scaled("test"), dataset.y_test
    classes = np.unique(labels)
    if row.names and len(row.names) != len(classes):
        where = f"study {study}, row {row.row}: names"
        raise SpikewattError(where, "has a name per class", row.names, f"{len(classes)} names")

    names = row.names or [str(each) for each in classes]
    chosen = [np.flatnonzero(labels == each)[: row.per_class] for each in classes]
    save(samples_picture([images[which] for which in chosen], names), places.folder, row.row)
    places.progress(row.row, 1, 1)
    drawn = sum(len(which) for which in chosen)
    line = {"study": study, "row": row.row, "cell": PICTURE, "images": drawn, **versions()}
    return Results([line])


def pictures_outcome(row: PicturesRow, committed: Results) -> Outcome:
    """Whether the picture was drawn."""
    lines = committed.of_row(row.row)
    published = {"picture": row.title}
    if not lines:
        missing = (Shortfall("", "is run", "everything"),)
        return Outcome(row.row, row.title, published, {}, (), missing)
    images = lines[0]["images"]
    side = Side(PICTURE, images=images, note="drawn where the study is run")
    return Outcome(row.row, row.title, published, {"images": images}, (side,))


def samples_picture(images: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """A row of images per class, with its name in front.

    Parameters
    ----------
    images : sequence of array, (images, rows, columns, channels)
        Of each class as many, pixels in 0..1.
    names : sequence of str
        Of the classes.
    """
    columns = max(map(len, images))
    fig = figure(0.8 * columns + 1.0, 0.62 * len(names))
    axes = fig.subplots(len(names), columns, squeeze=False)
    for of_class, name, line in zip(images, names, axes, strict=True):
        for ax in line:
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        for ax, image in zip(line, of_class, strict=False):
            coloured = image.shape[-1] == 3
            pixels = image if coloured else image[..., 0]
            ax.imshow(pixels, cmap=None if coloured else "gray_r", vmin=0, vmax=1)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return fig
