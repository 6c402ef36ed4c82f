"""What can be known is checked in the first second, before the long work."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from spikewatt.analysis.job import run_folder
from spikewatt.analysis.job.config import make_config
from spikewatt.analysis.job.run import run
from spikewatt.errors import SpikewattError
from spikewatt.models import networks
from spikewatt.sim.engines.simulate import simulate
from typer.testing import CliRunner

from ..work import Calls


def spikewatt(*arguments: str):
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, list(arguments))


AT_MOST = 5_000_000  # calls of functions, of which seconds of work have more

# Arguments; what is said about them.
AT_ONCE = {
    "engine": ("verify --engine nope", "verify.engine: must name an engine; got 'nope'"),
    "simulator": (
        "verify --simulator nope",
        "verify.simulator: must be a simulator; got 'nope'; allowed: icarus, verilator",
    ),
    "second target": (
        "verify --what rate --what nope",
        "verify.what: must be a target; got 'nope'",
    ),
    "waves": ("verify --spk n.spk --waves /proc/w", "/proc: must be a folder to write into"),
    "odin period": (
        "odin --period-s -1",
        "price.period_s: must be a time in seconds; got -1.0; allowed: > 0",
    ),
    "odin seed": ("odin --side 4 --seed -1", "odin --seed: must be a seed; got -1"),
    "odin hidden": ("odin --hidden -3", "odin --hidden: must be a number of neurons; got -3"),
    "odin side": ("odin --side 0", "odin --side: must be a number of pixels; got 0"),
    "odin folder": ("odin -o /proc/chip", "/proc: must be a folder to write into"),
    "read-only folder": ("convert m.keras -o /proc/n.spk", "/proc: must be a folder to write into"),
    "runs folder": ("run --runs-dir /proc/runs", "/proc: must be a folder to write into"),
    "network of 750 million weights": (
        "run --network mlp-64-9999999-10",
        "network mlp-64-9999999-10: has at most 100,000,000 weights to train; got 749,999,935",
    ),
    "workload": (
        "price t.trace --device odin --workload nope",
        "price --workload: must name a workload; got 'nope'; "
        "allowed: int8_ann, int8_ann_zero_skipping, snn",
    ),
    "workload alone": (
        "price t.trace --device odin --workload snn",
        "price --workload: goes with --explain",
    ),
    "library without a microcontroller": (
        "price t.trace --device odin --library nope",
        "library: must be a kernel library with known cycle counts; got 'nope'",
    ),
    "size": ("synth --size ²-3", "synth --size: is the sizes of layers, joined by -; got ²-3"),
    "long size": (f"synth --size {'9' * 5000}-3", "is the sizes of layers"),
}


@pytest.mark.parametrize("case", AT_ONCE)
def test_a_wrong_argument_is_refused_at_once(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, message = AT_ONCE[case]
    spikewatt("devices")  # imports do not count
    with Calls() as calls:
        result = spikewatt(*arguments.split())
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert calls.count < AT_MOST
    assert not list(tmp_path.iterdir())


def write_images(path, classes: int) -> None:
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (30, 8, 8), np.uint8)
    labels = np.arange(30) % classes
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)


@pytest.mark.parametrize("verb", ["simulate", "diagnose"])
def test_labels_without_an_output_are_said_and_nothing_is_lost(
    verb, mlp, mlp_network, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    mlp_network.save("n.spk")
    mlp.save("m.keras")
    write_images("d.npz", 12)
    words = {"simulate": ["n.spk", "-o", "t.trace"], "diagnose": ["m.keras", "n.spk"]}[verb]
    result = spikewatt(verb, *words, "--dataset", "d.npz")
    assert result.exit_code == 0, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if "warning" in line]
    assert "labels are integers below the 10 outputs; no accuracy is told" in line
    assert os.path.exists("t.trace") == (verb == "simulate")


def test_steps_of_a_layer_that_does_not_exist_are_found_before_training(tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr("spikewatt.analysis.job.steps.train", lambda *rest: trained.append(rest))
    config = {"code": "radix", "steps": {"hiden1": 4}, "engine": "reference"}
    with pytest.raises(SpikewattError, match=r"must name layers.*got \['hiden1'\]"):
        run(config, tmp_path / "runs")
    assert not trained


def test_a_trace_that_fits_into_no_memory_is_not_begun(mlp_network, monkeypatch):
    monkeypatch.setattr("spikewatt.resources.available_memory", lambda: 10**6)
    x = np.zeros((1000, 8, 8, 1))
    law = "the trace of 1,000 samples of 2,000 steps fits into memory; got about 256 MB where 1 MB"
    with pytest.raises(SpikewattError, match=law):
        simulate(mlp_network, x, "reference", steps=2000)


def test_a_trace_that_fits_on_no_disk_is_not_begun(mlp_network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mlp_network.save("n.spk")
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    result = spikewatt("simulate", "n.spk", "-o", "t.trace", "--steps", "2000")
    assert result.exit_code == 2
    assert "t.trace: the trace fits on the disk" in result.stderr


def test_the_largest_network_to_train_is_checked_by_name():
    networks.check_name("mlp-784-128-10")
    with pytest.raises(SpikewattError, match="weights to train"):
        networks.check_name("mlp-64-9999999-10")


# ------------------------------------------------------------------ a command that is corrected

SMALL = {"engine": "reference", "epochs": 1, "test_samples": 20, "diagnosis_samples": 0}
SMALL |= {"name": "x", "steps": 8}


def test_after_a_period_that_is_too_short_the_corrected_command_goes_on(tmp_path, monkeypatch):
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        run({**SMALL, "period_s": 1e-7}, tmp_path)
    (tmp_path / "x.partial" / "stale.csv").write_text("of another configuration")
    monkeypatch.setattr("spikewatt.analysis.job.steps.train", pytest.fail)  # it is taken up again
    result = run({**SMALL, "period_s": 1.0}, tmp_path)
    assert result.folder == tmp_path / "x"
    assert not (result.folder / "stale.csv").exists()
    assert not (tmp_path / "x.partial").exists()


def test_other_training_does_not_take_up_what_was_trained_and_says_how_to_go_on(tmp_path):
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        run({**SMALL, "period_s": 1e-7}, tmp_path)
    with pytest.raises(SpikewattError, match=r"hint: remove .*x\.partial, which an interrupted"):
        run({**SMALL, "seed": 5}, tmp_path)


def test_a_folder_of_a_run_that_was_killed_before_it_began_is_free(tmp_path):
    (tmp_path / "x.partial").mkdir()
    config = make_config(SMALL, "config")
    from spikewatt.models.datasets import load_dataset

    with run_folder.claimed(tmp_path, config, load_dataset("digits")) as folder:
        assert folder.partial == tmp_path / "x.partial"
