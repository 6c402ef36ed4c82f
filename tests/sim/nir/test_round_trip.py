"""Law: what `to_nir` writes, `from_nir` reads back whole; what NIR cannot say is an error."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection, ExecutedLayer
from spikewatt.sim.network.connection_kinds import CONNECTION_KINDS
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.nir.connection_nodes import READERS, WRITERS
from spikewatt.sim.nir.read import from_nir
from spikewatt.sim.nir.write import to_nir

from ...helpers.assert_equal import assert_equal
from ...helpers.random_networks import random_input, random_network

nir = pytest.importorskip("nir")
KINDS = ("conv2d", "depthwise", "pool", "dense")


def there_and_back(network, tmp_path):
    to_nir(network, tmp_path / "n.nir")
    return from_nir(tmp_path / "n.nir")


def expressible(network):
    """The same network with what NIR can say; None where that does not fit together.

    Biases per channel, and none after a pool or an identity; the same padding on both sides.
    """
    populations = []
    for p in network.populations:
        weighted = any(c.kind.multiplies for c in network.incoming(p.name))
        bias = p.bias * weighted
        if weighted and len(p.shape) == 3 and p.bias.ndim:
            bias = np.asarray(p.bias).reshape(-1, p.shape[-1])[0]
        populations.append(dataclasses.replace(p, bias=bias))

    connections = []
    for c in network.connections:
        geometry = c.geometry
        if geometry:
            alike = tuple((before, before) for before, _ in geometry.padding)
            geometry = dataclasses.replace(geometry, padding=alike)
        connections.append(dataclasses.replace(c, geometry=geometry))

    try:
        return dataclasses.replace(network, populations=populations, connections=connections)
    except SpikewattError:
        return None  # equal padding on both sides gave another shape


SEEDS = [
    pytest.param(range(8), id="few"),
    pytest.param(range(8, 24), id="more", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("input_code", ["if", "analog", "poisson"])
def test_a_network_comes_back_whole(input_code, seeds, tmp_path):
    """The same hash, and the same spikes."""
    compared = 0
    for seed in seeds:
        more = seed % 2
        network = random_network(
            seed, 2, KINDS, input_code=input_code, residual=more == 1, inputs=1 + more
        )
        network = expressible(network)
        if network is None:
            continue

        back = there_and_back(network, tmp_path)
        assert_equal(network, back)
        assert back.hash == network.hash
        x = random_input(network, 2, seed)
        assert_equal(simulate(network, x, "reference", 6), simulate(back, x, "reference", 6))
        compared += 1
    assert compared > len(seeds) / 3


def test_every_kind_of_connection_has_a_writer():
    """The table is whole: each kind is written or refused, and what is written can be read."""
    assert set(WRITERS) == {type(kind) for kind in CONNECTION_KINDS.values()}
    known = {name for name in vars(nir) if name[:1].isupper()}
    assert set(READERS) <= known


def one_connection(kind: str, **changes) -> SpikingNetwork:
    """Two connections: one of a kind, and a dense one to the read-out."""
    window = Geometry((2, 2), (2, 2))
    made = {
        "dense": {"weights": np.arange(16 * 3).reshape(16, 3)},
        "conv1d": {"weights": np.arange(4 * 3).reshape(4, 1, 3), "geometry": Geometry((4,), (2,))},
        "conv2d": {"weights": np.arange(2 * 2 * 1 * 3).reshape(2, 2, 1, 3), "geometry": window},
        "depthwise": {"weights": np.arange(2 * 2 * 1 * 3).reshape(2, 2, 1, 3), "geometry": window},
        "grouped_conv": {
            "weights": np.arange(2 * 2 * 2 * 4).reshape(2, 2, 2, 4),
            "geometry": Geometry((2, 2), (1, 1), (), (2, 1)),
        },
        "transposed_conv": {
            "weights": np.arange(2 * 2 * 3).reshape(2, 2, 1, 3),
            "geometry": window,
        },
        "identity": {"weights": [3]},
        "pool": {"geometry": window},
        "max_pool": {"geometry": window},
    }
    connection = Connection("input", "hidden", kind, **made[kind], **changes)
    pixels = {"conv1d": (16, 1), "grouped_conv": (4, 4, 4)}.get(kind, (4, 4, 1))
    shape = connection.post_shape(pixels)
    weights = np.ones((int(np.prod(shape)), 2), int)
    neurons = "max_pool" if kind == "max_pool" else "integrate_and_fire"
    populations = [
        Population("input", pixels, "input", 16, 0, 8),
        Population("hidden", shape, neurons, 1, 0, 0),
        Population("output", (2,), "readout", 1, 0, 0),
    ]
    connections = [connection, Connection("hidden", "output", "dense", weights)]
    return SpikingNetwork(populations, connections, "rate", 1 / 16, 1.0, 8)


@pytest.mark.parametrize("kind", CONNECTION_KINDS)
def test_each_kind_comes_back_or_is_refused(kind, tmp_path):
    """One channel too, where NIR sees no difference between conv2d and depthwise."""
    network = one_connection(kind)
    if kind == "max_pool":
        with pytest.raises(SpikewattError, match="population 'hidden': NIR has no neuron that co"):
            to_nir(network, tmp_path / "n.nir")
        return
    if kind == "transposed_conv":
        with pytest.raises(SpikewattError, match="NIR has no transposed convolution"):
            to_nir(network, tmp_path / "n.nir")
        return
    back = there_and_back(network, tmp_path)
    assert back.connections[0].kind == kind
    assert back.hash == network.hash


def test_merged_layers_and_a_smaller_input_come_back(tmp_path):
    merged = (
        ExecutedLayer("depthwise", "depthwise", 100, 16, 9),
        ExecutedLayer("pointwise", "conv2d", 200, 48, 3),
    )
    for executed in (merged, ()):
        network = one_connection("conv2d", executed=executed)
        back = there_and_back(network, tmp_path)
        assert back.connections[0].executed == executed
        assert back.connections[1].executed is None
        assert back.hash == network.hash

    network = dataclasses.replace(network, largest_input=9)
    back = there_and_back(network, tmp_path)
    assert (back.input_levels, back.hash) == (9, network.hash)


def edited(path, edit):
    """The network of a file whose graph was edited."""
    graph = nir.read(path, type_check=False)
    edit(graph)
    changed = path.with_name("edited.nir")
    nir.write(changed, nir.NIRGraph(graph.nodes, graph.edges, graph.metadata, type_check=False))
    return from_nir(changed)


def weights_of(graph):
    return next(node for name, node in graph.nodes.items() if name == "input_to_hidden1")


def test_the_nodes_of_our_own_files_are_the_truth(mlp_network, tmp_path):
    """Thresholds, biases and weights that another tool edits are those of the network."""
    path = tmp_path / "n.nir"
    to_nir(mlp_network, path)
    before = {p.name: p for p in mlp_network.populations}["hidden1"]

    def more(graph):
        graph.nodes["hidden1"].v_threshold = graph.nodes["hidden1"].v_threshold + 1
        weights_of(graph).bias = weights_of(graph).bias + 2
        weights_of(graph).weight = -weights_of(graph).weight

    after = edited(path, more)
    hidden = after.population("hidden1")
    assert np.array_equal(hidden.per_neuron("threshold"), before.per_neuron("threshold") + 1)
    assert np.array_equal(hidden.per_neuron("bias"), before.per_neuron("bias") + 2)
    assert np.array_equal(after.connections[0].weights, -mlp_network.connections[0].weights)
    assert after.hash != mlp_network.hash

    def one(graph):
        graph.nodes["hidden1"].v_threshold[3] += 5

    assert edited(path, one).population("hidden1").per_neuron("threshold")[3] == (
        before.per_neuron("threshold")[3] + 5
    )


def test_no_number_stands_twice_in_our_own_files(mlp_network, tmp_path):
    to_nir(mlp_network, tmp_path / "n.nir")
    graph = nir.read(tmp_path / "n.nir", type_check=False)
    about = graph.nodes["hidden1"].metadata
    assert "start" in about
    assert not {"threshold", "bias", "initial_potential"} & set(about)


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("r", 2.0, "node 'hidden1': has r = 1 in a file of spikewatt; got 2..2"),
        ("v_reset", 0.5, "node 'hidden1': has v_reset = 0 in a file of spikewatt; got 0.5"),
        ("v_threshold", 1.5, "every number of a SpikingNetwork is an integer"),
        ("metadata", {}, "node 'hidden1': has metadata of its own in a file of spikewatt"),
    ],
)
def test_edits_that_integers_cannot_follow_are_refused(field, value, match, mlp_network, tmp_path):
    to_nir(mlp_network, tmp_path / "n.nir")

    def edit(graph):
        node = graph.nodes["hidden1"]
        full = value if isinstance(value, dict) else np.full_like(node.r, value)
        setattr(node, field, full)

    with pytest.raises(SpikewattError, match=match):
        edited(tmp_path / "n.nir", edit)


def test_nodes_besides_those_that_the_metadata_name_are_refused(mlp_network, tmp_path):
    to_nir(mlp_network, tmp_path / "n.nir")

    def add(graph):
        graph.nodes["extra"] = nir.Linear(np.ones((10, 48)))
        graph.nodes["more"] = nir.I(np.ones(10))
        graph.edges += [("hidden1", "extra"), ("extra", "more")]

    law = "has the nodes that its metadata name; got 'more' besides; hint: take 'tool' out"
    with pytest.raises(SpikewattError, match=law):
        edited(tmp_path / "n.nir", add)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"dt": 7.0}, "from_nir.dt: a file of spikewatt says it itself; got 7.0; allowed: 1.0"),
        ({"reset": "zero"}, "from_nir.reset: .* got zero; allowed: subtract; hint: leave it out"),
        ({"fires": "above"}, "from_nir.fires: .* got above; allowed: at"),
        ({"weight_bits": 4}, "from_nir.weight_bits: .* got 4; allowed: 8"),
        ({"input_code": "poisson"}, "from_nir.input_code: .* got poisson; allowed: if"),
        ({"input_levels": 3}, "from_nir.input_levels: .* got 3; allowed: 16"),
        ({"input_max": 9.0}, "from_nir.input_max: .* got 9.0; allowed: 1.0"),
    ],
)
def test_what_a_file_of_ours_says_itself_is_not_contradicted(said, match, mlp_network, tmp_path):
    to_nir(mlp_network, tmp_path / "n.nir")
    with pytest.raises(SpikewattError, match=match):
        from_nir(tmp_path / "n.nir", **said)
    agreed = {"dt": 1.0, "reset": "subtract", "fires": "at", "weight_bits": 8}
    assert from_nir(tmp_path / "n.nir", **agreed).hash == mlp_network.hash


def without_metadata(path, bare_path):
    """Another tool's view of a file."""
    graph = nir.read(path, type_check=False)
    for node in graph.nodes.values():
        node.metadata = {}
    nir.write(bare_path, nir.NIRGraph(graph.nodes, graph.edges, type_check=False))


