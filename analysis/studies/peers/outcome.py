"""A row of published figures: a line for each, and one for each cell of ours beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..judgement import below_published_ann
from ..kinds.published_only import PublishedOnlyRow
from ..outcome import Outcome, Shortfall, Side
from ..places import Places
from ..results import Results


def run_published_only_row(study: str, row: PublishedOnlyRow, places: Places) -> Results:
    """Nothing: the cells beside it belong to other rows."""
    places.progress(row.row, 1, 1)
    return Results()


def published_only_outcome(row: PublishedOnlyRow, committed: Results) -> Outcome:
    """Theirs and ours; short where our ANN is below theirs, or no cell of ours was run."""
    theirs = row.published
    beside = {place: _line(committed, place) for place in row.beside}
    published = theirs.model_dump(exclude_none=True, exclude_defaults=True)
    published |= {"dataset": row.dataset, "network": row.network, "needs": row.needs}
    own = {place: _figures(line) for place, line in beside.items() if line is not None}

    known = "recalled" if theirs.recalled else ""
    ann, of = theirs.ann_accuracy_percent, theirs.images
    sides = [
        Side("theirs: ANN", published_percent=ann, note=known, is_ann=True, published_images=of)
    ]
    sides = sides if ann is not None else []
    for steps, percent in theirs.accuracy_percent.items():
        cell = f"theirs: T={steps}"
        sides.append(Side(cell, published_percent=percent, note=known, published_images=of))
    sides.extend(_side(place, line) for place, line in beside.items() if line is not None)

    shortfalls = tuple(_shortfalls(row, beside))
    return Outcome(row.row, row.title, published, {"beside": own}, tuple(sides), shortfalls)


def _shortfalls(
    row: PublishedOnlyRow, beside: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Shortfall]:
    """A cell that was not run is what its own row lacks; here it counts where there is no other."""
    if beside and not any(line is not None for line in beside.values()):
        yield Shortfall("", "has a cell of ours beside it that was run", "everything")

    asked = row.published.ann_accuracy_percent
    for place, line in beside.items():
        if line is not None:
            yield from below_published_ann(asked, line, place, row.explained)


def _line(committed: Results, place: str) -> Mapping[str, Any] | None:
    """The last line of a cell, ``row/cell``."""
    row, cell = place.split("/")
    found = [line for line in committed.of_row(row) if line["cell"] == cell]
    return found[-1] if found else None


def _figures(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "steps": line["steps"],
        "steps_per_layer": line["steps_per_layer"],
        "images": line["images"],
        "accuracy_percent": 100 * line["accuracy"],
        "ann_accuracy_percent": 100 * line["ann_accuracy"],
    }


def _side(place: str, line: Mapping[str, Any]) -> Side:
    return Side(
        place,
        steps=line["steps"],
        ann_percent=100 * line["ann_accuracy"],
        own_percent=100 * line["accuracy"],
        images=line["images"],
        operations=line["synaptic_operations_per_image"],
    )
