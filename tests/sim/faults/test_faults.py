"""Faults: noise, stuck neurons, wrong bits of weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.faults.fault import first_of
from spikewatt.sim.faults.kinds import FAULTS, fault_named
from spikewatt.sim.faults.neurons import neurons_of
from spikewatt.sim.faults.weights import signed, width_of
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ...helpers.assert_equal import assert_equal
from ...helpers.engines import IN_PROCESS, IN_PROCESSES, on_all_engines
from ...helpers.random_networks import random_input, random_network

CODES = [
    ("rate", "if"),
    ("rate", "signed_poisson"),
    ("rate", "phase"),
    ("rate", "analog"),
    ("signed", "if"),
    ("signed", "analog"),
    ("radix", "bitplane"),
    ("radix", "analog"),
    ("sync_rate", "if"),
]
WEIGHT_FAULTS = ("flipped_weight_bits", "weight_bits_at_0", "weight_bits_at_1")
STREAMING_STEPS = 12


def steps_of(network: SpikingNetwork) -> int | None:
    return STREAMING_STEPS if network.code.streaming else None


@pytest.mark.parametrize("fault", FAULTS.values())
def test_no_fault_is_the_same_network_bit_for_bit(fault):
    network = random_network(1)
    x = random_input(network, 2, 1)
    found = fault.apply(network, x, 0, 3)
    assert found.network is network
    assert found.x is x
    assert found.lost_spikes == 0
    assert fault.levels[0] == 0 < fault.levels[1] < fault.levels[-1] <= fault.most
    assert fault.title
    assert fault.unit


@pytest.mark.parametrize("fault", FAULTS.values())
def test_a_seed_gives_the_same_fault_and_another_seed_another(fault):
    network = random_network(2, layers=4)
    x = random_input(network, 3, 1)
    one, again, other = (fault.apply(network, x, 0.1, seed) for seed in (1, 1, 2))
    assert one.network.hash == again.network.hash
    assert np.array_equal(one.x, again.x)
    if fault != "lost_spikes":
        changed = one.network.hash != other.network.hash
        assert changed or not np.array_equal(one.x, other.x)


# Neurons


@pytest.mark.parametrize(("code", "input_code"), CODES)
@pytest.mark.parametrize("fault", ["silent_neurons", "firing_neurons"])
def test_a_stuck_neuron_is_stuck_under_every_input(code, input_code, fault):
    """Law.

    Of the neurons that were drawn, and of no others, the spikes are those of the fault.
    """
    checked = 0
    for seed in (0, 5):
        network = random_network(seed, code=code, input_code=input_code, residual=seed == 5)
        found = FAULTS[fault].apply(network, None, 0.3, seed).network
        x = random_input(network, 4, seed)
        trace = simulate(found, x, "reference", steps_of(network), rasters=4)
        total = sum(p.size for p in neurons_of(network))
        changed = 0
        for p in neurons_of(network):
            own = found.population(p.name)
            start = own.per_neuron("initial_potential") != p.per_neuron("initial_potential")
            stuck = start | (own.per_neuron("bias") != p.per_neuron("bias"))
            window = trace.settings.schedule.windows[p.name]
            spikes = trace.rasters[p.name][:, window.start : window.stop, stuck]
            worth = [window.gain(t) for t in range(window.start, window.stop)]
            sent = (spikes * np.array(worth)[:, None]).sum(axis=1)

            expected = 0
            if fault == "firing_neurons":
                expected = p.levels or window.length
                assert (spikes >= 0).all()
            assert (sent == expected).all()
            assert np.array_equal(own.threshold, p.threshold)
            changed += stuck.sum()
            checked += sent.size
        assert changed == round(0.3 * total)
    assert checked > 100


@pytest.mark.parametrize("code", ["rate", "signed", "radix", "sync_rate"])
@pytest.mark.parametrize("fault", ["silent_neurons", "firing_neurons", "flipped_weight_bits"])
def test_engines_agree_on_networks_with_faults(code, fault):
    network = random_network(4, code=code, layers=4)
    found = FAULTS[fault].apply(network, None, 0.2, 0).network
    trace = on_all_engines(found, random_input(network, 4, 4), steps_of(network), IN_PROCESS)
    assert trace.mean_spikes() > 10


def test_annarchy_agrees_on_a_network_with_faults():
    network = random_network(3, code="radix", input_code="bitplane")
    for fault in ("firing_neurons", "silent_neurons", "flipped_weight_bits"):
        network = FAULTS[fault].apply(network, None, 0.1, 0).network
    on_all_engines(network, random_input(network, 3, 3), engines=IN_PROCESSES)


def test_stuck_neurons_of_gated_populations_send_the_planes_that_pass():
    network = random_network(3, code="radix", input_code="bitplane", kinds=("conv2d", "dense"))
    gated = []
    for p in network.populations:
        hidden = p.kind == "integrate_and_fire"
        gated.append(replace(p, levels=15, planes=2, wakes_within=1) if hidden else p)
    network = replace(network, populations=tuple(gated))
    found = FAULTS["firing_neurons"].apply(network, None, 1, 0).network
    trace = simulate(found, random_input(network, 3, 0), "reference", rasters=3)
    for p in neurons_of(network):
        window = trace.settings.schedule.windows[p.name]
        assert window.gains == (8, 4)
        assert trace.rasters[p.name][:, window.start : window.stop].all()


def test_more_stuck_neurons_are_those_of_fewer_and_others():
    network = random_network(7, layers=4)
    fault = FAULTS["silent_neurons"]

    def stuck(share: float) -> np.ndarray:
        found = fault.apply(network, None, share, 5).network
        names = [p.name for p in neurons_of(network)]
        bias = [found.population(name).per_neuron("bias") for name in names]
        before = [network.population(name).per_neuron("bias") for name in names]
        return np.concatenate(bias) != np.concatenate(before)

    few, many = stuck(0.1), stuck(0.4)
    assert 0 < few.sum() < many.sum()
    assert (many | ~few).all()


def test_all_neurons_silent_leaves_what_the_biases_give():
    network = random_network(0, kinds=("conv2d", "dense"))
    found = FAULTS["silent_neurons"].apply(network, None, 1, 0).network
    trace = simulate(found, random_input(network, 3, 0), "reference", 9)
    assert trace.spikes["input"].sum() > 0
    assert sum(trace.spikes[p.name].sum() for p in neurons_of(network)) == 0
    assert (trace.outputs == trace.outputs[0]).all()


# Weights


def words_of(network: SpikingNetwork) -> np.ndarray:
    """Every stored bit, as 0 and 1."""
    found = []
    for c in network.connections:
        if c.weights is not None:
            bits = width_of(network, c)
            words = c.weights.reshape(-1, 1) & (2**bits - 1)
            found.append((words >> np.arange(bits) & 1).reshape(-1))
    return np.concatenate(found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", [0.001, 0.02, 0.5, 1.0])
def test_as_many_bits_are_wrong_as_were_drawn(seed, level):
    """Law: of B bits round(B p) are drawn, and each is flipped, 0 or 1."""
    network = random_network(seed, code="radix", input_code="bitplane")
    before = words_of(network)
    drawn = round(level * len(before))
    after = {
        name: words_of(FAULTS[name].apply(network, None, level, seed).network)
        for name in WEIGHT_FAULTS
    }
    flipped = after["flipped_weight_bits"] != before
    assert flipped.sum() == drawn
    assert np.array_equal(after["weight_bits_at_0"], np.where(flipped, 0, before))
    assert np.array_equal(after["weight_bits_at_1"], np.where(flipped, 1, before))


def test_every_word_of_two_complement_is_a_weight():
    """The lowest, −2^(b − 1), is what a flipped sign makes of zero."""
    network = random_network(0)
    dense = network.connections[-1]
    zeros = replace(dense, weights=np.zeros_like(dense.weights))
    network = replace(network, connections=(*network.connections[:-1], zeros))
    found = FAULTS["weight_bits_at_1"].apply(network, None, 1, 0).network
    assert (found.connections[-1].weights == -1).all()

    lowest = replace(dense, weights=np.full_like(dense.weights, -128))
    lowest = replace(network, connections=(*network.connections[:-1], lowest))
    on_all_engines(lowest, random_input(network, 3, 1), 8, IN_PROCESS)
    too_low = replace(dense, weights=np.full_like(dense.weights, -129))
    with pytest.raises(SpikewattError, match="weights have 8 bits; got -129; allowed: -128..127"):
        replace(network, connections=(*network.connections[:-1], too_low))


def test_a_kernel_is_stored_once_and_wide_words_stay_as_wide():
    network = random_network(11, kinds=("conv2d",), residual=True)
    kinds = {c.kind.name for c in network.connections}
    assert {"conv2d", "identity"} <= kinds
    found = FAULTS["flipped_weight_bits"].apply(network, None, 0.3, 0).network
    for before, after in zip(network.connections, found.connections, strict=True):
        assert before.weights is not None
        assert after.weights is not None
        assert before.weights.shape == after.weights.shape
        bits = width_of(network, before)
        assert -(2 ** (bits - 1)) <= after.weights.min()
        assert after.weights.max() < 2 ** (bits - 1)


def test_signed_words_are_their_own_words():
    for bits in (2, 8, 16):
        numbers = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1))
        assert np.array_equal(signed(numbers & (2**bits - 1), bits), numbers)


def test_a_share_is_rounded_and_its_order_is_drawn():
    assert len(first_of(0, 1, 10, 0.25)) == 2
    assert sorted(first_of(0, 1, 10, 1.0)) == list(range(10))
    assert list(first_of(0, 1, 100, 1.0)) != list(first_of(1, 1, 100, 1.0))
    counts = np.zeros(10)
    for seed in range(2000):
        counts[first_of(seed, 1, 10, 0.3)] += 1
    assert (np.abs(counts - 600) < 5 * np.sqrt(2000 * 0.3 * 0.7)).all()


# Noise


def test_noise_is_gaussian_within_the_range_and_drawn_per_sample():
    network = random_network(3, input_code="signed_poisson")
    shape = network.populations[0].shape
    x = np.zeros((400, *shape), np.float32)
    low, high = network.input_range
    noisy = FAULTS["input_noise"].apply(network, x, 0.1, 4).x
    sigma = 0.1 * (high - low)
    assert abs(noisy.mean()) < 5 * sigma / np.sqrt(x.size)
    assert noisy.std() == pytest.approx(sigma, rel=0.05)

    part = FAULTS["input_noise"].apply(network, x[:7], 0.1, 4).x
    assert np.array_equal(part, noisy[:7])
    assert not np.array_equal(noisy[0], noisy[1])

    much = FAULTS["input_noise"].apply(network, x, 3, 4).x
    assert (much.min(), much.max()) == pytest.approx((low, high))
    assert simulate(network, much[:2], "reference", 3).samples == 2


def test_several_inputs_have_noise_of_their_own():
    network = random_network(3, inputs=2)
    x = random_input(network, 3, 0)
    first, second = FAULTS["input_noise"].apply(network, [x[0], x[0]], 0.2, 0).x
    assert not np.array_equal(first, second)


# Refusals


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("level", [-0.1, 11.0, float("nan"), "much", True, None])
def test_a_level_is_a_share(fault, level):
    network = random_network(0)
    with pytest.raises(SpikewattError, match=rf"{fault}.level: must be a share.*allowed: 0\.\.1"):
        FAULTS[fault].apply(network, None, level, 0)


def test_unknown_faults_and_seeds_are_refused():
    with pytest.raises(SpikewattError, match="must be a known fault; got 'rain'; allowed: firing_"):
        fault_named("robustness.faults", "rain")
    with pytest.raises(SpikewattError, match=r"silent_neurons.seed: must be a seed; got -1"):
        FAULTS["silent_neurons"].apply(random_network(0), None, 0.1, -1)


def test_a_network_without_hidden_neurons_has_none_to_be_stuck():
    first, *_, last = random_network(0).populations
    weights = np.ones((first.size, last.size))
    arrow = Connection(first.name, last.name, "dense", weights)
    network = SpikingNetwork((first, last), (arrow,), "rate", 1.0, 1.0, 8)
    law = "integrate-and-fire neurons can be stuck; got populations input, readout"
    with pytest.raises(SpikewattError, match=law):
        FAULTS["firing_neurons"].apply(network, None, 0.1, 0)
    assert assert_equal(network, FAULTS["firing_neurons"].apply(network, None, 0, 0).network) > 0
