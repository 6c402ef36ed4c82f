"""The three pictures of k-bit networks, both sides from a study's rows and committed files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....errors import SpikewattError
from ..results import Results
from ..study import Study
from .figures import (
    OURS,
    THEIRS,
    Curve,
    Side,
    operations_figure,
    sparsity_figure,
    speed_figure,
)
from .row import KBitRow
from .run import STEPS, read_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def k_bit_pictures(study: Study) -> dict[str, Figure]:
    """Name -> picture, of a study of k-bit networks.

    Raises
    ------
    SpikewattError : a row that was not run.
    """
    committed = study.committed()
    steps = read_steps(study.folder)
    rows = [row for row in study.rows if isinstance(row, KBitRow)]
    rows.sort(key=lambda row: row.theirs is None)  # so that both sides begin alike
    ours = [_own_curve(row, steps, committed) for row in rows]
    theirs = [_their_curve(row) for row in rows if row.theirs is not None]

    full = next(row for row in study.rows if not isinstance(row, KBitRow))
    published = float(full.published.ann_accuracy_percent)  # type: ignore[attr-defined]
    own = 100 * committed.of_row(full.row)[0]["ann_accuracy"]
    sides = (Side(THEIRS, theirs, published), Side(OURS, ours, own))
    neurons = int(max(line["neurons"] for line in steps))
    ann = max(line["ann_operations"] for line in steps)
    return {
        "accuracy_against_steps": speed_figure(sides),
        "sparsity": sparsity_figure(sides, neurons),
        "operations": operations_figure(sides, ann),
    }


def _own_curve(row: KBitRow, steps: Sequence[Mapping[str, Any]], committed: Results) -> Curve:
    lines = [line for line in steps if line["row"] == row.row]
    exact = [line for line in committed.of_row(row.row) if line["cell"] == row.exact.cell]
    if not lines or not exact:
        where = f"row {row.row}"
        raise SpikewattError(where, f"was run: {STEPS} and results.csv have it", "neither")
    last = lines[-1]
    moving = sum(line["settled"] < 1 for line in lines)
    return Curve(
        row.label,
        [100 * line["accuracy"] for line in lines[: moving + 1]],  # nothing changes after it
        last["positive_spikes_per_image"],
        last["negative_spikes_per_image"],
        last["operations_per_image"],
        exact[-1]["synaptic_operations_without_first_layer"],
    )


def _their_curve(row: KBitRow) -> Curve:
    theirs = row.theirs
    assert theirs is not None
    settled = max(theirs.operations)
    return Curve(
        row.label,
        theirs.accuracy_percent,
        theirs.positive_spikes,
        theirs.negative_spikes,
        theirs.operations[settled],
    )
