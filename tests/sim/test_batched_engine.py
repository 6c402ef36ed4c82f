"""The batched engine: sums at the limits of each type, and what is kept between calls."""

from __future__ import annotations

import gc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.sim.engines.batched import eight_bit, engine
from spikewatt.sim.engines.batched.kept import MOST, Kept
from spikewatt.sim.engines.batched.kernels import Bytes, Float
from spikewatt.sim.engines.batched.operators import Operator, import_tensorflow
from spikewatt.sim.engines.batched.parts import (
    EXACT_FLOAT32,
    Values,
    bound,
    digits_of,
    fewest,
    in_bytes,
    weight_digits,
)
from spikewatt.sim.engines.batched.sizes import bytes_per_sample, even_batches, size_class
from spikewatt.sim.engines.batched.sums import Sums
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ..helpers.assert_equal import assert_equal
from ..helpers.random_networks import random_input, random_network

LIMIT = 2**24
BESIDE = (LIMIT - 1, LIMIT, LIMIT + 1)


def row(weights: np.ndarray) -> int:
    return int(np.abs(weights).sum(axis=0).max())


# ------------------------------------------------------------------ parts


@given(st.integers(0, 2**40), st.integers(1, 9))
def test_digits_of_a_value_are_the_value(number, count):
    digits = Values(2**40).digits(count)
    found = digits_of(number, digits)
    assert sum(worth * digit for (worth, _), digit in zip(digits, found, strict=True)) == number
    assert all(0 <= digit <= v.largest for (_, v), digit in zip(digits, found, strict=True))


@given(st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=9), st.integers(1, 6))
def test_digits_of_weights_are_the_weights_and_get_narrower(numbers, count):
    weights = np.array(numbers)
    digits = weight_digits(weights, count)
    assert np.array_equal(sum(worth * digit for worth, digit in digits), weights)
    width = -(-(int(np.abs(weights).max()).bit_length() + 2) // count)
    assert all(np.abs(digit).max() <= 2 ** (width - 1) for _, digit in digits)

    in_eight = in_bytes(weights)
    assert np.array_equal(sum(worth * digit for worth, digit in in_eight), weights)
    assert all(digit.min() >= -128 and digit.max() <= 127 for _, digit in in_eight)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(1, 7), st.booleans())
def test_no_partial_sum_exceeds_the_bound_and_one_reaches_it(numbers, largest, signed):
    """Law, by trying every subset of the synapses with the worst values."""
    worst = 0
    for size in range(len(numbers) + 1):
        for some in combinations(numbers, size):
            total = sum(abs(w) for w in some) if signed else abs(sum(some))
            worst = max(worst, total * largest)
    weights = np.array(numbers)[:, None]
    assert bound(row, weights, Values(largest, signed)) == worst


@pytest.mark.parametrize("signed", [False, True])
def test_a_cut_is_made_where_the_bound_passes_two_to_the_24(signed):
    for total in BESIDE:
        weights = np.array([[total - 5], [5]])
        found = fewest(row, weights, Values(1, signed), EXACT_FLOAT32)
        assert (found.passes == 1) == (total <= LIMIT)


# ------------------------------------------------------------------ sums of one connection


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_sums_at_the_limit_are_those_of_whole_numbers(compiled, data):
    signed = data.draw(st.booleans())
    largest = data.draw(st.sampled_from([1, 15, 63, 255, 65535]))
    total = data.draw(st.sampled_from(BESIDE)) // largest + 1
    first = data.draw(st.integers(0, total))
    weights = np.array([[first, -first], [total - first, total], [-7, 3]])
    sums = Sums(Operator.matrix(weights, np.int64), Values(largest, signed), compiled)

    lowest = -largest if signed else 0
    x = np.random.default_rng(total).integers(lowest, largest + 1, (4, 3))
    x = np.concatenate([x, np.full((1, 3), largest), np.full((1, 3), lowest)]).astype(np.int32)
    tf = import_tensorflow()
    assert np.array_equal(sums(tf.constant(x)), x.astype(np.int64) @ weights)


