"""What became of a row of a benchmark: accuracy, agreement, and the measured boards beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..judgement import below_agreement, below_aims, below_published_ann, otherwise_run
from ..outcome import Outcome, Shortfall, Side
from ..results import Results
from ..row import INT8, KERAS
from .boards import measured_rows

if TYPE_CHECKING:
    from ..kinds.benchmark import BenchmarkCell, BenchmarkRow

Line = Mapping[str, Any]


def benchmark_judged(row: BenchmarkRow, committed: Results) -> Outcome:
    """The outcome of a row from its lines in the committed files."""
    lines = {line["cell"]: line for line in committed.of_row(row.row)}
    measures = committed.measures_of(row.row)
    published = row.published.model_dump(exclude_none=True, exclude_defaults=True)
    published["measured_on_boards"] = measured_rows(row.benchmark)

    sides, own = [], {}
    for cell in (KERAS, INT8, *(cell.cell for cell in row.cells)):
        if line := lines.get(cell):
            sides.append(_side(row, cell, line, measures.get(cell, {})))
            own[cell] = _figures(line, measures.get(cell, {}))

    shortfalls = [*_of_the_ann(row, lines.get(KERAS))]
    for cell in row.cells:
        line = lines.get(cell.cell)
        shortfalls.extend(_of_a_cell(cell, line, measures.get(cell.cell, {})))
        if line is not None:
            shortfalls.extend(otherwise_run(cell, line, row.inputs.samples))
    return Outcome(row.row, row.title, published, {"cells": own}, tuple(sides), tuple(shortfalls))


def _side(row: BenchmarkRow, cell: str, line: Line, measures: Mapping[str, float]) -> Side:
    theirs = row.published.ann_accuracy_percent if cell == KERAS else None
    return Side(
        "ANN" if cell == KERAS else cell,
        line["steps"],
        theirs,
        _percent(line["ann_accuracy"]),
        _percent(line["accuracy"]),
        line["images"],
        line["synaptic_operations_per_image"],
        published_images=row.published.images if cell == KERAS else None,
        note="" if cell == KERAS else said(measures),
        is_ann=cell == KERAS,
    )


def said(measures: Mapping[str, float]) -> str:
    """How near to Keras, in a few words.

    Examples
    --------
    >>> said({"agreement": 0.99, "usual": 0.9, "agreement_elsewhere": 0.95})
    '99.0 % as Keras (95.0 % where it says the rarer)'
    >>> said({"agreement": 0.98, "score_correlation": 0.97, "score_error": 0.036})
    '98.0 % as Keras; scores correlate by 0.970, 3.6 % apart'
    """
    if "agreement" not in measures:
        return ""
    text = f"{100 * measures['agreement']:.1f} % as Keras"
    if "agreement_elsewhere" in measures:
        text += f" ({100 * measures['agreement_elsewhere']:.1f} % where it says the rarer)"
    if "score_correlation" in measures:
        error = 100 * measures["score_error"]
        text += f"; scores correlate by {measures['score_correlation']:.3f}, {error:.1f} % apart"
    return text


def _figures(line: Line, measures: Mapping[str, float]) -> dict[str, Any]:
    """What JSON says of a cell."""
    figures = {
        "steps": line["steps"],
        "inputs": line["images"],
        "accuracy_percent": _percent(line["accuracy"]),
        "ann_accuracy_percent": _percent(line["ann_accuracy"]),
        "spikes_per_image": line["spikes_per_image"],
        "synaptic_operations_per_image": line["synaptic_operations_per_image"],
        "multiply_accumulates": line["multiply_accumulates"],
    }
    return {key: value for key, value in figures.items() if value is not None} | dict(measures)


# What falls short


def _of_the_ann(row: BenchmarkRow, keras: Line | None) -> Iterator[Shortfall]:
    if keras is None:
        yield Shortfall("", "is run", "everything")
        return
    yield from below_published_ann(row.published.ann_accuracy_percent, keras)


def _of_a_cell(
    cell: BenchmarkCell, line: Line | None, measures: Mapping[str, float]
) -> Iterator[Shortfall]:
    if line is None:
        yield Shortfall(cell.cell, "is run", "everything")
        return
    yield from below_aims(cell, line)
    if cell.agrees is not None:
        yield from _far_from_keras(cell, measures)


def _far_from_keras(cell: BenchmarkCell, measures: Mapping[str, float]) -> Iterator[Shortfall]:
    asked = cell.agrees
    assert asked is not None
    yield from below_agreement(cell, asked.agreement_percent, measures["agreement"])
    if asked.score_correlation is not None:
        own = measures["score_correlation"]
        if own < asked.score_correlation:
            law = f"scores that correlate by {asked.score_correlation:g} with those of Keras"
            by = f"{asked.score_correlation - own:.4f}"
            yield Shortfall(cell.cell, law, by, cell.explained)
    if asked.score_error_percent is not None:
        own = 100 * measures["score_error"]
        if own > asked.score_error_percent:
            law = f"scores {asked.score_error_percent:g} % from those of Keras"
            by = f"{own - asked.score_error_percent:.2f} points"
            yield Shortfall(cell.cell, law, by, cell.explained)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
