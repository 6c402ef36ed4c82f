"""What falls short, and by how much: aims, published figures, an ANN that is too poor."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.analysis.studies.cells.prices import NUMBERS, mean_of_parts
from spikewatt.analysis.studies.judgement import judged
from spikewatt.analysis.studies.kinds.network import NetworkRow
from spikewatt.analysis.studies.results import RESULT_COLUMNS, Results

EXACT = {"code": "radix", "steps": 5, "input_code": "bitplane"}
RATE = {"code": "rate"}


def row_of(*cells: dict, ann_percent: float | None = None) -> NetworkRow:
    content = {"row": "r", "title": "R", "dataset": "digits", "network": "n", "cells": list(cells)}
    if ann_percent is not None:
        content["published"] = {"ann_accuracy_percent": ann_percent}
    return NetworkRow.model_validate(content)


def line(cell: str, percent: float, ann_percent: float = 90.0, **more) -> dict:
    known = {
        "study": "s",
        "row": "r",
        "cell": cell,
        "code": "radix",
        "steps_per_layer": 5,
        "images": 360,
        "annarchy_equal": True,
        "accuracy": percent / 100,
        "ann_accuracy": ann_percent / 100,
        "accuracy_low": percent / 100,
        "accuracy_high": percent / 100,
    }
    return dict.fromkeys(RESULT_COLUMNS) | known | more


def shortfalls(row: NetworkRow, *lines: dict) -> list[str]:
    committed = Results([line("keras", 90.0), *lines])
    return [str(each) for each in judged(row, committed).shortfalls]


def test_nothing_run_is_everything_short():
    outcome = judged(row_of({"cell": "a", "convert": EXACT}), Results())
    assert [str(each) for each in outcome.shortfalls] == ["is run; short by everything"]
    assert outcome.falls_short
    assert not outcome.sides
    assert shortfalls(row_of({"cell": "a", "convert": EXACT})) == ["a: is run; short by everything"]


@pytest.mark.parametrize(
    ("otherwise", "short"),
    [
        ({}, []),
        ({"images": 350}, ["is run on 360 images; short by 10 images"]),
        ({"annarchy_equal": False}, ["gives ANNarchy's spikes; short by that check"]),
        ({"annarchy_equal": None}, ["gives ANNarchy's spikes; short by that check"]),
        (
            {"code": "signed"},
            ["is run as its file says, code radix; short by a run: this was signed"],
        ),
        (
            {"steps_per_layer": 6},
            ["is run as its file says, steps_per_layer 5; short by a run: this was 6"],
        ),
    ],
)
def test_a_line_that_is_not_of_the_cell_as_it_stands_falls_short(otherwise, short):
    row = row_of({"cell": "a", "convert": EXACT})
    assert shortfalls(row, line("a", 90.0, **otherwise)) == [f"a: {each}" for each in short]


def test_fewer_images_are_enough_where_the_cell_asks_for_no_more_but_not_of_the_ann():
    row = row_of({"cell": "a", "convert": EXACT, "images": 50})
    assert not shortfalls(row, line("a", 90.0, images=50))
    few = [line("keras", 90.0, images=50), line("a", 90.0, images=50)]
    (short,) = judged(row, Results(few)).shortfalls
    assert str(short) == "is run on 360 images; short by 310 images"


@pytest.mark.parametrize(
    ("published", "short"),
    [
        (89.0, []),
        (90.0, []),
        (90.5, ["an ANN at least as good as the published one, 90.5 %; short by 0.50 points"]),
    ],
)
def test_the_ann_is_at_least_as_good_as_the_published_one(published, short):
    row = row_of({"cell": "a", "convert": EXACT}, ann_percent=published)
    assert shortfalls(row, line("a", 90.0)) == short


@pytest.mark.parametrize(
    ("aim", "percent", "operations", "short"),
    [
        ({"points_below_ann": 0.5}, 89.5, 0, None),
        ({"points_below_ann": 0.5}, 89.4, 0, "at most 0.5 points below its ANN; short by 0.10 poi"),
        ({"points_below_ann": 0}, 90.0, 0, None),
        ({"points_below_ann": 0}, 91.0, 0, None),
        ({"accuracy_percent": 92.5}, 92.5, 0, None),
        ({"accuracy_percent": 92.5}, 92.49, 0, "at least 92.5 %; short by 0.01 points"),
        ({"agreement_percent": 97.5}, 90.0, 0, None),
        ({"agreement_percent": 100}, 90.0, 0, "100 % as Keras; short by 2.50 points"),
        ({"synaptic_operations_below": 1000}, 90.0, None, "fewer than .*; short by everything"),
        ({"synaptic_operations_below": 1000}, 90.0, 999, None),
        ({"synaptic_operations_below": 1000}, 90.0, 1000, "fewer than 1,000 .*; short by 0 oper"),
        ({"synaptic_operations_below": 1000}, 90.0, 1500, "fewer than 1,000 .*; short by 500 oper"),
    ],
)
def test_an_aim_is_reached_or_short_by_what_is_missing(aim, percent, operations, short):
    row = row_of({"cell": "a", "convert": EXACT, "aim": aim, "explained": "so it is"})
    counted = {"synaptic_operations_without_first_layer": operations}
    found = shortfalls(row, line("a", percent, agreement=0.975, **counted))
    if short is None:
        assert not found
    else:
        (one,) = found
        assert re.match(f"a: {short}", one), one
        assert one.endswith("(so it is)")


def test_several_aims_are_each_looked_at():
    aim = {"points_below_ann": 0.1, "accuracy_percent": 95, "synaptic_operations_below": 10}
    row = row_of({"cell": "a", "convert": EXACT, "aim": aim})
    found = shortfalls(row, line("a", 80.0, synaptic_operations_without_first_layer=20))
    assert len(found) == 3


def test_aims_are_those_of_the_longest_duration_and_each_is_looked_at():
    cell = {
        "cell": "a",
        "convert": RATE,
        "durations": [10, 20],
        "aim": {"points_below_ann": 1},
    }
    row, of_20 = row_of(cell), line("a", 89.5, steps=20, code="rate")
    assert not shortfalls(row, line("a", 50.0, steps=10, code="rate"), of_20)
    (missing,) = shortfalls(row, of_20)
    assert missing == "a: is looked at after each of its durations; short by [10]"


def test_each_published_figure_is_within_reach_or_marked_at_its_steps():
    cell = {
        "cell": "a",
        "convert": RATE,
        "durations": [10, 20, 30],
        "published": {"accuracy_percent": {10: 50.0, 30: 80.0}},
        "within_points": 3,
    }
    lines = [
        line("a", percent, steps=steps, code="rate")
        for steps, percent in ((10, 53), (20, 10), (30, 76))
    ]
    outcome = judged(row_of(cell), Results([line("keras", 90.0), *lines]))
    (short,) = outcome.shortfalls
    assert str(short) == "a: within 3 points of 80 % at 30 steps; short by 1.00 points"
    assert short.steps == 30
    published = {side.steps: side.published_percent for side in outcome.sides}
    assert published == {None: None, 10: 50.0, 20: None, 30: 80.0}


def test_an_exact_cell_stands_beside_its_one_published_figure_whatever_the_steps():
    cell = {
        "cell": "a",
        "convert": EXACT,
        "published": {"accuracy_percent": {4: 85.0}},
        "within_points": 2,
    }
    (short,) = shortfalls(row_of(cell), line("a", 90.0, steps=13))
    assert short.startswith("a: within 2 points of 85 % at 13 steps; short by 3.00 points")


shares = st.integers(0, 1000)


@settings(deadline=None)
@given(own=shares, ann=shares, most=st.integers(0, 50))
def test_a_cell_is_short_of_its_ann_by_exactly_what_is_missing(own, ann, most):
    aim = {"points_below_ann": most / 10}
    row = row_of({"cell": "a", "convert": EXACT, "aim": aim})
    found = shortfalls(row, line("a", own / 10, ann / 10))
    missing = ann - own - most
    assert bool(found) == (missing > 0)
    if found:
        assert f"short by {missing / 10:.2f} points" in found[0]


amounts = st.floats(1e-9, 1e-3)


@settings(deadline=None)
@given(parts=st.lists(st.tuples(st.integers(1, 1000), amounts), min_size=1, max_size=5))
def test_prices_of_parts_are_weighted_by_their_images(parts):
    def priced(joules: float) -> list[dict]:
        named = {"device": "d", "priced_as": "d", "workload": "snn", "refused": ""}
        return [named | dict.fromkeys(NUMBERS, joules) | {"cores": None}]

    (mean,) = mean_of_parts((images, priced(joules)) for images, joules in parts)
    expected = sum(images * joules for images, joules in parts) / sum(n for n, _ in parts)
    assert mean["energy_j"] == pytest.approx(expected, rel=1e-12)
    assert mean["cores"] is None


def test_a_refusal_of_all_parts_is_one_line():
    refused = [{"device": "d", "priced_as": "", "workload": "", "refused": "too large"}]
    (line,) = mean_of_parts([(10, refused), (20, refused)])
    assert line["refused"] == "too large"
    assert "energy_j" not in line
