"""Pictures: samples of a data set, and accuracy against steps beside the published one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ....errors import SpikewattError
from ....models.datasets import load_dataset
from ...report.figures.style import BLUE, GREY, ORANGE, clean, figure, save
from ..cells.prepared import versions
from ..kinds.network import NetworkRow
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


def steps_picture(rows: Iterable[NetworkRow], committed: Results, titles: Sequence[str]) -> Figure:
    """Accuracy against steps of streaming rows, theirs and ours, a panel per network.

    Parameters
    ----------
    rows : iterable of NetworkRow
        With a published streaming cell; those of one network come into one panel.
    committed : Results
    titles : sequence of str
        Of the networks, in the order in which they come.
    """
    panels: dict[str, list[NetworkRow]] = {}
    for row in rows:
        panels.setdefault(row.network, []).append(row)
    fig = figure(4.4 * len(panels), 3.6)
    axes = fig.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for ax, of_network, title in zip(axes, panels.values(), titles, strict=True):
        _draw_steps(ax, of_network, committed)
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("steps")
    axes[0].set_ylabel("accuracy on CIFAR-10 (%)")
    return fig


def _draw_steps(ax, rows: Sequence[NetworkRow], committed: Results) -> None:
    theirs: dict[int, tuple[float, int]] = {}
    ours: dict[int, tuple[float, float, float]] = {}
    exact, ann, images = None, None, 0
    for row in rows:
        lines = committed.of_row(row.row)
        for cell in row.cells:
            of_cell = [line for line in lines if line["cell"] == cell.cell]
            if not cell.durations:
                exact = of_cell[-1] if of_cell else exact
                continue
            for line in of_cell:
                ends = line["accuracy"], line["accuracy_low"], line["accuracy_high"]
                ours[line["steps"]] = ends[0], ends[1], ends[2]
                ann, images = line["ann_accuracy"], line["images"]
            if cell.published:
                of = cell.published.images or 0
                theirs |= {s: (p, of) for s, p in cell.published.accuracy_percent.items()}

    steps = sorted(theirs)
    published = [theirs[each][0] for each in steps]
    of = max((images for _, images in theirs.values()), default=0)
    ax.plot(steps, published, "s--", color=ORANGE, label=f"theirs ({of} images)")
    steps = sorted(ours)
    middle, low, high = (
        np.array([100 * ours[each][which] for each in steps]) for which in range(3)
    )
    ax.fill_between(steps, low, high, color=BLUE, alpha=0.15, linewidth=0)
    ax.plot(steps, middle, "o-", color=BLUE, label=f"ours, rate ({images} images)")
    if exact is not None:
        label = f"ours, radix, {exact['steps_per_layer']} steps per layer"
        ax.plot(exact["steps"], 100 * exact["accuracy"], "D", color=BLUE, mfc="white", label=label)
    if ann is not None:
        ax.axhline(100 * ann, color=GREY, linestyle=":", linewidth=1, label="our ANN, same images")
    ax.set_xscale("log")
    ticks = [each for each in (20, 50, 100, 200, 500, 1000, 2000) if each <= 2 * max(steps)]
    ax.set_xticks(ticks, [f"{each:,}" for each in ticks])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    clean(ax)
