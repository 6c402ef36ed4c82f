"""What became of a row of sizes, and of ODIN's demonstration, by the committed files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..kinds.odin import OdinRow
from ..kinds.size import SizeRow
from ..outcome import Outcome, Shortfall, Side
from ..results import Results
from .run_odin import TWIN


def sizes_judged(row: SizeRow, committed: Results) -> Outcome:
    """A line per network; nothing was published of them, and all have to be run."""
    lines = {line["cell"]: line for line in committed.of_row(row.row)}
    sides, shortfalls, own = [], [], {}
    for run in row.runs:
        line = lines.get(run.run)
        if line is None:
            shortfalls.append(Shortfall(run.run, "is run", "everything"))
            continue
        sides.append(_side(run.run, line))
        own[run.run] = {
            "accuracy_percent": 100 * line["accuracy"],
            "ann_accuracy_percent": 100 * line["ann_accuracy"],
            "images": line["images"],
            "energy_per_inference_j": _energies(row, run.run, committed),
        }

    return Outcome(row.row, row.title, {}, own, tuple(sides), tuple(shortfalls))


def _energies(row: SizeRow, run: str, committed: Results) -> dict[str, float]:
    """Target -> energy of an inference, J; None of one that refuses."""
    return {
        price["device"]: price["energy_j"]
        for price in committed.prices
        if (price["row"], price["cell"]) == (row.row, run)
    }


def odin_judged(row: OdinRow, committed: Results) -> Outcome:
    """Accuracy has to reach the published one; energies stand beside each other."""
    published = row.published.model_dump(exclude_none=True)
    lines = committed.of_row(row.row)
    if not lines:
        missing = (Shortfall(TWIN, "is run", "everything"),)
        return Outcome(row.row, row.title, published, {}, shortfalls=missing)

    (line,) = lines
    (price,) = [price for price in committed.prices if price["row"] == row.row]
    percent, asked = 100 * line["accuracy"], row.published.accuracy_percent
    own = {
        "accuracy_percent": percent,
        "images": line["images"],
        "energy_per_inference_j": price["energy_j"],
        "energy_per_inference_low_j": price["energy_low_j"],
        "energy_per_inference_high_j": price["energy_high_j"],
    }
    short = ()
    if percent < asked:
        short = (Shortfall(TWIN, f"at least {asked:g} %", f"{asked - percent:.2f} points"),)
    side = replace(_side(TWIN, line, asked), published_images=row.published.images)
    return Outcome(row.row, row.title, published, own, (side,), short)


def _side(cell: str, line: Mapping[str, Any], published_percent: float | None = None) -> Side:
    ann = line["ann_accuracy"]
    return Side(
        cell,
        line["steps"],
        published_percent,
        None if ann is None else 100 * ann,
        100 * line["accuracy"],
        line["images"],
        line["synaptic_operations_per_image"],
    )
