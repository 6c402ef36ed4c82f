"""Live multiply-accumulates. Law: what is dead can be removed, and no output changes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import Model, Sequential, layers, utils
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.graph.live import as_int8, live_channels, live_macs
from spikewatt.sim.conversion.reading.reader import read
from spikewatt.sim.conversion.reading.rules import ReadingRules
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import ExecutedLayer
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.nir.read import from_nir
from spikewatt.sim.nir.write import to_nir
from spikewatt.sim.trace.layer_summary import summarise
from spikewatt.sim.trace.trace import Trace


def graph_of(model):
    return read(model, ReadingRules(merge_pools=False, flips=False, negative=True))


def by_layer(model) -> dict[str, tuple[int, int]]:
    """Name of a layer -> its multiply-accumulates, and those that are left."""
    graph = graph_of(model)
    left = live_macs(graph)
    executed = [e for node in graph.nodes for term in node.signals for e in term.executed]
    return {e.name: (e.macs, left[id(e)]) for e in executed}


def kill(model, layer: str, *channels: int) -> None:
    """Set the weights of output channels to zero; their biases stay."""
    first, *others = model.get_layer(layer).get_weights()
    if "depthwise" in layer:
        first[..., list(channels), :] = 0
    else:
        first[..., list(channels)] = 0
    model.get_layer(layer).set_weights([first, *others])


def chain():
    """Convolution, depthwise, pointwise, dense: 8 x 8, 6 and 5 channels, 3 classes."""
    utils.set_random_seed(5)
    return Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
            layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise"),
            layers.Conv2D(5, 1, activation="relu", name="pointwise"),
            layers.Flatten(),
            layers.Dense(3, name="classes"),
        ]
    )


def residual():
    """Two convolutions that are added, one of them after another, and a pool."""
    utils.set_random_seed(6)
    x = layers.Input((6, 6, 3))
    trunk = layers.Conv2D(4, 3, padding="same", activation="relu", name="trunk")(x)
    branch = layers.Conv2D(4, 3, padding="same", name="branch")(trunk)
    total = layers.ReLU()(layers.Add()([trunk, branch]))
    pooled = layers.GlobalAveragePooling2D()(total)
    return Model(x, layers.Dense(3, name="classes")(pooled))


def test_where_all_is_alive_nothing_is_left_out():
    for model in (chain(), residual()):
        found = by_layer(model)
        assert len(found) >= 3
        assert all(macs == left > 0 for macs, left in found.values())


def test_a_dead_channel_takes_what_feeds_it_and_what_it_feeds():
    """A pointwise channel of 5: a fifth of its layer, and a fifth of the dense layer after it."""
    model = chain()
    kill(model, "pointwise", 2)
    found = by_layer(model)
    assert found["conv"] == (64 * 9 * 2 * 6, 64 * 9 * 2 * 6)
    assert found["pointwise"] == (64 * 6 * 5, 64 * 6 * 4)
    assert found["classes"] == (64 * 5 * 3, 64 * 4 * 3)


def test_what_leads_to_dead_channels_alone_is_dead():
    """A depthwise channel takes the convolution's channel in front of it along."""
    model = chain()
    kill(model, "depthwise", 1, 4)
    found = by_layer(model)
    assert found["conv"] == (64 * 9 * 2 * 6, 64 * 9 * 2 * 4)
    assert found["depthwise"] == (64 * 9 * 6, 64 * 9 * 4)
    assert found["pointwise"] == (64 * 6 * 5, 64 * 4 * 5)


def test_a_sum_is_dead_where_all_that_is_added_is_dead():
    model = residual()
    kill(model, "branch", 1)
    assert by_layer(model)["branch"] == (36 * 9 * 16, 36 * 9 * 16)  # its trunk is alive
    kill(model, "trunk", 1)
    found = by_layer(model)
    assert found["trunk"] == (36 * 9 * 3 * 4, 36 * 9 * 3 * 3)
    assert found["branch"] == (36 * 9 * 16, 36 * 9 * 3 * 3)
    assert found["classes"] == (12, 9)


def test_a_weight_is_zero_where_its_int8_is():
    """Scaled by the largest of its channel, but by no range below 5e-7; 1e-32 is nothing."""
    model = chain()
    weights, biases = model.get_layer("pointwise").get_weights()
    weights[..., 0] *= 1e-20  # below half a step of 5e-7 / 127
    weights[..., 1] *= 1e-4  # as many steps of a finer scale
    model.get_layer("pointwise").set_weights([weights, biases])
    assert by_layer(model)["pointwise"] == (64 * 6 * 5, 64 * 6 * 4)
    (node,) = [node for node in graph_of(model).nodes if node.name == "pointwise"]
    steps = as_int8(node.signals[0]).reshape(6, 5)
    assert steps.max(axis=0).tolist() == [0, 127, 127, 127, 127]


