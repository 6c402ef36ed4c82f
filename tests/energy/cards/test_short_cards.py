"""A microcontroller's card says what is special to the chip; the rest comes from its core."""

from __future__ import annotations

import json

import pytest
import yaml
from spikewatt.energy.cards.card_file import FOLDER, save_card
from spikewatt.energy.cards.kinds import (
    COMMON_KEYS,
    FINER_LOOP_KEYS,
    FLASH_BYTE,
    KERNEL_KEYS,
    LOOP_KEYS,
)
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.cards.software_loops import LOOPS, loop_values, software_loops
from spikewatt.errors import SpikewattError

BOARDS = [name for name in card_names() if load_card(name).kind.runs_kernels]


@pytest.mark.parametrize("name", BOARDS)
def test_a_card_of_ours_holds_what_is_special_to_the_chip(name):
    in_file = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))["values"]
    assert not set(in_file) & {*LOOP_KEYS, *KERNEL_KEYS}

    card = load_card(name)
    assert set(card.values) - set(card.kind.optional) == set(card.kind.units)


@pytest.mark.parametrize("name", BOARDS)
def test_its_software_loop_is_the_first_of_its_core(name):
    card = load_card(name)
    of_core = json.loads(LOOPS.read_text("utf-8"))[card.about["core"]]
    first = next(iter(of_core.values()))["values"]
    for key in LOOP_KEYS:
        found = card[key]
        assert (found.low, found.value) == (first[key]["low"], first[key]["value"])
        assert found.source.startswith(first[key]["source"])
        if FLASH_BYTE not in card.values:
            assert found.high == first[key]["high"]


def test_each_loop_has_all_values_and_says_its_width():
    for core, loops in software_loops().items():
        for name, loop in loops.items():
            assert set(loop["values"]) == {*LOOP_KEYS, *FINER_LOOP_KEYS}, (core, name)
            assert loop["potential_bits"] in (16, 32)
            assert loop["quality"]


def test_a_core_that_nobody_counted_is_an_error():
    with pytest.raises(SpikewattError, match="software loops"):
        loop_values("Cortex-A53", "mine")


def test_a_full_card_keeps_its_own_values(tmp_path):
    card = load_card("stm32l4r5")
    own = {
        key: card[key].scaled(1.25, source="counted here") for key in (*LOOP_KEYS, *COMMON_KEYS[2:])
    }
    full = tmp_path / "mine.yaml"
    save_card(type(card)(**{**vars(card), "values": {**card.values, **own}}), full)

    again = load_card(full)
    for key, quantity in own.items():
        assert again[key] == quantity


@pytest.mark.parametrize("name", BOARDS)
def test_a_saved_card_is_read_as_it_was(name, tmp_path):
    card = load_card(name)
    save_card(card, tmp_path / "again.yaml")
    assert load_card(tmp_path / "again.yaml") == card


def test_half_a_loop_is_an_error(tmp_path):
    content = yaml.safe_load((FOLDER / "nrf52840.yaml").read_text("utf-8"))
    entry = content["values"]["wake_time_s"] | {"unit": "", "value": 9, "low": 3, "high": 50}
    content["values"]["cycles_per_step"] = entry
    half = tmp_path / "half.yaml"
    half.write_text(yaml.safe_dump(content))
    with pytest.raises(SpikewattError, match="missing key cycles_per_neuron_update"):
        load_card(half)
