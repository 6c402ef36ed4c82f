"""Spikes that are lost on their way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.batched.engine import Runner
from spikewatt.sim.engines.counts import Part
from spikewatt.sim.engines.inputs import Inputs
from spikewatt.sim.engines.losses import arriving
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.trace import Trace

from ...helpers.assert_equal import assert_equal
from ...helpers.random_networks import random_input, random_network

CODES = [
    ("rate", "if"),
    ("rate", "signed_poisson"),
    ("rate", "phase"),
    ("rate", "analog"),
    ("signed", "if"),
    ("radix", "bitplane"),
    ("radix", "if"),
    ("radix", "analog"),
    ("sync_rate", "if"),
    ("sync_rate", "bitplane"),
]
LOSING = ("reference", "batched")


def lossy(network, x, lost: float, engine: str = "reference", **options) -> Trace:
    streaming = network.code.streaming
    return simulate(network, x, engine, 10 if streaming else None, lost_spikes=lost, **options)


def pooled(code: str, input_code: str = "if") -> SpikingNetwork:
    """A population, its max pool, and another layer."""
    random = np.random.default_rng(1)
    window = Geometry((2, 2), (2, 2))
    image = Population("input", (6, 6, 2), "input", 8, 0, 4, 7)
    if input_code == "bitplane":
        image = Population("input", (6, 6, 2), "input", 1, 0, 0, 7)
    once = {"levels": 7}
    hidden = Population("hidden", (6, 6, 2), "integrate_and_fire", 3, 0, 1, **once)
    pool = Population("pool", (3, 3, 2), "max_pool", 1, 0, 0, **once)
    last = Population("last", (9,), "integrate_and_fire", 5, 0, 2, **once)
    answer = Population("output", (4,), "readout", 1, 0, 0)
    arrows = (
        Connection("input", "hidden", "identity", random.integers(1, 6, 2)),
        Connection("hidden", "pool", "max_pool", None, window),
        Connection("pool", "last", "dense", random.integers(-3, 6, (18, 9))),
        Connection("last", "output", "dense", random.integers(-9, 10, (9, 4))),
    )
    populations = (image, hidden, pool, last, answer)
    return SpikingNetwork(populations, arrows, code, 1 / 8, 1.0, 8, input_code=input_code)


@pytest.mark.parametrize(("code", "input_code"), CODES)
def test_engines_lose_the_same_spikes(code, input_code):
    spikes = 0
    for seed in (3, 4):
        network = random_network(seed, code=code, input_code=input_code, residual=seed == 4)
        x = random_input(network, 5, seed)
        one, other = (lossy(network, x, 0.2, engine, rasters=5, seed=7) for engine in LOSING)
        assert assert_equal(one, other) > 0
        assert one.settings.lost_spikes == other.settings.lost_spikes == 0.2
        spikes += sum(int(counts.sum()) for counts in one.spikes.values())
    assert spikes > 100


@pytest.mark.parametrize("code", ["rate", "signed", "radix", "sync_rate"])
def test_a_max_pool_hears_what_arrives(code):
    network = pooled(code)
    x = random_input(network, 6, 0)
    one, other = (lossy(network, x, 0.3, engine, rasters=6) for engine in LOSING)
    assert assert_equal(one, other) > 0
    assert one.spikes["pool"].sum() > 20
    assert not np.array_equal(one.spikes["pool"], lossy(network, x, 0).spikes["pool"])


def test_gated_populations_lose_of_what_they_send():
    """A neuron knows that it fired early, even if nobody heard it."""
    network = pooled("radix", "bitplane")
    gates = {"hidden": {"planes": 2}, "pool": {"planes": 2}, "last": {"wakes_within": 1}}
    populations = [replace(p, **gates.get(p.name, {})) for p in network.populations]
    network = replace(network, populations=tuple(populations))
    x = random_input(network, 20, 3)
    one, other = (lossy(network, x, 0.3, engine, rasters=20) for engine in LOSING)
    assert assert_equal(one, other) > 0
    late = one.rasters["last"][:, -3:]
    assert (late[:, 1:].any(axis=1) & ~late[:, 0].astype(bool)).any()


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("code", ["rate", "radix"])
def test_batches_and_compilation_do_not_change_what_is_lost(code, compiled):
    network = random_network(5, code=code, input_code="if" if code == "rate" else "bitplane")
    x = random_input(network, 7, 1)
    whole = lossy(network, x, 0.1, seed=3)
    inputs = Inputs(network, x)
    levels = inputs.levels(0, 7, np.empty((7, inputs.neurons), np.int64))
    plan = schedule(network, 10 if code == "rate" else None)

    runner = Runner(network, plan, batch=3, compiled=compiled)
    counts = runner.run(levels, part=Part(seed=3, lost_spikes=0.1))
    assert np.array_equal(counts.outputs, whole.outputs)

    later = runner.run(levels[4:], part=Part(first=4, seed=3, lost_spikes=0.1))
    assert np.array_equal(later.outputs, whole.outputs[4:])


@pytest.mark.parametrize("engine", LOSING)
@pytest.mark.parametrize("code", ["rate", "signed", "radix", "sync_rate"])
def test_none_lost_is_no_fault_and_all_lost_is_silence(code, engine):
    network = random_network(2, code=code, kinds=("conv2d", "dense"))
    x = random_input(network, 3, 2)
    steps = 10 if network.code.streaming else None
    assert assert_equal(lossy(network, x, 0, engine, seed=9), simulate(network, x, engine, steps))

    silent = lossy(network, x, 1, engine)
    assert sum(counts.sum() for counts in silent.spikes.values()) == 0
    assert sum(counts.sum() for counts in silent.sops.values()) == 0
    start = network.population("output").per_neuron("initial_potential")
    bias = network.population("output").per_neuron("bias")
    assert np.array_equal(silent.outputs[:, -1], np.tile(start + silent.steps * bias, (3, 1)))


def test_the_share_that_is_lost_is_the_one_asked_for():
    """Law.

    Of the n spikes that an input fires, n p ± 5 sqrt(n p (1 − p)) are lost.
    """
    network = random_network(1, code="radix", input_code="bitplane")
    x = random_input(network, 40, 3)
    fired = int(lossy(network, x, 0).spikes["input"].sum())
    assert fired > 1000
    for lost in (0.01, 0.3, 0.9):
        arrived = int(lossy(network, x, lost, seed=2).spikes["input"].sum())
        sigma = np.sqrt(fired * lost * (1 - lost))
        assert abs(fired - arrived - fired * lost) < 5 * sigma


def test_draws_depend_on_seed_sample_and_population_alone():
    network = random_network(6, residual=True)
    plan = schedule(network, 12)
    whole = arriving(network, plan, 0.5, 1, 0, 6)
    assert set(whole) == set(plan.windows)
    part = arriving(network, plan, 0.5, 1, 4, 2)
    shorter = arriving(network, schedule(network, 5), 0.5, 1, 0, 6)
    other = arriving(network, plan, 0.5, 2, 0, 6)
    fewer = arriving(network, plan, 0.2, 1, 0, 6)
    for name, each in whole.items():
        assert np.array_equal(part[name], each[4:])
        assert np.array_equal(shorter[name], each[:, :5])
        assert not np.array_equal(other[name], each)
        assert (fewer[name] >= each).all()

    first, second = (whole[name][0].reshape(-1)[:20] for name in list(whole)[:2])
    assert not np.array_equal(first, second)
    assert not np.array_equal(whole["input"][0], whole["input"][1])


def test_potentials_are_wider_where_what_takes_spikes_back_may_be_lost():
    """Law.

    Under signed a neuron has sent 0 to L in all; of what arrives nothing but the number of steps is
    a bound. Under an exact code fewer spikes are never more than all.
    """
    network = random_network(4, code="signed")
    x = random_input(network, 2, 0)
    steps = 8 * max(p.levels for p in network.populations)
    widths = [
        simulate(network, x, "reference", steps, lost_spikes=lost).settings.needed_state_bits
        for lost in (0, 0.5)
    ]
    assert widths[1] >= widths[0] + 2

    exact = random_network(4, code="radix", input_code="bitplane")
    x = random_input(exact, 2, 0)
    sound, found = (lossy(exact, x, lost).settings for lost in (0, 0.5))
    assert sound.needed_state_bits == found.needed_state_bits


def test_a_trace_says_what_was_lost(tmp_path):
    network = random_network(0)
    trace = lossy(network, random_input(network, 2, 0), 0.25, seed=5)
    trace.save(tmp_path / "lossy.trace")
    settings = Trace.load(tmp_path / "lossy.trace").settings
    assert (settings.lost_spikes, settings.seed) == (0.25, 5)


@pytest.mark.parametrize("lost", [-0.1, 1.5, float("nan"), "half", True])
def test_a_probability_lies_within_0_and_1(lost):
    network = random_network(0)
    with pytest.raises(SpikewattError, match=r"simulate.lost_spikes: must be a share; got .*0..1"):
        lossy(network, random_input(network, 1, 0), lost)


@pytest.mark.parametrize("engine", ["event", "annarchy"])
def test_other_engines_say_which_can(engine):
    network = random_network(0)
    law = f"engine '{engine}'; allowed: batched, reference, auto"
    with pytest.raises(SpikewattError, match=law):
        lossy(network, random_input(network, 1, 0), 0.1, engine)


def test_auto_takes_an_engine_that_can():
    network = random_network(0)
    x = random_input(network, 2, 0)
    found = lossy(network, x, 0.1, "auto")
    assert found.settings.engine in LOSING
    assert assert_equal(found, lossy(network, x, 0.1)) > 0
