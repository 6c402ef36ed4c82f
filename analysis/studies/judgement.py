"""Whether a row of networks reaches what its file asks for, and by how much it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...models.datasets import TEST_IMAGES
from ..report.numbers import count_of
from .annarchy.asked import OURS_BESIDE, OWN_CONVERTER
from .kinds.network import NetworkRow
from .outcome import Outcome, Shortfall, Side
from .results import Results
from .row import INT8, KERAS, Cell

LINE = ("row", "cell", "steps")  # what a line is told by
DECIMALS = 7  # of a percentage: files hold nine digits of a share
ROUNDING = 1e-6  # points by which a share in a file may be off

Lines = Sequence[Mapping[str, Any]]


def judged(row: NetworkRow, committed: Results) -> Outcome:
    """The outcome of a row from its lines in ``results.csv``."""
    lines = committed.of_row(row.row)
    by_cell = {
        cell.cell: [line for line in lines if line["cell"] == cell.cell] for cell in row.cells
    }
    keras = next((line for line in lines if line["cell"] == KERAS), None)
    published = row.published.model_dump(exclude_none=True, exclude_defaults=True)
    spiking = {cell.cell: cell.published for cell in row.cells if cell.published}
    if spiking:
        published["accuracy_percent"] = {
            name: figures.accuracy_percent for name, figures in spiking.items()
        }
        published["cells"] = {
            name: figures.model_dump(exclude={"accuracy_percent"}, exclude_none=True)
            for name, figures in spiking.items()
        }

    prices = [price for price in committed.prices if price["row"] == row.row]
    own: dict[str, Any] = {"cells": {}}
    if keras is not None:
        own = {"ann_accuracy_percent": _percent(keras["ann_accuracy"]), "cells": {}}
    for line in lines:
        if line["cell"] != KERAS:
            figures = _figures(line) | {"prices": _prices(line, prices)}
            own["cells"].setdefault(line["cell"], []).append(figures)

    everything = keras["images"] if keras is not None else 0
    everything = TEST_IMAGES.get(row.dataset, everything)
    shortfalls = [*_of_the_ann(row, keras, everything)]
    sides = [_ann_side(row, keras)] if keras is not None else []
    sides.extend(_own_side(INT8, line) for line in lines if line["cell"] == INT8)
    sides.extend(Side(INT8, note=each["refused"]) for each in prices if each["cell"] == INT8)
    for cell in row.cells:
        if lines:  # else it is the row that is missing
            shortfalls.extend(_of_a_cell(cell, by_cell[cell.cell], everything))
        sides.extend(_sides(cell, by_cell[cell.cell]))
    sides.extend(_beside(lines))

    return Outcome(row.row, row.title, published, own, tuple(sides), tuple(shortfalls))


def _figures(line: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON says of a line."""
    return {
        "steps": line["steps"],
        "steps_per_layer": line["steps_per_layer"],
        "images": line["images"],
        "accuracy_percent": _percent(line["accuracy"]),
        "accuracy_low_percent": _percent(line["accuracy_low"]),
        "accuracy_high_percent": _percent(line["accuracy_high"]),
        "ann_accuracy_percent": _percent(line["ann_accuracy"]),
        "agreement_percent": _percent(line["agreement"]),
        "spikes_per_image": line["spikes_per_image"],
        "synaptic_operations_per_image": line["synaptic_operations_per_image"],
    }


def _percent(share: float | None) -> float | None:
    """A share of a file in per cent, without what binary fractions add."""
    return None if share is None else round(100 * share, DECIMALS)


def _prices(line: Mapping[str, Any], prices: Lines) -> list[dict[str, Any]]:
    """Energy and latency of a line on each device, without what it does not have."""
    named = {*LINE, "study"}
    return [
        {key: value for key, value in price.items() if key not in named and value is not None}
        for price in prices
        if all(price[key] == line[key] for key in LINE)
    ]


# What falls short


def _of_the_ann(
    row: NetworkRow, keras: Mapping[str, Any] | None, everything: int
) -> Iterator[Shortfall]:
    if keras is None:
        yield Shortfall("", "is run", "everything")
        return

    yield from _of_fewer_images("", keras, everything)
    yield from below_published_ann(row.published.ann_accuracy_percent, keras)


def below_published_ann(
    asked: float | None, line: Mapping[str, Any], cell: str = "", explained: str = ""
) -> Iterator[Shortfall]:
    """Where the ANN of a line is right less often than the published one.

    Parameters
    ----------
    asked : float or None
        What was published, per cent; None of nothing.
    line : mapping
        Of ``results.csv``; one without labels has no accuracy, and is not asked.
    cell, explained : str
        As of the `Shortfall`.
    """
    own = _percent(line["ann_accuracy"])
    if asked is not None and own is not None and own < asked - ROUNDING:
        law = f"an ANN at least as good as the published one, {asked:g} %"
        yield Shortfall(cell, law, _points(asked - own), explained)


def _of_a_cell(cell: Cell, lines: Lines, everything: int) -> Iterator[Shortfall]:
    if not lines:
        yield Shortfall(cell.cell, "is run", "everything")
        return

    looked_at = {line["steps"] for line in lines}
    if missing := sorted(set(cell.durations) - looked_at):
        yield Shortfall(cell.cell, "is looked at after each of its durations", f"{missing}")
    for line in lines:
        yield from otherwise_run(cell, line, min(cell.images, everything))
    yield from below_aims(cell, lines[-1])
    yield from _far_from_published(cell, lines)


