"""Graphs of other tools: second implementations, and what a SpikingNetwork cannot express."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError, SpikewattWarning
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.nir.dialects import FIRES, input_codes
from spikewatt.sim.nir.read import from_nir

from ...helpers.engines import IN_PROCESS, on_all_engines

nir = pytest.importorskip("nir")
FIXTURES = Path(__file__).parents[2] / "fixtures"


def from_sinabs(fires="at"):
    path = FIXTURES / "sinabs.nir"
    return from_nir(path, dt=1.0, reset="subtract", fires=fires, input_levels=1)


def test_a_network_that_sinabs_exported_spikes_as_in_sinabs():
    """Second implementation: sinabs 3.1's own export, and its counts per layer and step."""
    about = json.loads((FIXTURES / "sinabs.json").read_text())
    x = np.array(about["x"]).transpose(0, 2, 3, 1)
    network = from_sinabs()
    trace = on_all_engines(network, x, 16, IN_PROCESS)
    for layer, counts in about["spikes"].items():
        assert trace.spikes[layer][0].tolist() == counts
    assert np.array_equal(trace.outputs[0], np.cumsum(about["output_spikes"], axis=0))
    assert sum(map(sum, about["spikes"].values())) > 1000

    # The threshold's equality matters, and is said.
    above = simulate(from_sinabs(fires="above"), x, "reference", 16)
    assert above.spikes["1"].tolist() != [about["spikes"]["1"]]


def test_an_imported_network_has_layers_that_can_be_priced():
    trace = simulate(from_sinabs(), np.zeros((1, 8, 8, 2)), "reference", 4)
    assert len(trace.layers) > 2
    assert sum(layer.macs for layer in trace.layers) > 0


def written(path, *nodes, inputs=(3,), outputs=(2,)):
    """A file with a chain of nodes."""
    first, last = nir.Input(np.array(inputs)), nir.Output(np.array(outputs))
    graph = nir.NIRGraph.from_list(first, *nodes, last, type_check=False)
    nir.write(path, graph)
    return path


WEIGHTS = np.array([[1.0, 2.0, -1.0], [0.5, 0.25, 1.0]])
TWO = np.ones(2)


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        (
            [nir.Linear(WEIGHTS), nir.LIF(*np.ones((4, 2)))],
            "node 'lif': must be a node that a SpikingNetwork can express; got LIF; allowed: Input",
        ),
        ([nir.Linear(WEIGHTS), nir.Delay(TWO)], "node 'delay': must be a node .* got Delay"),
        (
            [nir.Linear(WEIGHTS), nir.Linear(np.ones((2, 2))), nir.IF(TWO, TWO)],
            "one node with weights stands between two neurons; got Linear after 'linear'",
        ),
        (
            [nir.Linear(WEIGHTS), nir.IF(TWO, TWO, np.full(2, 0.5))],
            "is reset to 0 .* got v_reset = 0.5",
        ),
        (
            [nir.Linear(WEIGHTS), nir.IF(np.array([1.0, 2.0]), TWO)],
            "all neurons of a node have one resistance, above 0; got 1..2",
        ),
        (
            [nir.Linear(np.ones((2, 4))), nir.IF(TWO, TWO)],
            r"takes as many inputs as are flat in front of it; got \(4, 2\); allowed: \(3, 'out",
        ),
        (
            [nir.Linear(WEIGHTS * np.nan), nir.IF(TWO, TWO)],
            "node 'linear': has real and finite numbers; got float",
        ),
        (
            [nir.Linear(WEIGHTS), nir.IF(TWO, np.full(2, np.inf))],
            "its thresholds are finite and of the size of its weights; got up to inf",
        ),
        (
            [nir.Scale(np.ones(2)), nir.IF(np.ones(3), np.ones(3))],
            r"scales what feeds it, in its shape; got \(2,\); allowed: \(3,\)",
        ),
    ],
)
def test_what_cannot_be_read_is_said(nodes, match, tmp_path):
    path = written(tmp_path / "n.nir", *nodes)
    with pytest.raises(SpikewattError, match=match):
        from_nir(path, dt=1.0, reset="zero")


IMAGE = {"inputs": (2, 4, 4), "outputs": (2, 2, 2)}
IMAGES = np.ones((2, 2, 2))


def pool(stride, padding=0):
    numbers = (np.array([n, n]) for n in (2, stride, padding))
    return nir.SumPool2d(*numbers)


