"""Gates: planes that are not sent, and neurons that wake in time or stay silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.rtl_ref.verification.verify import verify
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import has_planes, mean_planes, planes_of, with_planes
from spikewatt.sim.gating.wake import with_wake
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population, passed
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import IN_PROCESS, on_all_engines
from ...helpers.random_networks import random_input, random_network
from ...helpers.staged import one_layer_network

SAMPLES = 6


def drawn(seed: int, **options) -> SpikingNetwork:
    """A random radix network with bit planes at its input."""
    return random_network(seed, code="radix", input_code="bitplane", **options)


def gated(network: SpikingNetwork, seed: int) -> SpikingNetwork:
    """With planes and gates of its populations drawn anew."""
    draw = np.random.default_rng(seed)
    planes = {
        p.name: int(draw.integers(1, p.levels.bit_length() + 1))
        for p in network.populations
        if has_planes(p) or p.kind.is_input
    }
    return with_wake(with_planes(network, planes), int(draw.integers(0, 3)))


def values(network: SpikingNetwork, x) -> dict[str, np.ndarray]:
    """Population -> (samples, neurons) what it transmits, from the raster of the reference."""
    trace = simulate(network, x, "reference", rasters=len(x))
    plan = schedule(network)
    found = {}
    for name, window in plan.windows.items():
        worth = np.array([window.gain(t) * window.active(t) for t in range(plan.steps)])
        found[name] = np.einsum("t,stn->sn", worth, trace.rasters[name])
    return found


# Law


def test_all_engines_agree_on_gated_networks():
    network = gated(drawn(1, residual=True), 1)
    assert any(p.planes for p in network.populations)
    assert any(p.wakes_within for p in network.populations)
    trace = on_all_engines(network, random_input(network, SAMPLES, 1), rasters=2)
    assert trace.mean_spikes() > 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_compiled_engines_agree_on_gated_networks(seed):
    network = gated(drawn(seed), seed)
    on_all_engines(network, random_input(network, SAMPLES, seed), engines=IN_PROCESS)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_what_is_sent_is_a_multiple_of_the_last_plane_and_large_enough(seed, planes):
    network = with_wake(with_planes(drawn(seed), planes), 1)
    sent = values(network, random_input(network, SAMPLES, seed))
    for p in network.populations:
        if has_planes(p):
            least, step = passed(p)
            q = sent[p.name]
            assert (q % step == 0).all()
            assert ((q == 0) | (q >= least)).all()
            assert q.max(initial=0) <= p.levels


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_the_first_layer_rounds_to_the_nearest_multiple(seed, planes):
    """What is sent lies within half a step of what all six planes would send."""
    draw = np.random.default_rng(seed)
    populations = (
        Population("input", (8,), "input", 1, 0, 0, levels=255),
        Population("hidden", (16,), "integrate_and_fire", 101, 0, 50, levels=63),
        Population("output", (2,), "readout", 1, 0, 0),
    )
    connections = (
        Connection("input", "hidden", "dense", draw.integers(-5, 10, (8, 16))),
        Connection("hidden", "output", "dense", draw.integers(-5, 10, (16, 2))),
    )
    network = SpikingNetwork(
        populations, connections, "radix", 1 / 255, 1.0, 8, input_code="bitplane"
    )
    x = draw.integers(0, 256, (SAMPLES, 8)) / 255
    before = values(network, x)["hidden"]
    after = values(with_planes(network, planes), x)["hidden"]

    step = 2 ** (6 - planes)
    inside = (before > 0) & (before < 64 - step)
    assert inside.any()
    assert (np.abs(before - after)[inside] <= step / 2).all()
    assert (after % step == 0).all()


def test_all_planes_are_the_network_itself():
    network = drawn(5)
    assert with_planes(network, 31).hash == network.hash
    assert with_planes(with_planes(network, 2), 31).hash == network.hash
    assert with_wake(with_wake(network, 1), 0).hash == network.hash


def test_a_shorter_window_leaves_its_doublings_to_who_hears_it():
    network = drawn(3, kinds=("dense",), layers=2)
    fewer = with_planes(network, 1)
    full, short = schedule(network), schedule(fewer)
    assert short.steps <= full.steps
    for p in fewer.populations:
        for c in fewer.incoming(p.name):
            heard, own = short.windows[c.pre], short.windows.get(p.name)
            assert own is None or own.start >= heard.stop + heard.doublings


def test_mean_planes_count_who_integrates_and_fires():
    network = drawn(3, kinds=("dense",), layers=2)
    bits = [p.levels.bit_length() for p in network.populations if has_planes(p)]
    assert mean_planes(network) == np.mean(bits)
    assert mean_planes(with_planes(network, 1)) == 1


def test_a_file_keeps_gates(tmp_path):
    network = with_wake(with_planes(drawn(7), 2), 1)
    assert any(p.gated for p in network.populations)
    network.save(tmp_path / "gated.spk")
    again = SpikingNetwork.load(tmp_path / "gated.spk")
    assert assert_equal(network, again) > 0
    assert again.hash == network.hash


# Errors


def changed(network: SpikingNetwork, change: dict) -> SpikingNetwork:
    """With fields of the populations that integrate and fire."""
    populations = [replace(p, **change) if has_planes(p) else p for p in network.populations]
    return replace(network, populations=populations)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"planes": 99}, "planes: is a number of steps, or 0"),
        ({"planes": 20}, "planes: a value has no more planes than bits"),
        ({"wakes_within": 12}, "wakes_within: is less than the planes that are sent"),
        ({"wakes_within": -1}, "wakes_within: is a number of steps, or 0"),
    ],
)
def test_gates_that_cannot_be(change, words):
    network = drawn(3, kinds=("dense",))
    with pytest.raises(SpikewattError, match=words):
        changed(network, change)


def test_codes_without_bits_have_no_gates():
    network = random_network(3, code="sync_rate")
    with pytest.raises(SpikewattError, match="with_planes: is for a code that sends the bits"):
        with_planes(network, 2)
    with pytest.raises(SpikewattError, match="with_wake: is for a code that sends the bits"):
        with_wake(network, 2)

    populations = [replace(p, planes=1) if has_planes(p) else p for p in network.populations]
    with pytest.raises(SpikewattError, match="gates are for populations that send the bits"):
        replace(network, populations=populations)


def test_unknown_populations_and_numbers():
    network = drawn(3)
    with pytest.raises(SpikewattError, match="names populations that send bits of their own"):
        with_planes(network, {"nobody": 2})
    with pytest.raises(SpikewattError, match="is a number of planes"):
        with_planes(network, 0)
    with pytest.raises(SpikewattError, match="names populations that integrate and fire"):
        with_wake(network, 1, ("nobody",))


def test_devices_without_gates_say_so():
    network = with_wake(drawn(3, kinds=("dense",)), 1)
    assert any(p.wakes_within for p in network.populations)
    x = random_input(network, SAMPLES, 3)
    trace = simulate(network, x, "reference")
    for device in ("reference_core", "stm32l4r5"):
        refused = price(trace, device, network=network, skip_unfit=True, max_cores=None)
        workloads = set(refused.totals()["workload"])
        assert "snn" not in workloads, device

    core = "odin_style:doubling_accumulator=1,neuron_gates=1"
    assert "snn" in set(price(trace, core, network=network, max_cores=None).totals()["workload"])
    with pytest.raises(DoesNotFitError, match="has no gate for neurons that wake late"):
        verify(network, x)


def test_who_waits_for_all_planes_waits_for_nothing():
    network = with_planes(drawn(3, kinds=("dense",)), 3)
    gated = with_wake(network, 2)
    assert any(p.wakes_within == 2 for p in gated.populations)
    assert with_planes(gated, 2).hash == with_planes(network, 2).hash
    assert with_planes(gated, 3).hash == gated.hash
    assert with_wake(network, 3).hash == network.hash


def test_one_population_is_named_as_well_as_several():
    network = drawn(3, kinds=("dense",))
    name = next(p.name for p in network.populations if has_planes(p))
    one = with_wake(network, 1, name)
    assert one.hash == with_wake(network, 1, (name,)).hash
    assert [p.name for p in one.populations if p.wakes_within] == [name]


def test_a_network_of_one_layer_has_no_planes_of_its_own():
    network = one_layer_network()
    assert with_planes(network, 2).hash == with_wake(network, 2).hash == network.hash
    assert (planes_of(network), mean_planes(network)) == ({}, 0)
    with pytest.raises(SpikewattError, match="with_planes: is a number of planes; got -5"):
        with_planes(network, -5)


@pytest.mark.parametrize("change", [with_planes, with_wake])
def test_what_is_no_network_is_refused(change):
    with pytest.raises(SpikewattError, match="must be a SpikingNetwork; got NoneType"):
        change(None, 2)
