"""Second implementation: all engines give the same integers, each pair of them."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.encoders import ENCODERS
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ..helpers.assert_equal import assert_equal
from ..helpers.engines import DEFINITION, IN_PROCESS, IN_PROCESSES, OTHERS, on_all_engines
from ..helpers.random_networks import PIXELS, random_input, random_network, side_by_side


@pytest.mark.parametrize("name", ["mlp_network", "cnn_network"])
def test_engines_agree_on_every_digits_test_image(name, digits, request):
    network = request.getfixturevalue(name)
    x = digits.scaled("test")
    trace = on_all_engines(network, x, 32, rasters=1)
    assert len(x) == 360
    assert min(counts.sum() for counts in trace.spikes.values()) > 1000  # every layer was active
    assert trace.outputs.size == 360 * 32 * 10


@pytest.mark.parametrize("pixels", PIXELS)
def test_engines_agree_on_random_networks_side_by_side(pixels):
    networks = [random_network(seed, pixels=pixels) for seed in range(8)]
    x = [random_input(network, 6, seed) for seed, network in enumerate(networks)]
    trace = on_all_engines(side_by_side(networks), x, 12, rasters=6)
    for seed, network in enumerate(networks):
        assert trace.spikes[f"input_{seed}"].sum() > 0
        alone = simulate(network, x[seed], DEFINITION, 12)
        for name, counts in alone.spikes.items():
            assert np.array_equal(counts, trace.spikes[f"{name}_{seed}"])


def test_one_changed_hidden_weight_changes_all_engines_alike(mlp_network, digits):
    x = digits.scaled("test")[:30]
    first, second = mlp_network.connections
    before = on_all_engines(mlp_network, x, 16, rasters=30)
    busiest = int(before.rasters["input"].sum(axis=(0, 1)).argmax())
    weights = first.weights.copy()
    weights[busiest, 5] += 40 if weights[busiest, 5] < 80 else -40
    changed = dataclasses.replace(
        mlp_network, connections=(dataclasses.replace(first, weights=weights), second)
    )
    assert changed.hash != mlp_network.hash
    after = on_all_engines(changed, x, 16)
    assert not np.array_equal(before.spikes["hidden1"], after.spikes["hidden1"])


@pytest.mark.parametrize("engine", ["annarchy", "event"])
def test_worker_count_and_chunks_do_not_change_the_counts(engine, mlp_network, digits):
    x = digits.scaled("test")[:37]
    assert_equal(
        *(simulate(mlp_network, x, engine, steps=9, rasters=37, workers=n) for n in (1, 2))
    )


def test_a_sample_does_not_remember_the_one_before(mlp_network, digits):
    x = digits.scaled("test")[:5]
    there_and_back = np.concatenate([x, x[::-1]])
    outputs = on_all_engines(mlp_network, there_and_back, 12).outputs
    assert np.array_equal(outputs[:5], outputs[:4:-1])
    assert not np.array_equal(outputs[:5], outputs[5:])


def test_rate_of_an_input_neuron_is_its_pixel(mlp_network):
    """Law.

    An integrator that starts at half its threshold has fired round(T q / levels) times after T
    steps.
    """
    x = np.arange(17)[:, None, None, None] / 16 * np.ones((17, 8, 8, 1))
    counts = simulate(mlp_network, x, "reference", steps=32).spikes["input"].sum(axis=1)
    assert np.array_equal(counts, 64 * np.arange(17) * 2)


def test_max_pool_emits_the_rise_of_the_largest_count():
    """Law.

    After any step, a max-pool neuron has fired as often as the busiest input of its window.
    """
    checked = 0
    for seed in range(40):
        network = random_network(seed)
        pools = [c for c in network.connections if c.kind == "max_pool"]
        trace = simulate(network, random_input(network, 3, seed), "reference", steps=10, rasters=3)
        for c in pools:
            g = c.geometry
            assert g is not None
            shape, pre = network.population(c.post).shape, network.population(c.pre).shape
            into = trace.rasters[c.pre].cumsum(axis=1).reshape(3, 10, *pre)
            out = trace.rasters[c.post].cumsum(axis=1).reshape(3, 10, *shape)
            for oy, ox, oc in np.ndindex(*shape):
                y, x = oy * g.strides[0] - g.padding[0][0], ox * g.strides[1] - g.padding[1][0]
                window = into[:, :, max(y, 0) : y + g.window[0], max(x, 0) : x + g.window[1], oc]
                assert np.array_equal(out[:, :, oy, ox, oc], window.max(axis=(2, 3)))
                checked += int(out[:, -1, oy, ox, oc].sum())
    assert checked > 100


def test_networks_are_saved_and_loaded_whole(tmp_path):
    for seed in range(6):
        network = random_network(seed)
        network.save(tmp_path / f"{seed}.spk")
        loaded = SpikingNetwork.load(tmp_path / f"{seed}.spk")
        assert loaded.hash == network.hash
        x = random_input(network, 2, seed)
        assert_equal(
            simulate(network, x, "reference", steps=4), simulate(loaded, x, "reference", steps=4)
        )


INPUT_CODES_OF = {
    "rate": ("if", "analog"),
    "signed": ("if", "bitplane", "analog"),
    "radix": ("if", "bitplane", "analog"),
    "sync_rate": ("if", "bitplane", "analog"),
}
GRAPHS = ((False, 1), (True, 1), (True, 2))  # residual branches, inputs
VARIANTS = [
    (code, input_code, GRAPHS)
    for code, input_codes in INPUT_CODES_OF.items()
    for input_code in input_codes
]
VARIANTS += [("rate", encoder, [(True, 1 + i % 2)]) for i, encoder in enumerate(ENCODERS)]


SEEDS = [
    pytest.param(range(2), id="few"),
    pytest.param(range(2, 6), id="more", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(("code", "input_code", "graphs"), VARIANTS)
def test_all_engines_agree_on_random_networks_of_every_code(code, input_code, graphs, seeds):
    """Chains, residual branches, two inputs, pooled and depthwise layers.

    Spikes, operations, outputs and rasters at every step; one by one in the engines of this
    process, and side by side in those of other processes.
    """
    steps = 12 if code == "rate" else None
    found, inputs_of = [], []
    # Networks side by side have one grid of pixels; more seeds take the next.
    place = VARIANTS.index((code, input_code, graphs)) + seeds.start
    pixels = PIXELS[place % len(PIXELS)]
    for seed, (residual, inputs) in product(seeds, graphs):
        network = random_network(
            seed,
            2 if residual else 3,
            code=code,
            input_code=input_code,
            residual=residual,
            inputs=inputs,
            pixels=None if input_code == "bitplane" else pixels,
        )
        x = random_input(network, 5, seed)
        on_all_engines(network, x, steps, IN_PROCESS, rasters=3)
        found.append(network)
        inputs_of += x if inputs > 1 else [x]

    trace = on_all_engines(side_by_side(found), inputs_of, steps, IN_PROCESSES, rasters=3)
    active = sum(
        int(counts.sum()) for name, counts in trace.spikes.items() if not name.startswith("input")
    )
    assert active > 100


@pytest.mark.parametrize("code", ["rate", "signed"])
def test_all_engines_saturate_alike(code):
    """Potentials of 8 bits: what leaves them is held, counted, and changes the outputs."""
    lost, differ = 0, 0
    for seed in range(4):
        network = random_network(seed, 2, code=code, residual=seed % 2 == 1)
        x = random_input(network, 4, seed)
        engines = OTHERS if seed < 2 else IN_PROCESS
        narrow = on_all_engines(network, x, 12, engines, rasters=2, state_bits=8)
        assert narrow.settings.state_bits == 8
        wide = simulate(network, x, "reference", 12)
        assert not any(counts.any() for counts in wide.saturations.values())
        lost += sum(int(counts.sum()) for counts in narrow.saturations.values())
        differ += int((narrow.outputs != wide.outputs).sum())
    assert lost > 100
    assert differ > 100


def test_an_exact_code_does_not_run_in_a_width_that_saturates():
    network = random_network(1, code="radix")
    x = random_input(network, 2, 1)
    bits = simulate(network, x, "reference").settings.state_bits
    on_all_engines(network, x, engines=IN_PROCESS, state_bits=bits)
    with pytest.raises(
        SpikewattError, match="simulate.state_bits: radix is exact only if no potential saturates"
    ):
        simulate(network, x, "reference", state_bits=bits - 1)


def test_a_convolution_of_unequal_strides_onto_one_column_is_exact():
    """oneDNN's own convolution gives wrong sums for one channel, strides (1, 2) and one column
    of outputs.
    """
    from spikewatt.sim.network.geometry import Geometry

    random = np.random.default_rng(0)
    for size, window in (((5, 4), (3, 3)), ((4, 4), (3, 3)), ((5, 4), (1, 3)), ((8, 6), (5, 5))):
        geometry = Geometry(window, (1, 2))
        shape = (*geometry.output_size(size), 3)
        kernel = random.integers(-5, 9, (*window, 1, 3))
        weights = random.integers(-9, 9, (int(np.prod(shape)), 4))
        populations = (
            Population("input", (*size, 1), "input", 16, 0, 8),
            Population("conv", shape, "integrate_and_fire", 9, 0, 4),
            Population("output", (4,), "readout", 1, 0, 0),
        )
        connections = (
            Connection("input", "conv", "conv2d", kernel, geometry),
            Connection("conv", "output", "dense", weights),
        )
        network = SpikingNetwork(populations, connections, "rate", 1 / 16, 1.0, 8)
        x = random.integers(0, 17, (40, *size, 1)) / 16
        on_all_engines(network, x, 12, IN_PROCESS)


@pytest.mark.parametrize(
    ("changes", "code", "match"),
    [
        ({"bias": 1}, "radix", "radix adds the bias once"),
        ({"reset": "zero"}, "sync_rate", "sync_rate subtracts what it sends"),
        ({"levels": 5}, "radix", "radix transmits 2\\^K - 1 levels"),
        ({"levels": 2.5}, "rate", "levels: is a number of levels"),
    ],
)
def test_networks_that_a_code_cannot_mean_are_refused(changes, code, match):
    network = random_network(3, kinds=("dense",), code=code)
    with pytest.raises(SpikewattError, match=match):
        _changed(network, "integrate_and_fire", changes)


def _changed(network, kind, changes):
    """`network` with the populations of one kind changed."""
    populations = [
        dataclasses.replace(p, **changes) if p.kind == kind else p for p in network.populations
    ]
    return dataclasses.replace(network, populations=populations)


@pytest.mark.parametrize(
    "changes",
    [
        {"initial_potential": 16},
        {"initial_potential": -1},
        {"reset": "zero"},
        {"threshold": np.full((8, 8, 1), 16)},
    ],
)
def test_inputs_that_no_engine_computes_are_refused(changes, mlp_network):
    with pytest.raises(SpikewattError, match="inputs are alike: under if"):
        _changed(mlp_network, "input", changes)
