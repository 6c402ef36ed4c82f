"""The main job: its steps one by one, its folder, and its configuration."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import spikewatt as sw
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.baselines import levels_sent
from spikewatt.analysis.job.config import as_config, read_config
from spikewatt.analysis.job.run_folder import claimed
from spikewatt.analysis.report.figures.run import plot_run
from spikewatt.cli.main import app
from spikewatt.energy.bill import ZERO_SKIPPING
from spikewatt.errors import SpikewattError
from spikewatt.models.capacity import capacity_bits
from spikewatt.models.datasets import load_dataset
from spikewatt.sim.zeros.given import load_zeros
from typer.testing import CliRunner

from ..helpers.said import data_of

SHORT = {"epochs": 2, "engine": "reference", "steps": 8, "test_samples": 40}


@pytest.fixture(scope="module")
def config() -> sw.RunConfig:
    return as_config(SHORT)


@pytest.fixture(scope="module")
def prepared(config) -> steps.Prepared:
    return steps.prepare(config)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return sw.run({**SHORT, "diagnosis_samples": 20}, tmp_path_factory.mktemp("job") / "runs")


def test_the_steps_can_be_had_one_by_one(config, prepared):
    assert prepared.x.shape == (40, 8, 8, 1)
    assert len(prepared.history) == 2
    network = steps.convert(config, prepared)
    trace = steps.simulate(config, prepared, network)
    assert (trace.samples, trace.steps) == (40, 8)
    prices = steps.price(config, trace)
    diagnosis = steps.diagnose(config, prepared, network)
    assert diagnosis is not None
    assert list(diagnosis["layer"]) == ["hidden1", "output"]

    found = steps.report(prepared, network, trace, prices, diagnosis)
    for name in ("summary", "prices", "verdicts", "layers", "classes", "training", "diagnosis"):
        assert len(found[name]) > 0
    assert found.facts["network_hash"] == network.hash

    settings = {"host": "none", "supply_v": {"stm32l4r5": 3.6}, "clock_hz": 60e6}
    other = steps.price(as_config({**SHORT, **settings}), trace)
    assert [bill.host for bill in other.bills] == [None] * 3
    both = [p.bill("stm32l4r5").total("int8_ann", idle=False) for p in (prices, other)]
    assert both[1] == pytest.approx(2 * both[0])
    assert found["summary"].frame.loc[0, "ann_accuracy"] == prepared.ann_accuracy


def test_no_diagnosis_where_no_samples_are_asked_for(config, prepared):
    without = config.model_copy(update={"diagnosis_samples": 0})
    assert steps.diagnose(without, prepared, steps.convert(without, prepared)) is None


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_a_run_without_a_search_compares_no_networks_of_other_accuracy(config, prepared, right):
    network = steps.convert(config, prepared)
    trace = steps.simulate(config, prepared, network)
    answers = trace.predictions()
    labels = answers if right else (answers + 1) % 10
    known = replace(prepared, labels=labels, ann_accuracy=0.95)
    said = steps.report(known, network, trace, steps.price(config, trace)).sentence

    assert "not known" not in said
    assert f"spikes {100 * right:.1f} %, Keras 95.0 %" in said
    assert said.startswith("No winner: ") == (right == 0)
    assert ("spikes are 95 points less accurate" in said) == (right == 0)
    assert ("less energy" in said or "Undecided" in said) == (right == 1)


def test_a_run_leaves_its_findings_as_files(result):
    assert result.folder.name == "digits-mlp-64-48-10"
    for table in result.findings.without("prices"):
        assert len(pd.read_csv(result.folder / f"{table.name}.csv")) == len(table)
    assert sw.Trace.load(result.folder / "spikes.trace").content_hash() == (
        result.trace.content_hash()
    )
    assert "RunResult('" in repr(result)
    assert set(json.loads((result.folder / "versions.json").read_text())) >= {"numpy", "python"}


def test_folders_of_earlier_versions_are_drawn_too(result, tmp_path):
    """Their trace is called trace.h5."""
    old = tmp_path / "old"
    shutil.copytree(result.folder, old)
    (old / "spikes.trace").rename(old / "trace.h5")
    for picture in (*old.glob("*.png"), *old.glob("*.svg")):
        picture.unlink()
    assert len(plot_run(old)) == len(list(result.folder.glob("*.png")))
    assert sw.Trace.load(old / "trace.h5").samples == 40


def test_an_interrupted_run_takes_its_training_up_again(config, digits, tmp_path):
    with claimed(tmp_path, config, digits) as folder:
        first = steps.prepare(config, dataset=digits, folder=folder)
    with claimed(tmp_path, config, digits) as folder:
        again = steps.prepare(config, dataset=digits, folder=folder)
    for one, other in zip(first.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    pd.testing.assert_frame_equal(first.history, again.history)


def test_another_configuration_gets_another_folder(config, digits, tmp_path):
    with claimed(tmp_path, config, digits) as folder:
        assert folder.final.name == "digits-mlp-64-48-10"
    other = config.model_copy(update={"epochs": 3})
    with claimed(tmp_path, other, digits) as folder:
        assert folder.final.name == "digits-mlp-64-48-10-2"


def test_other_data_or_a_live_run_get_another_folder(config, digits, tmp_path):
    with claimed(tmp_path, config, digits) as first:
        with claimed(tmp_path, config, digits) as second:
            assert second.final.name == f"{first.final.name}-2"
        assert first.partial.is_dir()

    other = replace(digits, y_test=digits.y_test[::-1])
    with claimed(tmp_path, config, other) as folder:
        assert folder.final not in (first.final, second.final)


def test_a_folder_that_is_in_use_is_left_alone(config, digits, tmp_path):
    named = config.model_copy(update={"name": "mine"})
    with (
        claimed(tmp_path, named, digits),
        pytest.raises(SpikewattError, match="a run goes to a new folder"),
        claimed(tmp_path, named, digits),
    ):
        pass


REFUSED = {
    "spiking": ({"network": "my.spk"}, "is a network that does not spike yet; got my.spk"),
    "steps": ({"steps": {"hidden1": 4}}, "steps: is one number under rate"),
    "battery": ({"battery": "odin_style"}, "battery: must be a battery; got odin_style"),
    "device": ({"devices": ["cr2032"]}, "devices: must be devices that compute; got cr2032"),
    "twice": ({"devices": ["odin", "odin"]}, "devices: must have different names"),
    "host": ({"host": "odin_style"}, "config: host: must be a microcontroller; got odin_style"),
    "no host": ({"host": "abacus"}, "config: host: must be compared, none, or a microcontroller"),
    "clock": ({"clock_hz": 1e12}, "'stm32l4r5': clock_hz: must be a clock of the device"),
    "clock of": ({"clock_hz": {"abacus": 1e6}}, "config: clock_hz: must name devices that are pri"),
    "supply": ({"supply_v": {"nrf54l15": 9.0}}, "'nrf54l15': supply_v: must be a supply of the d"),
    "library": ({"library": "abacus"}, "library: must be a kernel library .* got 'abacus'"),
    "bits": ({"weight_bits": 1}, "weight_bits"),
    "key": ({"stepps": 3}, "stepps"),
    "no name": ({"code": ["rate"]}, r"code: must be a known code; got \['rate'\]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_configuration_is_checked_before_any_work(case):
    values, message = REFUSED[case]
    with pytest.raises(SpikewattError, match=message):
        as_config(values)


def test_a_configuration_comes_from_a_file_a_mapping_or_itself(tmp_path, config):
    (tmp_path / "c.yaml").write_text("epochs: 3\nsteps: 9\n")
    assert as_config(tmp_path / "c.yaml").epochs == 3
    assert read_config(tmp_path / "c.yaml", {"epochs": 5, "steps": None}).steps == 9
    assert as_config(config) == config
    assert as_config(None).network == "mlp-64-48-10"
    with pytest.raises(SpikewattError, match="config: dataset: must name a data set"):
        as_config(sw.RunConfig(dataset="letters"))


def test_a_run_counts_zeros_and_executes_an_ann_of_equal_capacity(result):
    """Eight steps are four bits; what the folder holds prices the same workload again."""
    zeros = load_zeros(result.folder / "zeros.json")
    assert set(zeros) == {"int8", "matched"}
    assert zeros["matched"].bits == capacity_bits(8) == 4

    model = sw.load_keras(result.folder / "model.keras")
    images = load_dataset("digits").scaled("test")[: len(result.labels)]
    calibration = load_dataset("digits").scaled("train")[: as_config(SHORT).calibration_samples]
    few = sw.few_bits(model, calibration, activation_bits=4, input_levels=16)
    accuracy = float((few.predictions(images) == result.labels).mean())
    assert result.findings.facts["matched_accuracy"] == accuracy
    assert result.findings["summary"].frame.loc[0, "matched_accuracy"] == accuracy
    assert zeros["int8"] == sw.activation_zeros(model, images, calibration, bits=8)

    totals = result.prices.totals().set_index(["device", "workload"])["energy_j"]
    assert totals["stm32l4r5", ZERO_SKIPPING] < totals["stm32l4r5", "int8_ann"]
    again = sw.price(result.trace, "stm32l4r5", zeros=zeros["int8"], period_s=1.0)
    assert again.bill("stm32l4r5").total(ZERO_SKIPPING) == totals["stm32l4r5", ZERO_SKIPPING]
    counted = pd.read_csv(result.folder / "zeros.csv")
    assert counted.groupby("network")["layer"].count().to_dict() == {"int8": 2, "matched": 2}

    page = (result.folder / "report.html").read_text("utf-8")
    assert "Zeros among the activations of the ANN" in page
    assert "4-bit activations" in page
    assert any(
        line.startswith("capacity-matched ANN: 4-bit") for line in result.findings.assumptions
    )


@pytest.mark.parametrize(("code", "steps", "levels"), [("radix", 3, 7), ("sync_rate", 6, 6)])
def test_an_exact_code_has_the_capacity_of_its_levels(prepared, code, steps, levels):
    network = sw.convert(prepared.model, prepared.calibration, code, steps=steps)
    trace = sw.simulate(network, prepared.x[:1], "reference")
    assert levels_sent(network, trace) == levels


def test_the_command_line_reads_the_zeros_of_a_run(result):
    trace, zeros = (str(result.folder / name) for name in ("spikes.trace", "zeros.json"))
    words = ["price", trace, "--device", "stm32l4r5", "--json"]
    found = {}
    for name, more in (("without", []), ("file", ["--zeros", zeros]), ("share", ["--zeros", "1"])):
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code == 0, done.output
        said = data_of(done.output, "price")
        energies = {row["workload"]: row["energy_j"] for row in said["rows"]}
        found[name] = energies.get(ZERO_SKIPPING)
        how = any("is not priced: --zeros" in line for line in said["assumptions"])
        assert how == (name == "without")
    assert found["without"] is None
    assert 0 < found["share"] < found["file"]
    refused = CliRunner().invoke(
        app, ["price", "--layers", "mlperf_tiny", *words[2:], "--zeros", "1"]
    )
    assert refused.exit_code != 0
    assert "goes with a trace" in refused.output
