"""Early exit: a streaming code stops at the step at which it is sure."""

from __future__ import annotations

from pathlib import Path

from ....sim.engines.simulate import simulate
from ....sim.staged.choosing.exits import choose_exit
from ....sim.staged.exited import run_early_exit
from ..cells.conversion import ENGINE
from ..kinds.method import MethodRow
from .applied import VALIDATED, Applied
from .subject import Subject


def early_exit(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """The threshold, the first step, and how many in a row."""
    steps = row.without.steps
    trace = simulate(subject.network, subject.validation, ENGINE, steps)
    choice = choose_exit(
        trace, subject.validation_labels, budget_points=row.method.settings.budget_points
    )
    rule = choice.rule
    work = run_early_exit(subject.network, subject.prepared.test, rule, steps=steps)
    said = (
        f"stops after {rule.consecutive} steps in a row, from step {rule.first_step} on, at "
        f"{rule.threshold:g} of the largest margin; {choice.lost_points:.2f} {VALIDATED}"
    )
    return Applied(work, (subject.network,), subject.network.hash, None, said)
