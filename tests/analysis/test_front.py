"""Law: the front is what a comparison of every pair leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spikewatt import SpikewattError
from spikewatt.analysis.design.front import on_front

POINTS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=40)


@given(POINTS)
def test_front_is_what_no_pair_dominates(points):
    table = pd.DataFrame(points, columns=["accuracy", "energy_j", "time_s"])
    costs = table.to_numpy() * [-1, 1, 1]

    expected = []
    for row in costs:
        at_least_as_good = (costs <= row).all(axis=1)
        better = (costs < row).any(axis=1)
        expected.append(not (at_least_as_good & better).any())

    goals = {"accuracy": "most", "energy_j": "least", "time_s": "least"}
    assert on_front(table, goals).tolist() == expected


def test_missing_values_are_never_on_the_front():
    table = pd.DataFrame({"energy_j": [np.nan, 2.0, 1.0]})
    assert on_front(table, {"energy_j": "least"}).tolist() == [False, False, True]


def test_unknown_columns_and_goals_are_errors():
    table = pd.DataFrame({"energy_j": [1.0]})
    with pytest.raises(SpikewattError, match="on_front.goals: must name a column; got 'energy'"):
        on_front(table, {"energy": "least"})
    with pytest.raises(SpikewattError, match="must be a goal; got 'smallest'"):
        on_front(table, {"energy_j": "smallest"})
    with pytest.raises(SpikewattError, match="must name a column; got none"):
        on_front(table, {})
