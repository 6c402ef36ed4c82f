"""Stages of growing precision: who runs them, what they count, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import mean_planes, with_planes
from spikewatt.sim.network.network_file import FORMAT as NETWORK_FORMAT
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.staged.margins import margins
from spikewatt.sim.staged.part import operations_of
from spikewatt.sim.staged.rule import MarginRule
from spikewatt.sim.staged.run import run_staged
from spikewatt.sim.staged.staged_network import StagedNetwork

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import DEFINITION, IN_PROCESS, OTHERS
from ...helpers.random_networks import random_input, random_network
from ...helpers.staged import radix_network, staged_network

SPREAD = 56  # a seed whose samples end in different stages


def alike(one, other) -> int:
    """Numbers that two runs have in common, all of which are equal."""
    assert np.array_equal(one.outputs, other.outputs)
    assert len(one.parts) == len(other.parts)
    compared = 0
    for mine, its in zip(one.parts, other.parts, strict=True):
        assert np.array_equal(mine.samples, its.samples)
        assert np.array_equal(mine.updates, its.updates)
        compared += assert_equal(mine.trace, its.trace)
    return compared


# Law


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_threshold_0_is_the_first_stage_and_1_the_last(seed):
    staged, x = staged_network(seed)
    alone = [simulate(stage, x, "event") for stage in staged.stages]

    first = run_staged(staged.with_threshold(0), x)
    assert first.shares == (1.0, 0.0, 0.0)
    assert np.array_equal(first.outputs, alone[0].outputs[:, -1])
    assert first.mean_operations() == pytest.approx(alone[0].mean_operations())

    last = run_staged(staged.with_threshold(1), x)
    assert last.shares == (1.0, 1.0, 1.0)
    assert np.array_equal(last.outputs, alone[-1].outputs[:, -1])
    assert last.mean_operations() == pytest.approx(sum(t.mean_operations() for t in alone))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_every_sample_does_what_its_stages_do_alone(seed, threshold):
    staged, x = staged_network(seed, threshold)
    run = run_staged(staged, x)
    alone = [simulate(stage, x, "event") for stage in staged.stages]

    expected = np.zeros(run.samples, int)
    outputs = np.array(alone[0].outputs[:, -1])
    goes_on = np.ones(run.samples, bool)
    stage = np.zeros(run.samples, int)
    for i, trace in enumerate(alone):
        expected += operations_of(trace) * goes_on
        outputs[goes_on] = trace.outputs[goes_on, -1]
        stage[goes_on] = i
        if i < len(alone) - 1:
            found = margins(trace.outputs[:, -1])
            goes_on &= (found < staged.rule.limit(i)) | (threshold == 1)

    assert np.array_equal(run.operations(), expected)
    assert np.array_equal(run.outputs, outputs)
    assert np.array_equal(run.stage, stage)
    assert np.array_equal(run.predictions(), outputs.argmax(axis=1))
    planes = np.cumsum([mean_planes(s) for s in staged.stages])
    assert run.planes_of_samples() == pytest.approx(planes[stage])
    assert run.mean_planes() == pytest.approx(planes[stage].mean())


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_higher_threshold_sends_no_fewer_on(seed):
    staged, x = staged_network(seed)
    shares = [run_staged(staged.with_threshold(t), x).shares[1] for t in (0.0, 0.1, 0.4, 0.8, 1.0)]
    assert shares == sorted(shares)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_compiled_engines_agree(seed):
    staged, x = staged_network(seed)
    definition = run_staged(staged, x, DEFINITION)
    for engine in IN_PROCESS:
        assert alike(definition, run_staged(staged, x, engine, workers=1)) > 0


def test_all_engines_agree():
    staged, x = staged_network(SPREAD, threshold=0.5)
    definition = run_staged(staged, x, DEFINITION)
    assert 0 < definition.shares[2] < definition.shares[1] < 1
    for engine in OTHERS:
        assert alike(definition, run_staged(staged, x, engine, workers=1)) > 0, engine


def test_the_margin_of_n_outputs_is_n_updates():
    staged, x = staged_network(SPREAD, threshold=0.5)
    run = run_staged(staged, x)
    looks = np.minimum(run.stage + 1, len(staged.stages) - 1)  # the last stage is not watched
    assert np.array_equal(run.monitor_updates(), 4 * looks)
    assert run.mean_bit_operations() == pytest.approx(8 * run.mean_operations())
    spikes = sum(p.trace.mean_spikes() * len(p.samples) for p in run.parts)
    assert run.mean_spikes() == pytest.approx(spikes / run.samples)


def test_several_inputs_and_other_codes():
    network = random_network(6, code="radix", input_code="bitplane", inputs=2)
    staged = StagedNetwork((with_planes(network, 1), network), MarginRule(1, (1,)))
    x = random_input(network, 5, 6)
    assert run_staged(staged, x).shares == (1.0, 1.0)

    counting = random_network(3, code="sync_rate")
    staged = StagedNetwork((counting, counting), MarginRule(0.5, (100,)))
    x = random_input(counting, 5, 3)
    assert np.array_equal(
        run_staged(staged, x).outputs, simulate(counting, x, "event").outputs[:, -1]
    )


def test_one_memory_serves_stages_of_one_network():
    network = radix_network(5)
    rule = MarginRule(0.2, (10,))
    assert StagedNetwork((with_planes(network, 2), network), rule).shares_weights
    (first, *others) = network.connections
    flipped = [replace(first, weights=-first.weights) if first.weights is not None else first]
    other = replace(radix_network(5), connections=[*flipped, *others])
    assert other.hash != network.hash
    assert not StagedNetwork((with_planes(other, 2), network), rule).shares_weights


def test_accuracy_counts_the_answers():
    staged, x = staged_network(SPREAD)
    run = run_staged(staged, x)
    right = run.predictions()
    assert run.accuracy(right) == 1
    right[:3] = (right[:3] + 1) % 4
    assert run.accuracy(right) == 1 - 3 / run.samples
    with pytest.raises(SpikewattError, match="StagedTrace.accuracy.labels"):
        run.accuracy(right[:-1])


# Files


def test_a_file_keeps_stages_and_rule(tmp_path):
    staged, x = staged_network(SPREAD)
    staged.save(tmp_path / "a.spks")
    again = StagedNetwork.load(tmp_path / "a.spks")
    assert again.hash == staged.hash
    assert again.rule == staged.rule
    assert again.with_threshold(0.31).hash != staged.hash
    assert alike(run_staged(again, x), run_staged(staged, x)) > 0


def test_damaged_and_foreign_files(tmp_path):
    staged, _ = staged_network(SPREAD)
    path = tmp_path / "a.spks"
    staged.save(path)
    whole = path.read_bytes()
    for cut in (0, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileFormatError):
            StagedNetwork.load(path)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        StagedNetwork.load(path)

    path.write_bytes(whole)
    with pytest.raises(FileFormatError, match=f"must be a {NETWORK_FORMAT} file"):
        SpikingNetwork.load(path)
    staged.stages[0].save(tmp_path / "b.spk")
    with pytest.raises(FileFormatError, match="must be a spikewatt-staged-network file"):
        StagedNetwork.load(tmp_path / "b.spk")


# Errors


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), "half", True, None])
def test_thresholds_outside_of_0_to_1(threshold):
    with pytest.raises(SpikewattError, match=r"MarginRule.threshold: is a share .* 0\.\.1"):
        MarginRule(threshold, (3,))


@pytest.mark.parametrize("scales", [(), (0,), (1.5,), 3])
def test_scales_that_are_none(scales):
    with pytest.raises(SpikewattError, match="MarginRule.scales"):
        MarginRule(0.2, scales)


def test_stages_that_do_not_follow_each_other():
    network, rule = radix_network(3), MarginRule(0.2, (10,))
    fewer = with_planes(network, 1)
    with pytest.raises(SpikewattError, match="are two SpikingNetworks or more; got 1"):
        StagedNetwork((network,), rule)
    with pytest.raises(SpikewattError, match=r"stages\[1\]: must be a SpikingNetwork"):
        StagedNetwork((network, "other"), rule)
    with pytest.raises(SpikewattError, match="sends no fewer planes than the stage before"):
        StagedNetwork((network, fewer), rule)
    with pytest.raises(SpikewattError, match="rule: must be a MarginRule"):
        StagedNetwork((fewer, network), 0.2)
    with pytest.raises(SpikewattError, match="has a scale for each stage but the last"):
        StagedNetwork((fewer, network), MarginRule(0.2, (10, 10)))
    with pytest.raises(SpikewattError, match="run_staged.staged: must be a StagedNetwork"):
        run_staged(network, random_input(network, 2, 3))


def test_streaming_codes_have_early_exit_instead():
    network = random_network(3)
    with pytest.raises(SpikewattError, match="early exit is for code rate"):
        StagedNetwork((network, network), MarginRule(0.2, (10,)))


def test_shapes_and_ranges_that_differ():
    network, rule = radix_network(3), MarginRule(0.2, (10,))
    other = next(
        n for n in map(radix_network, range(4, 99)) if n.inputs[0].shape != network.inputs[0].shape
    )
    with pytest.raises(SpikewattError, match="has the shape of the first stage's inputs"):
        StagedNetwork((with_planes(network, 1), other), rule)

    scaled = replace(network, input_unit=1.0)
    with pytest.raises(SpikewattError, match="has the input range of the first stage"):
        StagedNetwork((with_planes(network, 1), scaled), rule)

    classes = network.readouts[0]
    (into,) = network.incoming(classes.name)
    narrow = replace(
        network,
        populations=[
            replace(p, shape=(3,), initial_potential=0) if p is classes else p
            for p in network.populations
        ],
        connections=[
            replace(c, weights=np.asarray(c.weights)[:, :3]) if c is into else c
            for c in network.connections
        ],
    )
    with pytest.raises(SpikewattError, match="has the shape of the first stage's read-out"):
        StagedNetwork((with_planes(network, 1), narrow), rule)


def test_two_readouts_are_refused():
    network = radix_network(3)
    classes = network.readouts[0]
    (into,) = network.incoming(classes.name)
    double = replace(
        network,
        populations=[*network.populations, replace(classes, name="second")],
        connections=[*network.connections, replace(into, post="second")],
        output_unit={classes.name: 1.0, "second": 1.0},
    )
    with pytest.raises(SpikewattError, match="has one read-out, which decides; got"):
        StagedNetwork((with_planes(double, 1), double), MarginRule(0.2, (10,)))
