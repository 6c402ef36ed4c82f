"""An int8 network that skips activations of zero: what it is charged, and what it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.energy.bill import INT8, SPIKING, WORKLOADS, ZERO_SKIPPING
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.cards.software_loops import (
    CHECK,
    LISTED,
    NONZERO_MAC,
    ORDINARY_KEYS,
    POSITION,
    SKIPPING_KEYS,
    SUM,
    ordinary_values,
    skipping_values,
    software_loops,
)
from spikewatt.energy.devices.software_work import software_needs
from spikewatt.energy.devices.zero_skipping import skipping_work
from spikewatt.errors import SpikewattError

CHIP = "stm32l4r5"


@pytest.fixture(scope="module")
def trace(cnn, digits):
    images = digits.scaled("test")[:2]
    network = sw.convert(cnn, digits.scaled("train")[:100])
    return sw.simulate(network, images, "event", steps=4)


@pytest.fixture(scope="module")
def zeros(cnn, digits):
    return sw.activation_zeros(cnn, digits.scaled("test")[:20])


def test_each_layer_is_charged_what_its_loops_do(trace, zeros):
    """Window by window: taps looked at, taps listed, products, sums and positions."""
    seen = 0
    for layer in trace.layers:
        done = skipping_work(layer, zeros)
        if NONZERO_MAC not in done:
            continue
        seen += 1
        (part,) = zeros.of(layer)
        *positions, channels = layer.post_shape
        assert done[SUM] == layer.post_neurons
        assert done[POSITION] == int(np.prod(positions, dtype=int))
        assert done[CHECK] == pytest.approx(part.macs / channels)
        assert done[LISTED] == pytest.approx(part.nonzero_macs / channels)
        assert done[NONZERO_MAC] == part.nonzero_macs < part.macs
    assert seen >= 3


def test_a_share_leaves_the_rest_of_the_products(trace):
    whole, half, none = (
        {
            k: skipping_work(layer, share).get(k, 0)
            for layer in trace.layers[-1:]
            for k in SKIPPING_KEYS
        }
        for share in (0.0, 0.5, 1.0)
    )
    assert whole[NONZERO_MAC] == trace.layers[-1].macs
    assert half[NONZERO_MAC] == whole[NONZERO_MAC] / 2
    assert (none[NONZERO_MAC], none[LISTED]) == (0, 0)
    assert none[CHECK] == whole[CHECK] > 0
    last = trace.layers[-1]
    assert skipping_work(last, {last.pre: 0.5})[NONZERO_MAC] == half[NONZERO_MAC]
    assert skipping_work(last, {"input": 0.5})[NONZERO_MAC] == whole[NONZERO_MAC]


def test_nothing_else_moves(trace, zeros):
    """Rows of other workloads stay bit for bit; those of the new one stand after them."""
    devices = ("odin_style", CHIP, "rule_ac_mac_45nm")
    settings = {"host": "none", "skip_unfit": True, "period_s": 1.0}
    before = sw.price(trace, *devices, **settings)
    after = sw.price(trace, *devices, zeros=zeros, **settings)
    kept = after.frame[after.frame["workload"] != ZERO_SKIPPING].reset_index(drop=True)
    assert kept.equals(before.frame)
    assert len(after.frame) > len(before.frame) > 10

    totals = after.totals()
    assert totals.loc[totals["workload"] == ZERO_SKIPPING, "device"].tolist() == [CHIP]
    assert set(before.totals()["workload"]) == {SPIKING, INT8}
    assert WORKLOADS == (SPIKING, INT8, ZERO_SKIPPING)
    bill = after.bill(CHIP)
    assert "between inferences" in {t.component for t in bill.select(ZERO_SKIPPING)}


def test_energy_is_cycles_times_the_cards_values(trace, zeros):
    """By hand: counts · cycles of the core's loop, and of the library for all other layers."""
    card = load_card(CHIP)
    known = {**card.values, **skipping_values(card)}
    cycles = sum(
        known[key].value * count
        for layer in trace.layers
        for key, count in skipping_work(layer, zeros).items()
    )
    cycles += known["cycles_per_inference"].value
    bill = sw.price(trace, CHIP, zeros=zeros).bill(CHIP)
    assert bill.total(ZERO_SKIPPING, "cycles") == pytest.approx(cycles, rel=1e-12)
    energy_j = cycles * known["energy_per_cycle_j"].value * known["active_power_factor"].value
    assert bill.total(ZERO_SKIPPING) == pytest.approx(energy_j, rel=1e-12)


