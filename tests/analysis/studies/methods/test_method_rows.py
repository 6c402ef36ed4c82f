"""Rows of methods and of robustness as files, and what became of them."""

from __future__ import annotations

import pytest
from spikewatt.analysis.studies.kinds.method import MethodRow
from spikewatt.analysis.studies.kinds.registry import kind_of
from spikewatt.analysis.studies.kinds.robustness import RobustnessRow
from spikewatt.analysis.studies.methods.columns import METHOD_COLUMNS, ROBUSTNESS_COLUMNS
from spikewatt.analysis.studies.methods.curves import cell_of
from spikewatt.analysis.studies.results import RESULT_COLUMNS, Results
from spikewatt.analysis.studies.study import read_row
from spikewatt.errors import SpikewattError

ROW = """\
row: m
kind: method
title: A method
dataset: mnist
network: lenet_float
without: {convert: {code: radix, steps: 6, input_code: bitplane}}
method: {stages: {first: [1, 2]}}
images: 100
aim: {operations_saved_percent: 30, energy_saved_percent: 20, device: stm32l4r5, points_lost: 0.3}
"""
FAULTY = """\
row: m
kind: robustness
title: Faults
dataset: mnist
network: lenet_float
faulty:
  - label: K = 6
    convert: {code: radix, steps: 6}
  - label: K = 4
    convert: {code: radix, steps: 4}
"""
RADIX = "{code: radix, steps: 6, input_code: bitplane}"
STAGES = "{stages: {first: [1, 2]}}"
REFUSED = [
    (ROW, STAGES, "{}", r"m.yaml:7: method: is one method; got none; .*stages, allocate"),
    (ROW, STAGES, "{wake: {planes: [1]}, allocate: {}}", r"m.yaml:7: .*got allocate, wake"),
    (ROW, STAGES, "{stags: {}}", r"m.yaml:7: method.stags: unknown key"),
    (ROW, STAGES, "{stages: {first: []}}", r"m.yaml:7: method.stages.first: .*at least 1 item"),
    (ROW, STAGES, "{allocate: {budget_points: -1}}", r"m.yaml:7: .*budget_points: .*equal to 0"),
    (ROW, STAGES, "{early_exit: {}}", r"m.yaml.*: method.early_exit: stops a .*; got radix"),
    (ROW, RADIX, "{code: rate}, steps: 8", r"m.yaml.*: method.stages: holds planes .*; got rate"),
    (ROW, RADIX, "{code: rdix}", r"m.yaml.*convert.code: must be a known code; got 'rdix'"),
    (ROW, "network: lenet_float\n", "", r"m.yaml.*: network: is one, or `trained`.*; got neither"),
    (ROW, "stm32l4r5", "stm32", r"m.yaml.*: aim.device: names a device of the row.*; got 'stm32'"),
    (ROW, "points_lost: 0.3", "points: 3", r"m.yaml:9: aim.points: unknown key"),
    (ROW, "images: 100", "devices: [nothing]", r"m.yaml:8: .*nothing"),
    (FAULTY, "label: K = 4", "label: K = 6", r"m.yaml:6: faulty: each has a label .*; got K = 6"),
    (FAULTY, "code: radix, steps: 4", "code: rate", r"m.yaml:.*durations: a code without an end"),
    (FAULTY, "network: lenet_float", "network: lenet", r"m.yaml:5: network: must name a network"),
]


@pytest.mark.parametrize(("text", "old", "new", "match"), REFUSED)
def test_a_row_that_breaks_a_law_is_refused_when_it_is_read(tmp_path, text, old, new, match):
    assert old in text
    path = tmp_path / "m.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(SpikewattError, match=match) as caught:
        read_row(path)
    assert "\n" not in str(caught.value)


def read(tmp_path, text: str):
    path = tmp_path / "m.yaml"
    path.write_text(text)
    return read_row(path)


def line(cell: str, accuracy: float, **more) -> dict:
    known = {
        "study": "s", "row": "m", "cell": cell, "code": "radix", "steps": 38, "images": 100,
        "steps_per_layer": 6, "accuracy": accuracy, "ann_accuracy": 0.99, "annarchy_equal": True,
    }  # fmt: skip
    return dict.fromkeys(RESULT_COLUMNS) | known | more


