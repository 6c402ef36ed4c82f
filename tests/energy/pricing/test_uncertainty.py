"""Law: ranges in closed form, by Monte Carlo, and the verdicts that follow."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.bill import Bill, BillWriter
from spikewatt.energy.cards.card import Quantity
from spikewatt.energy.cards.load import load_card
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
def prices(trace):
    return price(trace, *DEVICES, period_s=1.0, host="nrf54l15")


def quantity(value, low, high, measurement):
    return Quantity(value, low, high, "assumed", "", "", measurement)


def two_values(first: str, second: str) -> Bill:
    """A bill of a product: 3 · a · b."""
    writer = BillWriter()
    writer.charge("snn", "all", "work", 3, "a", "b")
    values = {"a": quantity(2, 1, 4, first), "b": quantity(5, 2.5, 10, second)}
    return Bill("made", load_card("odin_style"), values, tuple(writer.terms))


# Ranges


def test_closed_form_agrees_with_monte_carlo(prices):
    """Sums of skewed ranges have no exact closed form: within 10 % at either end.

    The ranges are far wider than that.
    """
    compared = 0
    for bill, workload in prices.workloads:
        closed = estimate(bill, bill.select(workload))
        drawn = monte_carlo(bill, workload, 60_000, seed=1)
        low, high = np.percentile(drawn, [5, 95])
        assert closed.low == pytest.approx(low, rel=0.10)
        assert closed.high == pytest.approx(high, rel=0.10)
        assert closed.high / closed.low > 1.3
        compared += 1
    assert compared == 18


def test_a_product_of_ranges_is_exact():
    bill = two_values("one", "other")
    found = estimate(bill, bill.select("snn"))
    assert found.value == 30
    assert found.high / found.value == pytest.approx(2 ** np.sqrt(2))
    drawn = np.percentile(monte_carlo(bill, "snn", 400_000), [5, 95])
    np.testing.assert_allclose(drawn, [found.low, found.high], rtol=0.01)


def test_values_of_one_measurement_move_together():
    bill = two_values("one", "one")
    found = estimate(bill, bill.select("snn"))
    assert (found.low, found.high) == pytest.approx((7.5, 120))
    drawn = np.percentile(monte_carlo(bill, "snn", 400_000), [5, 95])
    np.testing.assert_allclose(drawn, [7.5, 120], rtol=0.02)


def test_draws_repeat_with_a_seed_and_have_the_percentiles_of_the_card():
    card = load_card("stm32l4r5")
    drawn, again, other = (draw(card.values, 200_000, seed) for seed in (3, 3, 4))
    assert set(drawn) == {key for key, q in card.values.items() if q.low < q.high}
    for key, values in drawn.items():
        q = card[key]
        np.testing.assert_array_equal(values, again[key])
        assert not np.array_equal(values, other[key])
        found = np.percentile(values, [5, 50, 95])
        np.testing.assert_allclose(found, [q.low, q.value, q.high], rtol=0.02)


def test_too_few_draws_are_refused():
    match = "monte_carlo.samples: must be a number of draws; got 3"
    with pytest.raises(SpikewattError, match=match):
        draw(load_card("stm32l4r5").values, 3, 0)


def test_tornado_names_what_matters_and_shares_add_up(prices):
    assert len(prices.workloads) == 18
    for bill, workload in prices.workloads:
        table, total = tornado(bill, workload), bill.total(workload)
        assert table["share_of_variance"].sum() == pytest.approx(1)
        assert (table["share_of_variance"].diff().dropna() <= 0).all()
        at_low, at_high = table["energy_at_low_j"], table["energy_at_high_j"]
        assert ((at_low != total) | (at_high != total)).all()


# Verdicts


def test_what_both_share_cancels_in_a_ratio(prices):
    mcu = prices.bill("stm32l4r5")
    found = ratio((mcu, "snn"), (mcu, "int8_ann"), idle=False)
    snn, ann = (estimate(mcu, mcu.select(w, idle=False)) for w in ("snn", "int8_ann"))
    assert found.value == pytest.approx(snn.value / ann.value)
    # The chip's energy per cycle moves both: without that the range would be wider.
    apart = (snn.high / ann.low) / (snn.low / ann.high)
    assert found.high / found.low < apart


def test_verdicts(prices):
    mcu = prices.bill("stm32l4r5")
    snn, ann = (mcu, "snn"), (mcu, "int8_ann")
    assert verdict(snn, ann, idle=False) == "loses"
    assert verdict(ann, snn, idle=False) == "wins"
    assert verdict(snn, snn) == "undecided"
    same = ratio(snn, snn)
    assert (same.low, same.value, same.high) == (1, 1, 1)


def test_drawn_ratio_agrees_with_the_closed_form(prices):
    sides = (prices.bill("odin_style"), "snn"), (prices.bill("stm32l4r5"), "int8_ann")
    closed = ratio(*sides, idle=False)
    first, second = (monte_carlo(*side, 100_000, idle=False) for side in sides)
    low, high = np.percentile(first / second, [5, 95])
    assert (closed.low, closed.high) == pytest.approx((low, high), rel=0.08)
