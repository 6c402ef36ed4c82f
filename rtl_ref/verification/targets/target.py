"""A target of `spikewatt verify`: jobs that can run beside each other, and the rows they give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

Row = dict
Job = Callable[[], list[Row]]  # is sent to another process: a partial of a function of a module


@dataclass(frozen=True)
class Request:
    """What the caller wants.

    Parameters
    ----------
    engine : that networks are compared with, default ``batched``
    data_dir : path, folder with mnist.npz, default the variable SPIKEWATT_DATA
    """

    engine: str = "batched"
    data_dir: Path | None = None


class Target(ABC):
    """One kind of check.

    ``name`` is what a user writes; ``does`` says what is checked, ``against`` what it is compared
    with; ``unit`` is what ``compared`` counts.
    """

    name: ClassVar[str]
    does: ClassVar[str]
    against: ClassVar[str]
    unit: ClassVar[str] = "values compared"
    bad: ClassVar[str] = "mismatches"

    @abstractmethod
    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""

    @abstractmethod
    def jobs(self, request: Request) -> Sequence[Job]:
        """Independent pieces of the work, in the order of their rows."""

    def rows(self, results: Sequence[list[Row]]) -> list[Row]:
        """The rows of all jobs, each with ``what``, ``compared``, ``mismatches``, ``where``."""
        return [row for rows in results for row in rows]

    def summary(self, rows: Sequence[Row]) -> str:
        """What was found, in a line."""
        compared = sum(row["compared"] for row in rows)
        wrong = sum(row["mismatches"] for row in rows)
        return f"{self.name}: {compared:,} {self.unit}, {wrong:,} {self.bad}."
