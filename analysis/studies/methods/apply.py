"""A method on a network: settings chosen on validation images, then the test images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..kinds.method import MethodRow
from .applied import Applied, static
from .exits import early_exit
from .planes import allocated, monitored, waking
from .pruning import pruned
from .stages import stages
from .subject import Subject

METHODS: dict[str, Callable[[MethodRow, Subject, Path], Applied]] = {
    "stages": stages,
    "allocate": allocated,
    "monitor": monitored,
    "wake": waking,
    "early_exit": early_exit,
    "prune": pruned,
}


def unchanged(row: MethodRow, subject: Subject) -> Applied:
    """The network without the method."""
    return static(subject, subject.network, row.without.steps)


def applied(row: MethodRow, subject: Subject, folder: Path) -> Applied:
    """The network with the method of the row.

    Parameters
    ----------
    row : MethodRow
    subject : Subject
    folder : Path
        Of the study, with what was made before.

    Raises
    ------
    SpikewattError : a budget that cannot be met.
    """
    return METHODS[row.method.name](row, subject, folder)
