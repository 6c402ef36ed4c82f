"""The committed tables of the comparison of sizes, and ODIN's demonstration."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.studies.hardware import outcomes, run_odin
from spikewatt.analysis.studies.hardware.outcomes import odin_judged, sizes_judged
from spikewatt.analysis.studies.hardware.size_files import read_modules, read_sizes
from spikewatt.analysis.studies.hardware.size_table import measures_of, median_lines
from spikewatt.analysis.studies.places import Places
from spikewatt.analysis.studies.results import Results
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes as judged
from spikewatt.errors import SpikewattError
from spikewatt.models.studied.catalogue import studied

NAME = "aizu_2024"
BOARD = "LFE5U-45F-8"
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture(scope="module")
def study():
    return read_study(NAME)


@pytest.fixture(scope="module")
def sizes(study) -> pd.DataFrame:
    return read_sizes(study.folder)


@pytest.fixture(scope="module")
def results(study) -> pd.DataFrame:
    return pd.DataFrame(study.committed().lines)


def test_only_odins_energy_falls_short(study):
    found = judged(study)
    assert len(found) == len(study.rows)
    short = {outcome.row: outcome.shortfalls for outcome in found if outcome.falls_short}
    assert set(short) == {"odin-demonstration"}
    (energy,) = short["odin-demonstration"]
    assert (energy.law, energy.by) == (
        "at most 15.0 nJ an inference",
        "127 nJ: it takes 9.4 times as much",
    )
    assert "256 neurons" in energy.explained


def test_sizes_say_luts_and_clock(study, sizes):
    (outcome,) = [outcome for outcome in judged(study) if outcome.row == "sizes"]
    notes = {side.cell: side.note for side in outcome.sides}
    medians = {line["cell"]: line for line in median_lines(sizes) if line["target"] == BOARD}
    assert set(notes) == set(medians)
    for cell, line in medians.items():
        clock = f"{line['frequency_hz'] / 1e6:.1f} MHz"
        assert notes[cell] == f"LFE5U-45F: {line['luts']:,.0f} LUTs, {clock}"


def test_measures_are_those_of_the_sizes(study, sizes):
    assert [dict(line) for line in study.committed().measures] == measures_of(
        NAME, "sizes", "LFE5U-45F", sizes
    )


def test_three_trainings_of_each_size_are_alike(results):
    """Accuracies of sizes are compared by these, whose epochs differ by less than a tenth."""
    epochs = [studied(f"mlp_{size}_s{seed}").epochs for size in (48, 128) for seed in (1, 2, 3)]
    assert max(epochs) < 1.1 * min(epochs)
    exact = results[results["cell"] == "exact"].set_index("row")["accuracy"]
    small, large = ([exact[f"mlp-{size}-s{seed}"] for seed in (1, 2, 3)] for size in (48, 128))
    assert min(large) > max(small)


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
    accuracy, energy = outcome.shortfalls
    assert (accuracy.law, accuracy.by) == ("at least 84.5 %", "0.50 points")
    assert energy.law.startswith("at most")


def test_an_energy_as_published_does_not_fall_short(study):
    committed, row = study.committed(), study.row("odin-demonstration")
    prices = [
        dict(price) | {"energy_j": 15e-9} if price["row"] == row.row else price
        for price in committed.prices
    ]
    assert not odin_judged(row, Results(committed.lines, prices)).falls_short


@pytest.mark.parametrize(("lines", "prices", "got"), [(2, 1, "results.csv: .*got 2"),
                                                      (1, 0, "prices.csv: .*got 0")])  # fmt: skip
def test_lines_that_are_not_one_are_named(study, lines, prices, got):
    row = study.row("odin-demonstration")
    committed = study.committed()
    found = committed.of_row(row.row) * lines
    priced = [price for price in committed.prices if price["row"] == row.row] * prices
    with pytest.raises(SpikewattError, match=got):
        odin_judged(row, Results(found, priced))


@pytest.mark.parametrize("changed", ["label", "pixel", "card"])
def test_odins_run_is_kept_by_its_data_and_card(study, tmp_path, monkeypatch, changed):
    """Each that is another one is run again, and nothing else."""
    x, y = np.zeros((4, 4, 4, 1), np.uint8), np.arange(4)
    data = {name: x.copy() if name[0] == "x" else y.copy() for name in ARRAYS}
    monkeypatch.setattr(run_odin, "load_dataset", lambda *_: SimpleNamespace(**data))
    runs = []

    def ran(*_):
        runs.append(changed)
        return {"images": 2, "right": 1, "spikes": 1, "synaptic_operations": 1,
                "network_hash": "", "price": {"device": "odin"}}  # fmt: skip

    monkeypatch.setattr(run_odin, "_on_the_twin", ran)
    row, places = study.row("odin-demonstration"), Places(tmp_path, images=2)
    for _ in range(2):
        run_odin.run_odin_row(NAME, row, places)
    assert len(runs) == 1
    if changed == "label":
        data["y_test"][0] = 7
    elif changed == "pixel":
        data["x_train"][0, 0, 0, 0] = 7
    else:
        monkeypatch.setattr(run_odin, "cards_fingerprint", lambda _: "another")
    run_odin.run_odin_row(NAME, row, places)
    assert len(runs) == 2


@pytest.mark.slow
@pytest.mark.parametrize("row", ["odin-demonstration", "mlp-48-k1"])
def test_rows_give_the_committed_lines_again(row, tmp_path, shared_data, results):
    found = run_study(NAME, [row], data_dir=shared_data, output=tmp_path)
    assert found.lines
    for line in found.lines:
        same = results[(results["row"] == row) & (results["cell"] == line["cell"])]
        assert len(same) == 1
        assert line["accuracy"] == pytest.approx(same["accuracy"].item(), abs=0.002)
