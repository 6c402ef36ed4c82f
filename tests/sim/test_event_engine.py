"""Law: the event engine lays out the explicit synapses, and no sum leaves its width."""

from __future__ import annotations

import dataclasses
import shutil
from math import prod

import numpy as np
import pytest
from spikewatt.errors import MissingToolError, SpikewattError
from spikewatt.sim.engines.event import compiled, layers
from spikewatt.sim.engines.event.layers import NEVER, Prepared
from spikewatt.sim.engines.event.patches import Patches, patches, synapse_by_synapse
from spikewatt.sim.engines.event.products import Means, Product, product
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.network.synapses import unroll

from ..helpers.assert_equal import assert_equal
from ..helpers.random_networks import random_input, random_network

SAME = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
STRIDED = Geometry((3, 2), (2, 1), ((0, 1), (1, 0)))
HALVES = Geometry((2, 2), (2, 2))
WEIGHTS = np.random.default_rng(0).integers(-5, 6, 10_000)


def weights(*shape: int) -> np.ndarray:
    return WEIGHTS[: prod(shape)].reshape(shape)


CONNECTIONS = (
    ("conv2d", weights(3, 3, 4, 6), SAME, None),
    ("conv2d", weights(3, 2, 4, 5), STRIDED, None),
    ("conv2d", weights(2, 2, 4, 3), HALVES, HALVES),
    ("dense", weights(256, 7), None, None),
    ("dense", weights(64, 7), None, HALVES),
    ("grouped_conv", weights(3, 3, 2, 6), SAME, None),
    ("transposed_conv", weights(3, 2, 2, 6), STRIDED, None),
    ("depthwise", weights(3, 3, 4, 2), SAME, None),
    ("identity", weights(4), None, None),
    ("identity", weights(8, 8, 4), None, None),
    ("pool", None, HALVES, None),
    ("max_pool", None, STRIDED, None),
)


def matrix_of(found: Patches, pre: int, post: int) -> np.ndarray:
    """(post, pre) sums of all that a spike of each neuron adds."""
    matrix = np.zeros((post, pre), np.int64)
    for j in range(pre):
        p, channel = found.position[j], found.channel[j]
        if p < 0:
            continue
        for r in range(found.first[p], found.first[p + 1]):
            to = found.run_post[r] + found.channel_post[channel]
            of = found.run_weight[r] + found.channel_weight[channel]
            length = found.run_length[r]
            matrix[to : to + length, j] += found.weights[of : of + length]
    return matrix


@pytest.mark.parametrize(("kind", "numbers", "geometry", "pooled"), CONNECTIONS)
def test_patches_are_the_explicit_synapses(kind, numbers, geometry, pooled):
    connection = Connection("a", "b", kind, numbers, geometry, pooled)
    pre = (8, 8, 4)
    post = connection.post_shape(pre)
    wanted = unroll(connection, pre, post).toarray()
    assert np.count_nonzero(wanted) > 50
    for lay_out in (patches, synapse_by_synapse):
        found = lay_out(connection, pre, post)
        assert np.array_equal(matrix_of(found, prod(pre), prod(post)), wanted)


def test_a_convolution_adds_one_run_per_row_of_its_window():
    connection = Connection("a", "b", "conv2d", weights(3, 3, 4, 6), SAME)
    found = patches(connection, (8, 8, 4), (8, 8, 6))
    assert np.diff(found.first).max() == 3
    assert found.run_length.max() == 3 * 6
    assert found.weights.size == 3 * 3 * 4 * 6


def product_of(found: Product, x: np.ndarray) -> np.ndarray:
    """What the kernel computes of values `x`, in numpy."""
    assert found.weights is not None
    if found.means is Means.EACH:
        return found.weights * x
    canvas = np.zeros(found.canvas, np.int64)
    for start, to, length in found.copies:
        canvas[to : to + length] += x[start : start + length]

    sums = []
    for base in found.base:
        if found.means is Means.CHANNELS:
            channel = np.arange(found.channels)
            read = canvas[base + found.offset[:, None] + channel]
            sums.append((read * found.weights).sum(axis=0))
            continue
        for group in range(found.groups):
            at = base + group * found.inside + found.offset[:, None] + np.arange(found.length)
            sums.append(np.einsum("sl,slo->o", canvas[at], found.weights[:, :, group]))
    return np.concatenate(sums)