def test_only_the_sum_that_is_too_large_is_parted():
    """A wide layer costs its own passes; no other, and none in float64."""
    network = _chain("radix", LIMIT + 1)
    ready = engine.Runner(network, schedule(network), compiled=False)._ready(False)
    kernels = [sums.kernel for sums in ready.sums.values()]
    assert [kernel.cost for kernel in kernels] == [1, 2, 1]
    assert all(isinstance(k, Float) and k.type is np.float32 for k in kernels)


# ------------------------------------------------------------------ networks


def _chain(code: str, total: int, weight_bits: int = 16, levels: int = 1) -> SpikingNetwork:
    """Dense, dense; the second neuron layer adds up `total` where all before it fire."""
    sizes = {"radix": levels, "sync_rate": levels, "signed": levels, "rate": 0}
    inputs = -(-total // 32767 // max(levels, 1)) + 1
    weights = np.full(inputs, 32767)
    weights[-1] = total // max(levels, 1) - 32767 * (inputs - 1)
    both = np.stack([weights, -weights], axis=1)
    pixels = Population("input", (1,), "input", 1, 0, 0, sizes[code])
    hidden = Population("wide", (inputs,), "integrate_and_fire", 1, 0, 0, sizes[code])
    last = Population("last", (2,), "integrate_and_fire", [total, 1], 0, 0, sizes[code])
    output = Population("output", (2,), "readout", 1, 0, 0)
    arrows = (
        Connection("input", "wide", "dense", np.ones((1, inputs), np.int64)),
        Connection("wide", "last", "dense", both),
        Connection("last", "output", "dense", [[3, -2], [5, 7]]),
    )
    input_code = "bitplane" if code == "radix" else "if"
    populations = (pixels, hidden, last, output)
    return SpikingNetwork(populations, arrows, code, 1.0, 1.0, weight_bits, "limit", input_code)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("code", ["rate", "signed", "radix", "sync_rate"])
def test_networks_at_the_limit_of_float32(code, compiled, monkeypatch):
    """The neuron fires if the sum is its threshold, and not if one is lost."""
    monkeypatch.setattr(engine, "COMPILE_FROM", 0 if compiled else 1e18)
    monkeypatch.setattr(eight_bit, "available", lambda: False)
    x = np.array([[0.0], [1.0]])
    for total in BESIDE[-1:] if compiled else BESIDE:
        network = _chain(code, total)
        steps = 3 if code == "rate" else None
        reference = simulate(network, x, "reference", steps, rasters=2)
        assert reference.spikes["last"].sum() > 0
        assert_equal(reference, simulate(network, x, "batched", steps, rasters=2))


@pytest.mark.parametrize("bytes_there", [True, False])
def test_potentials_beyond_int32(bytes_there, monkeypatch):
    """16 bits of weight times 16 of value: 2^37."""
    monkeypatch.setattr(engine, "COMPILE_FROM", 0)
    if not bytes_there:
        monkeypatch.setattr(eight_bit, "available", lambda: False)
    random = np.random.default_rng(5)
    pixels = Population("input", (90,), "input", 1, 0, 0, 65535)
    hidden = Population("wide", (7,), "integrate_and_fire", 2**20 + 1, 0, 2**33, 65535)
    output = Population("output", (3,), "readout", 1, 0, 0)
    arrows = (
        Connection("input", "wide", "dense", random.integers(-20000, 32768, (90, 7))),
        Connection("wide", "output", "dense", random.integers(-9, 10, (7, 3))),
    )
    network = SpikingNetwork(
        (pixels, hidden, output), arrows, "radix", 1.0, 1.0, 16, "large", "bitplane"
    )
    x = random.integers(0, 65536, (5, 90)).astype(float)
    reference = simulate(network, x, "reference", rasters=1)
    assert reference.settings.state_bits > 37
    assert reference.spikes["wide"].sum() > 0
    assert_equal(reference, simulate(network, x, "batched", rasters=1))


@pytest.mark.parametrize("code", ["rate", "radix"])
def test_the_same_integers_where_bytes_are_not_multiplied(code, monkeypatch):
    monkeypatch.setattr(engine, "COMPILE_FROM", 0)
    monkeypatch.setattr(eight_bit, "available", lambda: False)
    network = random_network(11, code=code)
    x = random_input(network, 5, 11)
    steps = 6 if code == "rate" else None
    reference = simulate(network, x, "reference", steps)
    assert_equal(reference, simulate(network, x, "batched", steps))


def test_kernels_that_saturate_are_noticed(monkeypatch):
    """Two products in int16 reach 255 * 127 * 2; where that is cut off, bytes are not used."""
    tf = import_tensorflow()
    right = eight_bit.multiplied

    def saturating(*given):
        return tf.minimum(right(*given), 32767)

    assert isinstance(eight_bit.available(), bool)
    monkeypatch.setattr(eight_bit, "multiplied", saturating)
    assert eight_bit.available.__wrapped__() is False


def test_bytes_are_used_where_they_are_exact():
    if not eight_bit.available():
        pytest.skip("no exact products of bytes on this machine")
    network = random_network(3, kinds=("conv2d", "dense"), code="radix", input_code="bitplane")
    ready = engine.Runner(network, schedule(network), compiled=True)._ready(True)
    assert all(isinstance(sums.kernel, Bytes) for sums in ready.sums.values())


# ------------------------------------------------------------------ batches, and what is kept


@given(st.integers(1, 10_000), st.integers(1, 700))
def test_batches_are_even_and_padded_little(samples, most):
    size = even_batches(samples, most)
    batches = -(-samples // size)
    assert size <= most
    assert batches == -(-samples // most)
    assert size <= size_class(size) <= size * 9 / 8 + 1
    assert size_class(size, there={size}) == size


def test_a_batch_holds_no_more_than_its_memory():
    network = random_network(2, code="radix", input_code="bitplane")
    plan = schedule(network)
    runner = engine.Runner(network, plan, compiled=False)
    size = runner._size(10**6, compiled=False)
    assert size * bytes_per_sample(network, plan) <= engine.MEMORY_BYTES
    assert size > 100


def test_one_network_is_compiled_once_and_released_with_it():
    made = []

    def make(network, plan):
        made.append(network.hash)
        return network

    kept = Kept(make)
    network, equal = random_network(1), random_network(1)
    plan = schedule(network, 8)
    first = kept.of(network, plan)
    assert first is not network
    assert kept.of(network, plan) is first
    assert kept.of(equal, plan) is first
    assert kept.of(network, schedule(network, 9)) is not first
    assert len(made) == 2

    del network
    gc.collect()
    assert kept.of(equal, plan) is first
    del equal
    gc.collect()
    assert not kept.runners
    assert not kept.users


def test_few_networks_are_kept():
    kept = Kept(lambda network, plan: network)
    networks = [random_network(seed) for seed in range(MOST + 2)]
    for network in networks:
        kept.of(network, schedule(network, 4))
    assert len(kept.runners) == MOST
    newest = {key[0] for key in kept.runners}
    assert newest == {network.hash for network in networks[-MOST:]}


def test_a_second_call_compiles_nothing(monkeypatch):
    monkeypatch.setattr(engine, "COMPILE_FROM", 0)
    network = random_network(4)
    x = random_input(network, 9, 4)
    first = simulate(network, x, "batched", 6)
    runner = engine._KEPT.of(network, schedule(network, 6))
    traced = runner.steps[True].compiled.experimental_get_tracing_count()
    assert traced == 1
    assert_equal(first, simulate(network, x, "batched", 6))
    fewer = simulate(network, x[:8], "batched", 6)
    assert np.array_equal(fewer.outputs, first.outputs[:8])
    assert runner.steps[True].compiled.experimental_get_tracing_count() == traced
