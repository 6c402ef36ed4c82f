"""The study of mlGeNN: each published cell has one of ours, by the same method."""

from __future__ import annotations

import pytest
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes
from spikewatt.sim.conversion.thresholds import METHODS

# Accuracies of the poster, in per cent, by network and method.
POSTER = {
    "vgg13_data_norm": {"ml_genn_data": {79.17, 78.51, 75.28}},
    "vgg13_spike_norm": {"spike_norm": {9.5, 57.08}},
    "vgg13_few_spike": {"few_spike": {89.19}},
    "alexnet_data_norm": {"ml_genn_data": {72.02, 71.44, 67.2}},
    "alexnet_spike_norm": {"spike_norm": {10.22, 69.52}},
    "alexnet": {"few_spike": {24.23}},
    "resnet18_data_norm": {"ml_genn_data": {33.0}},
    "resnet18_corrections": {"ml_genn_data": {13.2}},
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
                assert steps == max(cell.durations) == STEPS[name.partition("_")[0]]
            else:
                assert cell.convert["steps"] == 10
        assert found == methods


def run_rows(study):
    """Outcomes of the rows that were run; the README names the others."""
    run = {line["row"] for line in study.committed().lines}
    found = [outcome for outcome in outcomes(study) if outcome.row in run]
    assert found
    return found


def test_what_lies_far_from_the_published_is_explained(study):
    """Aims are reached; a cell that is not within three points says why."""
    for outcome in run_rows(study):
        for shortfall in outcome.shortfalls:
            assert shortfall.explained, str(shortfall)


def test_the_default_code_loses_half_a_point_at_most_on_all_images(study):
    lines = [line for line in study.committed().lines if line["cell"] == "radix_k6"]
    assert lines
    for line in lines:
        assert line["images"] == 10_000
        assert line["accuracy"] >= line["ann_accuracy"] - 0.005
