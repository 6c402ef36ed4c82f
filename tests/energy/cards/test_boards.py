"""The boards on people's desks: each card plausible, with sources, true to its data sheet."""

from __future__ import annotations

import csv

import pytest
from spikewatt.energy.cards.card_file import FOLDER
from spikewatt.energy.cards.kinds import FLASH_BYTE, HIGHEST_SUPPLY, LOWEST_SUPPLY, POWER_KEY
from spikewatt.energy.cards.load import card_names, load_card

BOARDS = [name for name in card_names() if load_card(name).kind.runs_kernels]
CURRENTS = FOLDER / "datasheet_currents.csv"
MICROWATTS_PER_MEGAHERTZ = 1e-12  # µA/MHz · V, in joules per cycle


def datasheet() -> list[dict[str, str]]:
    with CURRENTS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", BOARDS)
def test_a_cycle_costs_what_a_cycle_can_cost(name):
    card = load_card(name)
    assert 5e-12 < card[POWER_KEY].low <= card[POWER_KEY].high < 2e-9
    assert card["active_power_factor"].low >= 1
    assert 30e6 < card["clock_hz"].value < 1.2e9
    assert 1e-6 < card["sleep_power_w"].value < 0.1 * card[POWER_KEY].value * card["clock_hz"].value


@pytest.mark.parametrize("name", BOARDS)
def test_every_value_says_where_it_comes_from(name):
    card = load_card(name)
    assert card.name == name
    for key, quantity in card.values.items():
        assert len(quantity.source) > 5, key
        assert quantity.conditions, key
        recalled = "recalled" in quantity.source or "not verified" in quantity.source
        assert not (recalled and quantity.status == "measured"), key


@pytest.mark.parametrize("name", BOARDS)
def test_its_supply_lies_within_its_limits(name):
    card = load_card(name)
    supply = card["supply_voltage_v"]
    assert card[LOWEST_SUPPLY].value <= supply.low
    assert supply.high <= card[HIGHEST_SUPPLY].value


@pytest.mark.parametrize("name", BOARDS)
def test_a_card_without_rows_of_its_own_agrees_with_its_data_sheet(name):
    card = load_card(name)
    rows = [
        row
        for row in datasheet()
        if row["chip"] == name and row["regulator"] == card.about["regulator"]
    ]
    assert rows, "no row in datasheet_currents.csv"
    assert float(rows[0]["clock_mhz"]) * 1e6 == card["clock_hz"].value
    if "running neural networks" in card[POWER_KEY].conditions:
        return
    found = float(rows[0]["ua_per_mhz"]) * float(rows[0]["supply_v"]) * MICROWATTS_PER_MEGAHERTZ
    assert card[POWER_KEY].low <= 1.001 * found
    assert found <= 1.001 * card[POWER_KEY].high
    for end in ("low", "high"):
        current = float(rows[0][f"{end}_ua_per_mhz"]) * float(rows[0]["supply_v"])
        of_card = getattr(card[POWER_KEY], end)
        assert current * MICROWATTS_PER_MEGAHERTZ == pytest.approx(of_card, rel=2e-3)


def test_data_sheet_rows_are_of_our_chips_and_cores():
    chips = [row["chip"] for row in datasheet()]
    assert len(set(chips)) == len(chips)
    for row in datasheet():
        card = load_card(row["chip"])
        assert row["core"] == card.about["core"]
        assert row["regulator"] in ("ldo", "dcdc")
        assert row["status"] in ("measured", "estimated", "assumed")
        assert row["code"] in ("typical", "front page")
        is_known = "not verified" not in row["source"] and "no figure" not in row["source"]
        assert is_known == (row["status"] != "assumed"), row


def test_an_external_flash_raises_the_high_end_of_what_reads_weights():
    pico, inside = load_card("rp2040"), load_card("stm32g0b1")
    wait = pico[FLASH_BYTE].high
    dense = "cycles_per_synapse_dense"
    assert pico[dense].high == inside[dense].high + wait
    assert pico[dense].value == inside[dense].value
    assert "external flash" in pico[dense].source
    assert pico["cycles_per_step"].high == inside["cycles_per_step"].high

    kernels = load_card("rp2040", library="hale")
    of_chip = load_card("stm32g0b1", library="hale")
    assert kernels["cycles_per_mac_dense"].high > of_chip["cycles_per_mac_dense"].high + wait / 2
