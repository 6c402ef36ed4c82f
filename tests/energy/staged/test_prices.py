"""What runs cost whose samples go different ways: means, memories, watching, tails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.bill import SPIKING
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.energy.staged.distribution import (
    SHARES,
    Spread,
    one_inference,
    price_distribution,
    representatives,
)
from spikewatt.energy.staged.monitor import MONITOR
from spikewatt.energy.staged.price import price_dynamic
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import with_planes
from spikewatt.sim.gating.wake import with_wake
from spikewatt.sim.staged.dynamic_trace import undivided
from spikewatt.sim.staged.early_exit import EarlyExit, scale_of
from spikewatt.sim.staged.exited import exited
from spikewatt.sim.staged.monitor import monitor_of
from spikewatt.sim.staged.monitored import run_monitored
from spikewatt.sim.staged.rule import MarginRule
from spikewatt.sim.staged.run import run_staged
from spikewatt.sim.staged.staged_network import StagedNetwork
from spikewatt.sim.trace.first_steps import first_steps

from ...helpers.random_networks import random_input, random_network
from ...helpers.staged import one_layer_network, radix_network, staged_network

CORE, CHIP = "odin_style:doubling_accumulator=1", "stm32l4r5"
DEVICES = (CORE, CHIP)
SEED = 56


@pytest.fixture(scope="module")
def run():
    staged, x = staged_network(SEED, threshold=0.5)
    found = run_staged(staged, x)
    assert 0 < found.shares[2] < found.shares[1] < 1
    return found


@pytest.fixture(scope="module")
def own():
    """Stages with weights of their own."""
    network = radix_network(SEED)
    (first, *others) = network.connections
    assert first.weights is not None
    other = replace(network, connections=[replace(first, weights=first.weights + 1), *others])
    staged = StagedNetwork((with_planes(other, 1), network), MarginRule(0.5, (60,)))
    return run_staged(staged, random_input(network, 12, SEED))


def spent(prices, device: str, what: str = "energy_j") -> float:
    return float(prices.bill(device).total(SPIKING, what))


def of(prices, device: str, component: str) -> float:
    frame = prices.frame
    rows = (frame["device"] == device) & (frame["component"] == component)
    return float(frame[rows & (frame["workload"] == SPIKING)]["energy_j"].sum())


# Law


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("what", ["energy_j", "time_s"])
def test_the_mean_is_that_of_the_parts_and_of_watching(run, device, what):
    prices = price_dynamic(run, device)
    expected = sum(
        share * spent(price(trace, device, max_cores=None, host=None), device, what)
        for share, trace in zip(run.shares, run.traces, strict=True)
    )
    bill = prices.bill(device)
    watching = [t for t in bill.select(SPIKING, what) if t.component == MONITOR]
    assert spent(prices, device, what) == pytest.approx(expected + bill.evaluate(watching))
    assert bill.evaluate(watching) > 0


@pytest.mark.parametrize("device", DEVICES)
def test_an_ordinary_trace_costs_what_it_costs(run, device):
    trace = run.traces[-1]
    one, other = price_dynamic(trace, device), price(trace, device, max_cores=None, host=None)
    assert spent(one, device) == pytest.approx(spent(other, device))
    memory = [prices.totals()["memory_bytes"].tolist() for prices in (one, other)]
    assert memory[0] == memory[1]


def test_a_look_at_n_outputs_is_n_updates_of_neurons(run):
    updates = run.monitor_updates().mean()
    card = load_card(CHIP)
    per_cycle = card["energy_per_cycle_j"].value * card["active_power_factor"].value
    expected = updates * card["cycles_per_neuron_update"].value * per_cycle
    assert of(price_dynamic(run, CHIP), CHIP, MONITOR) == pytest.approx(expected)

    core = load_card(CORE)
    cycles = updates * core["cycles_per_neuron_update"].value
    assert of(price_dynamic(run, CORE), CORE, MONITOR) == pytest.approx(
        updates * core["energy_per_neuron_update_j"].value
        + cycles * core["energy_per_clock_cycle_j"].value
        + cycles / core["clock_hz"].value * core["leakage_power_w"].value
    )
    (line,) = [line for line in price_dynamic(run, CORE).assumptions if "watching" in line]
    assert f"{updates:.1f} reads and comparisons" in line


def test_one_memory_or_one_for_each(run, own):
    assert run.shares_weights
    assert not own.shares_weights
    one = price(own.traces[-1], *DEVICES, max_cores=None, host=None).totals()
    both = price_dynamic(own, *DEVICES).totals()
    shared = price_dynamic(run, *DEVICES).totals()
    for device in DEVICES:
        mine, two, together = (
            t[(t["device"] == device) & (t["workload"] == SPIKING)].iloc[0]
            for t in (one, both, shared)
        )
        starts = together["memory_bytes"] - mine["memory_bytes"]
        assert 0 < starts < 0.1 * mine["memory_bytes"]
        assert two["memory_bytes"] > mine["memory_bytes"]
        if device == CORE:
            assert two["memory_bytes"] == 2 * mine["memory_bytes"]
            assert (two["cores"], together["cores"]) == (2, 1)


def test_cores_that_wait_leak(own):
    alone = [price(trace, CORE, max_cores=None, host=None) for trace in own.traces]
    leaking = sum(s * of(p, CORE, "leakage") for s, p in zip(own.shares, alone, strict=True))
    assert of(price_dynamic(own, CORE), CORE, "leakage") == pytest.approx(2 * leaking)


def test_an_early_exit_costs_the_shorter_runs():
    network = random_network(38)
    trace = simulate(network, random_input(network, 10, 38), "event", 16)
    run = exited(trace, EarlyExit(0.3, scale_of(trace)))
    assert len(run.parts) > 2
    prices = price_dynamic(run, "odin_style", CHIP)
    for device in ("odin_style", CHIP):
        each = [
            spent(price(first_steps(trace.between(i, i + 1), int(n)), device, host=None), device)
            for i, n in enumerate(run.steps())
        ]
        without = spent(prices, device) - of(prices, device, MONITOR)
        assert without == pytest.approx(np.mean(each))
        assert without < spent(price(trace, device, host=None), device)
    shared = prices.totals()["memory_bytes"].tolist()
    assert shared == price(trace, "odin_style", CHIP, host=None).totals()["memory_bytes"].tolist()


def test_a_monitored_stream_has_a_price():
    network = radix_network(12)
    x = random_input(network, 20, 12)
    whole = simulate(network, x, "event")
    run = run_monitored(network, x, monitor_of(network, whole, 1, 4, window=5))
    prices = price_dynamic(run, CORE)
    assert of(prices, CORE, MONITOR) > 0
    assert spent(prices, CORE) > 0


# Tails


def test_single_inferences_add_up_to_the_mean(run, own):
    for work in (run, own):
        found = price_distribution(work, *DEVICES, inferences=100)
        assert len(found.spreads) == 2
        for spread in found.spreads:
            assert len(spread.weights) == work.samples
            for what in ("energy_j", "time_s"):
                mean = getattr(spread, f"mean_{what}")
                assert (getattr(spread, what) * spread.weights).sum() == pytest.approx(mean)


def test_quantiles_are_those_of_weighted_samples():
    values = np.array([5.0, 1.0, 9.0, 3.0])
    spread = Spread("a", values, values, np.array([0.1, 0.5, 0.05, 0.35]), 0.0, 0.0)
    found = [spread.at("energy_j", share) for share in (0.5, 0.51, 0.9, 0.95, 0.96, 1.0)]
    assert found == [1, 3, 5, 5, 9, 9]


def test_every_group_is_among_those_that_are_priced(run):
    chosen, weights = representatives(run, 1)
    assert weights.sum() == pytest.approx(1)
    assert set(run.stage[chosen]) == set(run.stage)
    for stage in set(run.stage):
        share = weights[run.stage[chosen] == stage].sum()
        assert share == pytest.approx((run.stage == stage).mean())
    most = run.operations().argmax()
    assert run.operations()[most] in run.operations()[chosen]


def test_one_inference_is_what_its_sample_did(run):
    for sample in (0, 5):
        one = one_inference(run, sample)
        assert one.operations() == [run.operations()[sample]]
        assert one.monitor_updates() == [run.monitor_updates()[sample]]
        assert one.predictions() == [run.predictions()[sample]]


def test_the_table_of_a_distribution(run):
    found = price_distribution(run, *DEVICES, inferences=20)
    table = found.table
    assert list(table["what"]) == ["energy_j", "time_s"] * 2
    tail = table[list(SHARES)].to_numpy()
    assert (np.diff(tail, axis=1) >= 0).all()
    assert (table["largest"] > table["p50"]).all()
    assert found.spread(CHIP).device == CHIP
    with pytest.raises(SpikewattError, match=r"Distribution.spread: must name a device"):
        found.spread("odin")


# Errors


def test_what_is_no_run():
    with pytest.raises(SpikewattError, match="price_dynamic: must be of run_staged"):
        price_dynamic("a run", CORE)
    network = radix_network(SEED)
    trace = simulate(network, random_input(network, 2, SEED), "event")
    with pytest.raises(SpikewattError, match="price_dynamic.devices: must name at least one"):
        price_dynamic(trace)
    with pytest.raises(SpikewattError, match="price_distribution.inferences"):
        price_distribution(trace, CORE, inferences=0)
    broken = undivided(replace(trace, spikes={}))
    with pytest.raises(SpikewattError, match="price_dynamic: part 0: spikes"):
        price_dynamic(broken, CORE)


def test_the_refusal_of_a_stage_passes_through(run):
    with pytest.raises(DoesNotFitError, match="doubling_accumulator"):
        price_dynamic(run, "odin_style")
    left_out = price_dynamic(run, "odin_style", CHIP, skip_unfit=True)
    assert set(left_out.does_not_fit) == {"odin_style"}

    network = radix_network(SEED)
    gated = with_wake(network, 1)
    staged = StagedNetwork((gated, network), MarginRule(0.5, (60,)))
    x = random_input(network, 4, SEED)
    with pytest.raises(DoesNotFitError, match="snn: its loop has no gate for neurons that wake"):
        price_dynamic(run_staged(staged, x), CHIP)


@pytest.mark.parametrize("device", DEVICES)
def test_weights_of_a_stage_that_no_sample_reached_lie_in_memory(own, device):
    """Whoever stops all samples after the first stage has built the second all the same."""
    network = radix_network(SEED)
    (first, *others) = network.connections
    assert first.weights is not None
    other = replace(network, connections=[replace(first, weights=first.weights + 1), *others])
    staged = StagedNetwork((with_planes(other, 1), network), MarginRule(0, (60,)))
    x = random_input(network, 12, SEED)
    stopped = run_staged(staged, x)
    assert stopped.shares == (1, 0)
    reached, unreached, alone = (
        price_dynamic(run, device).bill(device).footprints[SPIKING]
        for run in (own, stopped, simulate(staged.stages[0], x, "event"))
    )
    assert unreached == reached != alone
    assert (unreached.memory_bytes or 0) > (alone.memory_bytes or 0)
    if device == CORE:
        (first_alone, both) = (
            of(price_dynamic(run, CORE), CORE, "leakage")
            for run in (simulate(staged.stages[0], x, "event"), stopped)
        )
        assert both > 1.9 * first_alone


def test_what_was_asked_for_names_what_is_in_its_place():
    """A geometry that a refusal names is priced, and found by the name that was asked for."""
    network = one_layer_network(40)
    small = "odin_style:axons_per_core=16,doubling_accumulator=1"
    trace = simulate(network, random_input(network, 4, SEED), "event")
    found = price_distribution(trace, small, CHIP, inferences=5)
    assert list(found.asked_for) == [small, CHIP]
    assert found.asked_for[small] is found.spread(small) is found.spreads[0]
    assert found.spreads[0].device != small
