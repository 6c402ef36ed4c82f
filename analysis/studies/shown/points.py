"""What the figure over all rows shows: each priced line of the committed tables once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....energy.bill import INT8 as INT8_WORKLOAD
from ..outcome import Side
from ..row import INT8, RowFile
from ..study import Study
from ..table import outcomes

LOW = 0.4  # height of a panel of one row
AS_KERAS = ""  # panel of rows without labels, whose agreement with Keras stands for accuracy


@dataclass(frozen=True)
class Point:
    """A priced line with the accuracy of what was priced.

    Parameters
    ----------
    study, row, cell : str
    steps : int or None
        None of an int8 network.
    panel : str
        Data set; "" where nobody knows the classes, and `percent` is agreement with Keras.
    device : str
    is_int8 : bool
        The row's network in int8; else as spikes.
    energy_j, energy_low_j, energy_high_j : float
        Of an inference.
    percent : float
        Accuracy, or agreement.
    """

    study: str
    row: str
    cell: str
    steps: int | None
    panel: str
    device: str
    is_int8: bool
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    percent: float


@dataclass(frozen=True)
class Loss:
    """From an ANN to its spikes, as published, and of the cell that its row puts beside it.

    Parameters
    ----------
    study, row, cell : str
    steps : int or None
        Of ours.
    panel : str
        As of `Point`.
    published, own : tuple of float
        Accuracy of the ANN (None where nobody has it), and of its spikes, per cent.
    """

    study: str
    row: str
    cell: str
    steps: int | None
    panel: str
    published: tuple[float | None, float]
    own: tuple[float | None, float]


@dataclass(frozen=True)
class Shown:
    """All that the figure draws, and what it only counts.

    Parameters
    ----------
    points : tuple of Point
    losses : tuple of Loss
        Of cells with a published spiking accuracy beside them; figures of peers stand beside none.
    refused : int
        Lines of devices that refuse a network; there is nothing to draw of them.
    """

    points: tuple[Point, ...]
    losses: tuple[Loss, ...]
    refused: int

    @property
    def panels(self) -> list[str]:
        """Data sets of which something is priced, by their names, then rows without labels."""
        names = {each.panel for each in self.points}
        return sorted(names, key=lambda name: (name == AS_KERAS, name))

    def height(self, panel: str) -> float:
        """Of a panel, as a share of the others': one row alone needs little room."""
        rows = {(each.study, each.row) for each in self.points if each.panel == panel}
        return 1.0 if len(rows) > 1 else LOW


def shown_of(studies: Iterable[Study]) -> Shown:
    """What the committed tables of the studies say."""
    points: list[Point] = []
    losses: list[Loss] = []
    refused = 0
    for study in studies:
        found = list(_points(study))
        points.extend(found)
        losses.extend(_losses(study))
        refused += sum(
            1 for price in study.committed().prices if price["refused"] and price["cell"] != INT8
        )
    return Shown(tuple(points), tuple(losses), refused)


def panel_of(row: RowFile) -> str:
    """The data set of a row; "" where nobody knows the classes."""
    return getattr(row, "dataset", AS_KERAS)


def _points(study: Study) -> Iterator[Point]:
    """Int8 once per row and device: what it costs is the same beside each cell."""
    committed = study.committed()
    rows = {row.row: row for row in study.rows}
    lines = {(line["row"], line["cell"], line["steps"]): line for line in committed.lines}
    seen: set[tuple[str, str]] = set()

    for price in committed.prices:
        if price["refused"] or price["energy_j"] is None or price["row"] not in rows:
            continue
        is_int8 = price["workload"] == INT8_WORKLOAD
        if is_int8:
            key = (price["row"], price["device"])
            if key in seen:
                continue
            seen.add(key)
        cell, steps = (INT8, None) if is_int8 else (price["cell"], price["steps"])
        line = lines.get((price["row"], cell, steps))
        percent = None if line is None else _percent(line)
        if percent is None:
            continue  # TensorFlow Lite has no int8 kernel for a layer of this row
        yield Point(
            study.name, price["row"], cell, steps, panel_of(rows[price["row"]]),
            price["device"], is_int8, price["energy_j"],
            _or(price["energy_low_j"], price["energy_j"]),
            _or(price["energy_high_j"], price["energy_j"]), percent,
        )  # fmt: skip


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _percent(line: Mapping[str, Any]) -> float | None:
    share = line["agreement"] if line["accuracy"] is None else line["accuracy"]
    return None if share is None else 100 * share


def _losses(study: Study) -> Iterator[Loss]:
    """Per cell that a published figure stands beside: both, after the last steps that have one."""
    for row, outcome in zip(study.rows, outcomes(study), strict=True):
        ann = next((side.published_percent for side in outcome.sides if side.is_ann), None)
        for side in _last_beside(outcome.sides):
            assert side.published_percent is not None
            assert side.own_percent is not None
            theirs = (ann, side.published_percent)
            own = (side.ann_percent, side.own_percent)
            yield Loss(study.name, row.row, side.cell, side.steps, panel_of(row), theirs, own)


def _last_beside(sides: Iterable[Side]) -> Iterable[Side]:
    """Of each cell the last line that has both figures: theirs and ours are of the same steps."""
    both = (
        side
        for side in sides
        if not side.is_ann and side.published_percent is not None and side.own_percent is not None
    )
    return {side.cell: side for side in both}.values()
