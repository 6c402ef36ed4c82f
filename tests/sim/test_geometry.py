"""Law: fan-out, synapse matrix and ledger against a brute-force count; second implementation.

Keras' own layers.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.synapses import unroll

from ..helpers.random_networks import random_input, random_network


def direct_synapses(connection, pre_shape, post_shape):
    """(post, pre, weight) of every synapse by plain loops over the definition of the layer,
    pooling left out.
    """
    weights, g = connection.weights, connection.geometry
    if connection.kind == "dense":
        return [(o, i, w) for i, row in enumerate(weights.tolist()) for o, w in enumerate(row)]
    if connection.kind == "identity":
        return [(i, i, int(weights[i % len(weights)])) for i in range(int(np.prod(pre_shape)))]
    (height, width, channels), found = pre_shape, []
    multiplier = weights.shape[3] if connection.kind == "depthwise" else 1
    for oy, ox, oc in np.ndindex(*post_shape):
        for ky in range(g.window[0]):
            for kx in range(g.window[1]):
                y, x = (
                    oy * g.strides[0] + ky - g.padding[0][0],
                    ox * g.strides[1] + kx - g.padding[1][0],
                )
                if not (0 <= y < height and 0 <= x < width):
                    continue
                for ic in range(channels) if connection.kind == "conv2d" else [oc // multiplier]:
                    weight = 1
                    if connection.kind == "conv2d":
                        weight = int(weights[ky, kx, ic, oc])
                    elif connection.kind == "depthwise":
                        weight = int(weights[ky, kx, ic, oc % multiplier])
                    found.append(
                        (
                            np.ravel_multi_index((oy, ox, oc), post_shape),
                            np.ravel_multi_index((y, x, ic), pre_shape),
                            weight,
                        )
                    )
    return found


def explicit_synapses(connection, pre_shape, post_shape):
    """As `direct_synapses`.

    The synapses of a pooled neuron are those of each neuron in its window.
    """
    if connection.pooled is None:
        return direct_synapses(connection, pre_shape, post_shape)
    p = connection.pooled
    seen = (
        *((n - k) // s + 1 for n, k, s in zip(pre_shape[:2], p.window, p.strides, strict=True)),
        pre_shape[2],
    )
    found = []
    for o, i, w in direct_synapses(connection, seen, post_shape):
        y, x, c = np.unravel_index(i, seen)
        for a, b in np.ndindex(*p.window):
            found.append(
                (
                    o,
                    np.ravel_multi_index(
                        (y * p.strides[0] + a, x * p.strides[1] + b, c), pre_shape
                    ),
                    w,
                )
            )
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_fan_out_and_matrix_equal_the_explicit_synapses(seed):
    network = random_network(seed)
    for c in network.connections:
        pre, post = network.population(c.pre).shape, network.population(c.post).shape
        synapses = explicit_synapses(c, pre, post)
        assert synapses
        every, nonzero = np.zeros(np.prod(pre), int), np.zeros(np.prod(pre), int)
        dense = np.zeros((np.prod(post), np.prod(pre)), int)
        for o, i, w in synapses:
            every[i] += 1
            nonzero[i] += w != 0
            dense[o, i] += w
        assert np.array_equal(c.fan_out(pre, post), every)
        assert np.array_equal(c.fan_out(pre, post, nonzero=True), nonzero)
        matrix = unroll(c, pre, post)
        assert matrix.nnz == len(synapses)
        assert np.array_equal(matrix.toarray(), dense)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_ledger_equals_a_count_over_the_explicit_synapses(seed):
    network = random_network(seed)
    trace = simulate(network, random_input(network, 2, seed), "reference", steps=5, rasters=2)
    counted = 0
    for c in network.connections:
        synapses = explicit_synapses(
            c, network.population(c.pre).shape, network.population(c.post).shape
        )
        raster = trace.rasters[c.pre]
        for sample, step in np.ndindex(2, 5):
            fired = raster[sample, step]
            assert trace.ledger("synapses")[c.name][sample, step] == sum(
                bool(fired[i]) for _, i, _ in synapses
            )
            assert trace.ledger("nonzero")[c.name][sample, step] == sum(
                bool(fired[i]) for _, i, w in synapses if w != 0
            )
        counted += int(raster.sum())
    assert counted > 0 or trace.spikes["input"].sum() == 0


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (2, 3)])
@pytest.mark.parametrize("window", [(3, 3), (2, 2), (4, 1)])
def test_geometry_is_that_of_keras(padding, strides, window, random):
    from keras import layers

    x = random.integers(0, 5, (1, 9, 7, 3)).astype(np.float32)
    weights = random.integers(-4, 5, (*window, 3, 2))
    layer = layers.Conv2D(2, window, strides=strides, padding=padding, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([weights.astype(np.float32)])
    expected = np.asarray(layer(x))[0]
    connection = Connection(
        "a", "b", "conv2d", weights, Geometry.of_keras(padding, (9, 7), window, strides)
    )
    assert connection.post_shape((9, 7, 3)) == expected.shape
    found = unroll(connection, (9, 7, 3), expected.shape) @ x.reshape(-1)
    assert np.array_equal(found.reshape(expected.shape), expected)


def test_window_larger_than_input_is_an_error():
    with pytest.raises(SpikewattError, match=r"fits into the padded input; got \(3, 3\)"):
        Geometry((5, 5), (1, 1)).output_size((3, 3))
