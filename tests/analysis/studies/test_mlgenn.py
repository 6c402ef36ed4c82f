"""The study of mlGeNN: each published cell has one of ours, by the same method."""

from __future__ import annotations

import pytest
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes
from spikewatt.sim.conversion.thresholds import METHODS

# Accuracies of the poster, in per cent, by network and method.
POSTER = {
    "vgg13": {
        "ml_genn_data": {79.17, 78.51, 75.28},
        "spike_norm": {9.5, 57.08},
        "few_spike": {89.19},
    },
    "alexnet": {
        "ml_genn_data": {72.02, 71.44, 67.2},
        "spike_norm": {10.22, 69.52},
        "few_spike": {24.23},
    },
    "resnet18": {"ml_genn_data": {33.0}},
}
STEPS = {"vgg13": 2500, "alexnet": 500, "resnet18": 2500}


@pytest.fixture(scope="module")
def study():
    return read_study("mlgenn_2023")


def test_every_published_cell_is_run_by_the_same_method_for_as_long(study):
    for name, methods in POSTER.items():
        found: dict[str, set[float]] = {}
        for cell in study.row(name).cells:
            if cell.published is None:
                continue
            assert cell.published.same_method
            ((steps, accuracy),) = cell.published.accuracy_percent.items()
            method = cell.convert["method"]
            found.setdefault(method, set()).add(accuracy)
            if METHODS[method].codes == ("rate",):
                assert steps == max(cell.durations) == STEPS[name]
            else:
                assert cell.convert["steps"] == 10
        assert found == methods


def test_what_lies_far_from_the_published_is_explained(study):
    """Aims are reached; a cell that is not within three points says why."""
    for outcome in outcomes(study):
        for shortfall in outcome.shortfalls:
            assert shortfall.explained, str(shortfall)


def test_the_default_code_loses_half_a_point_at_most_on_all_images(study):
    lines = study.committed().lines
    for row in study.rows:
        mine = [line for line in lines if line["row"] == row.row and line["code"] == "radix"]
        best = max(mine, key=lambda line: line["accuracy"])
        assert best["images"] == 10_000
        assert best["accuracy"] >= best["ann_accuracy"] - 0.005
