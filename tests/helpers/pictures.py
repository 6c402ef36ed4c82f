"""What a picture shows where: its texts, as boxes of pixels."""

from __future__ import annotations

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOUCH = 1.0  # pixels that two boxes may share: their letters do not


def text_boxes(fig: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with the box of its letters; at least one."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    texts = [*fig.texts]
    for ax in fig.axes:
        texts += _texts_of(ax)

    renderer = canvas.get_renderer()
    shown = [text for text in texts if text.get_visible() and text.get_text().strip()]
    assert shown
    return [(text.get_text(), _box(text, renderer)) for text in shown]


def _box(text: Text, renderer) -> Bbox:
    """The box of the letters; that of an annotation would hold its arrow, too."""
    return Text.get_window_extent(text, renderer)


def _texts_of(ax: Axes) -> list[Text]:
    found = [*ax.texts, ax.title]
    legend = ax.get_legend()
    found += legend.get_texts() if legend else []
    if not ax.axison:
        return found

    for axis in (ax.xaxis, ax.yaxis):
        found.append(axis.label)
        low, high = sorted(axis.get_view_interval())
        ticks = zip(axis.get_majorticklocs(), axis.get_major_ticks(), strict=True)
        found += [tick.label1 for at, tick in ticks if low <= at <= high]
    left = ax._left_title  # type: ignore[attr-defined]  # where titles that begin at the left are
    return [*found, left]


def beyond_their_axes(fig: Figure) -> list[str]:
    """Values and remarks that reach to the right or left out of the axes that they stand in.

    In a figure that `text_boxes` drew.
    """
    renderer = fig.canvas.get_renderer()  # type: ignore[attr-defined]
    found, seen = [], 0
    for ax in fig.axes:
        inside = ax.get_window_extent(renderer)
        for text in ax.texts:
            box = _box(text, renderer)
            seen += 1
            if text.get_text() and (box.x0 < inside.x0 - TOUCH or box.x1 > inside.x1 + TOUCH):
                found.append(text.get_text())

    assert seen
    return found


def overlaps(boxes: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    """Pairs of texts that lie upon each other."""
    found = []
    for (one, box), (other, second) in combinations(boxes, 2):
        common = Bbox.intersection(box, second)
        if common is not None and min(common.width, common.height) > TOUCH:
            found.append((one, other))
    return found


def beyond_the_page(fig: Figure, boxes: list[tuple[str, Bbox]]) -> list[str]:
    """Texts that the edge of the picture cuts."""
    width, height = fig.canvas.get_width_height()
    page = Bbox([[-TOUCH, -TOUCH], [width + TOUCH, height + TOUCH]])
    return [
        text for text, box in boxes if not (page.contains(*box.min) and page.contains(*box.max))
    ]