def otherwise_run(cell: Cell, line: Mapping[str, Any], images: int) -> Iterator[Shortfall]:
    """Where a line is not of the cell as it stands now: of fewer images, or converted otherwise."""
    yield from _of_fewer_images(cell.cell, line, images)
    if line["annarchy_equal"] is not True:
        yield Shortfall(cell.cell, "gives ANNarchy's spikes", "that check", steps=line["steps"])

    asked: dict[str, Any] = {"code": cell.code.name}
    per_layer = cell.convert.get("steps")
    if isinstance(per_layer, int) and cell.code.limited and "mean_steps" not in cell.convert:
        asked["steps_per_layer"] = per_layer
    for column, value in asked.items():
        if line[column] != value:
            law = f"is run as its file says, {column} {value}"
            yield Shortfall(cell.cell, law, f"a run: this was {line[column]}", steps=line["steps"])


def _of_fewer_images(cell: str, line: Mapping[str, Any], images: int) -> Iterator[Shortfall]:
    if line["images"] < images:
        law = f"is run on {count_of(images, 'image', 'images')}"
        by = count_of(images - line["images"], "image", "images")
        yield Shortfall(cell, law, by, steps=line["steps"])


def below_aims(cell: Cell, line: Mapping[str, Any]) -> Iterator[Shortfall]:
    """The aims are those of the longest duration; a number that is missing does not reach one."""
    if cell.aim is None:
        return

    own, ann = _percent(line["accuracy"]), _percent(line["ann_accuracy"])
    most, least = cell.aim.points_below_ann, cell.aim.accuracy_percent
    if most is not None:
        law = f"at most {most:g} points below its ANN"
        missing = None if own is None or ann is None else ann - own - most
        yield from _unless_reached(cell, law, missing)
    if least is not None:
        missing = None if own is None else least - own
        yield from _unless_reached(cell, f"at least {least:g} %", missing)
    yield from below_agreement(cell, cell.aim.agreement_percent, line["agreement"])

    fewest = cell.aim.synaptic_operations_below
    operations = line["synaptic_operations_without_first_layer"]
    if fewest is not None and (operations is None or operations >= fewest):
        law = f"fewer than {fewest:,.0f} operations without the first layer's"
        by = "everything" if operations is None else f"{operations - fewest:,.0f} operations"
        yield Shortfall(cell.cell, law, by, cell.explained)


def below_agreement(cell: Cell, asked: float | None, share: float | None) -> Iterator[Shortfall]:
    """Where fewer answers than asked for, per cent, are those of Keras."""
    if asked is not None:
        missing = None if share is None else asked - 100 * share
        yield from _unless_reached(cell, f"{asked:g} % as Keras", missing)


def _unless_reached(cell: Cell, law: str, missing: float | None) -> Iterator[Shortfall]:
    """A shortfall where points are missing, or their number is."""
    if missing is None or missing > ROUNDING:
        by = "everything" if missing is None else _points(missing)
        yield Shortfall(cell.cell, law, by, cell.explained)


def _far_from_published(cell: Cell, lines: Lines) -> Iterator[Shortfall]:
    if cell.within_points is None:
        return
    for line in lines:
        published = _published(cell, line)
        if published is None:
            continue
        away = abs(100 * line["accuracy"] - published)
        if away > cell.within_points + ROUNDING:
            at = count_of(line["steps"], "step", "steps")
            law = f"within {cell.within_points:g} points of {published:g} % at {at}"
            by = _points(away - cell.within_points)
            yield Shortfall(cell.cell, law, by, cell.explained, line["steps"])


def _published(cell: Cell, line: Mapping[str, Any]) -> float | None:
    """The published figure beside a line, per cent; a cell that is looked at once has one."""
    if cell.published is None:
        return None
    figures = cell.published.accuracy_percent
    if not cell.durations:
        return next(iter(figures.values()))
    return figures.get(line["steps"])


def _points(points: float) -> str:
    return f"{points:.2f} points"


# What is shown


def _ann_side(row: NetworkRow, keras: Mapping[str, Any]) -> Side:
    published = row.published.ann_accuracy_percent
    own = 100 * keras["ann_accuracy"]
    of = row.published.images
    own_images = keras["images"]
    return Side("ANN", None, published, own, own, own_images, is_ann=True, published_images=of)


def _beside(lines: Lines) -> Iterator[Side]:
    """ANNarchy's own converter, and ours on the same images."""
    for line in lines:
        if line["cell"] in (OWN_CONVERTER, OURS_BESIDE):
            yield _own_side(line["cell"], line)


def _own_side(cell: str, line: Mapping[str, Any]) -> Side:
    """A line without a published figure."""
    ann, own = 100 * line["ann_accuracy"], 100 * line["accuracy"]
    return Side(cell, line["steps"], None, ann, own, line["images"])


def _sides(cell: Cell, lines: Lines) -> Iterator[Side]:
    of = None if cell.published is None else cell.published.images
    for line in lines:
        published = _published(cell, line)
        yield Side(
            cell.cell,
            line["steps"],
            published,
            100 * line["ann_accuracy"],
            100 * line["accuracy"],
            line["images"],
            line["synaptic_operations_per_image"],
            published_images=None if published is None else of,
        )
