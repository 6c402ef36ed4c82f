"""What several trainings of a size, alike, are right on: the median, and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low

from ....errors import SpikewattError
from ..results import RESULTS
from .facts import SIZES, Line, SizeFacts

FLOAT, FEW_BITS = "", "-k4"  # how a network is trained


@dataclass(frozen=True)
class Spread:
    """Lines of the same cell, a training each, in the order of their accuracy.

    Parameters
    ----------
    lines : tuple of Line
    """

    lines: tuple[Line, ...]

    @property
    def middle(self) -> Line:
        """The line whose accuracy is the (lower) median."""
        return self.lines[(len(self.lines) - 1) // 2]

    @property
    def accuracies(self) -> list[float]:
        """Shares, the lowest first."""
        return [line["accuracy"] for line in self.lines]

    @property
    def ends(self) -> str:
        """The lowest and the highest, in per cent."""
        return f"{percent(self.accuracies[0])} to {percent(self.accuracies[-1])}"

    def __str__(self) -> str:
        return f"{percent(self.middle['accuracy'])} ({self.ends})"

    @property
    def operations(self) -> float | None:
        """Median of the synaptic operations per image; None of what does not spike."""
        counted = [line["synaptic_operations_per_image"] for line in self.lines]
        return None if None in counted else median_low(counted)


def spread_of(facts: SizeFacts, size: int, cell: str, trained: str = FLOAT) -> Spread:
    """A cell of all trainings of a size.

    Parameters
    ----------
    facts : SizeFacts
    size : int
        Hidden neurons.
    cell : str
    trained : str, default FLOAT
        FLOAT, or FEW_BITS for the networks that are fine-tuned for K = 4 bits.

    Raises
    ------
    SpikewattError : the results hold none.
    """
    rows = f"mlp-{size}{trained}-s"  # and a seed
    lines = [
        line
        for line in facts.results.lines
        if line["cell"] == cell and line["row"].startswith(rows)
    ]
    if not lines:
        law = "holds several trainings of each size"
        raise SpikewattError(str(facts.folder / RESULTS), law, f"no {rows}…, {cell}")
    return Spread(tuple(sorted(lines, key=lambda line: line["accuracy"])))


def percent(share: float) -> str:
    """Of a share, with two digits after the point.

    >>> percent(0.9711)
    '97.11'
    """
    return f"{100 * share:.2f}"


def both(facts: SizeFacts, cell: str, trained: str = FLOAT) -> list[Spread]:
    """The same of the smaller and of the larger size."""
    return [spread_of(facts, size, cell, trained) for size in SIZES.values()]


def trainings(facts: SizeFacts, cell: str) -> int:
    """How many there are of each size."""
    return min(len(spread.lines) for spread in both(facts, cell))
