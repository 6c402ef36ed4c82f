"""Devices as they are run: clock, supply and library, each for all or by device."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.energy.cards.load import load_card, odin_style, with_library
from spikewatt.energy.cards.microcontroller_laws import SUPPLY_V, supply_limits_v
from spikewatt.energy.cards.operating_point import at_operating_point, at_supply
from spikewatt.energy.cards.parametric_core import highest_clock_hz
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.energy.pricing.order import ordered
from spikewatt.energy.pricing.price import price, price_layers
from spikewatt.errors import SpikewattError

from ...helpers.cards import with_value

DEVICES = ("odin_style", "stm32l4r5", "nrf54l15")


def value(card, key: str) -> float:
    return card[key].value


# A supply


def test_behind_an_ldo_the_current_stays():
    """Published: MLPerf Tiny v1.0 has 44.8 mW at 1.8 V and 74.2 mW at 3.0 V of this board."""
    card = load_card("stm32l4r5")
    high = at_supply(card, 3.0)
    for key in ("energy_per_cycle_j", "sleep_power_w"):
        assert value(high, key) / value(card, key) == pytest.approx(74.2 / 44.8, rel=0.01)
        assert high[key].status == "estimated"
        assert high[key].measurement == card[key].measurement
        before, after = card[key].high / card[key].low, high[key].high / high[key].low
        assert after == pytest.approx(before * 1.05**2)
        assert "44.8 mW at 1.8 V" in high[key].source
    assert value(high, "supply_voltage_v") == 3.0
    assert (high.name, high.title) == ("stm32l4r5", f"{card.title}, here at 3 V")


def test_behind_a_converter_the_energy_stays_and_is_less_sure():
    card = load_card("nrf54l15")
    low = at_supply(card, 1.8)
    for key in ("energy_per_cycle_j", "sleep_power_w"):
        assert value(low, key) == value(card, key)
        assert low[key].high > card[key].high
        assert low[key].status == "estimated"
    # Asleep it may be the current that stays, a factor of 3.0 / 1.8 away.
    assert low["sleep_power_w"].low <= card["sleep_power_w"].low * 1.8 / 3.0


def test_the_supply_of_the_card_changes_nothing():
    card = load_card("stm32l4r5")
    same = at_supply(card, 1.8)
    assert (same.title, same["energy_per_cycle_j"]) == (card.title, card["energy_per_cycle_j"])


def test_a_battery_that_feeds_an_ldo_lasts_as_long_at_any_supply(trace):
    lives = [
        price(trace, "stm32l4r5", period_s=1.0, supply_v=volts).battery_life()["battery_life_s"]
        for volts in (1.8, 3.0)
    ]
    assert lives[0].tolist() == pytest.approx(lives[1].tolist())


def test_the_voltage_of_a_core_follows_the_parametric_core():
    card = load_card("odin_style")
    other, expected = at_operating_point(card, supply_v=0.8), odin_style(voltage_v=0.8)
    assert other.values == expected.values
    assert (other.name, other.title) == ("odin_style", expected.title)
    assert value(other, "clock_hz") == highest_clock_hz(0.8) == 100e6

    wide = load_card("odin_style:axons_per_core=512")
    slow = at_operating_point(wide, clock_hz=20e6, supply_v=0.6)
    expected = odin_style(axons_per_core=512, clock_hz=20e6, voltage_v=0.6)
    assert slow.values == expected.values
    assert slow.limits == expected.limits
    assert slow.name == "odin_style:axons_per_core=512"
    assert slow.title.endswith("28 nm FDSOI at 0.6 V, here at 20 MHz")


def test_a_core_of_ones_own_takes_a_clock():
    card = load_card("reference_core")
    slow = at_operating_point(card, clock_hz=10e6)
    assert value(slow, "clock_hz") == 10e6
    assert slow.about.get("caution") == card.about.get("caution")  # what a microcontroller measured


# One value, or one for each


def clocks(*devices, **settings) -> dict[str, float]:
    order = ordered(devices, "compared", **settings)
    return {name: value(card, "clock_hz") for name, card in order.devices.items()}


def test_one_value_is_for_all_microcontrollers():
    assert list(clocks(*DEVICES, clock_hz=60e6).values()) == [75e6, 60e6, 60e6]
    (host,) = ordered(["odin_style"], "nrf54l15", clock_hz=60e6).hosts
    assert value(host, "clock_hz") == 60e6


def test_one_value_is_for_the_cores_where_there_is_no_microcontroller():
    assert clocks("odin_style", "reference_core", clock_hz=10e6) == {
        "odin_style": 10e6,
        "reference_core": 10e6,
    }


def test_a_mapping_names_devices_as_they_were_asked_for():
    found = clocks(*DEVICES, clock_hz={"odin_style": 20e6, "NRF54L15": 64e6})
    assert list(found.values()) == [20e6, 120e6, 64e6]
    (host,) = ordered(["odin_style"], "nrf54l15", clock_hz={"nrf54l15": 64e6}).hosts
    assert value(host, "clock_hz") == 64e6
    with_sizes = "odin_style:axons_per_core=512"
    assert clocks(with_sizes, clock_hz={with_sizes: 20e6}) == {with_sizes: 20e6}


def test_a_host_runs_as_the_microcontroller_that_it_is():
    order = ordered(DEVICES, "compared", library="tvm", supply_v={"stm32l4r5": 3.3})
    assert order.hosts == (order.devices["stm32l4r5"], order.devices["nrf54l15"])
    assert {card.about["library"] for card in order.hosts} == {"tvm"}
    expected = with_library(at_supply(load_card("stm32l4r5"), 3.3), "tvm")
    assert order.hosts[0].values == expected.values


def test_a_library_by_device():
    order = ordered(DEVICES, None, library={"nrf54l15": "x-cube-ai"})
    libraries = [card.about.get("library") for card in order.devices.values()]
    assert libraries == [None, "cmsis-nn", "x-cube-ai"]


def test_prices_keep_the_names_and_tell_the_settings(trace):
    settings = {
        "clock_hz": {"odin_style": 20e6, "stm32l4r5": 60e6},
        "supply_v": {"odin_style": 0.6},
    }
    own, other = (
        price(trace, "odin_style", "stm32l4r5", period_s=1.0, **more) for more in ({}, settings)
    )
    assert [b.device for b in other.bills] == [b.device for b in own.bills]
    before, after = (p.bill("stm32l4r5").total("int8_ann", "time_s") for p in (own, other))
    assert after == pytest.approx(2 * before)
    text = "\n".join(other.assumptions)
    assert "odin_style: ODIN-style core, 256 neurons, 256 axons, 8-bit weights" in text
    assert "28 nm FDSOI at 0.6 V, here at 20 MHz" in text
    for who in ("stm32l4r5: ", "host "):
        assert f"{who}STM32L4R5, Cortex-M4 at 120 MHz, 1.8 V, LDO, here at 60 MHz" in text
    assert len(other.break_evens(trace)) == len(other.battery_life()) - 2 == 2


def test_layers_take_them_too():
    own, other = (
        price_layers(LAYERS, "stm32l4r5", "nrf54l15", network="KWS", **settings).totals()
        for settings in ({}, {"supply_v": {"stm32l4r5": 3.6}, "clock_hz": {"nrf54l15": 64e6}})
    )
    assert (other["energy_j"] / own["energy_j"]).tolist() == pytest.approx([2.0, 1.0])
    assert (other["time_s"] / own["time_s"]).tolist() == pytest.approx([1.0, 2.0])


# What is refused

CORE, MCU, RULE = "odin_style", "stm32l4r5", "rule_ac_mac_45nm"
REFUSED = {
    "clock beyond": (
        (MCU,),
        {"clock_hz": 250e6},
        "device 'stm32l4r5': clock_hz: must be a clock of the device, in hertz; got 250000000.0 "
        ".250 MHz.; allowed: 32,768 to 240,000,000; hint: a faster chip by its core: "
        "cortex-m4:clock_mhz=…",
    ),
    "clock of a core beyond": (
        (CORE, MCU),
        {"clock_hz": {CORE: 90e6}},
        "odin_style: clock_hz: the core reaches it at 0.55 V; got 9e.07; allowed: <= 7.5e.07",
    ),
    "clock no number": (
        (MCU,),
        {"clock_hz": "fast"},
        "must be a clock of the device.*; got 'fast'",
    ),
    "supply": (
        ("nrf54l15",),
        {"supply_v": 5},
        "device 'nrf54l15': supply_v: must be a supply of the device, in volts; got 5; "
        "allowed: 1.7 to 3.6",
    ),
    "voltage of a core": (
        (CORE, MCU),
        {"supply_v": {CORE: 1.8}},
        r"voltage_v: must be within its limits; got 1.8; allowed: 0.55..1",
    ),
    "supply of ODIN": (
        ("odin", MCU),
        {"supply_v": {"odin": 0.8}},
        "device 'odin': supply_v: is that of a microcontroller, or of the parametric core; "
        "got a neuromorphic_core",
    ),
    "voltage twice": (
        ("odin_style:voltage_v=0.8",),
        {"supply_v": 0.6},
        "device 'odin_style:voltage_v=0.8': voltage_v: is said once; got 0.6 beside its name",
    ),
    "unknown device": (
        (CORE, MCU),
        {"clock_hz": {"abacus": 1e6}},
        "price.clock_hz: must name devices that are priced; got 'abacus'; "
        "allowed: odin_style, stm32l4r5$",
    ),
    "unknown library": (
        (MCU,),
        {"library": "abacus"},
        "library: must be a kernel library .*; got 'abacus'",
    ),
    "library of a core": (
        (CORE,),
        {"library": "tflm"},
        "price.library: is for microcontrollers; got odin_style",
    ),
    "library of that core": (
        (CORE, MCU),
        {"library": {CORE: "tflm"}},
        "library: is that of a microcontroller; got odin_style is a neuromorphic_core",
    ),
    "clock of a rule": (
        (RULE,),
        {"clock_hz": 1e6},
        "price.clock_hz: is for microcontrollers, or for cores; got rule_ac_mac_45nm",
    ),
    "clock of that rule": (
        (RULE, MCU),
        {"clock_hz": {RULE: 1e6}},
        "'rule_ac_mac_45nm': clock_hz: is that of a device with a clock",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_a_device_cannot_have(case, trace):
    devices, settings, match = REFUSED[case]
    with pytest.raises(SpikewattError, match=match):
        price(trace, *devices, **settings)


def test_a_changed_core_is_not_scaled(trace):
    mine = with_value(load_card("odin_style"), "leakage_power_w", value=20e-6)
    match = "device 'odin_style': the voltage or clock of a core is changed as the card comes"
    with pytest.raises(SpikewattError, match=match):
        price(trace, mine, supply_v=0.6)


def test_limits_of_a_supply_include_the_card_s_own():
    own = load_card("stm32u575")
    unstated = {key: own.values[key] for key in own.kind.units}  # as of an earlier card
    assert supply_limits_v(replace(own, values=unstated)) == SUPPLY_V

    low = with_value(replace(own, values=unstated), "supply_voltage_v", value=1.2, low=1.2)
    assert value(at_supply(low, 1.2), "supply_voltage_v") == 1.2


def test_a_host_that_is_none_is_told_what_can_be_one(trace):
    with pytest.raises(
        SpikewattError, match="price.host: must be compared, none, or a micro"
    ) as it:
        price(trace, "odin_style", host="nonsense")
    text = str(it.value)
    assert "got 'nonsense'; allowed: compared, none, " in text
    assert "stm32l4r5, " in text
    assert "or a chip by its core, such as cortex-m4:clock_mhz" in text
    assert not {"rule_loihi_davies", "cr2032", "odin_style"} & set(text.replace(",", "").split())