def test_merged_layers_are_counted_at_their_ends():
    """A depthwise and a pointwise layer with nothing between: one linear map of two layers."""
    utils.set_random_seed(7)
    separable = layers.SeparableConv2D(5, 3, activation="relu", name="separable")
    model = Sequential(
        [layers.Input((6, 6, 4)), separable, layers.Flatten(), layers.Dense(3, name="classes")]
    )
    depthwise, pointwise, biases = separable.get_weights()
    pointwise[..., 3] = 0
    separable.set_weights([depthwise, pointwise, biases])
    found = by_layer(model)
    assert found["separable.depthwise"] == (16 * 9 * 4, 16 * 9 * 4)
    assert found["separable.pointwise"] == (16 * 20, 16 * 16)


@settings(max_examples=12, deadline=None)
@given(
    dead=st.lists(
        st.tuples(st.sampled_from(["conv", "depthwise", "pointwise"]), st.integers(0, 4)),
        max_size=7,
    )
)
def test_dead_channels_can_be_anything(dead):
    """Brute force: inputs move no dead constant, and no class minds what is sent in its place."""
    model = chain()
    for layer, channel in dead:
        kill(model, layer, channel)
    graph = graph_of(model)
    alive = live_channels(graph)
    assert {name for name, _ in dead} <= set(alive)

    rng = np.random.default_rng(1)
    sent = {"input": rng.random((4, 8, 8, 2))}
    other: dict = {"input": sent["input"]}
    nothing = {"input": np.zeros((4, 8, 8, 2))}
    for node in graph.nodes[1:]:
        sent[node.name] = node.evaluate(sent)
        nothing[node.name] = node.evaluate(nothing)
        # A dead channel: the constant that it is for no input at all.
        other[node.name] = np.where(alive[node.name], node.evaluate(other), nothing[node.name])
    last = graph.nodes[-1].name
    assert alive[last].all() or not any(found.any() for found in alive.values())
    np.testing.assert_allclose(other[last], sent[last], atol=1e-9)

    for macs, left in by_layer(model).values():
        assert 0 <= left <= macs


# From a conversion to a trace


def converted(*dead: int, code: str = "radix", **options) -> SpikingNetwork:
    model = chain()
    kill(model, "pointwise", *dead)
    images = np.random.default_rng(0).random((6, 8, 8, 2))
    options = options or {"steps": 3, "input_code": "bitplane"}
    return convert(model, images, code, **options)


def test_a_converted_network_knows_its_live_macs(tmp_path):
    network = converted(2)
    found = {layer.post: (layer.macs, layer.live_macs) for layer in summarise(network)}
    assert found["pointwise"] == (64 * 6 * 5, 64 * 6 * 4)
    assert found["conv"][0] == found["conv"][1]

    network.save(tmp_path / "some.spk")
    again = SpikingNetwork.load(tmp_path / "some.spk")
    assert again.hash == network.hash
    assert [layer.live_macs for layer in summarise(again)] == [
        layer.live_macs for layer in summarise(network)
    ]


def test_a_trace_and_a_nir_file_keep_live_macs(tmp_path):
    network = converted(2)
    trace = simulate(network, np.zeros((1, 8, 8, 2)), "event")
    trace.save(tmp_path / "some.trace")
    again = Trace.load(tmp_path / "some.trace")
    assert again.layers == trace.layers
    assert sum(layer.macs - layer.live_macs for layer in again.layers) == 64 * 6 + 64 * 3

    rate = converted(2, code="rate", weight_bits=8)
    to_nir(rate, tmp_path / "some.nir")
    found = [layer.live_macs for layer in summarise(from_nir(tmp_path / "some.nir"))]
    assert found == [layer.live_macs for layer in summarise(rate)]


def test_a_network_without_dead_channels_is_what_it_was():
    """Nothing of it says so in its file, and hashes hold."""
    assert all(connection.executed is None for connection in converted().connections)


def test_more_live_macs_than_macs_are_refused():
    layer = ExecutedLayer("a", "dense", 640, 10, 650)
    assert (layer.live_macs, layer.computed_macs(prunes=True)) == (640, 640)
    with pytest.raises(SpikewattError, match=r"'a'.live_macs: is at most macs; got 641"):
        dataclasses.replace(layer, live_macs=641)
