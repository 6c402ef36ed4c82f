"""A row of a method, end to end: digits, two folds, few images."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import pytest
from spikewatt.analysis.studies import needed, study
from spikewatt.analysis.studies.cells import conversion, prepared
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.kinds.method import Method, MethodRow, Pruning, Unchanged
from spikewatt.analysis.studies.kinds.robustness import FaultyNetwork, RobustnessRow
from spikewatt.analysis.studies.methods import curves
from spikewatt.analysis.studies.methods.pruning import pruned_network, read_made, write_made
from spikewatt.analysis.studies.other_files import compare_others, read_others
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.errors import SpikewattError
from spikewatt.sim.gating.planes import with_planes
from spikewatt.sim.pruning.channels.groups import ChannelGroups
from spikewatt.sim.pruning.cut import Cut

from ....helpers.random_networks import random_network
from ..conftest import played

NAME = "nobody_2026"
IMAGES = 40
ROW = """\
row: stages
kind: method
title: Digits, the first planes for all
dataset: digits
network: tiny_mlp
without: {convert: {code: radix, steps: 4, input_code: bitplane}, calibration: 50}
method: {stages: {first: [2, 3], budget_points: 2}}
validation: {images: 80, shift: 1}
images: 40
devices: ["odin_style:doubling_accumulator=1", stm32l4r5, rule_ac_mac_45nm]
inferences: 5
aim: {points_lost: 100}
"""
FOLDS = "trained: {folds: 2, hidden: [12], epochs: 8, copies: 1}\n"


@pytest.fixture(scope="module")
def run_row(tmp_path_factory, mlp):
    """Runs a row's text in a study of its own; ANNarchy's part is played by the reference."""
    folder = tmp_path_factory.mktemp("studies") / NAME
    (folder / "rows").mkdir(parents=True)
    file = "title: A tiny study\nsource: nobody (2026)\nkeras_files: [tiny_mlp]\n"
    (folder / "study.yaml").write_text(file)

    def run(text: str, output):
        (folder / "rows" / "stages.yaml").write_text(text)
        read_study.cache_clear()
        return run_study(NAME, output=output, images=IMAGES)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "FOLDER", folder.parent)
        patch.setattr(prepared, "load_studied", lambda *_: mlp)
        patch.setattr(needed, "find_weights", lambda *_: mlp)
        patch.setattr(conversion, "simulate", functools.partial(played, conversion.simulate))
        yield run
    read_study.cache_clear()


@pytest.fixture(scope="module")
def ran(run_row, tmp_path_factory):
    """(what was found, of a second run, differences of tables and of other files)."""
    output = tmp_path_factory.mktemp("out")
    found, again = run_row(ROW, output), run_row(ROW, output)
    files, own = read_others(output), read_study(NAME)
    others = compare_others(own, {"stages"}, files, files)
    return found, again, compare(own, again, found), files, others


def test_both_cells_are_run(ran):
    found = ran[0]
    without, with_it = found.lines
    assert (without["cell"], with_it["cell"]) == ("without", "with")
    assert without["network_hash"] != with_it["network_hash"]
    for line in found.lines:
        assert line["images"] == IMAGES
        assert line["accuracy_low"] < line["accuracy"] <= line["accuracy_high"]
        assert line["annarchy_equal"]
        assert line["steps_per_layer"] == 4


@pytest.mark.slow
def test_folds_are_trained_and_tested_apart(run_row, tmp_path):
    row = ROW.replace("network: tiny_mlp\n", FOLDS).replace("images: 40", "images: 1797")
    found = run_row(row, tmp_path)
    assert [line["images"] for line in found.lines] == [IMAGES, IMAGES]
    assert all(line["chosen"].startswith("first of 2 folds: ") for line in found.methods[3:])
    assert len(found.methods) == 6


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


def a_row(prune: dict) -> MethodRow:
    return MethodRow(
        kind="method",
        row="pruned",
        title="Pruned",
        dataset="digits",
        network="tiny_mlp",
        without=Unchanged(convert={"code": "radix"}),
        method=Method(prune=Pruning(**prune)),
    )


def test_a_file_holds_what_was_pruned_from_the_network_of_the_row(tmp_path):
    network, other = (random_network(seed, code="radix") for seed in (3, 4))
    write_made(network, tmp_path / "networks" / "made.spk.gz")
    row = a_row({"made": "made.spk.gz"})
    made, how = pruned_network(row.method.prune, row, SimpleNamespace(network=network), tmp_path)
    assert (made.hash, how) == (network.hash, "networks/made.spk.gz")
    with pytest.raises(SpikewattError, match="was pruned from the network of the row"):
        pruned_network(row.method.prune, row, SimpleNamespace(network=other), tmp_path)


def test_planes_are_held_back_of_the_pruned_network(tmp_path, monkeypatch):
    """What a line of robustness asks for goes together."""
    network = random_network(3, code="radix", input_code="bitplane", kinds=("dense",))
    name, _ = ChannelGroups(network).removable[0][0]
    smaller = Cut.of_channels(network, {name: [0]})
    pruned = smaller.applied(network)
    subject = SimpleNamespace(network=network)
    monkeypatch.setattr(curves, "subjects", lambda *_: [subject])
    monkeypatch.setattr(curves, "pruned_network", lambda *_: (pruned, "pruned in this run"))
    faulty = FaultyNetwork(label="a", convert={"code": "radix"}, planes=1, prune=Pruning())
    row = RobustnessRow(
        kind="robustness", row="r", title="t", dataset="digits", network="tiny_mlp", faulty=[faulty]
    )
    assert curves._network("study", row, faulty, None)[1].hash == with_planes(pruned, 1).hash
