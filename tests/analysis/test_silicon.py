"""Measured chips. Published: Blouw et al. 2019, Ostrau et al. 2022, by the cards that users get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spikewatt
from spikewatt.analysis.studies.silicon import (
    ABOVE_IDLE,
    CONSTANTS,
    DYNAMIC,
    FITTED,
    GIVEN,
    HELD_OUT,
    LEFT_OUT,
    POWER,
    SAME_BOARD,
    TOTAL,
    silicon_rows,
)
from spikewatt.analysis.studies.silicon_asked import (
    ASKED,
    WIDEST,
    asked_rows,
    silicon_frame,
    silicon_lines,
)
from spikewatt.energy.pricing.price import price
from spikewatt.energy.silicon.workloads import keyword_spotter
from spikewatt.sim.counts.counts import Counts

EXAMPLE = Path(spikewatt.__file__).parent / "docs" / "examples" / "keyword_spotter.json"


@pytest.fixture(scope="module")
def rows():
    return silicon_rows()


def found(rows, beginning, *quantities):
    chosen = [
        row
        for row in rows
        if row.what.startswith(beginning) and (not quantities or row.quantity in quantities)
    ]
    assert chosen
    return chosen


def test_blouw_2019_keyword_spotter_lies_in_its_range(rows):
    dynamic, total = found(rows, "Loihi, keyword spotter", DYNAMIC, TOTAL)
    assert dynamic.inside
    assert total.inside
    assert dynamic.measured == pytest.approx(271.5e-6, rel=1e-3)
    assert dynamic.high / dynamic.low <= WIDEST


def test_blouw_2019_keyword_spotter_at_its_measured_time_is_within_10_percent(rows):
    timed = found(rows, "Loihi, keyword spotter", DYNAMIC + GIVEN, TOTAL + GIVEN)
    assert len(timed) == 2
    for row in timed:
        assert row.inside
        assert abs(row.error) < 0.1
        assert row.high / row.low < 1.6


def test_blouw_2019_each_network_left_out_is_within_10_percent(rows):
    left_out = found(rows, "Loihi, scaling")
    assert len(left_out) == 14
    for row in left_out:
        assert row.worth == LEFT_OUT
        assert abs(row.error) <= 0.10
        assert row.inside
        assert row.high / row.low <= WIDEST


def test_blouw_2019_slope_without_each_network_is_within_15_percent(rows):
    left_out = found(rows, "Loihi, slope without")
    assert len(left_out) == 7
    for row in left_out:
        assert row.measured * 1e12 == pytest.approx(661, abs=1)
        assert abs(row.error) <= 0.15
        assert row.high / row.low <= WIDEST


def test_davies_2018_alone_misses_the_slope_and_comes_near_the_intercept(rows):
    slope, intercept = [row for row in rows if row.worth == CONSTANTS]
    assert slope.error < -0.7
    assert abs(intercept.error) < 0.1


@pytest.mark.parametrize(("board", "worth"), [("SpiNN-3", SAME_BOARD), ("SpiNN-5", HELD_OUT)])
def test_ostrau_2022_power_of_the_board_is_within_10_percent(rows, board, worth):
    loads = found(rows, board, POWER)
    assert len(loads) == 5
    for row in loads:
        assert row.worth == worth
        assert row.boundary == "board"
        assert abs(row.error) <= 0.10
        assert row.high / row.low <= WIDEST


def test_ostrau_2022_power_above_idle_of_a_board_that_was_not_fitted(rows):
    """Board power is idle for the most part; what the events add is met within 10 %, too."""
    loads = found(rows, "SpiNN-5", ABOVE_IDLE)
    assert len(loads) == 5
    assert max(abs(row.error) for row in loads) <= 0.11


def test_rows_say_what_they_are_worth(rows):
    worths = {row.worth for row in rows}
    assert worths == {FITTED, SAME_BOARD, LEFT_OUT, HELD_OUT, CONSTANTS}
    assert all(row.worth == FITTED for row in found(rows, "Loihi 2, PilotNet", DYNAMIC, TOTAL))
    assert all(row.source for row in rows)


def test_what_is_asked_is_counted_and_misses_are_named(rows):
    assert all(asked_rows(rows, asked) for asked in ASKED)
    wrong = [row._replace(predicted=2 * row.measured, high=9 * row.measured) for row in rows]
    assert not any("asked and missed" in line for line in silicon_lines(rows))
    assert silicon_lines(wrong)[-1].count("off by") == len(ASKED) - 1
    frame = silicon_frame(rows)
    assert frame["inside"].sum() == sum(row.inside for row in rows)


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