@pytest.mark.parametrize(
    ("node", "match"),
    [
        (
            nir.Conv2d((4, 4), np.ones((2, 2, 3, 3)), 2, "same", 1, 1, np.zeros(2)),
            "pads by numbers, or valid, or same with stride 1; got 'same' with stride",
        ),
        (
            nir.Conv2d((4, 4), np.ones((2, 3, 3, 3)), 1, 0, 1, 1, np.zeros(2)),
            "has groups that part its channels; got groups 1 on 2 channels",
        ),
        (nir.Scale(np.arange(32.0).reshape(2, 4, 4)), "scales each channel alike; got one scale"),
    ],
)
def test_windows_and_scales_that_cannot_be_read(node, match, tmp_path):
    path = written(tmp_path / "n.nir", node, nir.IF(IMAGES, IMAGES), **IMAGE)
    with pytest.raises(SpikewattError, match=match):
        from_nir(path, dt=1.0, reset="zero")


def test_pools_and_flattens_without_weights(tmp_path):
    neurons = nir.IF(IMAGES, IMAGES)
    one = from_nir(written(tmp_path / "n.nir", pool(2), neurons, **IMAGE), 1.0, "zero")
    assert [c.kind.name for c in one.connections] == ["pool", "identity"]

    path = written(tmp_path / "n.nir", pool(1), pool(1), neurons, **IMAGE)
    with pytest.raises(SpikewattError, match="one pool stands between two neurons; got SumPool2d"):
        from_nir(path, 1.0, "zero")

    flatten = nir.Flatten({"input": np.array([2, 4, 4])}, start_dim=0)
    path = written(tmp_path / "n.nir", flatten, nir.IF(np.ones(32), np.ones(32)), **IMAGE)
    with pytest.raises(SpikewattError, match="weights follow a Flatten; got none"):
        from_nir(path, 1.0, "zero")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dt": None}, "from_nir.dt: is said where the file does not say it"),
        ({"dt": 0}, "from_nir.dt: .* got 0; allowed: time per step, above 0"),
        ({"reset": None}, "from_nir.reset: .* got 'None'; allowed: subtract, zero"),
        ({"fires": "below"}, "from_nir.fires: is said as one of; got 'below'; allowed: above, at"),
        ({"input_code": "phase"}, "from_nir.input_code: must be what an Input node can be given"),
        ({"weight_bits": 1}, "from_nir.weight_bits: must be a width of signed weights; got 1"),
        ({"input_levels": 0}, "from_nir.input_levels: must be a number of input levels; got 0"),
        ({"input_max": -1.0}, "from_nir.input_max: must be the largest input value; got -1.0"),
        ({"fires": "at", "weight_bits": 2}, "its threshold is at least 1; got 0 after rounding"),
    ],
)
def test_what_has_to_be_said_is_checked(options, match, tmp_path):
    neurons = nir.IF(TWO, np.full(2, 0.0 if options.get("fires") == "at" else 1.0))
    path = written(tmp_path / "n.nir", nir.Linear(WEIGHTS), neurons)
    with pytest.raises(SpikewattError, match=match):
        from_nir(path, **{"dt": 1.0, "reset": "zero", **options})


def test_inputs_are_given_values_or_events_of_one_worth():
    found = ["analog", "poisson", "exponential_poisson", "signed_poisson"]
    found += ["constant", "bursting", "resetting"]
    assert sorted(input_codes()) == sorted(found)


def test_files_that_are_no_nir_are_said(tmp_path):
    (tmp_path / "n.nir").write_text("not a graph")
    with pytest.raises(FileFormatError, match="must be a NIR file of known nodes"):
        from_nir(tmp_path / "n.nir", 1.0, "zero")
    with pytest.raises(SpikewattError, match="the NIR file must exist"):
        from_nir(tmp_path / "other.nir", 1.0, "zero")


