"""`spikewatt devices`: boards by core, what was measured on each, one card with its sources."""

from __future__ import annotations

import pytest
from spikewatt.analysis.report.devices import (
    CORES,
    board_table,
    card_findings,
    device_findings,
    device_table,
    measured_on,
)
from spikewatt.energy.cards.kinds import POWER_KEY
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.kernels.measured import read_measured

BOARDS = [name for name in card_names() if load_card(name).kind.runs_kernels]


@pytest.fixture(scope="module")
def boards():
    return board_table()


def test_every_microcontroller_is_shown_once_and_by_core(boards):
    assert sorted(boards.frame["device"]) == BOARDS
    found = list(dict.fromkeys(boards.frame["core"]))
    assert found == [core.name for core in CORES.values() if core.name in found]

    told = [core for core in boards.brief["core"] if core]
    assert told == found  # a reader sees each core once, at its first board


def test_other_devices_stand_in_the_second_table_and_all_in_its_frame():
    table = device_table()
    assert set(table.frame["device"]) == set(card_names())
    assert table.brief is not None
    assert set(table.brief["device"]) == set(card_names()) - set(BOARDS)


@pytest.mark.parametrize("name", BOARDS)
def test_what_was_measured_is_what_there_are_rows_of(name, boards):
    rows = read_measured()
    of_chip = rows[rows["chip"] == name]
    assert measured_on(name) == (len(of_chip) > 0, bool(of_chip["energy_j"].notna().any()))

    shown = boards.frame.set_index("device").loc[name]
    assert (shown["latency"] == "measured") == (len(of_chip) > 0)
    assert (shown["power"] == "measured") == bool(of_chip["energy_j"].notna().any())

    caution = load_card(name).about.get("caution", "")
    assert ("latency was measured on this chip" in caution) <= (len(of_chip) > 0)
    assert ("no network was measured on this chip" in caution) <= (len(of_chip) == 0)


def test_a_cycle_is_priced_with_what_networks_take_beyond_the_data_sheet(boards):
    shown = boards.frame.set_index("device").loc["stm32f411"]
    card = load_card("stm32f411")
    energy, factor = card[POWER_KEY], card["active_power_factor"]
    assert shown["cycle_j"] == pytest.approx(energy.value * factor.value)
    assert shown["cycle_low_j"] < energy.value < shown["cycle_high_j"]


def test_one_card_says_what_a_reader_of_its_prices_must_know():
    notes = " ".join(card_findings(load_card("rp2040")).notes)
    assert "external flash" in notes
    assert "cycles those of other chips with this core" in notes
    assert "power: estimated" in notes
    assert any("5th and 95th percentile" in note for note in device_findings().notes)
