"""What became of a row: the published figures, ours, and by how much ours fall short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shortfall:
    """Something that was asked for, and not reached.

    Parameters
    ----------
    cell : str
        "" of the row as a whole.
    law : str
        What was asked, in words.
    by : str
        How much is missing, with its unit.
    explained : str, default ""
        Why, as its file says.
    steps : int or None, default None
        Where one number of steps is meant among several.
    """

    cell: str
    law: str
    by: str
    explained: str = ""
    steps: int | None = None

    def __str__(self) -> str:
        where = f"{self.cell}: " if self.cell else ""
        why = f" ({self.explained})" if self.explained else ""
        return f"{where}{self.law}; short by {self.by}{why}"


@dataclass(frozen=True)
class Side:
    """A line of the table: one of our cells beside what was published of it.

    Parameters
    ----------
    cell : str
    steps : int or None
        None of a network without steps.
    published_percent, ann_percent, own_percent : float or None
        Accuracies, in per cent; ANN is ours, on the same images.
    images : int or None
        Behind our accuracy.
    operations : float or None
        Synaptic operations per image.
    note : str, default ""
        What else there is to say.
    published_images : int or None, default None
        Behind the published accuracy.
    is_ann : bool, default False
        Whether it is the network itself, before its conversion; `published_percent` is theirs.
    """

    cell: str
    steps: int | None = None
    published_percent: float | None = None
    ann_percent: float | None = None
    own_percent: float | None = None
    images: int | None = None
    operations: float | None = None
    note: str = ""
    published_images: int | None = None
    is_ann: bool = False


@dataclass(frozen=True)
class Outcome:
    """A row, judged.

    Parameters
    ----------
    row, title : str
    published, own : mapping
        Figures, by names with units, as JSON shows them.
    sides : tuple of Side
        Lines of the printed table.
    shortfalls : tuple of Shortfall
        Empty where the row reaches what it asks for.
    """

    row: str
    title: str
    published: Mapping[str, Any]
    own: Mapping[str, Any]
    sides: tuple[Side, ...] = ()
    shortfalls: tuple[Shortfall, ...] = field(default=())

    @property
    def falls_short(self) -> bool:
        """Whether anything that was asked for is not reached."""
        return bool(self.shortfalls)

    @property
    def was_not_run(self) -> bool:
        """Whether it falls short because nothing of ours is there."""
        return self.falls_short and not any(self.own.values())
