"""Law: a channel that is removed is a channel whose synapses are 0, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import with_planes
from spikewatt.sim.gating.wake import with_wake
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.connection_kinds import CONNECTION_KINDS
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.pruning.activity import activity
from spikewatt.sim.pruning.channels.axes import AXES
from spikewatt.sim.pruning.channels.groups import ChannelGroups
from spikewatt.sim.pruning.cut import Cut
from spikewatt.sim.pruning.silent import dead_cut, remove_silent, silent_neurons

from ...helpers.engines import IN_PROCESS, OTHERS, on_all_engines
from ...helpers.random_networks import networks, random_input, random_network

CODES = (("rate", "if"), ("signed", "if"), ("radix", "bitplane"), ("sync_rate", "if"))


def steps_of(network: SpikingNetwork) -> int | None:
    return 12 if str(network.code) == "rate" else None


def assert_same_but_removed(network: SpikingNetwork, cut: Cut, engine: str = "reference") -> None:
    """Outputs, and which neuron fired when among those kept."""
    x = random_input(network, 3, seed=1)
    steps = steps_of(network)
    zeros = simulate(cut.zeroed(network), x, engine, steps, rasters=3)
    without = simulate(cut.applied(network), x, engine, steps, rasters=3)

    assert np.array_equal(zeros.outputs, without.outputs)
    for p in network.populations:
        if p.name not in zeros.rasters:
            continue
        kept = cut.kept_channels(network, p.name)
        before = zeros.rasters[p.name].reshape(3, -1, *p.shape)[..., kept]
        assert np.array_equal(
            before.reshape(without.rasters[p.name].shape), without.rasters[p.name]
        )


def test_every_kind_of_connection_says_where_its_channels_are():
    assert set(AXES) == {type(kind) for kind in CONNECTION_KINDS.values()}


@pytest.mark.parametrize(("code", "input_code"), CODES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_removed_group_is_a_group_of_zeros(code, input_code, data):
    comparable = (code, input_code) in (("rate", "if"), ("radix", "bitplane"))
    kinds = ("conv2d", "depthwise", "pool", "dense", *(["max_pool"] if comparable else []))
    network = data.draw(
        networks(code=code, input_code=input_code, kinds=kinds, residual=True, layers=3)
    )
    families = [family for family in ChannelGroups(network).families if len(family) > 1]
    if not families:
        return
    group = data.draw(st.sampled_from(data.draw(st.sampled_from(families))))
    name, channel = group[0]
    cut = Cut.of_channels(network, {name: [channel]})

    assert sum(int((~kept).sum()) for kept in cut.channels.values()) == len(group)
    assert_same_but_removed(network, cut)


def chain(
    kind: str, weights, geometry: Geometry, post: tuple[int, ...], code: str = "radix"
) -> SpikingNetwork:
    """Pixels, a map of 4 channels, the connection of this kind, 3 classes."""
    random = np.random.default_rng(2)
    first = random.integers(-9, 10, (3, 3, 1, 4))
    last = random.integers(-9, 10, (int(np.prod(post)), 3))
    populations = [
        Population("input", (6, 6, 1), "input", 9, 0, 4, 9),
        Population("map", (4, 4, 4), "integrate_and_fire", [20, 25, 30, 35], 0, 9, 7),
        Population("next", post, "integrate_and_fire", 31, 0, 9, 7),
        Population("output", (3,), "readout", 1, 0, 0),
    ]
    connections = [
        Connection("input", "map", "conv2d", first, Geometry((3, 3), (1, 1))),
        Connection("map", "next", kind, weights, geometry),
        Connection("next", "output", "dense", last),
    ]
    return SpikingNetwork(populations, connections, code, 1.0, 1.0, 8)


def test_a_transposed_convolution_of_one_group_loses_channels_and_one_of_two_keeps_them():
    window = Geometry((2, 2), (2, 2))
    weights = np.random.default_rng(0).integers(-9, 10, (2, 2, 4, 6))
    network = chain("transposed_conv", weights, window, (8, 8, 6))
    assert_same_but_removed(network, Cut.of_channels(network, {"map": [1], "next": [0, 5]}))

    grouped = np.random.default_rng(0).integers(-9, 10, (2, 2, 2, 6))
    network = chain("grouped_conv", grouped, window, (2, 2, 6))
    with pytest.raises(SpikewattError, match=r"connection 'map->next' is a convolution in groups"):
        Cut.of_channels(network, {"map": [1]})
    assert ChannelGroups(network).removable == []


def test_a_depthwise_channel_goes_with_all_that_it_became():
    weights = np.random.default_rng(0).integers(-9, 10, (2, 2, 4, 2))
    network = chain("depthwise", weights, Geometry((2, 2), (1, 1)), (3, 3, 8))
    cut = Cut.of_channels(network, {"next": [3]})
    assert np.flatnonzero(~cut.channels["map"]).tolist() == [1]
    assert np.flatnonzero(~cut.channels["next"]).tolist() == [2, 3]
    assert_same_but_removed(network, cut)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ({"input": [0]}, "an input keeps its shape"),
        ({"output": [0]}, "an output keeps its classes"),
        ({"map": [4]}, r"must be a channel of 'map'; got 4; allowed: 0\.\.3"),
        ({"map": [0, 1, 2, 3]}, "leaves a channel of each population; got all 4 of 'map'"),
        ({"nowhere": [0]}, "must name a population"),
    ],
)
def test_what_cannot_go_is_refused(channels, message):
    weights = np.ones((2, 2, 4, 2), int)
    network = chain("conv2d", weights, Geometry((2, 2), (1, 1)), (3, 3, 2))
    with pytest.raises(SpikewattError, match=message):
        Cut.of_channels(network, channels)


def test_a_mask_is_shaped_as_the_weights():
    network = chain("conv2d", np.ones((2, 2, 4, 2), int), Geometry((2, 2), (1, 1)), (3, 3, 2))
    with pytest.raises(SpikewattError, match="is shaped as its weights"):
        Cut({"map->next": np.ones(3, bool)}).applied(network)
    with pytest.raises(SpikewattError, match="must name a connection with weights"):
        Cut({"map->nowhere": np.ones(3, bool)}).applied(network)


# Silent


def with_silent(code: str) -> SpikingNetwork:
    """One channel of a map, and one neuron of another one, never fire."""
    weights = np.random.default_rng(4).integers(-5, 10, (2, 2, 4, 2))
    network = chain("conv2d", weights, Geometry((2, 2), (1, 1)), (3, 3, 2), code)
    start = np.full((4, 4, 4), 9)
    start[..., 0] = start[0, 0, 1] = -(10**6)
    first, quiet, *rest = network.populations
    quiet = replace(quiet, initial_potential=start)
    return replace(network, populations=(first, quiet, *rest))


@pytest.mark.parametrize(("code", "engines"), [("radix", OTHERS), ("rate", IN_PROCESS)])
def test_silent_channels_can_go_on_all_engines(code, engines):
    network = with_silent(code)
    x = random_input(network, 4, seed=3)
    left = remove_silent(network, x, steps_of(network))
    assert left.populations[1].shape == (4, 4, 3)
    assert left.hash != network.hash

    before = simulate(network, x, "reference", steps_of(network))
    after = on_all_engines(left, x, steps_of(network), engines)
    assert np.array_equal(before.outputs, after.outputs)
    for name, spikes in before.spikes.items():
        assert np.array_equal(spikes, after.spikes[name])


def test_a_silent_neuron_of_a_map_stays():
    network = with_silent("radix")
    rows = silent_neurons(network, random_input(network, 4, seed=3))
    (row,) = [row for row in rows if row.population == "map"]
    assert (row.neurons, row.channels) == (64, 4)
    assert (row.silent_channels, row.removable) == (1, 16)
    assert row.silent > 16


def test_what_nothing_hears_can_go_whatever_comes_in():
    network = chain("conv2d", np.ones((2, 2, 4, 2), int), Geometry((2, 2), (1, 1)), (3, 3, 2))
    weights = np.array(network.connections[1].weights)
    weights[:, :, 2] = 0
    deaf = replace(network.connections[1], weights=weights)
    network = replace(network, connections=(network.connections[0], deaf, network.connections[2]))
    cut = dead_cut(network)
    assert np.flatnonzero(~cut.channels["map"]).tolist() == [2]
    x = random_input(network, 5, seed=0)
    before, after = (simulate(n, x, "reference") for n in (network, cut.applied(network)))
    assert np.array_equal(before.outputs, after.outputs)


@pytest.mark.parametrize(
    ("code", "input_code", "gated"),
    [*((*codes, False) for codes in CODES), ("radix", "bitplane", True)],
)
def test_activity_is_what_the_rasters_say(code, input_code, gated):
    network = random_network(
        5, layers=2, kinds=("conv2d", "dense"), code=code, input_code=input_code
    )
    if gated:
        network = with_wake(with_planes(network, 2), 1)
    x = random_input(network, 5, seed=2)
    steps = steps_of(network)
    found = activity(network, x, steps)
    trace = simulate(network, x, "reference", steps, rasters=5)
    windows = trace.settings.schedule.windows
    assert found.values
    for name, window in windows.items():
        raster = trace.rasters[name].astype(int)
        gains = np.array([window.gain(t) for t in range(trace.steps)])
        values = np.einsum("stn,t->n", raster, gains) / 5
        spikes = np.abs(raster).sum(axis=(0, 1)) / 5
        assert np.allclose(found.values[name].ravel(), values)
        assert np.allclose(found.spikes[name].ravel(), spikes)
        assert np.array_equal(found.silent(name).ravel(), spikes == 0)
