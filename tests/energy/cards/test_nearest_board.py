"""A board without a card: the error says its core and the nearest cards."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import known_microcontrollers, load_card
from spikewatt.energy.cards.nearest_board import FAMILIES, LIKE, family_of, nearest_boards
from spikewatt.errors import SpikewattError

CORES_OF_CARDS = {card.about["core"] for card in known_microcontrollers()}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("stm32f407", "Cortex-M4: stm32f411, stm32f446, .*or cortex-m4:clock_mhz=168"),
        ("STM32F407VG", "Cortex-M4: stm32f411, stm32f446"),
        ("nrf52832", "Cortex-M4: nrf52840, or cortex-m4:clock_mhz=64"),
        ("stm32h750", "Cortex-M7: stm32h743, .*or cortex-m7:clock_mhz=480"),
        ("NUCLEO-G474RE", "Cortex-M4: .*or cortex-m4:clock_mhz=170"),
        ("stm32f103", r"Cortex-M3 \(nearest: Cortex-M4\): stm32f411, stm32f446, .*clock_mhz=…"),
        ("ra4m1", "Cortex-M4: "),
        ("ra6m5", "Cortex-M33: ra6m4, or cortex-m33:clock_mhz=200"),
        ("Arduino Nano 33 BLE", "Cortex-M4: "),
        ("teensy41", "Cortex-M7: "),
        ("esp32s3", "Xtensa, not a Cortex-M: by clock alone the nearest card is "),
        ("esp32-c3", "RISC-V, not a Cortex-M: by clock alone"),
        ("raspberrypi4", "Cortex-A, not a Cortex-M: no card here is near it"),
    ],
)
def test_the_name_of_a_board_tells_its_core_and_the_nearest_cards(name, hint):
    with pytest.raises(SpikewattError, match=f"hint: {hint}"):
        load_card(name)


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("NUCLEO-F411RE", "stm32f411"),
        ("nucleo_l4r5zi", "stm32l4r5"),
        ("stm32h743zi", "stm32h743"),
        ("B_U585I_IOT02A", "stm32u585"),
        ("DISCO_F746NG", "stm32f746"),
        ("EK-RA6M4", "ra6m4"),
        ("NuMaker-M467HJ", "m467"),
        ("apollo4plus", "apollo4"),
        ("rp2350a", "rp2350"),
    ],
)
def test_the_board_of_a_chip_that_has_a_card_is_told(name, card):
    with pytest.raises(SpikewattError, match=f"hint: that is {card}$"):
        load_card(name)


def test_a_name_that_tells_nothing_lists_what_there_is():
    with pytest.raises(SpikewattError, match="allowed: .*stm32l4r5.*or a chip by its core"):
        load_card("abacus")
    assert nearest_boards("abacus", known_microcontrollers()) == ""


def test_every_card_lies_in_a_family_of_its_own_core():
    for card in known_microcontrollers():
        family = family_of(card.name)
        assert family is not None, card.name
        assert family.core == card.about["core"], card.name
    assert {family.core for family in FAMILIES} >= CORES_OF_CARDS


def test_names_of_families_are_told_apart():
    begins = [family.begins for family in FAMILIES]
    assert len(set(begins)) == len(begins)
    assert all(name.isalnum() and name.islower() for name in begins)
    assert not set(LIKE) & set(LIKE.values())
