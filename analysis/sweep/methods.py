"""How points of a space are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from ...errors import SpikewattError
from ...sim.network.named import Named, by_name
from .axes import Axis

DEFAULT_SAMPLES = 1000
DEFAULT_EVALUATIONS = 60


class Method(Named):
    """A way to choose points.

    Facts
    -----
    searches : what was found decides what is looked at next.
    default_points : how many it takes where nobody says; 0 for all there are.
    """

    searches: ClassVar[bool] = False
    default_points: ClassVar[int] = 0

    def check(self, where: str, points: int | None, blocks: Iterable[Sequence[Axis]]) -> None:
        """Raise SpikewattError where it cannot choose points of these axes."""

    def count(self, points: int | None) -> int:
        """How many points it takes; 0 for all there are."""
        return points or self.default_points


class Grid(Method):
    """Every point."""

    name = "grid"

    def check(self, where, points, blocks):
        """All axes have values; how many points there are is theirs to say."""
        if points is not None:
            law = "a grid takes all points"
            allowed = "the methods " + ", ".join(name for name in METHODS if name != self.name)
            raise SpikewattError(f"{where}: points", law, points, allowed)
        for axis in (axis for block in blocks for axis in block):
            if axis.continuous:
                law = "has points in a grid"
                raise SpikewattError(f"{where}: {axis.name}", law, "a range", "points: 10")


class LatinHypercube(Method):
    """Samples that fill the space evenly along each axis."""

    name = "latin_hypercube"
    default_points = DEFAULT_SAMPLES


class Tpe(Method):
    """Optuna's tree-structured Parzen estimator."""

    name = "tpe"
    searches = True
    default_points = DEFAULT_EVALUATIONS


class NsgaTwo(Method):
    """Optuna's NSGA-II, a genetic algorithm."""

    name = "nsga2"
    searches = True
    default_points = DEFAULT_EVALUATIONS


METHODS: dict[str, Method] = by_name((Grid(), LatinHypercube(), Tpe(), NsgaTwo()))