def test_more_zeros_cost_less_down_to_the_checks(trace):
    energies = [
        float(sw.price(trace, CHIP, zeros=share).bill(CHIP).total(ZERO_SKIPPING))
        for share in (0.0, 0.3, 0.6, 1.0)
    ]
    assert energies == sorted(energies, reverse=True)
    assert energies[-1] > 0.05 * energies[0]


def test_it_is_compared_and_draws_level_as_the_other_int8_network(mlp, digits):
    network = sw.convert(mlp, digits.scaled("train")[:100])
    trace = sw.simulate(network, digits.scaled("test")[:2], "event", steps=4)
    prices = sw.price(trace, "odin_style", CHIP, zeros=0.5)
    against = set(prices.break_evens(trace)["against"])
    assert against == {f"{CHIP} {INT8}", f"{CHIP} {ZERO_SKIPPING}"}
    verdicts = prices.verdicts(everything=False)
    assert f"{CHIP} {ZERO_SKIPPING}" in set(verdicts["second"])


def test_what_it_needs_more_is_a_list(trace, zeros):
    """Eight bytes for each activation under the largest window."""
    sizes = sw.price(trace, CHIP, zeros=zeros).totals().set_index("workload")["memory_bytes"]
    layers = [layer for layer in trace.layers if layer.kind.multiplies]
    longest = max(layer.macs // layer.post_neurons for layer in layers)
    assert sizes[ZERO_SKIPPING] == sizes[INT8] + 8 * longest


def test_a_chip_too_small_for_the_list_is_told_so(trace, zeros):
    """With just the RAM of the ordinary int8 network, which the list of activations exceeds."""
    card = load_card(CHIP)
    ram_bytes = software_needs(trace)[INT8].ram_bytes
    small = replace(card, limits={**card.limits, "ram_bytes": ram_bytes})
    bill = sw.price(trace, small, zeros=zeros).bill(CHIP)
    assert INT8 in bill.workloads
    assert ZERO_SKIPPING not in bill.workloads
    assert any(f"{ZERO_SKIPPING} does not fit" in line for line in bill.assumptions)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (1.5, r"price\.zeros: a share of zeros lies in 0\.\.1"),
        ("half", r"price\.zeros: a share of zeros lies in 0\.\.1"),
        ({"nobody": 0.5}, "must name populations of the trace; got 'nobody'"),
        ({"input": -0.1}, r"price\.zeros: input: a share of zeros lies in"),
    ],
)
def test_what_is_no_share_is_refused(trace, given, match):
    with pytest.raises(SpikewattError, match=match):
        sw.price(trace, CHIP, zeros=given)


def test_counts_have_no_layers_whose_zeros_are_known(trace):
    from spikewatt.sim.counts.of_trace import counts_of

    with pytest.raises(SpikewattError, match=r"price\.zeros: belong to a trace"):
        sw.price(counts_of(trace), CHIP, zeros=0.5)


def test_every_core_with_loops_has_those_that_skip():
    assert len(software_loops()) >= 5
    for core in software_loops():
        card = load_card(CHIP)
        values = skipping_values(replace(card, about={**card.about, "core": core}))
        assert set(values) == set(SKIPPING_KEYS)
        assert all(0 <= v.low <= v.value <= v.high and v.source for v in values.values())
        assert set(ordinary_values(card)) == set(ORDINARY_KEYS)
