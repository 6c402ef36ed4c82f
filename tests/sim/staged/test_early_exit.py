"""Early exit: a sample stops when its margin held, and costs what it did until then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.staged.early_exit import EarlyExit, exit_steps, scale_of
from spikewatt.sim.staged.exited import exited, run_early_exit, stopped
from spikewatt.sim.staged.margins import margins
from spikewatt.sim.staged.part import operations_of
from spikewatt.sim.trace.first_steps import first_steps
from spikewatt.sim.trace.guard import check_trace

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import DEFINITION, IN_PROCESS, OTHERS
from ...helpers.random_networks import random_input, random_network

STEPS, SAMPLES = 16, 10
CODES = st.sampled_from(("rate", "signed"))


def streaming(seed: int, code: str = "rate", **options):
    """A random streaming network, and its trace."""
    network = random_network(seed, code=code)
    x = random_input(network, SAMPLES, seed)
    return network, x, simulate(network, x, "event", STEPS, **options)


def rule_for(trace, threshold: float, consecutive: int = 1, first_step: int = 1) -> EarlyExit:
    return EarlyExit(threshold, scale_of(trace), consecutive, first_step)


# Law


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), CODES, st.floats(0, 1), st.integers(1, 3), st.integers(1, 4))
def test_a_sample_stops_at_the_first_step_at_which_its_margin_held(
    seed, code, threshold, consecutive, first
):
    _, _, trace = streaming(seed, code)
    rule = rule_for(trace, threshold, consecutive, first)
    found = exit_steps(trace, rule)
    for sample, outputs in enumerate(trace.outputs):
        row, expected = 0, STEPS
        for t in range(1, STEPS + 1):
            passed = t if code == "rate" else 1
            sure = margins(outputs[t - 1]) >= np.ceil(threshold * rule.scale * passed)
            row = row + 1 if sure and t >= first else 0
            if row == consecutive and threshold < 1:
                expected = t
                break
        assert found[sample] == expected


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), CODES, st.floats(0, 0.99))
def test_the_future_does_not_change_when_a_sample_stops(seed, code, threshold):
    """What an engine that stops sees is what one that runs on sees."""
    _, _, trace = streaming(seed, code)
    rule = rule_for(trace, threshold)
    steps = exit_steps(trace, rule)
    for shorter in (3, 9):
        again = exit_steps(first_steps(trace, shorter), rule)
        assert np.array_equal(again, np.minimum(steps, shorter))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), CODES, st.floats(0, 1))
def test_what_is_stopped_counts_as_the_shorter_runs(seed, code, threshold):
    _, _, trace = streaming(seed, code, rasters=3)
    rule = rule_for(trace, threshold, 2)
    steps = exit_steps(trace, rule)
    cut, run = stopped(trace, steps), exited(trace, rule)
    assert check_trace("stopped", cut) is cut
    assert np.array_equal(operations_of(cut), run.operations())
    assert np.array_equal(operations_of(cut, "nonzero"), run.operations("nonzero"))
    assert np.array_equal(cut.outputs[:, -1], run.outputs)
    assert np.array_equal(run.steps(), steps)
    for sample, own in enumerate(steps):
        alone = first_steps(trace, int(own))
        assert np.array_equal(run.outputs[sample], alone.outputs[sample, -1])
        for name, counts in alone.spikes.items():
            assert np.array_equal(cut.spikes[name][sample, :own], counts[sample])
            assert not cut.spikes[name][sample, own:].any()
    for name, raster in cut.rasters.items():
        assert np.array_equal(np.abs(raster).sum(axis=-1), np.abs(cut.spikes[name][:3]))


def test_threshold_0_stops_at_once_and_1_never():
    _, _, trace = streaming(7)
    assert (exit_steps(trace, rule_for(trace, 0)) == 1).all()
    assert (exit_steps(trace, rule_for(trace, 0, 3, 2)) == 4).all()
    assert (exit_steps(trace, rule_for(trace, 1)) == STEPS).all()


def test_every_look_is_charged():
    _, _, trace = streaming(7)
    rule = rule_for(trace, 0.4, 1, 3)
    run = exited(trace, rule)
    looks = np.minimum(run.steps(), STEPS - 1) - 2  # the last step of all is not looked at
    assert np.array_equal(run.monitor_updates(), 4 * looks)


@pytest.mark.parametrize(
    ("code", "seed", "engines"), [("rate", 38, IN_PROCESS), ("signed", 8, OTHERS)]
)
def test_all_engines_agree(code, seed, engines):
    network, x, trace = streaming(seed, code)
    rule = rule_for(trace, 0.3)
    definition = run_early_exit(network, x, rule, DEFINITION, STEPS)
    assert len(definition.parts) > 2
    for engine in engines:
        again = run_early_exit(network, x, rule, engine, STEPS, workers=1)
        assert np.array_equal(again.outputs, definition.outputs), engine
        assert len(again.parts) == len(definition.parts)
        for mine, its in zip(definition.parts, again.parts, strict=True):
            assert np.array_equal(mine.samples, its.samples)
            assert assert_equal(mine.trace, its.trace) > 0


# Errors


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threshold": 1.01}, r"EarlyExit.threshold: is a share .* 0\.\.1"),
        ({"threshold": -1}, r"EarlyExit.threshold: is a share"),
        ({"scale": 0}, "EarlyExit.scale: is a largest margin"),
        ({"consecutive": 0}, "EarlyExit.consecutive: is a number of steps"),
        ({"first_step": 0}, "EarlyExit.first_step: is a number of steps"),
    ],
)
def test_rules_that_cannot_be(change, words):
    with pytest.raises(SpikewattError, match=words):
        EarlyExit(**{"threshold": 0.2, "scale": 10, **change})


def test_exact_codes_have_stages_instead():
    network = random_network(3, code="radix", input_code="bitplane")
    x, rule = random_input(network, 2, 3), EarlyExit(0.2, 10)
    words = "code radix has not; allowed: rate, signed; hint: stages: StagedNetwork"
    with pytest.raises(SpikewattError, match=words):
        run_early_exit(network, x, rule)
    trace = simulate(network, x, "event")
    for refused in (lambda: exit_steps(trace, rule), lambda: stopped(trace, [1, 1])):
        with pytest.raises(SpikewattError, match="has an answer at every step"):
            refused()


def test_exits_that_lie_behind_the_end_and_steps_that_are_none():
    _, _, trace = streaming(7)
    with pytest.raises(SpikewattError, match="the first exit lies within the simulated steps"):
        exit_steps(trace, rule_for(trace, 0.1, 4, STEPS))
    for steps in (np.zeros(SAMPLES, int), np.full(SAMPLES, 99), np.ones(3, int), np.ones(SAMPLES)):
        with pytest.raises(SpikewattError, match="is a number of steps for each sample"):
            stopped(trace, steps)
