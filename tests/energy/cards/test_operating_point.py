"""A microcontroller at another clock, supply or regulator than its card's."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.cards.microcontroller_laws import (
    CLOCK_LAWS,
    EQUAL_SUPPLY,
    REGULATORS,
    regulators_of,
    supply_limits_v,
)
from spikewatt.energy.cards.operating_point import at_clock, at_operating_point, at_supply, behind
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.energy.pricing.order import ordered
from spikewatt.energy.pricing.price import price_layers
from spikewatt.errors import SpikewattError

POWER = "energy_per_cycle_j"
MICROCONTROLLERS = [name for name in card_names() if load_card(name).kind.runs_kernels]


def energy(card) -> float:
    return card[POWER].value


# Regulator


def test_published_currents_behind_either_regulator():
    """Published: nRF52840 at 3 V, CoreMark from flash, 3.3 mA behind its converter, 6.3 by LDO.

    STM32U585 at 3 V and 160 MHz: 7.15 and 13.5 mA (DS13086, Tables 40 and 38).
    """
    nordic = load_card("nrf52840")
    assert energy(behind(nordic, "ldo")) / energy(nordic) == pytest.approx(6.3 / 3.3, rel=0.02)

    st = load_card("stm32u575")
    by_converter, by_ldo = (at_operating_point(st, None, 3.0, name) for name in ("dcdc", "ldo"))
    ratio = energy(by_ldo) / energy(by_converter)
    assert by_ldo[POWER].low / by_converter[POWER].high < 13.5 / 7.15 < ratio * 1.1
    assert ratio == pytest.approx(13.5 / 7.15, rel=0.1)


def test_another_regulator_and_back_is_the_same_energy_with_a_wider_range():
    card = load_card("stm32l4r5")
    there = behind(card, "dcdc")
    back = behind(there, "ldo")
    assert energy(back) == pytest.approx(energy(card))
    assert back[POWER].high / back[POWER].low > card[POWER].high / card[POWER].low
    assert there.title == f"{card.title}, here behind a DC/DC converter"
    assert there.about["regulator"] == "dcdc"
    assert there["sleep_power_w"].low < card["sleep_power_w"].low
    assert there["regulator_efficiency"].low < 1
    assert "both draw the same at 1.3 V" in there[POWER].source
    assert behind(card, "ldo") is card


def test_supply_after_the_regulator_follows_the_new_one():
    card = load_card("stm32l4r5")
    low, high = (at_operating_point(card, None, volt, "dcdc") for volt in (1.8, 3.6))
    assert energy(low) == energy(high)
    low, high = (at_operating_point(card, None, volt, "ldo") for volt in (1.8, 3.6))
    assert energy(high) == pytest.approx(2 * energy(low))


def test_a_chip_has_the_regulators_that_its_card_says():
    found = {name: regulators_of(load_card(name)) for name in MICROCONTROLLERS}
    assert found["stm32g0b1"] == ("ldo",)
    assert found["nrf52840"] == tuple(REGULATORS)
    for name, regulators in found.items():
        assert load_card(name).about["regulator"] in regulators


def test_regulator_is_priced_for_all_or_by_device():
    def energies(**settings):
        prices = price_layers(LAYERS, "stm32l4r5", "nrf52840", network="KWS", **settings)
        return prices.totals()["energy_j"].tolist()

    own = energies()
    assert energies(regulator={"nrf52840": "ldo"}) == pytest.approx(
        [own[0], own[1] * 3.0 / 1.57], rel=1e-9
    )
    assert energies(regulator="dcdc") == pytest.approx([own[0] * 1.3 / 1.8, own[1]], rel=1e-9)
    (host,) = ordered(["odin_style"], "stm32l4r5", regulator="dcdc").hosts
    assert host.about["regulator"] == "dcdc"


REFUSED = {
    "not there": (
        lambda: behind(load_card("stm32g0b1"), "dcdc"),
        "device 'stm32g0b1': regulator: must be one that the chip has; got 'dcdc'; allowed: ldo",
    ),
    "unknown": (
        lambda: behind(load_card("nrf52840"), "abacus"),
        "regulator: must be one that the chip has; got 'abacus'; allowed: ldo or dcdc",
    ),
    "core": (
        lambda: behind(load_card("odin"), "ldo"),
        "device 'odin': regulator: is that of a microcontroller; got a neuromorphic_core",
    ),
    "cores alone": (
        lambda: ordered(["odin_style"], None, regulator="ldo"),
        "price.regulator: is for microcontrollers; got odin_style",
    ),
    "supply of the chip": (
        lambda: at_supply(load_card("stm32u575"), 1.65),
        "device 'stm32u575': supply_v: must be a supply of the device, in volts; got 1.65; "
        "allowed: 1.71 to 3.6",
    ),
    "supply of another chip": (
        lambda: at_supply(load_card("stm32h7a3"), 1.6),
        "got 1.6; allowed: 1.62 to 3.6",
    ),
    "nonsense": (
        lambda: at_clock(load_card("nrf52840"), 64),
        "got 64; allowed: 32,768 to 128,000,",
    ),
    "another chip": (
        lambda: at_clock(load_card("nrf52840"), 200e6),
        "allowed: 32,768 to 128,000,000; hint: a faster chip by its core: cortex-m4:clock_mhz=…",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_chip_cannot_do_is_refused(case):
    ask, match = REFUSED[case]
    with pytest.raises(SpikewattError, match=match):
        ask()


@pytest.mark.parametrize("name", MICROCONTROLLERS)
def test_the_supply_of_a_card_lies_within_that_of_its_chip(name):
    card = load_card(name)
    lowest, highest = supply_limits_v(card)
    assert lowest <= card["supply_voltage_v"].value <= highest
    if EQUAL_SUPPLY in card.values:
        assert 1.0 < card[EQUAL_SUPPLY].value < 2.0


# Clock


def test_published_energy_at_two_clocks_lies_in_the_range():
    """Published: an STM32U575 running a network takes 9 % more per cycle at 60 than at 160 MHz."""
    card = load_card("stm32u575")
    slow = at_clock(card, 60e6)
    assert energy(slow) == energy(card)
    assert slow[POWER].high / card[POWER].high > 1.09
    assert slow[POWER].low < card[POWER].low
    for key in set(CLOCK_LAWS) - {POWER}:  # caches hide the flash
        assert slow[key] == card[key]
    assert "at 60 of 160 MHz" in slow.about["caution"]


def test_the_farther_away_the_less_sure():
    card = load_card("stm32l4r5")
    clocks = (1e6, 30e6, 60e6, 120e6)
    widths = [at_clock(card, hz)[POWER].high / at_clock(card, hz)[POWER].low for hz in clocks]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(widths)


def test_beyond_the_card_s_clock_it_is_priced_with_wait_states():
    own, fast = (
        price_layers(LAYERS, "nrf52840", network="KWS", clock_hz=hz) for hz in (64e6, 128e6)
    )
    before, after = (prices.totals().iloc[0] for prices in (own, fast))
    assert after["time_s"] == pytest.approx(before["time_s"] / 2)
    assert after["cycles"] == before["cycles"]
    assert after["energy_j"] == pytest.approx(before["energy_j"])
    assert after["energy_high_j"] > 1.3 * before["energy_high_j"]
    text = "\n".join(fast.assumptions)
    assert "beyond the 64 MHz of its card" in text
    assert "wait states" in text

    card = load_card("nrf52840")
    cycles = at_clock(card, 128e6)["cycles_per_mac_conv"]
    assert cycles.low == card["cycles_per_mac_conv"].low
    assert cycles.high == pytest.approx(card["cycles_per_mac_conv"].high * 2**0.5)