def saving(device: str = "stm32l4r5", **more) -> dict:
    known = {
        "study": "s", "row": "m", "cell": "with", "device": device, "accuracy_lost": 0.002,
        "operations_saved": 0.4, "nonzero_operations_saved": 0.4, "energy_saved": 0.25,
        "planes_share": 0.5, "steps_share": 1.0,
    }  # fmt: skip
    return dict.fromkeys(METHOD_COLUMNS) | known | more


def judged(row, *methods: dict, lines: list[dict] | None = None):
    lines = [line("without", 0.99), line("with", 0.988)] if lines is None else lines
    return kind_of(row).outcome(row, Results(lines, methods=list(methods)))


def test_an_aim_that_is_met_falls_short_of_nothing(tmp_path):
    row = read(tmp_path, ROW)
    assert isinstance(row, MethodRow)
    outcome = judged(row, saving("odin_style", energy_saved=0.1), saving())
    assert not outcome.falls_short
    without, with_it = outcome.sides
    assert (without.note, with_it.own_percent) == ("", 98.8)
    assert with_it.note == (
        "−0.20 points, −40.0 % operations, −25.0 % energy on stm32l4r5, 50 % of the planes"
    )


SHORT = [
    ({"operations_saved": 0.295}, "with: at least 30 % of operations saved; short by 0.50 points"),
    (
        {"energy_saved": 0.1},
        "with: at least 20 % of energy saved on stm32l4r5; short by 10.00 points",
    ),
    ({"accuracy_lost": 0.0041}, "with: at most 0.3 points lost; short by 0.11 points"),
    (
        {"device": "odin_style"},
        "with: at least 20 % of energy saved on stm32l4r5; short by everything",
    ),
]


@pytest.mark.parametrize(("otherwise", "short"), SHORT)
def test_what_is_missing_of_an_aim_is_said(tmp_path, otherwise, short):
    outcome = judged(read(tmp_path, ROW), saving(**otherwise))
    assert [str(each) for each in outcome.shortfalls] == [short]


def test_planes_and_steps_are_to_be_few(tmp_path):
    aim = "aim: {mean_planes_percent: 45, mean_steps_percent: 100}\n"
    row = read(tmp_path, ROW[: ROW.index("aim:")] + aim)
    found = [str(each) for each in judged(row, saving()).shortfalls]
    assert found == ["with: mean planes at most 45 % of all; short by 5.00 points"]


def test_what_was_not_run_falls_short(tmp_path):
    row = read(tmp_path, ROW)
    nothing = judged(row, lines=[])
    assert nothing.was_not_run
    assert [str(each) for each in nothing.shortfalls] == ["is run; short by everything"]

    fewer = [line("without", 0.99), line("with", 0.988, images=90, annarchy_equal=False)]
    found = [str(each) for each in judged(row, saving(), lines=fewer).shortfalls]
    assert found == [
        "with: is run on 100 images; short by 10 images",
        "with: gives ANNarchy's spikes; short by that check",
    ]


def test_a_network_with_faults_says_what_it_bears(tmp_path):
    row = read(tmp_path, FAULTY)
    assert isinstance(row, RobustnessRow)
    curve = [
        dict.fromkeys(ROBUSTNESS_COLUMNS)
        | {"row": "m", "network": "K = 6", "fault": "lost_spikes", "accuracy": 0.99 - lost / 100}
        | {"level": level, "points_lost": lost}
        for level, lost in ((0.0, 0.0), (0.01, 0.2), (0.03, 1.5), (0.05, 0.9))
    ]
    committed = Results([line(cell_of("K = 6"), 0.99)], robustness=curve)
    outcome = kind_of(row).outcome(row, committed)
    assert [str(each) for each in outcome.shortfalls] == ["k-4: is run; short by everything"]
    (side,) = outcome.sides
    assert side.note == "a point is lost beyond: lost spikes 1 %"
