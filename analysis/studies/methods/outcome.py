"""Whether a method saves what its row asks for, and by how much it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..judgement import ROUNDING, otherwise_run
from ..kinds.method import CELLS, WITH, WITHOUT, MethodRow
from ..outcome import Outcome, Shortfall, Side
from ..results import Results

DECIMALS = 7
# What a row asks for -> column of ``methods.csv``, and what it is called.
LEAST = {
    "operations_saved_percent": ("operations_saved", "operations saved"),
    "nonzero_operations_saved_percent": (
        "nonzero_operations_saved",
        "operations of weights that are not 0 saved",
    ),
    "energy_saved_percent": ("energy_saved", "energy saved"),
    "memory_saved_percent": ("memory_saved", "memory saved"),
    "cores_saved_percent": ("cores_saved", "cores saved"),
}
MOST = {
    "mean_planes_percent": ("planes_share", "mean planes"),
    "mean_steps_percent": ("steps_share", "mean steps"),
}
OF_A_DEVICE = ("energy_saved_percent", "memory_saved_percent", "cores_saved_percent")

Line = Mapping[str, Any]


def method_judged(row: MethodRow, committed: Results) -> Outcome:
    """The outcome of a row from its lines in ``results.csv`` and ``methods.csv``.

    Both cells have to be run as the row says, and that with the method to reach its aim.
    """
    by_cell = {line["cell"]: line for line in committed.of_row(row.row)}
    if not by_cell:
        missing = (Shortfall("", "is run", "everything"),)
        return Outcome(row.row, row.title, {}, {}, shortfalls=missing)

    methods = [line for line in committed.methods if line["row"] == row.row]
    with_it = [line for line in methods if line["cell"] == WITH]
    shortfalls = [*_not_run(row, by_cell), *_below_aims(row, with_it)]
    sides = [_side(row, by_cell[cell], with_it) for cell in CELLS if cell in by_cell]
    own = {
        "cells": {
            cell: [
                {key: value for key, value in line.items() if key not in ("study", "row", "cell")}
                for line in methods
                if line["cell"] == cell
            ]
            for cell in CELLS
        },
        "accuracy_percent": {
            cell: round(100 * line["accuracy"], DECIMALS) for cell, line in by_cell.items()
        },
        "aim": row.aim.model_dump(exclude_none=True),
    }
    return Outcome(row.row, row.title, {}, own, tuple(sides), tuple(shortfalls))


def _not_run(row: MethodRow, by_cell: Mapping[str, Line]) -> Iterator[Shortfall]:
    cell = row.as_cell()
    for name in CELLS:
        if name not in by_cell:
            yield Shortfall(name, "is run", "everything")
            continue
        images = by_cell[WITHOUT]["images"] if row.trained else row.images
        for each in otherwise_run(cell, by_cell[name], images):
            yield Shortfall(name, each.law, each.by, each.explained, each.steps)


def _below_aims(row: MethodRow, lines: list[Line]) -> Iterator[Shortfall]:
    """Each part of the aim; of energy, memory and cores on the device that it names."""
    aim = row.aim.model_dump(exclude_none=True)
    if not lines:
        return
    on_device = next((line for line in lines if line["device"] == row.aim.device), {})
    for name, asked in aim.items():
        line: Line = on_device if name in OF_A_DEVICE else lines[0]
        if name in LEAST:
            column, words = LEAST[name]
            value = line.get(column)
            law = f"at least {asked:g} % of {words.removesuffix(' saved')} saved"
            missing = None if value is None else asked - 100 * value
        elif name in MOST:
            column, words = MOST[name]
            value = line.get(column)
            law = f"{words} at most {asked:g} % of all"
            missing = None if value is None else 100 * value - asked
        elif name == "points_lost":
            law = f"at most {asked:g} points lost"
            missing = 100 * lines[0]["accuracy_lost"] - asked
        else:
            continue
        if name in OF_A_DEVICE:
            law += f" on {row.aim.device}"
        if missing is None or missing > ROUNDING:
            by = "everything" if missing is None else f"{missing:.2f} points"
            yield Shortfall(WITH, law, by, row.explained)


def _side(row: MethodRow, line: Line, methods: list[Line]) -> Side:
    note = _note(row, methods) if line["cell"] == WITH else ""
    return Side(
        line["cell"],
        line["steps"],
        None,
        100 * line["ann_accuracy"],
        100 * line["accuracy"],
        line["images"],
        line["synaptic_operations_per_image"],
        note,
    )


def _note(row: MethodRow, lines: list[Line]) -> str:
    """What it saves, and loses, in a line."""
    if not lines:
        return ""
    line = next((each for each in lines if each["device"] == row.aim.device), lines[0])
    of_device = f" on {line['device']}"
    said = [f"{-100 * line['accuracy_lost']:+.2f} points"]
    parts = (
        ("operations_saved", "operations", ""),
        ("nonzero_operations_saved", "operations without zero weights", ""),
        ("energy_saved", "energy", of_device),
        ("memory_saved", "memory", of_device),
    )
    for column, words, where in parts:
        value = line[column]
        if value is not None and not (column == "memory_saved" and abs(value) < 0.005):
            if column == "nonzero_operations_saved" and row.method.prune is None:
                continue
            said.append(f"{-100 * value:+.1f} % {words}{where}")
    if line["planes_share"] is not None and row.method.prune is None:
        said.append(f"{100 * line['planes_share']:.0f} % of the planes")
    if row.method.early_exit is not None:
        said.append(f"{100 * line['steps_share']:.0f} % of the steps")
    return ", ".join(said).replace("-", "−")
