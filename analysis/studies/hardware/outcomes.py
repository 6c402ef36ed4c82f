"""What became of a row of sizes, and of ODIN's demonstration, by the committed files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....errors import SpikewattError
from ...report.numbers import with_prefix
from ..kinds.odin import OdinRow
from ..kinds.size import SizeRow
from ..outcome import Outcome, Shortfall, Side
from ..results import PRICES, RESULTS, Results
from .run_odin import TWIN
from .size_table import CLOCK, LUTS

MEGA = 1e6


def sizes_judged(row: SizeRow, committed: Results) -> Outcome:
    """A line per network; nothing was published of them, and all have to be run."""
    lines = {line["cell"]: line for line in committed.of_row(row.row)}
    measures = committed.measures_of(row.row)
    sides, shortfalls, own = [], [], {}
    for run in row.runs:
        line = lines.get(run.run)
        if line is None:
            shortfalls.append(Shortfall(run.run, "is run", "everything"))
            continue
        placed = measures.get(run.run, {})
        sides.append(_side(run.run, line, note=_said(row, placed)))
        own[run.run] = {
            "accuracy_percent": 100 * line["accuracy"],
            "ann_accuracy_percent": 100 * line["ann_accuracy"],
            "images": line["images"],
            "energy_per_inference_j": _energies(row, run.run, committed),
            "placed_on": {row.pictured_on: placed},
        }

    return Outcome(row.row, row.title, {}, own, tuple(sides), tuple(shortfalls))


def _energies(row: SizeRow, run: str, committed: Results) -> dict[str, float]:
    """Target -> energy of an inference, J; None of one that refuses."""
    return {
        price["device"]: price["energy_j"]
        for price in committed.prices
        if (price["row"], price["cell"]) == (row.row, run)
    }


def _said(row: SizeRow, placed: Mapping[str, float]) -> str:
    """What a network takes of the FPGA that both sizes fit."""
    if not placed:
        return ""
    luts, clock_hz = placed[LUTS], placed[CLOCK]
    return f"{row.pictured_on}: {luts:,.0f} LUTs, {clock_hz / MEGA:.1f} MHz"


def odin_judged(row: OdinRow, committed: Results) -> Outcome:
    """Accuracy has to reach the published one, and energy must not exceed it.

    Raises
    ------
    SpikewattError : more than one line of the row, or not one price.
    """
    published = row.published.model_dump(exclude_none=True)
    lines = committed.of_row(row.row)
    if not lines:
        missing = (Shortfall(TWIN, "is run", "everything"),)
        return Outcome(row.row, row.title, published, {}, shortfalls=missing)

    line = _only(RESULTS, row, lines)
    price = _only(PRICES, row, [each for each in committed.prices if each["row"] == row.row])
    percent, asked = 100 * line["accuracy"], row.published.accuracy_percent
    own = {
        "accuracy_percent": percent,
        "images": line["images"],
        "energy_per_inference_j": price["energy_j"],
        "energy_per_inference_low_j": price["energy_low_j"],
        "energy_per_inference_high_j": price["energy_high_j"],
    }
    short = []
    if percent < asked:
        by = f"{asked - percent:.2f} points"
        short.append(Shortfall(TWIN, f"at least {asked:g} %", by, row.explained))
    energy_j, most_j = price["energy_j"], row.published.energy_per_inference_j
    if energy_j > most_j:
        law = f"at most {_energy(most_j)} an inference"
        by = f"{_energy(energy_j - most_j)}: it takes {energy_j / most_j:.1f} times as much"
        short.append(Shortfall(TWIN, law, by, row.explained))

    note = f"{_energy(energy_j)}; published: {_energy(most_j)}"
    side = replace(_side(TWIN, line, asked, note), published_images=row.published.images)
    return Outcome(row.row, row.title, published, own, (side,), tuple(short))


def _only(name: str, row: OdinRow, lines: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The one line of a row in a file."""
    if len(lines) != 1:
        law = f"has one line of the row {row.row}"
        raise SpikewattError(name, law, len(lines), 1)
    return lines[0]


def _energy(energy_j: float) -> str:
    return with_prefix(energy_j, "J")


def _side(
    cell: str,
    line: Mapping[str, Any],
    published_percent: float | None = None,
    note: str = "",
) -> Side:
    ann = line["ann_accuracy"]
    return Side(
        cell,
        line["steps"],
        published_percent,
        None if ann is None else 100 * ann,
        100 * line["accuracy"],
        line["images"],
        line["synaptic_operations_per_image"],
        note,
    )