def test_loops_and_nodes_with_two_in_front_are_said(tmp_path):
    def write(edges):
        nodes = {
            "input": nir.Input(np.array([3])),
            "linear": nir.Linear(WEIGHTS),
            "if": nir.IF(TWO, TWO),
            "back": nir.Linear(np.ones((2, 2))),
            "output": nir.Output(np.array([2])),
        }
        graph = nir.NIRGraph(nodes, edges, type_check=False)
        nir.write(tmp_path / "n.nir", graph)
        return tmp_path / "n.nir"

    chain = [("input", "linear"), ("linear", "if"), ("if", "output")]
    path = write([*chain, ("if", "back"), ("back", "if")])
    with pytest.raises(SpikewattError, match="a network without loops; got a loop"):
        from_nir(path, 1.0, "zero")

    path = write([*chain, ("input", "back"), ("if", "back"), ("back", "output")])
    law = "node 'back': a node with weights has one node in front of it; got 2 nodes"
    with pytest.raises(SpikewattError, match=law):
        from_nir(path, 1.0, "zero")


# What the equations say


def by_hand(weight, bias, threshold, reset, fires, x, steps):
    """v' = R I with steps of 1, in floating point: spikes of one neuron."""
    v, spikes = 0.0, 0
    for _ in range(steps):
        v += weight * x + bias
        if v > threshold or (fires == "at" and v == threshold):
            spikes += 1
            v = 0.0 if reset == "zero" else v - threshold
    return spikes


@pytest.mark.parametrize("fires", FIRES)
@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize(
    ("weight", "bias", "threshold"),
    [
        (1.0, 0.0, 2.0),
        (1.0, 0.0, 1.5),
        (1.0, 0.3125, 1.75),
        (0.5, 0.125, 1.0),
        (1.0, -0.25, 3.0),
    ],
)
def test_numbers_off_the_grid_of_the_weights(weight, bias, threshold, reset, fires, tmp_path):
    """Second implementation: the equation written out, with biases and thresholds in between."""
    affine = nir.Affine(np.array([[weight]]), np.array([bias]))
    neuron = nir.IF(np.ones(1), np.array([threshold]))
    path = written(tmp_path / "n.nir", affine, neuron, inputs=(1,), outputs=(1,))
    network = from_nir(path, 1.0, reset, fires, input_levels=1)
    for x in (0.0, 1.0):
        found = simulate(network, np.array([[x]]), "reference", 24).outputs[0, -1, 0]
        assert found == by_hand(weight, bias, threshold, reset, fires, x, 24)


def test_an_average_pool_in_front_of_weights_keeps_their_grid(tmp_path):
    mean = nir.AvgPool2d(np.array([3, 3]), np.array([3, 3]), np.array([0, 0]))
    kernel = np.array([[[[2.0]]], [[[-1.0]]]])
    conv = nir.Conv2d((2, 2), kernel, 1, 0, 1, 1, np.zeros(2))
    neurons = nir.IF(IMAGES, IMAGES)
    sizes = {"inputs": (1, 6, 6), "outputs": (2, 2, 2)}
    path = written(tmp_path / "n.nir", mean, conv, neurons, **sizes)
    network = from_nir(path, 1.0, "subtract", "at", input_levels=1)

    x = np.zeros((1, 6, 6, 1))
    x[0, :3, :3, 0] = np.eye(3)  # a mean of 1/3, times 2: 2/3 per step
    trace = simulate(network, x, "reference", 9, rasters=1)
    spikes = trace.rasters["if"][0].sum(axis=0).reshape(2, 2, 2)
    assert spikes[..., 0].tolist() == [[6, 0], [0, 0]]


def test_weights_that_are_rounded_are_said(tmp_path):
    weights = np.array([[1.0, 0.3, -1.0], [0.5, 0.25, 1.0]])
    path = written(tmp_path / "n.nir", nir.Linear(weights), nir.IF(TWO, TWO * 99))
    law = r"node 'if': weights are rounded to 8 bits, the worst by 0\.\d+% of the largest"
    with pytest.warns(SpikewattWarning, match=law):
        from_nir(path, 1.0, "zero")


def test_several_spikes_a_step_are_said(tmp_path):
    """Of an accumulating neuron only, and only where a step can bring more than its threshold."""
    law = "node 'if': one step can bring more than the threshold, and a neuron sends one spike a"
    path = written(tmp_path / "n.nir", nir.Linear(WEIGHTS), nir.IF(TWO, TWO * 2))
    with pytest.warns(SpikewattWarning, match=law):
        from_nir(path, 1.0, "subtract", input_levels=1)

    quiet = written(tmp_path / "q.nir", nir.Linear(WEIGHTS), nir.IF(TWO, TWO * 4))
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        from_nir(quiet, 1.0, "subtract", input_levels=1)
        from_nir(path, 1.0, "zero", input_levels=1)
