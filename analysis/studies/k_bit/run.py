"""Running and judging a k-bit row: as a network, and step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..cells.network_row import run_network_row
from ..cells.prepared import prepare
from ..judgement import judged
from ..outcome import Outcome
from ..places import Places
from ..results import Results, read_table, write_table
from .row import KBitRow
from .steps import per_image, steps_of_row

STEPS = "steps.csv"
STEP_COLUMNS = (
    "row",
    "step",
    "images",
    "neurons",
    "accuracy",
    "settled",
    "positive_spikes_per_image",
    "negative_spikes_per_image",
    "operations_per_image",
    "ann_operations",
)


def run_k_bit_row(study: str, row: KBitRow, places: Places) -> Results:
    """Lines of the tables for `row`; what it has done after each step goes into ``steps.csv``.

    Spikes and operations there are sums so far, operations by Zou's rule, as are those of one
    inference of the ANN; ``settled`` is the share of images whose outputs equal those of the exact
    code, and stay so.

    Raises
    ------
    SpikewattError : a ``steps.csv`` that is no such table, before anything is run.
    """
    read_steps(places.folder)  # refused now, and not after the work
    found = run_network_row(study, row, places)
    lines = per_image(steps_of_row(prepare(row, places), row))
    write_steps(places.folder, row.row, lines)
    return found


def outcome_of(row: KBitRow, committed: Results) -> Outcome:
    """As of any network, with what was published step by step."""
    outcome = judged(row, committed)
    if row.theirs is None:
        return outcome
    return replace(outcome, published={**outcome.published, "steps": row.theirs.model_dump()})


def write_steps(folder: Path, row: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Put the lines of one row into ``steps.csv``, in the place of those of its name."""
    import pandas as pd

    others = [line for line in read_steps(folder) if line["row"] != row]
    frame = pd.DataFrame(
        [*others, *({"row": row, **line} for line in lines)], columns=list(STEP_COLUMNS)
    )
    frame = frame.sort_values(["row", "step"], kind="stable")
    write_table(folder / STEPS, frame)


def read_steps(folder: Path) -> list[Mapping[str, Any]]:
    """The lines of ``steps.csv`` in `folder`; none where there is no such file.

    Raises
    ------
    SpikewattError : as `read_table`.
    """
    return read_table(folder / STEPS, STEP_COLUMNS)
