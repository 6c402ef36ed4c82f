"""Activity says how many planes are sent, with hysteresis."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import has_planes, sent_planes, with_planes
from spikewatt.sim.staged.monitor import Monitor, firing_shares, monitor_of
from spikewatt.sim.staged.monitored import run_monitored
from spikewatt.sim.staged.part import operations_of

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import DEFINITION, IN_PROCESS
from ...helpers.random_networks import random_input, random_network
from ...helpers.staged import one_layer_network, radix_network

SAMPLES, WINDOW = 40, 8


@pytest.fixture(scope="module")
def network():
    return radix_network(12)


@pytest.fixture(scope="module")
def x(network):
    """A stream that begins dark."""
    found = np.asarray(random_input(network, SAMPLES, 12))
    found[: SAMPLES // 2] *= 0.2
    return np.round(found * 255) / 255


@pytest.fixture(scope="module")
def monitor(network, x):
    whole = simulate(network, x, "event")
    return monitor_of(network, whole, 1, 4, decay=0.5, window=WINDOW)


# Law


def test_what_is_measured_does_not_depend_on_what_is_sent(network, x):
    """In the first layer, whose input is the same; its values are rounded, as with fewer planes."""
    (first, *_) = [p for p in network.populations if has_planes(p)]
    full = firing_shares(simulate(with_planes(network, 2), x, "event"), 1)
    assert set(full) == {p.name for p in network.populations if p.kind.fires}
    spikes = simulate(with_planes(network, 2), x, "event")
    start = spikes.settings.schedule.windows[first.name].start
    assert full[first.name] == pytest.approx(spikes.spikes[first.name][:, start] / first.size)


def test_planes_follow_activity_with_hysteresis(network, x, monitor):
    run = run_monitored(network, x, monitor)
    assert set(monitor.bounds) <= set(run.planes)
    changes = 0
    for name in monitor.bounds:
        most = sent_planes(network.population(name))
        now, mean = min(monitor.high, most), None
        for start in range(0, SAMPLES, WINDOW):
            block = slice(start, start + WINDOW)
            assert (run.planes[name][block] == min(now, most)).all()
            mean = run.activity[name][block][-1]
            target = monitor.target(name, mean)
            if abs(target - now) >= 1:
                changes += round(target) != now
                now = round(target)
    assert changes > 0


def test_the_mean_is_exponential(network, x, monitor):
    run = run_monitored(network, x, monitor)
    name = next(iter(monitor.bounds))
    shares = np.empty(SAMPLES)
    for part in run.parts:
        shares[part.samples] = firing_shares(part.trace, monitor.low)[name]
    mean = shares[0]
    for share, found in zip(shares, run.activity[name], strict=True):
        mean += 0.5 * (share - mean)
        assert found == pytest.approx(mean)


def test_each_block_is_the_network_with_its_planes(network, x, monitor):
    run = run_monitored(network, x, monitor)
    assert sorted(np.concatenate([part.samples for part in run.parts])) == list(range(SAMPLES))
    assert len(run.parts) > 1
    for part in run.parts:
        planes = {name: int(each[part.samples[0]]) for name, each in run.planes.items()}
        alone = simulate(with_planes(network, planes), x[part.samples], "event")
        assert np.array_equal(operations_of(alone), operations_of(part.trace))
        assert np.array_equal(alone.outputs[:, -1], run.outputs[part.samples])
    assert run.mean_planes() == pytest.approx(np.mean([p.mean() for p in run.planes.values()]))


def test_spikes_that_are_watched_are_charged(network, x, monitor):
    run = run_monitored(network, x, monitor)
    part = run.parts[0]
    counted = sum(
        firing_shares(part.trace, monitor.low)[name] * part.trace.neurons[name] * monitor.low
        for name in monitor.bounds
    )
    looks = len(monitor.bounds) / WINDOW
    assert part.updates == pytest.approx(counted + looks)


def test_compiled_engines_agree(network, x, monitor):
    definition = run_monitored(network, x[:16], monitor, DEFINITION)
    for engine in IN_PROCESS:
        again = run_monitored(network, x[:16], monitor, engine, workers=1)
        assert np.array_equal(again.outputs, definition.outputs), engine
        for mine, its in zip(definition.parts, again.parts, strict=True):
            assert assert_equal(mine.trace, its.trace) > 0


def test_a_plane_is_kept_within_one_of_the_target():
    monitor = Monitor(2, 6, {"a": (0.0, 0.4)})
    assert monitor.target("a", 0.2) == pytest.approx(4)
    assert [monitor.decided("a", 0.2, now) for now in (2, 3, 4, 5, 6)] == [4, 4, 4, 4, 4]
    assert [monitor.decided("a", 0.25, now) for now in (4, 5)] == [4, 5]
    assert [monitor.decided("a", mean, 4) for mean in (0.0, 1.0)] == [2, 6]


# Errors


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0}, "Monitor.low: is a number of planes"),
        ({"high": 1}, "Monitor.high: is a number of planes"),
        ({"decay": 0}, "Monitor.decay: is a share"),
        ({"window": 0}, "Monitor.window: is a number of samples"),
        ({"bounds": {}}, "Monitor.bounds: maps populations to two shares"),
        ({"bounds": {"a": (0.3, 0.2)}}, "are two shares in ascending order"),
        ({"bounds": {"a": (0.3, 1.2)}}, "are two shares in ascending order"),
    ],
)
def test_monitors_that_cannot_be(change, words):
    fields = {"low": 2, "high": 4, "bounds": {"a": (0.0, 0.4)}}
    with pytest.raises(SpikewattError, match=words):
        Monitor(**{**fields, **change})


def test_other_codes_and_networks(network, x):
    counting = random_network(3, code="sync_rate")
    inputs = random_input(counting, 3, 3)
    trace = simulate(counting, inputs, "event")
    with pytest.raises(SpikewattError, match="monitor_of: is for a code that sends the bits"):
        monitor_of(counting, trace, 1, 2)
    with pytest.raises(SpikewattError, match="run_monitored: is for a code that sends the bits"):
        run_monitored(counting, inputs, Monitor(1, 2, {"layer0": (0.0, 0.5)}))
    with pytest.raises(SpikewattError, match=r"monitor_of.trace: is of this network"):
        monitor_of(network, trace, 1, 2)
    whole = simulate(network, x, "event")
    with pytest.raises(SpikewattError, match="monitor_of.low: is less than some population sends"):
        monitor_of(network, whole, 9, 9)
    with pytest.raises(SpikewattError, match="monitor_of.quantiles: are two shares"):
        monitor_of(network, whole, 1, 2, quantiles=(0.9, 0.1))
    with pytest.raises(SpikewattError, match="watches populations that integrate and fire"):
        run_monitored(network, x, Monitor(1, 2, {"nobody": (0.0, 0.5)}))


def test_a_network_of_one_layer_has_nothing_to_watch():
    network = one_layer_network()
    trace = simulate(network, np.full((4, 5), 0.5), "event")
    law = "monitor_of.low: is less than some population sends; got 1; allowed: none"
    with pytest.raises(SpikewattError, match=law):
        monitor_of(network, trace, 1, 2)


def test_streams_and_monitors_that_are_none(network, x):
    monitor = monitor_of(network, simulate(network, x, "event"), 1, 2)
    with pytest.raises(SpikewattError, match="must hold at least one sample"):
        run_monitored(network, x[:0], monitor)
    with pytest.raises(SpikewattError, match="run_monitored.monitor: must be a Monitor; got str"):
        run_monitored(network, x, "often")
    listed = run_monitored(network, x.tolist(), monitor)
    assert np.array_equal(listed.outputs, run_monitored(network, x, monitor).outputs)