@pytest.mark.parametrize(("kind", "numbers", "geometry", "pooled"), CONNECTIONS)
def test_products_are_those_of_the_explicit_synapses(kind, numbers, geometry, pooled):
    connection = Connection("a", "b", kind, numbers, geometry, pooled)
    pre = (8, 8, 4)
    post = connection.post_shape(pre)
    found = product(connection, pre, post, 0, 15)
    by_runs = kind in ("transposed_conv", "grouped_conv") or (
        numbers is not None and (kind == "depthwise")
    )
    assert (found.means is Means.BY_RUNS) == by_runs
    if by_runs or found.means is Means.MAXIMUM:
        return
    x = np.random.default_rng(2).integers(0, 16, prod(pre))
    wanted = unroll(connection, pre, post) @ x
    assert np.count_nonzero(wanted) > 5
    assert np.array_equal(product_of(found, x), wanted)


@pytest.mark.parametrize(
    ("highest", "largest", "means"),
    [
        (255, 127, Means.DOT8),
        (256, 127, Means.DOT16),
        (255, 128, Means.DOT16),
        (2**15 - 1, 2**12, Means.DOT16),
        (2**15, 1, Means.BY_RUNS),
        (2**15 - 1, 2**15, Means.BY_RUNS),
    ],
)
def test_values_and_weights_are_as_narrow_as_they_may_be(highest, largest, means):
    numbers = np.zeros((8, 3), np.int64)
    numbers[0, 0] = -largest
    connection = Connection("a", "b", "dense", numbers)
    assert product(connection, (8,), (3,), 0, highest).means is means
    signed = product(connection, (8,), (3,), -1, highest).means
    assert signed is (Means.DOT16 if means is Means.DOT8 else means)


@pytest.mark.parametrize("most", [-1, NEVER])
@pytest.mark.parametrize("code", ["rate", "signed"])
def test_products_and_spikes_give_the_same_counts(code, most, monkeypatch):
    monkeypatch.setattr(layers, "spikes_of_equal_cost", lambda *_: most)
    active = 0
    for seed in range(6):
        network = random_network(seed, 2, code=code, residual=seed % 2 == 1)
        x = random_input(network, 4, seed)
        reference = simulate(network, x, "reference", 13, rasters=2)
        assert_equal(reference, simulate(network, x, "event", 13, rasters=2))
        active += sum(int(counts.sum()) for counts in reference.spikes.values())
    assert active > 1000


