"""Stages: the first planes for all images, all planes for those of which that is not sure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....sim.gating.planes import mean_planes
from ....sim.staged.choosing.stages import choose_stages
from ....sim.staged.run import run_staged
from ..cells.conversion import converted
from ..cells.prepared import prepare
from ..kinds.method import MethodRow
from ..row import Cell
from .applied import Applied
from .subject import Subject, as_network_row


def stages(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """The planes of the first stage, and the threshold."""
    asked = row.method.stages
    assert asked is not None
    first: list[Any] = list(asked.first)
    if asked.weights == "own":
        of = subject.prepared
        if asked.network is not None:
            of = prepare(as_network_row(row, asked.network), of.places)
        first = [converted(of, _with_steps(row.as_cell(), steps)) for steps in asked.first]
    choice = choose_stages(
        first,
        subject.network,
        subject.validation,
        None if asked.agree else subject.validation_labels,
        budget_points=asked.budget_points,
    )
    work = run_staged(choice.staged, subject.prepared.test)
    networks, rule = choice.staged.stages, choice.staged.rule
    said = (
        f"{mean_planes(networks[0]):g} planes first; {choice.shares[-1]:.1%} of the validation "
        f"images go on, below {rule.threshold:.4f} of the largest margin; "
        f"{choice.lost_points:.2f} points lost there"
    )
    return Applied(work, networks, choice.staged.hash, work.mean_planes(), said)


def _with_steps(cell: Cell, steps: int) -> Cell:
    return cell.model_copy(update={"convert": {**cell.convert, "steps": steps}})
