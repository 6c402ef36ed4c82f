"""The verb `robustness`, as a user calls it."""

from __future__ import annotations

import pandas as pd
import pytest
from spikewatt.cli.main import app
from typer.testing import CliRunner

from ..helpers.said import data_of


@pytest.fixture(scope="module")
def spk(mlp_network, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "mlp.spk"
    mlp_network.save(path)
    return path


def called(*words):
    return CliRunner().invoke(app, ["robustness", *map(str, words)])


def test_a_table_a_file_per_seed_and_a_picture(spk, tmp_path):
    words = ("--samples", 20, "--seed", 0, "--seed", 5, "--simulated-steps", 12)
    faults = ("--fault", "lost_spikes=0,0.3", "--fault", "silent_neurons=0.5")
    common = (*words, *faults, "--engine", "reference", "-o", tmp_path)
    found = called(spk, f"the same={spk}", *common, "--json")
    assert found.exit_code == 0, found.output
    rows = data_of(found.stdout)["rows"]
    assert [row["network"] for row in rows] == ["mlp"] * 3 + ["the same"] * 3
    assert [row["accuracy"] for row in rows[:3]] == [row["accuracy"] for row in rows[3:]]

    table = pd.read_csv(tmp_path / "robustness.csv")
    assert len(table) == 6
    assert len(pd.read_csv(tmp_path / "robustness_runs.csv")) == 12
    assert (tmp_path / "robustness.png").read_bytes()[:4] == b"\x89PNG"
    assert "</svg>" in (tmp_path / "robustness.svg").read_text()

    again = called(spk, *common)
    assert again.exit_code == 2
    assert "an existing file is not written over" in again.stderr
    assert called(spk, *common, "--force").exit_code == 0


def test_a_trained_network_is_converted(mlp, tmp_path):
    mlp.save(tmp_path / "mlp.keras")
    words = ("--code", "radix", "--steps", 4, "--samples", 20, "--seed", 0)
    fault = ("--fault", "weight_bits_at_0=0,0.01", "--engine", "event")
    found = called(f"K = 4={tmp_path / 'mlp.keras'}", *words, *fault, "-o", tmp_path)
    assert found.exit_code == 0, found.output
    assert "K = 4" in found.stdout
    assert "weight_bits_at_0" in found.stdout


@pytest.mark.parametrize(
    ("words", "law"),
    [
        (("--fault", "rain"), "robustness --fault: must be a known fault; got 'rain'"),
        (("--fault", "lost_spikes=a"), "robustness --fault: is a kind of fault, or KIND=LEVEL"),
        (("--fault", "lost_spikes=2"), "lost_spikes.level: must be a share; got 2.0"),
        (("--fault", "lost_spikes", "--fault", "lost_spikes=0.1"), "names a kind once"),
        (("--code", "radix"), "is an option of a conversion, and this network is converted"),
        (("--samples", "0"), "robustness --samples: must be at least 1; got 0"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(words, law, spk, tmp_path):
    found = called(spk, *words, "-o", tmp_path)
    assert found.exit_code == 2
    assert law in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_folder_exists_and_labels_differ(spk, tmp_path):
    found = called(spk, "-o", tmp_path / "none")
    assert (found.exit_code, "is an existing folder" in found.stderr) == (2, True)
    found = called(spk, spk, "-o", tmp_path)
    assert (found.exit_code, "have different labels" in found.stderr) == (2, True)
