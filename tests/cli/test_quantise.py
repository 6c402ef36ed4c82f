"""The verb `quantise`, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from spikewatt.cli.main import app
from spikewatt.energy.staged.distribution import price_distribution
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import mean_planes, with_planes
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.staged.early_exit import EarlyExit
from spikewatt.sim.staged.exited import exited
from spikewatt.sim.staged.run import run_staged
from spikewatt.sim.staged.staged_network import StagedNetwork
from typer.testing import CliRunner

from ..helpers.said import data_of

CORE = "odin_style:axons_per_core=1024,doubling_accumulator=1"
TABLES = ["accuracy.csv", "energy.csv", "tails.png", "tails.svg", "time.csv"]


SINGLE = 20  # inferences that are priced one by one


@pytest.fixture(scope="module", autouse=True)
def few_inferences():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikewatt.analysis.codesign.outcome.SINGLE", SINGLE)
        yield


@pytest.fixture(scope="module")
def networks(mlp, digits, tmp_path_factory):
    """Code -> file."""
    x, folder = digits.scaled("train")[:500], tmp_path_factory.mktemp("networks")
    found = {}
    for code, steps in (("radix", 5), ("rate", None)):
        network = convert(mlp, x, code=code, steps=steps, input_levels=digits.levels)
        network.save(folder / f"{code}.spk")
        found[code] = folder / f"{code}.spk"
    return found


@pytest.fixture(scope="module")
def stages(networks, tmp_path_factory):
    """A folder with stages, and what was printed."""
    folder = tmp_path_factory.mktemp("stages")
    words = ("--budget-points", 2, "--samples", 100, "--json")
    found = called(networks["radix"], "-o", folder, *words)
    assert found.exit_code == 0, found.output
    return folder, data_of(found.stdout)


def called(*words, verb="quantise"):
    return CliRunner().invoke(app, [verb, *map(str, words)])


def test_stages_are_those_that_the_file_holds(stages, networks, digits):
    folder, document = stages
    assert sorted(path.name for path in folder.iterdir()) == sorted([*TABLES, "staged.spks"])
    staged = StagedNetwork.load(folder / "staged.spks")
    assert staged.stages[-1].hash == SpikingNetwork.load(networks["radix"]).hash

    work = run_staged(staged, digits.scaled("test")[:100])
    without, row = document["accuracy"]
    assert row["accuracy"] == pytest.approx(work.accuracy(digits.y_test[:100]))
    assert row["operations"] == pytest.approx(work.mean_operations())
    assert row["planes"] == pytest.approx(work.mean_planes())
    assert row["monitor_updates"] == 10
    assert (without["planes"], without["monitor_updates"]) == (5, 0)
    assert row["accuracy_validation"] >= without["accuracy_validation"] - 0.02

    priced = price_distribution(work, CORE, "stm32l4r5", inferences=SINGLE).table.set_index(
        ["device", "what"]
    )
    table = pd.read_csv(folder / "energy.csv").set_index(["device", "network"])
    for device in (CORE, "stm32l4r5"):
        for share in ("mean", "p50", "p95", "p99"):
            own = table.loc[(device, "with"), f"{share}_energy_j"]
            assert own == pytest.approx(priced.loc[(device, "energy_j"), share])


def test_stages_run_again_and_nowhere_else(stages, tmp_path):
    folder, document = stages
    again = called(folder / "staged.spks", "-o", tmp_path, "--samples", 100, "--json")
    assert again.exit_code == 0, again.output
    assert data_of(again.stdout)["accuracy"] == document["accuracy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == TABLES

    words = ("-o", tmp_path, "--force", "--simulated-steps", 8)
    late = called(folder / "staged.spks", *words)
    assert late.exit_code == 2
    assert "--simulated-steps: is chosen before stages are written, and these" in late.stderr

    for verb in ("simulate", "price", "robustness", "prune"):
        found = called(folder / "staged.spks", "-o", tmp_path / "new", verb=verb)
        assert found.exit_code == 2
        if verb == "robustness":
            found = called(folder / "staged.spks", "-o", folder, "--force", verb=verb)
        if verb == "price":
            found = called(folder / "staged.spks", "--device", CORE, verb=verb)
        assert f"{verb}: takes one network, and this file holds stages" in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1


def test_planes_by_layer_are_an_ordinary_network(networks, tmp_path, digits):
    words = ("--how", "allocate", "--budget-points", 2, "--device", CORE, "--samples", 50)
    found = called(networks["radix"], "-o", tmp_path, *words, "--json")
    assert found.exit_code == 0, found.output
    network = SpikingNetwork.load(tmp_path / "quantised.spk")
    without, row = data_of(found.stdout)["accuracy"]
    trace = simulate(network, digits.scaled("test")[:50], "event")
    assert row["planes"] == mean_planes(network) < without["planes"] == 5
    assert row["accuracy"] == pytest.approx(trace.accuracy(digits.y_test[:50])[-1])
    assert row["operations"] == pytest.approx(trace.mean_operations())


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_streaming_code_ends_early_and_a_reader_sees_it(
    columns, networks, tmp_path, digits, monkeypatch
):
    monkeypatch.setenv("COLUMNS", columns)
    words = ("--budget-points", 1, "--simulated-steps", 16, "--samples", 60)
    found = called(networks["rate"], "-o", tmp_path, *words)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Early exit from step ")
    text = " ".join(found.stdout.split())
    assert "points lost on 60 test images" in text
    assert "chosen on 144 validation images within 1 point." in text
    assert max(map(len, found.stdout.splitlines())) <= int(columns)
    for head in ("mean", "p50", "p95", "p99", "(µJ)", "(ms)"):
        assert head in found.stdout

    rule = json.loads((tmp_path / "exit.json").read_text())
    network = SpikingNetwork.load(networks["rate"])
    assert rule.pop("network_hash") == network.hash
    trace = simulate(network, digits.scaled("test")[:60], "event", 16)
    table = pd.read_csv(tmp_path / "accuracy.csv")
    work = exited(trace, EarlyExit(**rule))
    assert table["steps"].tolist() == pytest.approx([16, work.mean_steps()])
    assert table["accuracy"].iloc[1] == pytest.approx(work.accuracy(digits.y_test[:60]))


def test_a_threshold_that_is_given_is_kept(networks, tmp_path):
    common = ("-o", tmp_path, "--threshold", 0.25, "--device", CORE, "--samples", 30, "--force")
    found = called(networks["radix"], *common, "--planes", 2)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Stages of 2 and 5 planes, threshold 0.25: ")
    staged = StagedNetwork.load(tmp_path / "staged.spks")
    assert staged.rule.threshold == 0.25

    found = called(networks["rate"], *common, "--simulated-steps", 8)
    assert found.exit_code == 0, found.output
    assert json.loads((tmp_path / "exit.json").read_text())["threshold"] == 0.25


@pytest.mark.parametrize(
    ("code", "words", "law"),
    [
        ("radix", ("--threshold", 1.2), "--threshold: is a share of the largest margin; got 1.2"),
        ("radix", ("--threshold", -0.1), "allowed: 0..1"),
        ("radix", ("--threshold", 0.1), "goes with the planes of the first stage; got none"),
        ("radix", ("--planes", 0), "quantise --planes: is a number of planes; got 0"),
        ("rate", ("--planes", 2), "--planes: are those of the first stage; got --how exit"),
        ("radix", ("--how", "guess"), "quantise --how: must be a method; got 'guess'"),
        ("radix", ("--how", "exit"), "ends a code that has an answer at every step"),
        ("rate", ("--how", "allocate"), "sends the bits of a value; got code rate; allowed: radix"),
        ("radix", ("--planes", 5), "stages.planes: is fewer planes than all; got 5; allowed: 1..4"),
        ("radix", ("--how", "allocate", "--threshold", 0.5), "--threshold: is that of a margin"),
        ("radix", ("--budget-points", 101), "is a number of percentage points; got 101.0"),
        (
            "radix",
            ("--budget-points", 2, "--device", "odin_style"),
            "radix doubles the accumulator",
        ),
        ("radix", ("--device", "toaster"), "toaster"),
        ("radix", ("--weight-bits", 8), "is an option of a conversion"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(code, words, law, networks, tmp_path):
    found = called(networks[code], "-o", tmp_path, *words)
    assert found.exit_code == 2, found.output
    assert law in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["stages", "allocate", "exit"])
def test_a_budget_that_cannot_be_met_says_how_near_it_came(how, mlp, digits, tmp_path):
    """Images of which the first half of an inference is wrong, all of them."""
    code, steps = ("rate", None) if how == "exit" else ("radix", 2)
    calibration = digits.scaled("train")[:500]
    network = convert(mlp, calibration, code=code, steps=steps, input_levels=digits.levels)
    network.save(tmp_path / "two.spk")
    trace = simulate(network, digits.scaled("train"), "event", 2 if how == "exit" else None)
    first = trace.predictions(0)
    if how != "exit":
        first = simulate(with_planes(network, 1), digits.scaled("train"), "event").predictions()
    late = np.flatnonzero(first != trace.predictions())[:20]
    assert len(late) > 2
    several = np.tile(late, 30)
    rows = {"x_train": digits.x_train[several], "y_train": trace.predictions()[several]}
    test = {"x_test": digits.x_test[:20], "y_test": digits.y_test[:20]}
    np.savez(tmp_path / "late.npz", **rows, **test, levels=digits.levels)

    out = tmp_path / "out"
    out.mkdir()
    words = ("--how", how, "--budget-points", 0.5, "--dataset", tmp_path / "late.npz")
    more = ("--simulated-steps", 2) if how == "exit" else ()
    found = called(tmp_path / "two.spk", "-o", out, *words, *more)
    assert found.exit_code == 2, found.output
    assert "points too many; allowed: <= 0.50 points" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not list(out.iterdir())
