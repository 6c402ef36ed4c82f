"""The verb `prune`, as a user calls it."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.cli.main import app
from spikewatt.models.datasets import load_dataset
from spikewatt.models.loading.load import load_keras
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from typer.testing import CliRunner

from ..helpers.said import data_of

CORE = "odin_style:axons_per_core=1024,doubling_accumulator=1"
SKIPPING = f"{CORE},zero_skipping=1"
KERAS = ("--code", "radix", "--steps", "4")


@pytest.fixture(scope="module")
def spk(mlp, digits, tmp_path_factory):
    x = digits.scaled("train")[:500]
    network = convert(mlp, x, code="radix", steps=4, input_levels=digits.levels)
    path = tmp_path_factory.mktemp("network") / "mlp.spk"
    network.save(path)
    return path


def called(*words):
    return CliRunner().invoke(app, ["prune", *map(str, words)])


def test_single_zeros_save_nothing_on_a_crossbar(spk, tmp_path):
    out = tmp_path / "pruned.spk"
    devices = ("--device", CORE, "--device", SKIPPING)
    found = called(spk, "-o", out, "--what", "synapses", "--budget-points", 2, *devices, "--json")
    assert found.exit_code == 0, found.output
    document = data_of(found.stdout)
    pruned = SpikingNetwork.load(out)
    assert document["network_hash"] == pruned.hash

    digits = load_dataset("digits")
    x, labels = digits.scaled("test"), digits.y_test
    for row, network in zip(document["test"], (SpikingNetwork.load(spk), pruned), strict=True):
        trace = simulate(network, x, "event")
        assert row["accuracy"] == pytest.approx(trace.accuracy(labels)[-1])
        assert row["nonzero_operations"] == pytest.approx(trace.mean_operations(ledger="nonzero"))
    before, after = (row["nonzero_synapses"] for row in document["test"])
    assert after < 0.9 * before

    rows = {row["device"]: row for row in document["hardware"]}
    assert rows[CORE]["after_memory_bytes"] == rows[SKIPPING]["after_memory_bytes"]
    assert rows[CORE]["after_memory_bytes"] == rows[CORE]["before_memory_bytes"]
    assert abs(rows[CORE]["energy_saved"]) < 0.02
    assert rows[SKIPPING]["energy_saved"] > 0.1
    assert rows[SKIPPING]["after_operations"] < 0.9 * rows[SKIPPING]["before_operations"]


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_reader_sees_the_sentence_first_and_what_a_crossbar_does(
    columns, spk, tmp_path, monkeypatch
):
    monkeypatch.setenv("COLUMNS", columns)
    found = called(spk, "-o", tmp_path / "p.spk", "--samples", 40, "--device", CORE)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Pruning saves ")
    text = " ".join(found.stdout.split())
    assert "points lost on 144 validation images (budget 0.3)" in text
    assert "of 40 test images are right" in text
    assert "single zero weights save nothing there" in text
    order = [text.index(head) for head in ("Rounds on", "What mapped hardware", "On 40 test")]
    assert order == sorted(order)
    assert max(map(len, found.stdout.splitlines())) <= int(columns)

    again = called(spk, "-o", tmp_path / "p.spk")
    assert (again.exit_code, "an existing file is not written over" in again.stderr) == (2, True)


@pytest.mark.slow
def test_a_trained_network_is_trained_on_with_its_zeros(mlp, tmp_path):
    mlp.save(tmp_path / "mlp.keras")
    words = (*KERAS, "--what", "synapses", "--fine-tune", 1, "--budget-points", 3)
    common = (*words, "--samples", 20, "--device", SKIPPING, "--json")
    found = called(tmp_path / "mlp.keras", "-o", tmp_path / "p.spk", *common)
    assert found.exit_code == 0, found.output
    document = data_of(found.stdout)
    assert document["saved"] >= 0.25  # a round is to save 30 %
    assert document["loss_points"] <= 3
    before, after = (row["nonzero_synapses"] for row in document["test"])
    assert after < 0.85 * before

    network = SpikingNetwork.load(tmp_path / "p.spk")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlp.keras", "p.keras", "p.spk"]
    tuned = load_keras(tmp_path / "p.keras")
    data = load_dataset("digits").fitted(tuned.inputs[0].shape[1:])
    again = convert(tuned, data.scaled("train")[:1000], code="radix", steps=4, input_levels=16)
    x, labels = data.scaled("test"), data.y_test
    one, other = (simulate(n, x, "event").accuracy(labels)[-1] for n in (network, again))
    assert one == other
    zeros = [float(np.mean(c.weights == 0)) for c in network.connections]
    assert max(zeros) > 0.2


def test_an_interruption_keeps_the_epochs_and_the_trained_network_is_never_replaced(
    mlp, tmp_path, monkeypatch
):
    mlp.save(tmp_path / "mlp.keras")
    words = (*KERAS, "--what", "synapses", "--fine-tune", 1, "--samples", 20, "--device", SKIPPING)
    for same in ("mlp.spk", "mlp.keras"):
        found = called(tmp_path / "mlp.keras", "-o", tmp_path / same, *words, "--force")
        assert found.exit_code == 2
        assert "prune --output: writes a .spk file and, with --fine-tune, a .keras" in found.stderr

    def interrupted(network, *_, tuning, **__):
        (tuning.folder / "round01").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr("spikewatt.sim.pruning.prune.prune", interrupted)
    found = called(tmp_path / "mlp.keras", "-o", tmp_path / "p.spk", *words)
    assert found.exit_code == 130
    assert "p.tuning has the epochs that are done; the same line goes on" in found.stderr
    (kept,) = (tmp_path / "p.tuning").iterdir()
    assert [path.name for path in kept.iterdir()] == ["round01"]
    assert not (tmp_path / "p.spk").exists()


@pytest.mark.parametrize(
    ("words", "law"),
    [
        (("--fine-tune", 2), "--fine-tune: needs a trained network and its training data"),
        (("--budget-points", 101), "is a number of percentage points; got 101.0; allowed: 0..100"),
        (("--aim", "joules"), "must name what is saved; got 'joules'"),
        (("--what", "neurons"), "must name what is pruned; got 'neurons'"),
        (("--device", "toaster"), "toaster"),
        (("--code", "radix"), "is an option of a conversion, and this network is converted"),
        (("--samples", 0), "prune --samples: must be at least 1; got 0"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(words, law, spk, tmp_path):
    found = called(spk, "-o", tmp_path / "p.spk", *words)
    assert found.exit_code == 2
    assert law in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_budget_that_cannot_be_met_says_how_near_it_came(tmp_path):
    """One neuron for each class, and none of the classes is what a silent network answers."""
    x = np.tile(np.eye(4, dtype=np.uint8).reshape(4, 2, 2) * 255, (50, 1, 1))
    labels = np.tile(np.arange(1, 5), 50)
    path = tmp_path / "four.npz"
    np.savez(path, x_train=x, y_train=labels, x_test=x[:40], y_test=labels[:40], levels=255)
    populations = [
        Population("input", (4,), "input", 1, 0, 0, levels=255),
        Population("hidden", (4,), "integrate_and_fire", 127 * 17, 0, 1000, levels=15),
        Population("output", (5,), "readout", 1, 0, 0),
    ]
    connections = [
        Connection("input", "hidden", "dense", 127 * np.eye(4, dtype=int)),
        Connection("hidden", "output", "dense", 127 * np.eye(4, 5, 1, dtype=int)),
    ]
    parts = (populations, connections, "radix", 1 / 255, 1.0, 8)
    SpikingNetwork(*parts, input_code="bitplane").save(tmp_path / "four.spk")

    words = ("--dataset", path, "--what", "channels", "--budget-points", 1)
    found = called(tmp_path / "four.spk", "-o", tmp_path / "p.spk", *words)
    assert found.exit_code == 2, found.output
    assert "cannot be met, not even by the smallest round; got" in found.stderr
    assert "points lost for" in found.stderr
    assert "saved; allowed: 1 points" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "p.spk").exists()
