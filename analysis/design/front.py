"""The front: points that no other point beats on everything that matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...errors import SpikewattError, one_of

if TYPE_CHECKING:
    import pandas as pd

GOALS = ("least", "most")


def on_front(table: pd.DataFrame, goals: Mapping[str, str]) -> np.ndarray:
    """Which rows no other row dominates.

    A row dominates another if it is at least as good in every column and better in one. Equal rows
    do not dominate each other; a row with a missing value is never on the front.

    Parameters
    ----------
    table : DataFrame
        One row per point.
    goals : mapping of str
        Column -> ``least`` or ``most``, whichever is better.

    Returns
    -------
    ndarray of bool, (rows,)

    Raises
    ------
    SpikewattError
        No goals, a column that is not there, or another word.

    Examples
    --------
    >>> import pandas as pd
    >>> points = pd.DataFrame({"accuracy": [0.9, 0.9, 0.8], "energy_j": [2e-6, 3e-6, 1e-6]})
    >>> on_front(points, {"accuracy": "most", "energy_j": "least"}).tolist()
    [True, False, True]
    """
    if not goals:
        raise SpikewattError("on_front.goals", "must name a column", "none")
    for column, goal in goals.items():
        one_of("on_front.goals", "must name a column", column, list(map(str, table.columns)))
        one_of(f"on_front.goals[{column!r}]", "must be a goal", goal, GOALS)

    sign = np.array([1.0 if goal == "least" else -1.0 for goal in goals.values()])
    costs = table[list(goals)].to_numpy(float) * sign
    whole = np.flatnonzero(~np.isnan(costs).any(axis=1))

    found = np.zeros(len(table), bool)
    found[whole[_undominated(costs[whole])]] = True
    return found


def _undominated(costs: np.ndarray) -> np.ndarray:
    """Indices of the rows of `costs` (rows, goals) that no row dominates."""
    different, place = np.unique(costs, axis=0, return_inverse=True)
    kept = np.zeros(len(different), bool)

    # Sorted as they are, the first of the rest can only be dominated by one that was kept.
    rest = np.arange(len(different))
    while rest.size:
        first, others = rest[0], rest[1:]
        kept[first] = True
        better_somewhere = (different[others] < different[first]).any(axis=1)
        rest = others[better_somewhere]
    return np.flatnonzero(kept[place.reshape(-1)])
