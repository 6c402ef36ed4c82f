"""Prices: what they hold, what can be asked of them, and every refusal with its message."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from spikewatt.energy.cards.kinds import LINK_KEYS
from spikewatt.energy.cards.load import FOLDER, load_card
from spikewatt.energy.pricing.price import price
from spikewatt.energy.pricing.prices import COLUMNS, Prices
from spikewatt.energy.pricing.uncertainty import draw
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.conversion.convert import convert

from ...helpers.cards import with_limits, with_value

DEVICES = ("odin_style", "stm32l4r5", "nrf54l15")


# What they hold


def test_frame_has_the_published_columns_and_no_holes(trace):
    prices = price(trace, *DEVICES, period_s=1.0)
    assert tuple(prices.frame.columns) == COLUMNS
    assert not prices.frame.isna().any().any()
    assert set(zip(prices.frame["device"], prices.frame["workload"], strict=True)) == {
        ("odin_style", "snn"),
        ("odin_style+stm32l4r5", "snn"),
        ("odin_style+nrf54l15", "snn"),
        ("stm32l4r5", "snn"),
        ("stm32l4r5", "int8_ann"),
        ("nrf54l15", "snn"),
        ("nrf54l15", "int8_ann"),
    }
    assert len(prices.assumptions) >= 6
    assert prices.frame.attrs == {}


def test_energy_is_linear_in_every_value(trace):
    compared = 0
    for name in DEVICES:
        card = load_card(name)
        for key, quantity in card.values.items():
            prices_energy = key.startswith("energy") or key == "leakage_power_w"
            if not prices_energy or key in ("energy_per_routed_event_j", *LINK_KEYS):
                continue  # one core routes nothing
            once, twice, thrice = (
                price(
                    trace,
                    with_value(card, key, value=quantity.value * factor, high=quantity.high * 3),
                )
                .frame["energy_j"]
                .sum()
                for factor in (1.0, 2.0, 3.0)
            )
            assert thrice - twice == pytest.approx(twice - once)
            assert twice > once
            compared += 1
    assert compared >= 7


def test_the_range_encloses_the_energy(trace):
    prices = price(trace, *DEVICES)
    assert (prices.frame["energy_low_j"] <= prices.frame["energy_j"]).all()
    assert (prices.frame["energy_j"] <= prices.frame["energy_high_j"]).all()
    totals = prices.totals()
    assert (totals["energy_high_j"] > totals["energy_low_j"]).all()


def test_time_has_the_range_of_its_terms(trace):
    prices = price(trace, *DEVICES)
    for frame in (prices.frame, prices.totals()):
        assert (frame["time_low_s"] <= frame["time_s"]).all()
        assert (frame["time_s"] <= frame["time_high_s"]).all()
        after = list(frame.columns).index("time_s") + 1
        assert list(frame.columns[after : after + 2]) == ["time_low_s", "time_high_s"]

    totals = prices.totals()
    assert (totals["time_low_s"] < totals["time_high_s"]).sum() >= 3
    pairs = zip(prices.workloads, totals.to_dict("records"), strict=True)
    for (bill, workload), total in pairs:
        drawn = draw(bill.values, samples=20_000, seed=3)
        times_s = np.broadcast_to(bill.total(workload, "time_s", changed=drawn), 20_000)
        found = [total[f"time_{end}_s"] for end in ("low", "high")]
        np.testing.assert_allclose(np.quantile(times_s, (0.05, 0.95)), found, rtol=0.1)


def test_a_range_of_the_clock_alone_is_that_of_the_time(trace):
    exact = load_card("odin_style")
    for key, quantity in exact.values.items():
        exact = with_value(exact, key, low=quantity.value, high=quantity.value)
    total = price(trace, exact).totals().iloc[0]
    assert total["time_low_s"] == total["time_s"] == total["time_high_s"]

    clock_hz = exact["clock_hz"].value
    ranged = with_value(exact, "clock_hz", low=clock_hz / 3, high=2 * clock_hz)
    total = price(trace, ranged).totals().iloc[0]
    assert total["time_high_s"] == pytest.approx(3 * total["time_s"])
    assert total["time_low_s"] == pytest.approx(total["time_s"] / 2)


def test_range_of_cycles_and_clock_moves_energy_and_leakage(trace):
    card = load_card("odin_style")
    base = price(trace, card).totals().iloc[0]
    for key, low, high in (("cycles_per_sop", 1.0, 4.0), ("clock_hz", 37.5e6, 150e6)):
        wide = price(trace, with_value(card, key, low=low, high=high)).totals().iloc[0]
        assert wide["energy_j"] == pytest.approx(base["energy_j"])
        assert wide["energy_low_j"] < base["energy_low_j"]
        assert wide["energy_high_j"] > base["energy_high_j"]


def test_totals_are_the_sums_of_the_rows(trace):
    prices = price(trace, *DEVICES, period_s=1.0)
    by_side = prices.frame.groupby(["device", "workload"], sort=False)
    for key in ("energy_j", "time_s", "cycles"):
        np.testing.assert_allclose(prices.totals()[key], by_side[key].sum())
    assert (prices.totals(idle=False)["energy_j"] < prices.totals()["energy_j"]).all()


def test_prices_are_shown_in_one_line_and_as_a_table(trace):
    prices = price(trace, "odin_style", "stm32l4r5", period_s=1.0, host=None)
    assert repr(prices).startswith("Prices(odin_style snn ")
    assert "; stm32l4r5 int8_ann " in repr(prices)
    assert repr(prices).endswith(" J; period 1 s)")
    assert len(repr(prices)) < 130
    assert repr(price(trace, "stm32l4r5", "stm32u575", "nrf54l15")).endswith("; 2 more)")
    table = prices._repr_html_()
    assert "<table" in table
    assert table.count("<tr") == 1 + 3
    assert repr(prices.bills[0]).startswith("Bill(odin_style, snn, ")


def test_a_bill_is_found_by_the_name_of_its_device(trace):
    prices = price(trace, "odin_style", host="stm32u575")
    assert prices.bill("odin_style") is prices.bills[0]
    assert prices.bill("odin_style+stm32u575") is prices.bills[1]
    match = "must name a device that was priced; got 'odin'; allowed: odin_style, odin_style.stm32u"
    with pytest.raises(SpikewattError, match=match):
        prices.bill("odin")


# What fits, and what does not


def test_devices_that_do_not_fit_are_left_out_where_asked_for(trace):
    narrow = with_limits(state_bits=9)
    with pytest.raises(DoesNotFitError, match="potentials fit"):
        price(trace, narrow, "stm32l4r5")

    prices = price(trace, narrow, "stm32l4r5", skip_unfit=True)
    assert [bill.device for bill in prices.bills] == ["stm32l4r5"]
    assert list(prices.does_not_fit) == ["odin_style"]
    assert "potentials fit" in prices.does_not_fit["odin_style"]
    assert repr(prices).endswith("; does not fit odin_style)")


def test_prices_of_nothing_that_fits(trace):
    prices = price(trace, "odin", skip_unfit=True, period_s=1.0)
    assert tuple(prices.frame.columns) == COLUMNS
    for table in (prices.frame, prices.totals(), prices.verdicts(), prices.tornado()):
        assert table.empty
    assert prices.assumptions == []


def test_prices_are_joined(trace):
    parts = [price(trace, name, skip_unfit=True) for name in ("odin_style", "odin", "stm32l4r5")]
    joined = Prices.joined(parts)
    together = price(trace, "odin_style", "odin", "stm32l4r5", skip_unfit=True, host=None)
    assert joined.frame.equals(together.frame)
    assert joined.does_not_fit == together.does_not_fit
    assert len(joined.verdicts()) == 3

    with pytest.raises(SpikewattError, match=r"Prices.joined: devices must have different names"):
        Prices.joined([parts[0], parts[0]])
    other = price(trace, "nrf54l15", period_s=1.0)
    with pytest.raises(SpikewattError, match=r"Prices.joined: prices have one period"):
        Prices.joined([parts[0], other])


# What can be asked of them


def pairs(table) -> list[tuple[str, str]]:
    return list(zip(table["first"], table["second"], strict=True))


def test_verdicts_of_few_are_all_shown(trace):
    few = price(trace, "odin_style", "stm32l4r5", host=None)
    assert len(few.verdicts()) == len(few.verdicts(everything=False)) == 3


def test_of_many_verdicts_each_spiking_workload_is_shown_against_what_it_is_compared_with(trace):
    many = price(trace, *DEVICES)
    assert len(many.verdicts()) == 7 * 6 / 2
    assert pairs(many.verdicts(everything=False)) == [
        ("odin_style snn", "stm32l4r5 int8_ann"),
        ("odin_style snn", "nrf54l15 int8_ann"),
        ("odin_style+stm32l4r5 snn", "stm32l4r5 int8_ann"),
        ("odin_style+nrf54l15 snn", "nrf54l15 int8_ann"),
        ("stm32l4r5 snn", "stm32l4r5 int8_ann"),
        ("nrf54l15 snn", "nrf54l15 int8_ann"),
    ]
    cores = price(trace, "odin_style", "reference_core", host="stm32u575")
    shown = pairs(cores.verdicts(everything=False))  # no int8 network: those with the first
    assert {first for first, _ in shown} == {"odin_style snn"}
    assert len(shown) == 3


def test_verdicts_at_a_period(trace):
    table = price(trace, "odin_style", "stm32l4r5", period_s=1.0, host=None).verdicts()
    assert (table["ratio_at_period"] != table["ratio"]).all()
    assert set(table["verdict_at_period"]) <= {"wins", "loses", "undecided"}


def test_the_tornado_names_the_largest_first(trace):
    table = price(trace, *DEVICES).tornado(rows=2)
    assert len(table) == 2 * 7
    first, second = table["share_of_variance"][::2], table["share_of_variance"][1::2]
    assert (first.to_numpy() >= second.to_numpy()).all()


def test_break_evens_are_of_cores_against_int8_networks(trace):
    prices = price(trace, "odin_style", "stm32l4r5", "rule_ac_mac_45nm")
    table = prices.break_evens(trace)
    assert list(table["device"]) == ["odin_style", "odin_style+stm32l4r5"]
    assert set(table["against"]) == {"stm32l4r5 int8_ann"}
    assert set(table["simulated_steps"]) == {trace.steps}
    assert table["factor_on_spikes"].is_monotonic_decreasing  # a host costs something

    other = price(trace, "odin_style", "stm32l4r5", host="stm32u575").break_evens(trace)
    assert list(other["device"]) == ["odin_style", "odin_style+stm32u575"]
    assert set(other["against"]) == {"stm32l4r5 int8_ann"}


# Battery life


def test_battery_life_is_charge_over_current(trace):
    prices = price(trace, "stm32l4r5", "nrf54l15", period_s=2.0)
    table = prices.battery_life()
    power_w = prices.totals()["energy_j"].to_numpy() / 2.0
    np.testing.assert_allclose(table["average_power_w"], power_w)

    ldo = table["device"] == "stm32l4r5"
    current_a = table["average_current_a"]
    np.testing.assert_allclose(current_a[ldo], power_w[ldo] / 1.8)
    np.testing.assert_allclose(current_a[~ldo], power_w[~ldo] / 3.0)
    np.testing.assert_allclose(table["battery_life_s"], 0.225 * 3600 / current_a)


def test_battery_life_uses_the_card_that_was_priced(trace, tmp_path):
    card = yaml.safe_load((FOLDER / "odin_style.yaml").read_text())
    card["name"] = "my_chip"
    card["values"]["regulator_efficiency"].update(value=0.425, low=0.425)
    path = tmp_path / "my_chip.yaml"
    path.write_text(yaml.safe_dump(card))
    lives = price(trace, "odin_style", path, period_s=1.0).battery_life()["battery_life_s"]
    assert lives[1] == pytest.approx(lives[0] / 2)


def test_battery_life_needs_a_period_and_a_battery(trace):
    with pytest.raises(SpikewattError, match="must be priced with a period"):
        price(trace, "odin_style").battery_life()
    with pytest.raises(SpikewattError, match="must be a battery; got odin_style; allowed: cr2032"):
        price(trace, "odin_style", period_s=1.0).battery_life("odin_style")


# What is refused


def test_devices_are_named_once_and_compute(trace):
    with pytest.raises(SpikewattError, match="must name at least one device"):
        price(trace)
    match = "must have different names.*; got .*odin_style.*odin_style"
    with pytest.raises(SpikewattError, match=match):
        price(trace, "odin_style", "odin_style")
    with pytest.raises(SpikewattError, match="must be devices that compute; got cr2032 is a batt"):
        price(trace, "cr2032")
    with pytest.raises(SpikewattError, match="must name a device card.*got 'abacus'"):
        price(trace, "abacus")


def test_the_network_is_the_one_that_left_the_trace(trace, mlp, mlp_network, digits):
    assert price(trace, "stm32l4r5", network=mlp_network).bills
    other = convert(mlp, digits.scaled("train")[:500], input_levels=16, weight_bits=6)
    with pytest.raises(SpikewattError, match="must be the network that left the trace; got"):
        price(trace, "stm32l4r5", network=other)


def test_a_workload_that_takes_longer_than_the_period_is_left_out(trace):
    """Of a microcontroller the int8 network stays, of a device that has no other nothing does."""
    whole = price(trace, "odin_style", "stm32l4r5")
    seconds = {(b.device, w): b.total(w, "time_s") for b, w in whole.workloads}
    core_s = seconds["odin_style", "snn"]
    slow_s, fast_s = seconds["stm32l4r5", "snn"], seconds["stm32l4r5", "int8_ann"]
    assert fast_s < slow_s < core_s
    period_s = (slow_s + core_s) / 2
    prices = price(trace, "odin_style", "stm32l4r5", period_s=period_s, skip_unfit=True)
    assert [b.device for b in prices.bills] == ["stm32l4r5"]
    assert "one inference fits into the period" in prices.does_not_fit["odin_style"]
    assert prices.bills[0].workloads == ["snn", "int8_ann"]

    period_s = (fast_s + slow_s) / 2
    (bill,) = price(trace, "stm32l4r5", period_s=period_s).bills
    assert bill.workloads == list(bill.footprints) == ["int8_ann"]
    assert any("stm32l4r5: snn is left out: an inference takes" in s for s in bill.assumptions)

    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        price(trace, "odin_style", period_s=period_s, skip_unfit=True)  # the period is wrong


def test_a_period_is_a_time_that_the_inference_fits_into(trace):
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        price(trace, "stm32l4r5", period_s=1e-6)
    with pytest.raises(SpikewattError, match="must be a time in seconds; got nan"):
        price(trace, "odin_style", period_s=float("nan"))
    with pytest.raises(SpikewattError, match="must be a time in seconds; got 'soon'"):
        price(trace, "odin_style", period_s="soon")


def test_a_rule_among_the_devices_has_no_battery_life_and_ends_no_table(trace):
    prices = price(trace, "rule_ac_mac_45nm", "odin_style", period_s=1.0)
    life = prices.battery_life().set_index("device")
    assert life["battery_life_s"].notna().to_dict() == {
        "rule_ac_mac_45nm": False,
        "odin_style": True,
    }

    alone = price(trace, "rule_ac_mac_45nm", period_s=1.0).battery_life()
    assert list(alone.columns) == list(prices.battery_life().columns)
    assert alone["average_current_a"].isna().all()
