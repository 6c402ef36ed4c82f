"""Measured chips. Published: Blouw et al. 2019, Ostrau et al. 2022, by the cards that users get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spikewatt
from spikewatt.analysis.studies.silicon import (
    ASKED,
    CONSTANTS,
    FITTED,
    HELD_OUT,
    LEFT_OUT,
    SAME_BOARD,
    WIDEST,
    asked_rows,
    silicon_frame,
    silicon_lines,
    silicon_rows,
)
from spikewatt.energy.pricing.price import price
from spikewatt.energy.silicon.workloads import keyword_spotter
from spikewatt.sim.counts.counts import Counts

EXAMPLE = Path(spikewatt.__file__).parent / "docs" / "examples" / "keyword_spotter.json"


@pytest.fixture(scope="module")
def rows():
    return {row.what: row for row in silicon_rows()}


def beginning(rows, *begins):
    found = [row for what, row in rows.items() if what.startswith(begins)]
    assert found
    return found


def test_blouw_2019_keyword_spotter_lies_in_its_range(rows):
    (dynamic,) = beginning(rows, "Loihi, keyword spotter, dynamic, time predicted")
    (total,) = beginning(rows, "Loihi, keyword spotter, total, time predicted")
    assert dynamic.inside
    assert total.inside
    assert dynamic.measured == pytest.approx(271.5e-6, rel=1e-3)
    assert dynamic.high / dynamic.low <= WIDEST


def test_blouw_2019_keyword_spotter_at_its_measured_time_is_within_10_percent(rows):
    for row in rows.values():
        if row.what.startswith("Loihi, keyword") and row.what.endswith("as measured"):
            assert row.inside
            assert abs(row.error) < 0.1
            assert row.high / row.low < 1.6


def test_blouw_2019_each_network_left_out_is_within_10_percent(rows):
    found = beginning(rows, "Loihi, scaling")
    assert len(found) == 14
    for row in found:
        assert row.worth == LEFT_OUT
        assert abs(row.error) <= 0.10
        assert row.inside
        assert row.high / row.low <= WIDEST


def test_blouw_2019_slope_without_each_network_is_within_15_percent(rows):
    found = [row for row in beginning(rows, "Loihi, slope") if row.worth == LEFT_OUT]
    assert len(found) == 7
    for row in found:
        assert row.measured * 1e12 == pytest.approx(661, abs=1)
        assert abs(row.error) <= 0.15
        assert row.high / row.low <= WIDEST


def test_davies_2018_alone_misses_the_slope_and_meets_the_intercept(rows):
    slope, intercept = [row for row in rows.values() if row.worth == CONSTANTS]
    assert slope.error < -0.7
    assert abs(intercept.error) < 0.1


def test_ostrau_2022_power_of_the_board_is_within_10_percent(rows):
    for board, worth in (("SpiNN-3", SAME_BOARD), ("SpiNN-5", HELD_OUT)):
        found = beginning(rows, board)
        assert len(found) == 5
        for row in found:
            assert row.worth == worth
            assert row.boundary == "board"
            assert abs(row.error) <= 0.10
            assert row.high / row.low <= WIDEST


def test_rows_say_what_they_are_worth(rows):
    worths = {row.worth for row in rows.values()}
    assert worths == {FITTED, SAME_BOARD, LEFT_OUT, HELD_OUT, CONSTANTS}
    assert all(row.worth == FITTED for row in beginning(rows, "Loihi 2, PilotNet, "))
    assert all(row.source for row in rows.values())


def test_asked_rows_are_found_and_lines_count(rows):
    every = list(rows.values())
    assert all(asked_rows(every, asked) for asked in ASKED)
    wrong = [row._replace(predicted=2 * row.measured) for row in every]
    assert "asked and missed" not in " ".join(silicon_lines(every))
    assert "asked and missed" in silicon_lines(wrong)[-1]
    frame = silicon_frame(every)
    assert frame["inside"].sum() == sum(row.inside for row in every)


def test_the_example_of_the_readme_is_the_keyword_spotter():
    found = Counts.load(EXAMPLE)
    assert found == keyword_spotter()
    assert json.loads(EXAMPLE.read_text())["steps"] == 10


def test_components_of_loihi_stand_apart():
    frame = price(keyword_spotter(), "loihi").frame
    assert {
        "synaptic operations",
        "neuron updates",
        "output spikes",
        "barrier",
        "companion processor",
        "leakage",
    } <= set(frame["component"])
