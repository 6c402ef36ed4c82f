"""A run that spares: pruned, with fewer planes, and with inferences that stop early."""

from __future__ import annotations

import pandas as pd
import pytest
import spikewatt as sw
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.baselines import baselines
from spikewatt.analysis.job.config import as_config, make_config
from spikewatt.analysis.job.spare import spare, stop_early
from spikewatt.energy.bill import INT8, INT8_WORKLOADS
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.gating.planes import sent_planes
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.staged.staged_network import StagedNetwork

CORE = "odin_style:axons_per_core=1024,doubling_accumulator=1"
RADIX = {
    "code": "radix",
    "steps": 4,
    "engine": "event",
    "test_samples": 60,
    "calibration_samples": 500,
    "diagnosis_samples": 20,
    "devices": [CORE, "stm32l4r5"],
    "search_samples": 0,
}


@pytest.fixture(scope="module", autouse=True)
def few_inferences():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spikewatt.analysis.codesign.outcome.SINGLE", 20)
        yield


@pytest.fixture(scope="module")
def trained(mlp, tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "mlp.keras"
    mlp.save(path)
    return str(path)


@pytest.fixture(scope="module")
def less(trained, tmp_path_factory):
    """A job that spares what it can."""
    spared = {"prune_points": 2, "planes": 3, "exit_points": 6}
    return sw.run({**RADIX, "network": trained, **spared}, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def whole(trained):
    """Trace, prices and diagnosis of the same job that spares nothing."""
    config = as_config({**RADIX, "network": trained})
    prepared = steps.prepare(config)
    network = steps.convert(config, prepared)
    assert spare(config, prepared, network).network is network
    trace = steps.simulate(config, prepared, network)
    zeros = baselines(config, prepared, network, trace).int8
    return trace, steps.price(config, trace, zeros), steps.diagnose(config, prepared, network)


def int8_rows(prices) -> pd.DataFrame:
    totals = prices.totals()
    return totals[totals["workload"].isin(INT8_WORKLOADS)].set_index("workload")


def test_the_network_of_the_folder_is_pruned_and_the_int8_baseline_is_not(less, whole):
    trace, prices, diagnosis = whole
    kept = SpikingNetwork.load(less.folder / "network.spk")
    assert kept.hash == less.network.hash == less.findings.facts["network_hash"]
    hidden = kept.population("hidden1")
    assert sent_planes(hidden) == 3
    assert hidden.size < trace.neurons["hidden1"]
    assert less.trace.mean_operations(ledger="nonzero") < trace.mean_operations(ledger="nonzero")

    before, after = int8_rows(prices), int8_rows(less.prices)
    assert len(after) == 2
    for what in ("energy_j", "time_s"):
        assert after[what].to_dict() == pytest.approx(before[what].to_dict(), rel=1e-6)
    pd.testing.assert_frame_equal(less.findings["diagnosis"].frame, diagnosis)


def test_the_folder_says_what_was_done(less):
    pruned, planes, early = less.findings.assumptions[:3]
    assert pruned.startswith("pruned: ")
    assert "points lost on 144 validation images (budget 2)" in pruned
    assert planes == "planes sent: hidden1 3."
    assert early.startswith("Stages of ")
    assert "energy on" in early
    for name in ("assumptions.txt", "report.html"):
        assert "planes sent: hidden1 3." in (less.folder / name).read_text("utf-8")

    staged = StagedNetwork.load(less.folder / "staged.spks")
    assert staged.stages[-1].hash == less.network.hash
    assert pd.read_csv(less.folder / "pruning.csv")["kept"].any()
    exits = pd.read_csv(less.folder / "exit_accuracy.csv")
    assert exits["network"].tolist() == ["without", "with"]
    assert exits["accuracy"].iloc[0] == pytest.approx(less.snn_accuracy[-1])
    assert exits["operations"].iloc[0] == pytest.approx(less.trace.mean_operations())
    energies = pd.read_csv(less.folder / "exit_energy.csv").set_index(["device", "network"])
    alone = less.prices.totals(idle=False).set_index(["device", "workload"])["energy_j"]
    for device in (CORE, "stm32l4r5"):
        own = energies.loc[(device, "without"), "mean_energy_j"]
        assert own == pytest.approx(alone[device, "snn"])
    assert less.findings.facts["pruning_loss_points"] <= 2


def test_channels_of_a_convolution_go_and_int8_stays(cnn, digits):
    """But for pools of layers that lost channels, which are small."""
    config = as_config({**RADIX, "prune_points": 3})
    x = digits.scaled("test")[:60]
    labels = digits.y_test[:60]
    prepared = steps.Prepared(digits, cnn, None, digits.scaled("train")[:500], x, labels, 1.0)
    converted = steps.convert(config, prepared)
    found = spare(config, prepared, converted)
    sizes = [sum(p.size for p in n.populations) for n in (found.network, converted)]
    assert sizes[0] < sizes[1]
    energies = []
    for network in (converted, found.network):
        trace = steps.simulate(config, prepared, network)
        bill = price(trace, "stm32l4r5").bill("stm32l4r5")
        macs = sum(layer.macs for layer in trace.layers if layer.kind.multiplies)
        energies.append((float(bill.total(INT8, "energy_j")), macs))
    assert energies[1][1] == energies[0][1]
    assert 0.97 * energies[0][0] < energies[1][0] <= energies[0][0]


def test_a_streaming_code_stops_early(trained):
    """On the operating point that the configuration names."""
    keys = {**RADIX, "network": trained, "code": "rate", "steps": 12, "exit_points": 2}
    config = as_config({**keys, "devices": ["odin_style", "stm32l4r5"], "clock_hz": 60e6})
    prepared = steps.prepare(config)
    found = spare(config, prepared, steps.convert(config, prepared))
    trace = steps.simulate(config, prepared, found.network)
    found = stop_early(config, prepared, found, trace)
    tables = {table.name: table.frame for table in found.tables}
    accuracy = tables["exit_accuracy"]
    assert accuracy["steps"].iloc[0] == 12
    assert accuracy["steps"].iloc[1] < 9
    assert accuracy["operations"].iloc[1] < 0.8 * accuracy["operations"].iloc[0]

    prices = steps.price(config, trace).totals(idle=False).set_index(["device", "workload"])
    times = tables["exit_time"].set_index(["device", "network"])["mean_time_s"]
    for device in ("odin_style", "stm32l4r5"):
        assert times[device, "without"] == pytest.approx(prices.loc[(device, "snn"), "time_s"])


def test_epochs_of_training_follow_each_round(trained, monkeypatch):
    """The Keras network, its training data and the options of the conversion are handed on."""
    asked = {}

    def look(network, x, labels, *, tuning, **options):
        asked.update(options, tuning=tuning, samples=len(x))
        raise SpikewattError("prune.budget_points", "cannot be met", "0.7 points", "0.1 points")

    monkeypatch.setattr("spikewatt.analysis.job.spare.prune", look)
    keys = {**RADIX, "network": trained, "prune_points": 0.1, "prune_epochs": 3, "seed": 5}
    config = as_config(keys)
    prepared = steps.prepare(config)
    converted = steps.convert(config, prepared)
    with pytest.raises(SpikewattError, match="cannot be met; got 0.7 points"):
        spare(config, prepared, converted)
    tuning = asked["tuning"]
    assert (tuning.epochs, tuning.seed, asked["seed"], asked["budget_points"]) == (3, 5, 5, 0.1)
    assert (len(tuning.x), asked["samples"]) == (len(prepared.dataset.x_train), 144)
    assert tuning.converted(tuning.model).hash == converted.hash


@pytest.mark.parametrize(
    ("keys", "law"),
    [
        ({"planes": 3}, "config: planes: are bits of a value; got code rate; allowed: radix"),
        ({"code": "radix", "planes": 0}, "planes: is a number of planes; got 0"),
        ({"code": "radix", "planes": {"hidden1": 40}}, "planes: is a number of planes; got 40"),
        ({"code": "sync_rate", "exit_points": 1}, "exit_points: ends a code that has an answer"),
        ({"prune_epochs": 2}, "prune_epochs: trains after rounds of pruning; got prune_points 0"),
        ({"prune_points": 101}, "prune_points"),
        ({"exit_points": -1}, "exit_points"),
        ({"network": "stages.spks"}, "is a network that does not spike yet; got stages.spks"),
    ],
)
def test_what_cannot_go_together_is_refused_before_work(keys, law):
    with pytest.raises(SpikewattError, match=law):
        make_config(keys, "config")


def test_layers_that_are_not_there_are_refused_before_minutes_of_work(trained, monkeypatch):
    def never(*_, **__):
        raise AssertionError("pruned, though the planes are those of no layer")

    monkeypatch.setattr("spikewatt.analysis.job.spare.prune", never)
    keys = {**RADIX, "network": trained, "prune_points": 1, "planes": {"nobody": 2}}
    config = as_config(keys)
    prepared = steps.prepare(config)
    with pytest.raises(SpikewattError, match="names populations that send bits.*got 'nobody'"):
        spare(config, prepared, steps.convert(config, prepared))

    monkeypatch.setattr("spikewatt.analysis.job.steps.train", never)
    law = "planes: names layers that become populations; got nobody; allowed: input, hidden1"
    with pytest.raises(SpikewattError, match=law):
        steps.prepare(as_config({**RADIX, "network": "mlp-64-48-10", "planes": {"nobody": 2}}))
