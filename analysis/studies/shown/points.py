"""What the figure over all rows shows: each priced line of the committed tables once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....energy.bill import INT8 as INT8_WORKLOAD
from ..row import INT8, RowFile
from ..study import Study
from ..table import outcomes

AS_KERAS = ""  # panel of rows without labels, whose agreement with Keras stands for accuracy
ANN = "ANN"  # how the cell of an ANN ends, ours or theirs


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
    """From an ANN to its spikes, in per cent: as published, and ours; None of what nobody has."""

    study: str
    row: str
    panel: str
    published: tuple[float | None, float]
    own: tuple[float, float] | None


@dataclass(frozen=True)
class Shown:
    """All that the figure draws, and what it only counts.

    Parameters
    ----------
    points : tuple of Point
    losses : tuple of Loss
        Of rows whose spiking accuracy was published.
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


def shown_of(studies: Iterable[Study]) -> Shown:
    """What the committed tables of the studies say."""
    points: list[Point] = []
    losses: list[Loss] = []
    refused = 0
    for study in studies:
        found = list(_points(study))
        points.extend(found)
        losses.extend(_losses(study))
        refused += sum(1 for price in study.committed().prices if price["refused"])
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


def _is_ann(cell: str) -> bool:
    return cell.endswith(ANN) or cell == INT8


def _losses(study: Study) -> Iterator[Loss]:
    """The last published figure of a row, and our first cell's, which is its default."""
    for row, outcome in zip(study.rows, outcomes(study), strict=True):
        spiking = [side for side in outcome.sides if not _is_ann(side.cell)]
        published = [each.published_percent for each in spiking if each.published_percent]
        if not published:
            continue
        ann = next((s.published_percent for s in outcome.sides if s.cell.endswith(ANN)), None)
        own = next(
            (
                (side.ann_percent, side.own_percent)
                for side in spiking
                if side.ann_percent is not None and side.own_percent is not None
            ),
            None,
        )
        yield Loss(study.name, row.row, panel_of(row), (ann, published[-1]), own)
