"""Second implementation and law: networks through NIR and back, and a network that sinabs exported."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.nir.read import from_nir
from spikewatt.sim.nir.write import to_nir

from ..helpers.random_networks import random_input, random_network
from .test_engines import assert_equal

nir = pytest.importorskip("nir")
FIXTURES = Path(__file__).parents[1] / "fixtures"


def expressible(network):
    """The same network with what NIR can say: biases per channel, and none behind a pool or an identity."""
    populations = []
    for p in network.populations:
        weighted = any(c.kind in ("dense", "conv2d", "depthwise") for c in network.incoming(p.name))
        bias = np.asarray(p.bias).reshape(-1, p.shape[-1])[0] if p.bias.ndim else p.bias
        populations.append(
            dataclasses.replace(
                p, bias=bias if weighted and len(p.shape) == 3 else p.bias * weighted
            )
        )
    connections = []
    for c in network.connections:
        geometry = c.geometry and dataclasses.replace(
            c.geometry, padding=tuple((a, a) for a, _ in c.geometry.padding)
        )
        connections.append(dataclasses.replace(c, geometry=geometry))
    return populations, connections


@pytest.mark.parametrize("input_code", ["if", "analog", "poisson"])
def test_a_network_comes_back_whole(input_code, tmp_path):
    """Law: from_nir(to_nir(network)) has the same hash, and the same spikes."""
    compared = 0
    for seed in range(24):
        network = random_network(seed, 2, ("conv2d", "depthwise", "pool", "dense"), input_code=input_code, residual=seed % 2 == 1,
                                 inputs=1 + seed % 2)  # fmt: skip
        populations, connections = expressible(network)
        try:
            network = dataclasses.replace(network, populations=populations, connections=connections)
        except SpikewattError:
            continue  # equal padding on both sides gave another shape
        to_nir(network, tmp_path / "n.nir")
        back = from_nir(tmp_path / "n.nir")
        assert back.hash == network.hash
        x = random_input(network, 2, seed)
        assert_equal(simulate(network, x, "reference", 6), simulate(back, x, "reference", 6))
        compared += 1
    assert compared > 8


def test_a_portable_network_needs_no_metadata(mlp, digits, tmp_path):
    """Law: v > θ − 1/2 on integers is v >= θ; what another tool reads from NIR's own equations gives the same spikes."""
    network = convert(
        mlp,
        digits.scaled("train")[:200],
        input_levels=16,
        input_code="analog",
        method="ml_genn_data",
    )
    to_nir(network, tmp_path / "n.nir", portable=True)
    graph = nir.read(tmp_path / "n.nir")
    nir.write(
        tmp_path / "bare.nir",
        nir.NIRGraph({k: _bare(v) for k, v in graph.nodes.items()}, graph.edges),
    )
    back = from_nir(
        tmp_path / "bare.nir", dt=1.0, reset="zero", fires="above", input_levels=16, input_max=16.0
    )
    x = digits.scaled("test")[:20]
    ours, theirs = simulate(network, x, "reference", 16), simulate(back, x * 16, "reference", 16)
    assert ours.spikes["hidden1"].sum() > 100
    assert np.array_equal(ours.spikes["hidden1"], theirs.spikes["hidden1"])
    assert np.array_equal(ours.outputs, theirs.outputs)


def _bare(node):
    node.metadata = {}
    return node


def test_a_network_that_sinabs_exported_spikes_as_in_sinabs():
    """Second implementation: sinabs 3.1's own export, and the spikes that sinabs counted per layer and step."""
    about = json.loads((FIXTURES / "sinabs.json").read_text())
    network = from_nir(
        FIXTURES / "sinabs.nir", dt=1.0, reset="subtract", fires="at", input_levels=1
    )
    x = np.array(about["x"]).transpose(0, 2, 3, 1)
    for engine in ("reference", "batched"):
        trace = simulate(network, x, engine, steps=16)
        for layer, counts in about["spikes"].items():
            assert trace.spikes[layer][0].tolist() == counts
        assert np.array_equal(trace.outputs[0], np.cumsum(about["output_spikes"], axis=0))
    assert sum(map(sum, about["spikes"].values())) > 1000
    above = simulate(
        from_nir(FIXTURES / "sinabs.nir", dt=1.0, reset="subtract", fires="above", input_levels=1),
        x,
        "reference",
        16,
    )
    assert above.spikes["1"].tolist() != [
        about["spikes"]["1"]
    ]  # the threshold's equality matters, and is said


def test_an_imported_network_can_be_priced():
    from spikewatt.energy.pricing.price import price

    network = from_nir(
        FIXTURES / "sinabs.nir", dt=1.0, reset="subtract", fires="at", input_levels=1
    )
    trace = simulate(network, np.zeros((1, 8, 8, 2)), "reference", 4)
    assert price(trace, "stm32l4r5").frame["energy_j"].sum() > 0


def graph_of(*nodes):
    return nir.NIRGraph.from_list(
        nir.Input(np.array([3])), *nodes, nir.Output(np.array([2])), type_check=False
    )


WEIGHTS = np.array([[1.0, 2.0, -1.0], [0.5, 0.25, 1.0]])