def test_a_portable_network_needs_no_metadata(mlp, digits, tmp_path):
    """Law: v > θ − 1/2 on integers is v >= θ; NIR's own equations give the same spikes."""
    network = convert(
        mlp,
        digits.scaled("train")[:200],
        input_levels=16,
        input_code="analog",
        method="ml_genn_data",
    )
    to_nir(network, tmp_path / "n.nir", portable=True)
    without_metadata(tmp_path / "n.nir", tmp_path / "bare.nir")
    back = from_nir(
        tmp_path / "bare.nir", dt=1.0, reset="zero", fires="above", input_levels=16, input_max=16.0
    )

    ours = simulate(network, digits.scaled("test")[:20], "reference", 16)
    theirs = simulate(back, digits.scaled("test", largest=16)[:20], "reference", 16)
    assert ours.spikes["hidden1"].sum() > 100
    assert np.array_equal(ours.spikes["hidden1"], theirs.spikes["hidden1"])
    assert np.array_equal(ours.outputs, theirs.outputs)
    assert from_nir(tmp_path / "n.nir").hash == network.hash


def test_what_nir_cannot_say_is_an_error(mlp, mlp_network, cnn_network, digits, tmp_path):
    calibration = digits.scaled("train")[:100]
    radix = convert(mlp, calibration, "radix", input_levels=16)
    start = convert(mlp, calibration, input_levels=16, reset="zero", input_code="analog")

    for network, portable, match in (
        (cnn_network, False, "population 'max1': NIR has no neuron that counts"),
        (radix, False, "NIR has streaming rates"),
        (mlp_network, True, "NIR's own reset is to a value; got subtract"),
        (start, True, "NIR's neurons start at 0"),
    ):
        with pytest.raises(SpikewattError, match=match):
            to_nir(network, tmp_path / "n.nir", portable)
    assert not (tmp_path / "n.nir").exists()

    law = "the folder to write into exists"
    with pytest.raises(SpikewattError, match=law):
        to_nir(mlp_network, tmp_path / "absent" / "n.nir")