def exact_network(code: str, levels: int, weight: int, kind: str, groups: int = 1):
    """Values 0..levels, times weights up to `weight`, by a connection of `kind`."""
    random = np.random.default_rng(levels + weight)
    channels = 8
    geometry = Geometry((3, 3), (2, 1), ((1, 0), (2, 1)))
    shape = {
        "conv2d": (3, 3, channels, 5),
        "grouped_conv": (3, 3, channels // groups, 18),
        "depthwise": (3, 3, channels, 1),
    }[kind]
    numbers = random.integers(-weight, weight + 1, shape)
    arrow = Connection("hidden", "after", kind, numbers, geometry)
    post = arrow.post_shape((6, 7, channels))
    populations = (
        Population("input", (6, 7, channels), "input", 1, 0, 0, levels=255),
        Population("hidden", (6, 7, channels), "integrate_and_fire", 3, 0, 1, levels=levels),
        Population("after", post, "integrate_and_fire", weight, 0, 2, levels=levels),
        Population("output", (3,), "readout", 1, 0, 5),
    )
    last = random.integers(-9, 10, (prod(post), 3))
    connections = (
        Connection("input", "hidden", "identity", np.arange(1, channels + 1)),
        arrow,
        Connection("after", "output", "dense", last),
    )
    return SpikingNetwork(populations, connections, code, 1 / 255, 1.0, 16, input_code="bitplane")


@pytest.mark.parametrize(
    ("code", "levels", "weight", "kind", "groups"),
    [
        ("radix", 15, 7, "conv2d", 1),
        ("radix", 255, 127, "conv2d", 1),
        ("radix", 511, 7, "conv2d", 1),
        ("radix", 63, 200, "grouped_conv", 2),
        ("radix", 31, 90, "depthwise", 1),
        ("radix", 2**16 - 1, 2**15 - 1, "conv2d", 1),
        ("radix", 2**15 - 1, 2**15 - 1, "grouped_conv", 2),
        ("sync_rate", 21, 50, "grouped_conv", 2),
    ],
)
def test_values_of_every_width_are_exact(code, levels, weight, kind, groups):
    network = exact_network(code, levels, weight, kind, groups)
    x = np.random.default_rng(3).integers(0, 256, (9, 6 * 7 * 8)) / 255
    reference = simulate(network, x, "reference", rasters=9)
    assert reference.spikes["after"].sum() > 100
    for threads in (1, 3):
        assert_equal(reference, simulate(network, x, "event", rasters=9, workers=threads))


def network_of(scale: int) -> SpikingNetwork:
    """Two dense layers; thresholds and biases of the first are multiples of `scale`."""
    populations = (
        Population("input", (40,), "input", 16, 0, 8),
        Population("hidden", (33,), "integrate_and_fire", 9 * scale, scale, 4),
        Population("output", (3,), "readout", 1, 0, 0),
    )
    connections = (
        Connection("input", "hidden", "dense", weights(40, 33)),
        Connection("hidden", "output", "dense", weights(33, 3)),
    )
    return SpikingNetwork(populations, connections, "rate", 1 / 16, 1.0, 8)


def test_sums_of_one_step_are_narrower_than_potentials():
    small, large = network_of(1), network_of(10**6)
    widths = [
        [
            (layer.bits, layer.drive_bits)
            for layer in Prepared(network, schedule(network, 12)).layers
        ]
        for network in (small, large)
    ]
    assert widths[0] == [(16, 16), (16, 16), (16, 16)]
    assert widths[1] == [(16, 16), (32, 16), (16, 16)]


@pytest.mark.parametrize("scale", [1, 1000, 10**6, 10**12])
def test_potentials_of_every_width_are_exact(scale):
    network = network_of(scale)
    hidden = network.populations[1]
    bias = scale * (np.arange(33) % 7)
    changed = dataclasses.replace(hidden, bias=bias)
    populations = (network.populations[0], changed, network.populations[2])
    network = dataclasses.replace(network, populations=populations)
    x = np.random.default_rng(1).integers(0, 17, (9, 40)) / 16
    reference = simulate(network, x, "reference", 20, rasters=9)
    assert reference.spikes["hidden"].sum() > 100
    for threads in (1, 3):
        again = simulate(network, x, "event", 20, rasters=9, workers=threads)
        assert_equal(reference, again)


def test_a_library_that_was_cut_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled.kernel.cache_clear()
    made = []
    monkeypatch.setattr(compiled, "_compile", lambda _, library: made.append(copied(library)))

    def copied(library):
        library.write_bytes(b"whole")
        return library

    monkeypatch.setattr(compiled.ctypes, "CDLL", lambda path: path)
    library = compiled.kernel()
    assert len(made) == 1
    compiled.kernel.cache_clear()
    compiled.kernel()
    assert len(made) == 1

    made[0].write_bytes(b"who")
    compiled.kernel.cache_clear()
    assert compiled.kernel() == library
    assert len(made) == 2
    compiled.kernel.cache_clear()


def test_without_a_compiler_it_says_what_to_do(monkeypatch):
    compiled.kernel.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    match = r"event engine: needs a C\+\+ compiler; got no g\+\+.*engine='batched'"
    with pytest.raises(MissingToolError, match=match):
        compiled.kernel()


def test_what_the_compiler_says_is_in_the_error(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    broken = tmp_path / "kernel.cpp"
    broken.write_text("int run( { }")
    monkeypatch.setattr(compiled, "SOURCE", broken)
    compiled.kernel.cache_clear()
    with pytest.raises(SpikewattError, match="event engine: compiles; got .*error"):
        compiled.kernel()
    compiled.kernel.cache_clear()
