"""The mesh: cores in a square, row by row in the order of their placement, and its links.

An event goes first along its row, then along the column, once for each core that listens
(unicast). It leaves by the port of its own core, crosses the links between, and enters by the port
of the other: each of these carries one event after the other. What comes from outside enters
beside core 0, and results leave there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isqrt

import numpy as np

OUTSIDE_CORE = 0  # beside which the port to the outside lies
EAST, WEST, SOUTH, NORTH, OUT, IN = range(6)  # links of one core: to its neighbours and its own


@dataclass(frozen=True, eq=False)
class Flow:
    """Events from core to core for one spike of a population, on average.

    Parameters
    ----------
    source, target : ndarray of int, (flows,)
        Cores, two different ones.
    events : ndarray, (flows,)
        Of each pair.
    """

    source: np.ndarray
    target: np.ndarray
    events: np.ndarray


@dataclass(frozen=True)
class Mesh:
    """A square of cores, the last row of which may not be full.

    Parameters
    ----------
    cores : int

    Examples
    --------
    >>> mesh = Mesh(5)  # 0 1 2 / 3 4
    >>> mesh.columns, mesh.rows, mesh.longest_way
    (3, 2, 3)
    >>> mesh.hops(np.array([0]), np.array([4])).tolist()
    [2]
    """

    cores: int

    @property
    def columns(self) -> int:
        """Cores of a full row."""
        return isqrt(self.cores - 1) + 1

    @property
    def rows(self) -> int:
        """Rows, the last one included."""
        return ceil(self.cores / self.columns)

    @property
    def longest_way(self) -> int:
        """Hops from one corner to the other."""
        return self.columns - 1 + self.rows - 1

    def hops(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Links between cores on the way from `source` to `target`."""
        from_row, from_column = np.divmod(source, self.columns)
        to_row, to_column = np.divmod(target, self.columns)
        return np.abs(from_row - to_row) + np.abs(from_column - to_column)

    def event_hops(self, flow: Flow) -> float:
        """Events times hops."""
        return float((flow.events * self.hops(flow.source, flow.target)).sum())

    def loads(self, flow: Flow) -> np.ndarray:
        """(links,) events that pass each link, ports of the cores included.

        Examples
        --------
        >>> one = Flow(np.array([0]), np.array([4]), np.array([2.0]))
        >>> float(Mesh(5).loads(one).sum())  # out of core 0, two links, into core 4
        8.0
        """
        columns, rows = self.columns, self.rows
        from_row, from_column = np.divmod(flow.source, columns)
        to_row, to_column = np.divmod(flow.target, columns)

        loads = np.zeros((6, rows, columns))
        change = np.zeros((4, rows + 1, columns + 1))
        for direction, row, start, stop in (
            (EAST, from_row, from_column, to_column),
            (WEST, from_row, to_column, from_column),
        ):
            along = start < stop
            np.add.at(change[direction], (row[along], start[along]), flow.events[along])
            np.add.at(change[direction], (row[along], stop[along]), -flow.events[along])
            loads[direction] = np.cumsum(change[direction], axis=1)[:rows, :columns]
        for direction, start, stop in ((SOUTH, from_row, to_row), (NORTH, to_row, from_row)):
            along = start < stop
            column = to_column[along]
            np.add.at(change[direction], (start[along], column), flow.events[along])
            np.add.at(change[direction], (stop[along], column), -flow.events[along])
            loads[direction] = np.cumsum(change[direction], axis=0)[:rows, :columns]

        np.add.at(loads[OUT], (from_row, from_column), flow.events)
        np.add.at(loads[IN], (to_row, to_column), flow.events)
        return loads.ravel()


def undominated(rows: np.ndarray) -> np.ndarray:
    """Those of (rows, columns) that no other one reaches in every column, each once.

    For any weights that are not negative, the largest weighted sum is one of theirs.

    Examples
    --------
    >>> undominated(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0], [1.0, 2.0]])).tolist()
    [[1.0, 2.0], [2.0, 1.0]]
    """
    different = np.unique(rows, axis=0)
    order = np.argsort(-different.sum(axis=1), kind="stable")
    kept = np.empty_like(different)
    number = 0
    for row in different[order]:
        if not (kept[:number] >= row).all(axis=1).any():
            kept[number] = row
            number += 1
    return kept[:number]