@pytest.mark.parametrize(
    ("kind", "changes", "match"),
    [
        ("pool", {}, "NIR has biases after weights only; got a bias on a pool connection"),
        ("conv2d", {}, "NIR's convolutions have one bias per channel; got one per position"),
    ],
)
def test_biases_that_nir_cannot_say(kind, changes, match, tmp_path):
    network = one_connection(kind, **changes)
    first, hidden, last = network.populations
    bias = np.arange(hidden.size).reshape(hidden.shape)
    hidden = dataclasses.replace(hidden, bias=bias)
    network = dataclasses.replace(network, populations=(first, hidden, last))
    with pytest.raises(SpikewattError, match=match):
        to_nir(network, tmp_path / "n.nir")


def test_uneven_padding_and_clashing_names_are_said(tmp_path):
    network = one_connection("conv2d")
    conv, dense = network.connections
    uneven = Geometry((3, 3), (2, 2), ((0, 1), (0, 1)))
    conv = dataclasses.replace(conv, weights=np.ones((3, 3, 1, 3), int), geometry=uneven)
    changed = dataclasses.replace(network, connections=(conv, dense))
    with pytest.raises(SpikewattError, match="'input->hidden': NIR pads alike on both sides"):
        to_nir(changed, tmp_path / "n.nir")

    renamed = []
    for p in one_connection("dense").populations:
        name = {"output": "input_to_hidden"}.get(p.name, p.name)
        renamed.append(dataclasses.replace(p, name=name))
    first, second = one_connection("dense").connections
    second = dataclasses.replace(second, post="input_to_hidden")
    network = dataclasses.replace(network, populations=renamed, connections=(first, second))
    with pytest.raises(SpikewattError, match="nodes have names of their own; got input_to_hidden"):
        to_nir(network, tmp_path / "n.nir")
