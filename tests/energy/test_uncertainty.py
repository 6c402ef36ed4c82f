"""Law: ranges in closed form, by Monte Carlo, re-pricing, verdicts and break-even points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.bill import Bill, BillWriter, powers_of
from spikewatt.energy.cards.card import Quantity
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.break_even import (
    break_even_period_s,
    break_even_spikes,
    break_even_steps,
    first_steps,
)
from spikewatt.energy.pricing.price import price
from spikewatt.energy.pricing.uncertainty import (
    draw,
    estimate,
    monte_carlo,
    ratio,
    tornado,
    verdict,
)
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate

from ..helpers.random_networks import random_input, random_network

DEVICES = (
    "odin_style",
    "odin_style:voltage_v=0.8",
    "stm32l4r5",
    "stm32u575",
    "stm32h7a3",
    "stm32g0b1",
    "nrf52840",
    "nrf5340",
    "nrf54l15",
)


@pytest.fixture(scope="module")
def bills(trace):
    return price(trace, *DEVICES, period_s=1.0).attrs["bills"]


def quantity(value, low, high, measurement):
    return Quantity(value, low, high, "assumed", "", "", measurement)


def two_values(first: str, second: str) -> Bill:
    """A bill of a product: 3 · a · b."""
    writer = BillWriter()
    writer.charge("snn", "all", "work", 3, "a", "b")
    return Bill(
        "made",
        load_card("odin_style"),
        {"a": quantity(2, 1, 4, first), "b": quantity(5, 2.5, 10, second)},
        tuple(writer.terms),
    )


def test_closed_form_agrees_with_monte_carlo(bills):
    """Sums of skewed ranges have no exact closed form: within 10 % at either end, and the ranges are far wider than that."""
    compared = 0
    for bill in bills:
        for workload in bill.workloads:
            closed = estimate(bill, bill.select(workload))
            drawn = monte_carlo(bill, workload, 60_000, seed=1)
            low, high = np.percentile(drawn, [5, 95])
            assert closed.low == pytest.approx(low, rel=0.10)
            assert closed.high == pytest.approx(high, rel=0.10)
            assert closed.high / closed.low > 1.3
            compared += 1
    assert compared == 16


def test_a_product_of_ranges_is_exact_and_one_measurement_moves_together():
    apart, together = two_values("one", "other"), two_values("one", "one")
    found = estimate(apart, apart.select("snn"))
    assert found.value == 30
    assert found.high / found.value == pytest.approx(2 ** np.sqrt(2))
    np.testing.assert_allclose(
        np.percentile(monte_carlo(apart, "snn", 400_000), [5, 95]),
        [found.low, found.high],
        rtol=0.01,
    )
    wide = estimate(together, together.select("snn"))
    assert (wide.low, wide.high) == pytest.approx((7.5, 120))
    np.testing.assert_allclose(
        np.percentile(monte_carlo(together, "snn", 400_000), [5, 95]), [7.5, 120], rtol=0.02
    )


def test_draws_repeat_with_a_seed_and_have_the_percentiles_of_the_card():
    card = load_card("stm32l4r5")
    drawn, again, other = (draw(card.values, 200_000, seed) for seed in (3, 3, 4))
    assert set(drawn) == {key for key, q in card.values.items() if q.low < q.high}
    for key, values in drawn.items():
        q = card[key]
        np.testing.assert_array_equal(values, again[key])
        assert not np.array_equal(values, other[key])
        np.testing.assert_allclose(
            np.percentile(values, [5, 50, 95]), [q.low, q.value, q.high], rtol=0.02
        )
    with pytest.raises(
        SpikewattError, match="monte_carlo.samples: must be a number of draws; got 3"
    ):
        draw(card.values, 3, 0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**20), designs=st.integers(1, 40))
def test_repricing_equals_pricing_one_by_one(trace, seed, designs):
    random = np.random.default_rng(seed)
    for device in ("odin_style", "stm32u575"):
        card = load_card(device)
        chosen = random.choice(sorted(card.values), 4, replace=False)
        changed = {key: card[key].value * random.uniform(0.3, 3, designs) for key in chosen}
        many = bill_of(trace, card).reprice(changed)
        assert many
        for i in {0, designs - 1}:
            values = {
                key: dataclasses.replace(card[key], value=v[i], low=v[i], high=v[i])
                for key, v in changed.items()
            }
            one = totals(price(trace, dataclasses.replace(card, values={**card.values, **values})))
            for row in one.to_dict("records"):
                for what in ("energy_j", "time_s", "cycles"):
                    assert many[row["workload"]][what][i] == pytest.approx(row[what], rel=1e-12)


def test_bad_repricing(trace):
    bill = bill_of(trace, load_card("odin_style"))
    with pytest.raises(SpikewattError, match="card 'odin_style': must price 'energy_per_hop_j'"):
        bill.reprice({"energy_per_hop_j": np.ones(3)})
    with pytest.raises(SpikewattError, match="arrays have one length"):
        bill.reprice({"energy_per_sop_j": np.ones(3), "clock_hz": np.ones(2)})
    with pytest.raises(
        SpikewattError,
        match=r"reprice.changed\['energy_per_sop_j'\]: must be finite and not negative; got -1.0..1.0",
    ):
        bill.reprice({"energy_per_sop_j": np.array([-1.0, 1.0])})
    with pytest.raises(SpikewattError, match="must hold the workload; got 'ann'; allowed: snn"):
        bill.total("ann")


def test_tornado_names_what_matters_and_shares_add_up(bills):
    for bill in bills:
        for workload in bill.workloads:
            table = tornado(bill, workload)
            assert table["share_of_variance"].sum() == pytest.approx(1)
            assert (table["share_of_variance"].diff().dropna() <= 0).all()
            total = bill.total(workload)
            assert (
                (table["energy_at_low_j"] != total) | (table["energy_at_high_j"] != total)
            ).all()


def test_verdicts(bills, trace):
    by_name = {bill.device: bill for bill in bills}
    mcu = by_name["stm32l4r5"]
    found = ratio((mcu, "snn"), (mcu, "int8_ann"), idle=False)
    assert found.value == pytest.approx(
        mcu.total("snn", idle=False) / mcu.total("int8_ann", idle=False)
    )
    # The chip's energy per cycle moves both and cancels: without the shared measurements the range would be wider.
    alone = [estimate(mcu, mcu.select(w, idle=False)) for w in ("snn", "int8_ann")]
    assert found.high / found.low < (alone[0].high / alone[1].low) / (alone[0].low / alone[1].high)
    assert verdict((mcu, "snn"), (mcu, "int8_ann"), idle=False) == "loses"
    assert verdict((mcu, "int8_ann"), (mcu, "snn"), idle=False) == "wins"
    assert verdict((mcu, "snn"), (mcu, "snn")) == "undecided"
    same = ratio((mcu, "snn"), (mcu, "snn"))
    assert (same.low, same.value, same.high) == (1, 1, 1)


def test_drawn_ratio_agrees_with_the_closed_form(bills):
    core, mcu = bills[0], bills[2]
    closed = ratio((core, "snn"), (mcu, "int8_ann"), idle=False)
    first, second = (
        monte_carlo(b, w, 100_000, idle=False) for b, w in ((core, "snn"), (mcu, "int8_ann"))
    )
    low, high = np.percentile(first / second, [5, 95])
    assert (closed.low, closed.high) == pytest.approx((low, high), rel=0.08)


def test_break_even_points_are_where_both_cost_the_same(bills, trace):
    core, mcu = bills[0], bills[2]
    energy = 0.5 * core.total("snn", idle=False)
    factor = break_even_spikes(core, energy)
    terms = core.select("snn", idle=False)
    assert sum(core.evaluate([t]) * (factor if t.by_spikes else 1) for t in terms) == pytest.approx(
        energy
    )
    assert 0 < factor < 1
    steps = break_even_steps(trace, load_card("odin_style"), energy)
    assert 0 < steps < trace.steps
    costs = [
        bill_of(first_steps(trace, t), load_card("odin_style")).total("snn")
        for t in (steps, steps + 1)
    ]
    assert costs[0] <= energy < costs[1]
    period = break_even_period_s((core, "snn"), (mcu, "int8_ann"))
    assert period is not None
    pair = price(trace, "odin_style", "stm32l4r5", period_s=period).attrs["bills"]
    assert pair[0].total("snn") == pytest.approx(pair[1].total("int8_ann"), rel=1e-9)
    assert break_even_period_s((mcu, "snn"), (mcu, "int8_ann")) is None


def test_first_steps_are_those_of_a_shorter_run():
    network = random_network(5, kinds=("dense",), resets=("subtract",))
    x = random_input(network, 3, 2)
    long, short = (simulate(network, x, "reference", steps) for steps in (9, 4))
    cut = first_steps(long, 4)
    assert cut.content_hash() == short.content_hash()
    for device in ("odin_style", "stm32l4r5"):
        np.testing.assert_allclose(price(cut, device)["energy_j"], price(short, device)["energy_j"])
    exact = random_network(5, code="radix", kinds=("dense",), resets=("subtract",))
    with pytest.raises(
        SpikewattError, match="a network of an exact code has its number of steps; got radix"
    ):
        first_steps(simulate(exact, random_input(exact, 1, 0), "reference"), 2)
    with pytest.raises(SpikewattError, match="must be a number of simulated steps; got 10"):
        first_steps(long, 10)


def test_break_even_needs_what_it_divides_by(trace):
    bills = price(trace, "odin_style", "stm32l4r5").attrs["bills"]
    with pytest.raises(SpikewattError, match="needs bills with a period; got odin_style"):
        break_even_period_s((bills[0], "snn"), (bills[1], "snn"))
    with pytest.raises(SpikewattError, match="must cost something per spike; got int8_ann"):
        break_even_spikes(bills[1], 1e-6, "int8_ann")


def test_powers():
    assert powers_of("a", "/b", (("a", 1), ("b", 1))) == (("a", 2),)
    with pytest.raises(SpikewattError, match="must price 'c'"):
        Bill(
            "made",
            load_card("odin_style"),
            {},
            (dataclasses.replace(two_values("x", "y").terms[0], powers=(("c", 1),)),),
        )
