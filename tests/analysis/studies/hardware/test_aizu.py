"""The committed tables of the comparison of sizes, and ODIN's demonstration."""

from __future__ import annotations

import pandas as pd
import pytest
from spikewatt.analysis.studies.hardware import outcomes
from spikewatt.analysis.studies.hardware.outcomes import odin_judged, sizes_judged
from spikewatt.analysis.studies.hardware.size_files import read_modules, read_sizes
from spikewatt.analysis.studies.hardware.size_table import median_lines
from spikewatt.analysis.studies.results import Results
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes as judged

NAME = "aizu_2024"


@pytest.fixture(scope="module")
def study():
    return read_study(NAME)


@pytest.fixture(scope="module")
def sizes(study) -> pd.DataFrame:
    return read_sizes(study.folder)


@pytest.fixture(scope="module")
def results(study) -> pd.DataFrame:
    return pd.DataFrame(study.committed().lines)


def test_no_row_falls_short(study):
    found = judged(study)
    assert len(found) == len(study.rows)
    assert [outcome.row for outcome in found if outcome.falls_short] == []


def test_every_run_of_sizes_is_a_network_whose_accuracy_is_known(sizes, results):
    networks = results[results["row"].str.startswith("mlp-")]
    known = set(zip(networks["network_hash"], networks["steps"], strict=True))
    placed = set(zip(sizes["network_hash"], sizes["steps"], strict=True))
    assert len(placed) >= 20
    assert placed <= known


def test_the_files_hold_what_the_row_asks_for(study, sizes):
    row = study.row("sizes")
    assert set(sizes["cell"]) == {run.run for run in row.runs}
    kept = sizes[sizes["refused"] == ""]
    for run in row.runs:
        for device, seeds in (run.devices or row.devices).items():
            of_device = sizes[sizes["target"].str.startswith(device) & (sizes["cell"] == run.run)]
            refused = (of_device["refused"] != "").all()
            assert len(of_device) == (1 if refused else seeds)
    assert kept["energy_per_inference_j"].notna().all()
    assert set(sizes[sizes["kind"] == "cells"]["target"].str.partition("_")[0]) == {
        "sky130",
        "sg13g2",
    }


def test_energies_in_prices_are_the_medians(study, sizes):
    prices = [price for price in study.committed().prices if price["row"] == "sizes"]
    medians = median_lines(sizes)
    assert len(prices) == len(medians)
    for price, line in zip(prices, medians, strict=True):
        assert price["device"] == line["target"]
        if not price["refused"]:
            assert price["energy_j"] == pytest.approx(line["energy_per_inference_j"])


def test_modules_are_all_of_a_design(study, sizes):
    modules = read_modules(study.folder)
    best = sizes[sizes["target"] == "LFE5U-45F-8"]
    for design, of_design in modules.groupby("design"):
        blocks = best[(best["design"] == design) & (best["weight_bits"] == 8)]["block_rams"]
        assert set(blocks) == {of_design["block_rams"].sum()}
    assert set(modules["design"]) == {"784-48-10", "784-128-10"}


def test_the_larger_layer_is_better_and_dearer(sizes, results):
    """What the paper's first sentence says must not turn unnoticed."""
    lines = {line["cell"]: line for line in median_lines(sizes) if line["kind"] == "FPGA"}
    assert lines
    exact = results[results["cell"] == "exact"].set_index("row")["accuracy"]
    assert exact["mlp-128"] > exact["mlp-48"]
    of_board = sizes[sizes["target"] == "LFE5U-45F-8"].groupby("cell")["energy_per_inference_j"]
    assert of_board.min()["128-exact"] > of_board.max()["48-exact"]


def test_odins_demonstration_beats_the_published_accuracy(study):
    outcome = odin_judged(study.row("odin-demonstration"), study.committed())
    assert outcome.published["accuracy_percent"] == 84.5
    assert outcome.own["accuracy_percent"] > 90
    assert outcome.own["images"] == 10_000
    assert not outcome.falls_short


def test_what_was_not_run_falls_short(study):
    nothing = Results()
    odin = odin_judged(study.row("odin-demonstration"), nothing)
    assert [str(short) for short in odin.shortfalls] == ["twin: is run; short by everything"]
    row = study.row("sizes")
    assert len(sizes_judged(row, nothing).shortfalls) == len(row.runs)


def test_an_accuracy_below_the_published_one_falls_short(study):
    committed = study.committed()
    lines = [
        dict(line) | {"accuracy": 0.84} if line["row"] == "odin-demonstration" else line
        for line in committed.lines
    ]
    row = study.row("odin-demonstration")
    outcome = outcomes.odin_judged(row, Results(lines, committed.prices))
    assert [str(short) for short in outcome.shortfalls] == [
        "twin: at least 84.5 %; short by 0.50 points"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("row", ["odin-demonstration", "mlp-48-k1"])
def test_rows_give_the_committed_lines_again(row, tmp_path, shared_data, results):
    found = run_study(NAME, [row], data_dir=shared_data, output=tmp_path)
    assert found.lines
    for line in found.lines:
        same = results[(results["row"] == row) & (results["cell"] == line["cell"])]
        assert len(same) == 1
        assert line["accuracy"] == pytest.approx(same["accuracy"].item(), abs=0.002)
