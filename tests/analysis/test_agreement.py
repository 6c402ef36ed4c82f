"""A network that does not do what Keras does is said so, before it is paid for."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import spikewatt as sw
from keras import Model, layers
from spikewatt.analysis.checks.agreement import Agreement, compare
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.config import as_config
from spikewatt.analysis.job.plausible import check_accuracy
from spikewatt.analysis.report.terminal.console import print_findings
from spikewatt.errors import SpikewattError, SpikewattWarning


def collapsed(network):
    """The network with thresholds that nothing reaches."""
    populations = [
        dataclasses.replace(p, threshold=p.threshold * 1000) if p.name == "hidden1" else p
        for p in network.populations
    ]
    return dataclasses.replace(network, populations=populations)


def test_a_good_network_agrees(mlp, mlp_network, digits):
    found = compare(mlp, mlp_network, digits.scaled("train"), 64)
    assert (found.samples, found.steps, found.try_next) == (64, 64, "")
    assert found.agreement > 0.9
    assert found.correlation > 0.95
    assert not found.bad
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        found.warn()


def test_a_collapsed_network_is_said_with_what_to_try(mlp, mlp_network, digits):
    found = compare(mlp, collapsed(mlp_network), digits.scaled("train"), 16)
    assert found.bad
    assert found.correlation < 0.2
    assert "hidden1" in found.try_next
    assert "more simulated steps; or an exact code" in found.try_next
    with pytest.warns(
        SpikewattWarning, match="do what Keras does; got.*only.*hint: layer 'hidden1'"
    ):
        found.warn()


def test_several_outputs_are_judged_by_the_worst(digits):
    given = layers.Input((8, 8, 1))
    hidden = layers.Dense(20, activation="relu")(layers.Flatten()(given))
    model = Model(given, [layers.Dense(10)(hidden), layers.Dense(2)(hidden)])
    x = digits.scaled("train")[:100]
    network = sw.convert(model, x, "radix", steps=8, input_code="bitplane")
    found = compare(model, network, x)
    assert found.correlation > 0.98
    first = network.readouts[0].name
    answers = np.argmax(model.predict(x, verbose=0)[0], axis=1)
    rarest = np.bincount(answers, minlength=10).argmin()
    always = 10**7 * (np.arange(10) == rarest)
    broken = [
        dataclasses.replace(p, initial_potential=always) if p.name == first else p
        for p in network.populations
    ]
    assert compare(model, dataclasses.replace(network, populations=broken), x).agreement < 0.5


def test_a_run_says_it_after_the_verdict(capsys, monkeypatch, tmp_path):
    bad = Agreement(64, 32, 0.09, -0.09, "layer 'x': more simulated steps")
    monkeypatch.setattr(steps, "compare", lambda *given: bad)
    job = {"epochs": 1, "engine": "reference", "steps": 4, "test_samples": 10}
    with pytest.warns(SpikewattWarning, match="only 9 % of 64 samples"):
        result = sw.run({**job, "diagnosis_samples": 0}, tmp_path)
    assert result.agreement is bad
    assert result.findings.facts["correlation"] == -0.09
    print_findings(result.findings)
    assert result.findings.sentence.splitlines()[1].startswith(
        "The spiking network answers as Keras does on only"
    )
    assert "answers as Keras does on only" in " ".join(capsys.readouterr().out.split())
    assert "only 9 %" in repr(result)


def test_models_that_a_run_cannot_judge_are_refused_before_the_work(tmp_path):
    given = layers.Input((8, 8, 1))
    hidden = layers.Flatten()(given)
    two = Model(given, [layers.Dense(10)(hidden), layers.Dense(2)(hidden)])
    two.save(tmp_path / "two.keras")
    config = as_config({"network": str(tmp_path / "two.keras"), "engine": "reference"})
    with pytest.raises(SpikewattError, match="has one output.*got 2; hint: sw.convert"):
        steps.prepare(config)

    Model(given, layers.Dense(12)(hidden)).save(tmp_path / "many.keras")
    config = as_config({"network": str(tmp_path / "many.keras"), "engine": "reference"})
    with pytest.warns(SpikewattWarning, match="12 for 10 classes"):
        steps.prepare(config)


class Ranged:
    """Right on images whose largest pixel is 255, wrong on all others."""

    def predict(self, x, **_):
        right = x[:, :1] > 1.5
        return np.concatenate([~right, right], axis=1).astype(float)


def test_a_model_for_another_range_is_refused_with_the_range():
    x = np.ones((60, 3), np.float32)
    labels = np.array([1] * 60)
    labels[:25] = 0
    x[:25] = 0.001
    with pytest.raises(SpikewattError, match="one answer for all; hint: input_max=255"):
        check_accuracy(Ranged(), "mine", x, labels, 25 / 60, 1.0)
    with pytest.warns(SpikewattWarning, match="knows the labels"):
        check_accuracy(Ranged(), "mine", x * 255, labels, 0.4, 255.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        check_accuracy(Ranged(), "mine", x * 255, labels, 0.99, 255.0)
        check_accuracy(Ranged(), "mine", x[:5], labels[:5], 0.0, 1.0)


def test_labels_are_checked_before_a_diagnosis(mlp, mlp_network, digits, monkeypatch):
    x = digits.scaled("test")[:5]

    def never(*_, **__):
        raise AssertionError("simulated first")

    monkeypatch.setattr("spikewatt.analysis.checks.diagnosis.simulate", never)
    with pytest.raises(SpikewattError, match="diagnose.labels: labels are integers below the 10"):
        sw.diagnose(mlp, mlp_network, x, np.full(5, 10), steps=4)
    with pytest.raises(SpikewattError, match="diagnose.labels: one label per sample"):
        sw.diagnose(mlp, mlp_network, x, np.zeros(4, int), steps=4)
