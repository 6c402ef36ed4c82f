"""A row of a method, end to end: digits, two folds, few images."""

from __future__ import annotations

import functools

import pytest
from spikewatt.analysis.studies import study
from spikewatt.analysis.studies.cells import conversion
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.methods.apply import read_made, write_made
from spikewatt.analysis.studies.other_files import compare_others, read_others
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study

from ....helpers.random_networks import random_network
from ..conftest import played

NAME = "nobody_2026"
IMAGES = 60  # in two folds
ROW = """\
row: stages
kind: method
title: Digits, the first planes for all
dataset: digits
trained: {folds: 2, hidden: [12], epochs: 8, copies: 1}
without: {convert: {code: radix, steps: 4, input_code: bitplane}, calibration: 50}
method: {stages: {first: [2, 3], budget_points: 2}}
validation: {images: 80, shift: 1}
images: 1797
devices: ["odin_style:doubling_accumulator=1", stm32l4r5, rule_ac_mac_45nm]
inferences: 5
aim: {points_lost: 100}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """(study's folder, a run's folder, what it found)."""
    folder = tmp_path_factory.mktemp("studies") / NAME
    (folder / "rows").mkdir(parents=True)
    (folder / "study.yaml").write_text("title: A tiny study\nsource: nobody (2026)\n")
    (folder / "rows" / "stages.yaml").write_text(ROW)
    output = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "FOLDER", folder.parent)
        patch.setattr(conversion, "simulate", functools.partial(played, conversion.simulate))
        read_study.cache_clear()
        found = run_study(NAME, output=output, images=IMAGES)
        again = run_study(NAME, output=output, images=IMAGES)
        compared = compare(read_study(NAME), again, found)
        files = read_others(output)
        yield (
            found,
            again,
            compared,
            files,
            compare_others(read_study(NAME), {"stages"}, files, files),
        )
    read_study.cache_clear()


def test_both_cells_are_run_on_all_folds(ran):
    found = ran[0]
    without, with_it = found.lines
    assert (without["cell"], with_it["cell"]) == ("without", "with")
    for line in found.lines:
        assert line["images"] == IMAGES
        assert line["accuracy_low"] < line["accuracy"] < line["accuracy_high"]
        assert line["annarchy_equal"]
        assert line["steps_per_layer"] == 4


def test_the_lines_of_the_method_belong_together(ran):
    lines = {(line["cell"], line["device"]): line for line in ran[0].methods}
    assert len(lines) == 6
    without, with_it = ran[0].lines
    for (cell, device), line in lines.items():
        result = with_it if cell == "with" else without
        assert line["operations"] == pytest.approx(result["synaptic_operations_per_image"])
        assert line["energy_p50_j"] <= line["energy_p95_j"] <= line["energy_largest_j"]
        assert (line["physical_operations"] is not None) == device.startswith("odin")
        assert (line["time_s"] is None) == device.startswith("rule")
        if cell == "with":
            before = lines["without", device]
            assert line["operations_saved"] == pytest.approx(
                1 - line["operations"] / before["operations"]
            )
            assert line["energy_saved"] == pytest.approx(1 - line["energy_j"] / before["energy_j"])
            assert line["monitor_updates"] == 10
            assert line["planes"] <= 4 + 3
            assert line["accuracy_lost"] == pytest.approx(without["accuracy"] - with_it["accuracy"])


def test_prices_are_those_of_the_method(ran):
    energies = {(price["cell"], price["device"]): price["energy_j"] for price in ran[0].prices}
    for line in ran[0].methods:
        assert energies[line["cell"], line["device"]] == pytest.approx(line["energy_j"])


def test_a_rerun_gives_the_same(ran):
    found, again, compared, files, others = ran
    assert again.methods == found.methods
    assert compared.lines == len(found.lines) + len(found.prices)
    assert not compared.differences
    assert others.lines == len(files["methods.csv"]) == len(found.methods)
    assert not others.differences


def test_a_network_that_was_made_is_read_as_it_was(tmp_path):
    network = random_network(3, code="radix")
    paths = [tmp_path / name / "network.spk.gz" for name in "ab"]
    for path in paths:
        write_made(network, path)
    assert read_made(paths[0]).hash == network.hash
    assert paths[0].read_bytes() == paths[1].read_bytes()
