"""What a run will take, said before: counts are exact, seconds are fitted, auto takes the least."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.errors import MissingToolError, SpikewattError, SpikewattWarning
from spikewatt.sim.engines.counts import Counts
from spikewatt.sim.engines.engines import ENGINES
from spikewatt.sim.engines.estimate import choose
from spikewatt.sim.engines.estimate.model import Cost, CostModel
from spikewatt.sim.engines.estimate.models.reference import ReferenceCost
from spikewatt.sim.engines.estimate.probe import Probe, probe
from spikewatt.sim.engines.estimate.records import MOST, Record, Records, fitted, predicted
from spikewatt.sim.engines.estimate.work import Work
from spikewatt.sim.engines.inputs import Inputs
from spikewatt.sim.engines.schedule import schedule

from ..helpers.random_networks import random_input, random_network
from ..helpers.said import data_of

CODES = [("rate", "if"), ("rate", "analog"), ("signed", "if"), ("radix", "bitplane"),
         ("sync_rate", "if"), ("rate", "poisson")]  # fmt: skip


class Fixed(CostModel):
    """An engine that says what it is told to say."""

    def __init__(self, seconds: float, missing: str = "", memory_bytes: float = 1.0):
        self.said = Cost(0.0, seconds, memory_bytes, missing)

    @property
    def calibrated(self) -> bool:
        return True

    def cost(self, work, probe=None):
        return self.said

    def ready(self, work):
        return {}

    def running(self, work):
        return {}


class Probed(Fixed):
    """One that is asked first."""

    probed = True


@pytest.fixture
def say(monkeypatch):
    """Engine -> seconds that it says."""

    def set_to(**seconds: float | CostModel) -> None:
        for name, said in seconds.items():
            kind = Probed if name == "event" else Fixed
            model = said if isinstance(said, CostModel) else kind(said)
            monkeypatch.setattr(type(ENGINES[name]), "cost_model", lambda self, model=model: model)

    return set_to


# ------------------------------------------------------------------ how much there is to do


@pytest.mark.parametrize(("code", "input_code"), CODES)
def test_operations_of_all_samples_are_those_of_the_trace(code, input_code):
    """Law: where the few samples are all samples, nothing is estimated."""
    network = random_network(3, code=code, input_code=input_code)
    x = random_input(network, 2, 0)
    steps = 8 if network.code == "rate" else None
    found = sw.estimate(network, x, steps, engines=("event",))
    trace = sw.simulate(network, x, "reference", steps)
    counted = sum(part.sum() for part in trace.synaptic_operations["synapses"].values())
    assert found.synaptic_operations == pytest.approx(float(counted))
    assert found.samples == 2
    assert found.steps == trace.steps
    assert found.activity == "2 samples in the event engine"


@pytest.mark.parametrize(("code", "input_code"), CODES)
def test_memory_of_the_counts_is_what_is_allocated(code, input_code):
    network = random_network(4, code=code, input_code=input_code, residual=True)
    plan = schedule(network)
    counts = Counts.empty(network, 5, plan.steps, 2)
    arrays = [*counts.spikes.values(), *counts.rasters.values(), *counts.saturations.values()]
    arrays += [a for each in counts.synaptic_operations.values() for a in each.values()]
    allocated = sum(array.nbytes for array in arrays) + counts.outputs.nbytes
    assert Work(network, plan, 5, 0.0, 0.0, 1, rasters=2).counts_bytes == allocated


def test_updates_and_multiplications_in_closed_form(mlp_network):
    """Rate, 64-48-10: all neurons and all weights at every step."""
    work = Work(mlp_network, schedule(mlp_network, 7), 1, 0.0, 0.0, 1)
    assert work.updates == 7 * (64 + 48 + 10)
    assert work.macs == 7 * (64 * 48 + 48 * 10)


def test_a_long_sample_is_probed_over_fewer_steps(mlp_network, digits, monkeypatch):
    monkeypatch.setattr("spikewatt.sim.engines.estimate.probe.MOST_OPERATIONS", 1.0)
    inputs = Inputs(mlp_network, digits.scaled("test")[:20])
    plan = schedule(mlp_network, 400)
    found = probe(mlp_network, inputs, plan, 0, 1)
    trace = sw.simulate(mlp_network, digits.scaled("test")[:20], "event", 400)
    counted = sum(part.sum() for part in trace.synaptic_operations["synapses"].values()) / 20
    assert found.operations == pytest.approx(float(counted), rel=0.2)


def test_without_inputs_pixels_are_drawn(mlp_network):
    found = sw.estimate(mlp_network, samples=10**6, steps=8, engines=("event",))
    assert "pixels drawn" in found.activity
    assert found.synaptic_operations > 10**6
    with pytest.raises(SpikewattError, match="takes inputs, or a number of samples"):
        sw.estimate(mlp_network)
    with pytest.raises(SpikewattError, match="must name engines; got 'nest'"):
        sw.estimate(mlp_network, samples=1, engines=("nest",))


def test_the_file_of_a_trace_is_about_as_large_as_said(mlp_network, digits, tmp_path):
    x = digits.scaled("test")[:300]
    found = sw.estimate(mlp_network, x, 32, engines=("event",))
    sw.simulate(mlp_network, x, "event", 32).save(tmp_path / "t.trace")
    size = (tmp_path / "t.trace").stat().st_size
    assert size / 1.5 < found.file_bytes < size * 1.5


# ------------------------------------------------------------------ what runs teach


def test_what_units_took_is_found_again_beside_an_outlier():
    random = np.random.default_rng(0)
    true = {"a": 2e-3, "b": 5e-9}
    records = []
    for _ in range(12):
        features = {"a": float(random.integers(1, 100)), "b": 10.0 ** random.integers(6, 10)}
        records.append(Record(features, predicted(true, features)))
    records.append(Record({"a": 50.0}, 100.0))  # the machine slept
    found = fitted(records)
    assert found == pytest.approx(true, rel=0.02)
    assert math.isnan(predicted(found, {"c": 1.0}))


def test_records_are_kept_and_those_of_the_calibration_not_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr("spikewatt.sim.engines.estimate.records.folder", lambda: tmp_path)
    source = tmp_path / "engine.py"
    source.write_text("fast = True")
    records = Records("mine", [source])
    first = Record({"a": 1.0}, 1.0, once=True)
    records.add(first)
    for i in range(MOST + 5):
        records.add(Record({"a": 1.0}, 1.0 + i))
    kept = Records("mine", [source]).read()
    assert len(kept) == MOST + 1
    assert kept[0] == first
    assert kept[-1].seconds == MOST + 5

    records.path.write_text("[{]")
    assert records.read() == []
    source.write_text("fast = False")
    assert Records("mine", [source]).path != records.path


def test_a_long_run_teaches_the_next_estimate(tmp_path, monkeypatch, mlp_network):
    monkeypatch.setattr("spikewatt.sim.engines.estimate.records.folder", lambda: tmp_path)
    model = ReferenceCost()
    work = Work(mlp_network, schedule(mlp_network, 8), 100, 0.0, 0.0, 1)
    assert not model.calibrated
    before = model.cost(work).running_s
    assert model.calibrated
    long_s = 50 * before + 1
    for _ in range(20):
        model.learn({}, model.running(work), 0.0, long_s)
    model.learn({}, model.running(work), 0.0, 1e-6)  # too short to tell
    kept = [record for record in model.records.read() if not record.once]
    assert len(kept) == 20
    assert model.cost(work).running_s > 5 * before


# ------------------------------------------------------------------ who runs


@pytest.mark.parametrize("least", ["reference", "event"])
def test_auto_takes_the_least_and_the_trace_says_which(least, say, mlp_network, digits):
    seconds = dict.fromkeys(ENGINES, 9.0) | {least: 3.0}
    say(**seconds)
    x = digits.scaled("test")[:5]
    trace = sw.simulate(mlp_network, x, "auto", 8)
    assert trace.settings.engine == least
    named = sw.simulate(mlp_network, x, "reference", 8)
    for name, spikes in named.spikes.items():
        np.testing.assert_array_equal(trace.spikes[name], spikes)


def test_a_short_run_asks_no_other_engine(say, monkeypatch, mlp_network, digits):
    class Never(Fixed):
        """One that must not be asked."""

        def cost(self, work, probe=None):
            raise AssertionError("asked")

    say(event=0.001, reference=Never(1.0), batched=Never(1.0), annarchy=Never(1.0))
    assert sw.simulate(mlp_network, digits.scaled("test")[:5], "auto", 8).settings.engine == "event"


def test_an_engine_without_enough_memory_is_not_taken(say, mlp_network, digits):
    say(event=5.0, reference=6.0, batched=Fixed(1.0, memory_bytes=1e18), annarchy=9.0)
    trace = sw.simulate(mlp_network, digits.scaled("test")[:5], "auto", 8)
    assert trace.settings.engine == "event"


def test_auto_without_a_compiler_says_so(say, monkeypatch, mlp_network, digits):
    def none():
        raise MissingToolError("event engine", "needs a C++ compiler", "no g++")

    monkeypatch.setattr("spikewatt.sim.engines.estimate.probe.kernel", none)
    monkeypatch.setattr("spikewatt.sim.engines.estimate.models.event.shutil.which", lambda _: None)
    say(reference=2.0, batched=3.0, annarchy=Fixed(1.0, missing="no g++, make"))
    network = replace(mlp_network)  # of which nothing is remembered
    with pytest.warns(SpikewattWarning, match=r"got no g\+\+; hint: reference runs"):
        trace = sw.simulate(network, digits.scaled("test")[:5], "auto", 8)
    assert trace.settings.engine == "reference"

    say(reference=Fixed(1.0, missing="asleep"), batched=Fixed(1.0, missing="no tensorflow"))
    with pytest.raises(SpikewattError, match="one of the engines can do it; got event: no g"):
        sw.simulate(network, digits.scaled("test")[:5], "auto", 8)


def test_a_large_network_without_a_compiler_is_assumed(monkeypatch, mlp_network):
    def none():
        raise MissingToolError("event engine", "needs a C++ compiler", "no g++")

    monkeypatch.setattr("spikewatt.sim.engines.estimate.probe.kernel", none)
    monkeypatch.setattr("spikewatt.sim.engines.estimate.probe.MOST_SYNAPSES", 100)
    inputs = Inputs(mlp_network, np.zeros((2, 8, 8, 1)))
    found = probe(mlp_network, inputs, schedule(mlp_network, 10), 0, 1)
    spikes = 0.1 * 10 * (64 + 48)
    operations = 0.1 * 10 * (64 * 48 + 48 * 10)
    assert found == Probe(0, "", pytest.approx(operations), pytest.approx(spikes))
    assert str(found) == "assumed: 0.1 spikes per neuron and step"


def test_every_engine_has_a_model(mlp_network):
    work = Work(mlp_network, schedule(mlp_network, 8), 10, 100.0, 10.0, 2)
    for name, engine in ENGINES.items():
        model = engine.cost_model()
        assert model.engine == name
        assert model.memory_bytes(work) > 0
        assert set(model.ready(work)).isdisjoint(model.running(work))
        assert list(Path(model.records.path).suffixes) == [".json"]


def test_what_the_batched_engine_keeps_is_not_compiled_again(monkeypatch, mlp_network, digits):
    monkeypatch.setattr("spikewatt.sim.engines.batched.engine.COMPILE_FROM", 0)
    network = replace(mlp_network, name="kept")
    work = Work(network, schedule(network, 3), 10, 0.0, 0.0, 1)
    model = ENGINES["batched"].cost_model()
    assert model.ready(work)["compiled runs"] == 1
    sw.simulate(network, digits.scaled("test")[:10], "batched", 3)
    assert model.ready(work) == {"kept runs": 1}
    assert model.ready(replace(work, plan=schedule(network, 4)))["compiled runs"] == 1


def test_watch_splits_a_run_where_it_reported_often_enough(say, mlp_network, monkeypatch):
    learnt = []

    class Learns(Fixed):
        def learn(self, ready, running, ready_s, running_s):
            learnt.append((ready_s, running_s))

    say(reference=Learns(1.0))
    monkeypatch.setattr(choose, "SHORTEST", 0.0)
    plan = schedule(mlp_network, 8)
    counts = Counts.empty(mlp_network, 10, plan.steps, 0)
    now = iter([0.0, 4.0, 5.0, 5.5, 6.0])
    monkeypatch.setattr(choose.time, "perf_counter", lambda: next(now))
    watch = choose.Watch("reference", Work(mlp_network, plan, 10, 0.0, 0.0), None)
    watch.progress("simulate", 5, 10)
    watch.progress("simulate", 10, 10)
    watch.counted(counts)
    watch.ended()
    assert learnt == [(pytest.approx(4.0), pytest.approx(2.0))]


def test_json_of_a_dry_run(say, mlp_network, tmp_path):
    from spikewatt.cli.program import app
    from typer.testing import CliRunner

    say(reference=2.0, batched=3.0, annarchy=Fixed(1.0, missing="no g++, make"), event=1.0)
    mlp_network.save(tmp_path / "n.spk")
    import spikewatt.cli.main  # noqa: F401  registers the verbs

    words = ["simulate", str(tmp_path / "n.spk"), "--dry-run", "--samples", "10"]
    before = set(tmp_path.iterdir())
    found = data_of(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert found["auto"] == "event"
    assert found["samples"] == 10
    assert found["synaptic_operations"] > 0
    assert found["trace_bytes"] > 0
    rows = {row["engine"]: row for row in found["rows"]}
    assert list(rows) == list(ENGINES)
    assert rows["reference"]["total_s"] == pytest.approx(2.0, abs=0.5)
    assert rows["annarchy"]["total_s"] is None
    assert rows["annarchy"]["remark"] == "cannot: no g++, make"

    text = CliRunner().invoke(app, words).stdout
    assert "what auto takes" in text
    assert "trace: a file of about" in text
    assert set(tmp_path.iterdir()) == before
    refused = CliRunner().invoke(app, words[:2])
    assert refused.exit_code == 2
    assert "--dry-run" in refused.output