@pytest.mark.parametrize(
    ("nodes", "options", "match"),
    [
        ((nir.Linear(WEIGHTS), nir.LIF(*np.ones((4, 2)))), {}, "node 'lif': must be a node that a SpikingNetwork can express; got LIF"),
        ((nir.Linear(WEIGHTS), nir.Delay(np.ones(2))), {}, "node 'delay': must be a node .* got Delay"),
        ((nir.Linear(WEIGHTS), nir.Linear(np.ones((2, 2))), nir.IF(np.ones(2), np.ones(2))), {}, "one node with weights stands between"),
        ((nir.Linear(WEIGHTS), nir.IF(np.ones(2), np.ones(2), np.full(2, 0.5))), {}, "is reset to 0 .* got v_reset = 0.5"),
        ((nir.Linear(WEIGHTS), nir.IF(np.array([1.0, 2.0]), np.ones(2))), {}, "all neurons of a node have one resistance"),
        ((nir.Linear(WEIGHTS), nir.IF(np.ones(2), np.zeros(2))), {"fires": "at"}, "its threshold is at least 1"),
        ((nir.Linear(WEIGHTS), nir.IF(np.ones(2), np.ones(2))), {"dt": None}, "from_nir.dt: is said where the file does not say it"),
        ((nir.Linear(WEIGHTS), nir.IF(np.ones(2), np.ones(2))), {"reset": None}, "from_nir.reset"),
        ((nir.Linear(WEIGHTS), nir.IF(np.ones(2), np.ones(2))), {"fires": "below"}, "from_nir.fires"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(nodes, options, match, tmp_path):
    nir.write(tmp_path / "n.nir", graph_of(*nodes))
    with pytest.raises(SpikewattError, match=match):
        from_nir(tmp_path / "n.nir", **{"dt": 1.0, "reset": "zero", **options})


def test_files_that_are_no_nir_are_said(tmp_path):
    (tmp_path / "n.nir").write_text("not a graph")
    with pytest.raises(FileFormatError, match="must be a NIR file"):
        from_nir(tmp_path / "n.nir", 1.0, "zero")
    with pytest.raises(SpikewattError, match="the NIR file must exist"):
        from_nir(tmp_path / "other.nir", 1.0, "zero")


def test_what_nir_cannot_say_is_an_error(mlp, mlp_network, cnn_network, digits, tmp_path):
    calibration = digits.scaled("train")[:100]
    for network, portable, match in (
        (cnn_network, False, "population 'max1': NIR has no neuron that counts"),
        (convert(mlp, calibration, "radix", input_levels=16), False, "NIR has streaming rates"),
        (mlp_network, True, "NIR's own reset is to a value; got subtract"),
        (
            convert(mlp, calibration, input_levels=16, reset="zero", input_code="analog"),
            True,
            "NIR's neurons start at 0",
        ),
    ):
        with pytest.raises(SpikewattError, match=match):
            to_nir(network, tmp_path / "n.nir", portable)
    assert not (tmp_path / "n.nir").exists()


def by_hand(weight, bias, threshold, reset, fires, x, steps):
    """v' = R I with steps of 1, in floating point: spikes of one neuron."""
    v, spikes = 0.0, 0
    for _ in range(steps):
        v += weight * x + bias
        if v > threshold or (fires == "at" and v == threshold):
            spikes += 1
            v = 0.0 if reset == "zero" else v - threshold
    return spikes


@pytest.mark.parametrize("fires", ["at", "above"])
@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_thresholds_and_biases_off_the_grid_of_the_weights(reset, fires, tmp_path):
    """Second implementation: the equation written out, for weights of 1 with biases and thresholds in between."""
    for weight, bias, threshold in (
        (1.0, 0.0, 2.0),
        (1.0, 0.0, 1.5),
        (1.0, 0.3125, 1.75),
        (0.5, 0.125, 1.0),
        (1.0, -0.25, 3.0),
    ):
        nodes = (
            nir.Affine(np.array([[weight]]), np.array([bias])),
            nir.IF(np.ones(1), np.array([threshold])),
        )
        graph = nir.NIRGraph.from_list(
            nir.Input(np.array([1])), *nodes, nir.Output(np.array([1])), type_check=False
        )
        nir.write(tmp_path / "n.nir", graph)
        network = from_nir(tmp_path / "n.nir", 1.0, reset, fires, input_levels=1)
        for x in (0.0, 1.0):
            found = simulate(network, np.array([[x]]), "reference", 24).outputs[0, -1, 0]
            assert found == by_hand(weight, bias, threshold, reset, fires, x, 24)


def test_an_average_pool_in_front_of_weights_keeps_their_grid(tmp_path):
    kernel, ones = np.array([[[[2.0]]], [[[-1.0]]]]), np.ones((2, 2, 2))
    pool = nir.AvgPool2d(np.array([3, 3]), np.array([3, 3]), np.array([0, 0]))
    nodes = [pool, nir.Conv2d((2, 2), kernel, 1, 0, 1, 1, np.zeros(2)), nir.IF(ones, ones)]
    graph = nir.NIRGraph.from_list(
        nir.Input(np.array([1, 6, 6])), *nodes, nir.Output(np.array([2, 2, 2])), type_check=False
    )
    nir.write(tmp_path / "n.nir", graph)
    network = from_nir(tmp_path / "n.nir", 1.0, "subtract", "at", input_levels=1)
    x = np.zeros((1, 6, 6, 1))
    x[0, :3, :3, 0] = np.eye(3)  # a mean of 1/3, times 2: 2/3 per step
    trace = simulate(network, x, "reference", 9, rasters=1)
    assert trace.rasters["if"][0].sum(axis=0).reshape(2, 2, 2)[..., 0].tolist() == [[6, 0], [0, 0]]
