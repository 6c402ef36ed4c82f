"""The helpers themselves: a comparison that can fail, and things that are made once per run."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from .assert_equal import assert_equal
from .random_networks import networks, random_input, random_network
from .trained import OncePerRun, shared_folder


def test_equal_things_are_equal_and_numbers_are_counted(trace, mlp_network):
    again = replace(trace)
    assert assert_equal(trace, again) > 10_000
    assert assert_equal(mlp_network, replace(mlp_network)) > 64 * 48
    assert assert_equal({"a": [1, np.arange(3)]}, {"a": [1, np.arange(3)]}) == 4


def test_the_first_difference_is_named(trace, mlp_network):
    spikes = {name: counts.copy() for name, counts in trace.spikes.items()}
    spikes["hidden1"][3, 5] += 7
    value = int(trace.spikes["hidden1"][3, 5])
    law = rf"spikes.hidden1\[3, 5\]: {value} is not {value + 7} \(1 of 640 differ\)"
    with pytest.raises(AssertionError, match=law):
        assert_equal(trace, replace(trace, spikes=spikes))

    with pytest.raises(AssertionError, match="only one of both has spikes.hidden1"):
        assert_equal(trace, replace(trace, spikes={"input": trace.spikes["input"]}))

    hidden = mlp_network.population("hidden1")
    changed = replace(hidden, threshold=hidden.threshold + 1)
    populations = [changed if p is hidden else p for p in mlp_network.populations]
    with pytest.raises(AssertionError, match=r"populations.hidden1.threshold.*: \d+ is not \d+"):
        assert_equal(mlp_network, replace(mlp_network, populations=populations))

    with pytest.raises(AssertionError, match=r"1: shape \(2,\) is not \(3,\)"):
        assert_equal([0, np.zeros(2)], [0, np.zeros(3)])


def _make_and_count(folder) -> int:
    """Ask for a thing whose making leaves a mark; as another process of the run does."""

    def make() -> int:
        with open(folder / "made", "a") as file:
            file.write("x")
        return 42

    return OncePerRun(folder).value("answer", make)


def test_several_processes_make_a_thing_once(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.map(_make_and_count, [tmp_path] * 3)
    assert found == [42] * 3
    assert (tmp_path / "made").read_text() == "x"


def test_a_thing_whose_making_failed_is_made_again(tmp_path):
    once = OncePerRun(tmp_path)
    with pytest.raises(ZeroDivisionError):
        once.value("answer", lambda: 1 // 0)
    assert once.value("answer", lambda: 1) == 1
    assert once.value("answer", lambda: 2) == 1


def test_processes_of_a_run_share_a_folder(tmp_path_factory, monkeypatch):
    base = tmp_path_factory.getbasetemp()
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert shared_folder(tmp_path_factory).parent == base
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    assert shared_folder(tmp_path_factory).parent == base.parent


def test_a_trained_model_is_the_same_in_every_process(mlp, digits, once_per_run):
    """The fixture was read from the file that the first process wrote."""
    again = once_per_run.model("mlp", lambda: pytest.fail("it was trained already"))
    x = digits.scaled("test")[:20]
    assert np.array_equal(mlp(x), again(x))


@settings(max_examples=20, deadline=None)
@given(network=networks(layers=2))
def test_networks_of_the_strategy_can_be_made_again(network):
    seed = int(network.name.removeprefix("random"))
    assert network.code == "rate"
    assert len(network.populations) >= 4
    again = random_network(seed, layers=2)
    assert assert_equal(network, again) > 10
    assert random_input(network, 2, seed).shape == (2, *network.inputs[0].shape)
