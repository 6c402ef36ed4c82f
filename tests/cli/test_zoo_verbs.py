"""Networks of the zoo, wherever a verb or a configuration names a network."""

from __future__ import annotations

import json

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.analysis.job.config import make_config
from spikewatt.analysis.sweep.space import make_space
from spikewatt.cli.main import app
from spikewatt.errors import SpikewattError
from spikewatt.models.int8_baseline import CLIPPED, clipped, int8_baseline
from spikewatt.models.training import predictions
from spikewatt.sim.network.spiking_network import SpikingNetwork
from typer.testing import CliRunner


def called(*words):
    found = CliRunner().invoke(app, [*map(str, words)])
    assert found.exit_code == 0, found.output
    return found.stdout


def refused(*words) -> str:
    found = CliRunner().invoke(app, [*map(str, words)])
    assert found.exit_code == 2, found.output
    (line,) = found.stderr.strip().splitlines()
    return line


def test_zoo_lists_what_there_is(monkeypatch):
    rows = json.loads(called("zoo", "--json"))["data"]["rows"]
    assert [row["network"] for row in rows] == list(sw.zoo()["network"])
    assert all({"accuracy", "parameters", "macs", "dataset"} <= row.keys() for row in rows)

    monkeypatch.setenv("COLUMNS", "120")
    said = called("zoo")
    assert "zoo:resnet8" in said
    assert "442,740" in said


def test_a_run_takes_the_networks_own_data_unless_another_is_named():
    assert make_config({"network": "zoo:lenet"}, "config").dataset == "digits28"
    assert make_config({"network": "zoo:digits-mlp"}, "config").dataset == "digits"
    named = {"network": "zoo:lenet", "dataset": "mnist"}
    assert make_config(named, "config").dataset == "mnist"
    assert sw.RunConfig(network="zoo:lenet").dataset == "digits28"
    assert make_config({"network": "lenet"}, "config").dataset == "digits"
    with pytest.raises(SpikewattError, match="network: must be one of the zoo.*did you mean"):
        make_config({"network": "zoo:lennet"}, "config")


def test_a_run_trains_nothing_and_ends_in_a_verdict(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick = ("--engine", "event", "--test-samples", 60, "--diagnosis-samples", 0)
    called("run", "--network", "zoo:resnet8", *quick, "--search-samples", 60)
    folder = tmp_path / "runs" / "digits-zoo-resnet8"
    assert folder.is_dir()
    assert not (folder / "training.csv").exists()
    assert not (folder / "model.keras").exists()
    sentence = (folder / "sentence.txt").read_text()
    assert "the energy of int8 on" in sentence  # int8 was executed, and stands beside the spikes
    assert "not known" not in sentence
    assert CLIPPED in (folder / "assumptions.txt").read_text()
    points = (folder / "points.csv").read_text()
    assert "int8" in points


@pytest.mark.parametrize("name", ["zoo:lenet", "zoo:resnet8"])
def test_int8_of_few_levels_cuts_off_and_is_executed(name):
    data = sw.load_dataset(make_config({"network": name}, "config").dataset)
    model, x = sw.load_keras(name), data.scaled("test")[:120]
    plain = clipped(model)
    assert not any(type(layer).__name__ in ("KBitReLU", "QCFS") for layer in plain.layers)
    found = int8_baseline(model, data.scaled("train")[:200]).predictions(x)
    assert np.mean(found == predictions(plain, x)) > 0.98
    assert np.mean(found == data.y_test[:120]) > 0.97


def test_convert_diagnose_and_prune_take_it(tmp_path):
    spk, small = tmp_path / "lenet.spk", tmp_path / "small.spk"
    called("convert", "zoo:lenet", "-o", spk, "--code", "radix", "--steps", 4)
    assert SpikingNetwork.load(spk).inputs[0].shape == (28, 28, 1)
    called("diagnose", "zoo:lenet", spk, "--samples", 20)
    assert "takes the Keras model, then" in refused("diagnose", spk, "zoo:lenet")

    radix = ("--code", "radix", "--steps", 4)
    called("prune", "zoo:digits-mlp", "-o", small, *radix, "--samples", 40)
    assert SpikingNetwork.load(small).inputs[0].size == 64


def test_fit_price_and_robustness_take_it(tmp_path):
    rows = json.loads(called("fit", "zoo:lenet", "--device", "stm32l4r5", "--json"))
    assert "zoo:lenet" in json.dumps(rows)
    said = json.loads(called("price", "--layers", "zoo:resnet8", "--device", "nrf54l15", "--json"))
    assert "zoo:resnet8" in json.dumps(said)
    line = refused("robustness", "zoo:lenet", "zoo:digits-mlp", "-o", tmp_path)
    assert "is one for all networks, whose curves share a picture" in line
    assert "digits28, digits" in line


def test_firmware_takes_it(tmp_path):
    for package in ("ziglang", "unicorn", "capstone"):
        pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")
    out = tmp_path / "firmware"
    where = ("--device", "stm32g0b1", "-o", out, "--steps", 4, "--json")
    [row] = json.loads(called("firmware", "zoo:digits-mlp", *where))["data"]["rows"]
    assert 64 * 48 + 48 * 10 < row["flash_bytes"] < 12_000


def test_a_sweep_takes_the_data_of_its_networks():
    space = make_space({"network": {"network": ["zoo:digits-mlp", "zoo:resnet8"]}})
    assert space.base["dataset"] == "digits"
    one = make_space({"base": {"network": "zoo:lenet"}, "network": {"steps": [8, 16]}})
    assert one.base["dataset"] == "digits28"
    assert "dataset" not in make_space({"network": {"steps": [8, 16]}}).base
    with pytest.raises(SpikewattError, match="space: dataset: is one for all points.*digits28"):
        make_space({"network": {"network": ["zoo:digits-mlp", "zoo:lenet"]}})
