"""A card of one's own that has the name of one that comes with spikewatt."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
from spikewatt.energy.cards.card_file import FOLDER, save_card
from spikewatt.energy.cards.load import load_card
from spikewatt.errors import SpikewattWarning


@pytest.mark.parametrize("name", ["truenorth", "stm32l4r5"])
def test_a_copy_is_the_card_and_another_one_is_said(tmp_path, name):
    path = tmp_path / "copy.yaml"
    path.write_text((FOLDER / f"{name}.yaml").read_text("utf-8"), "utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_card(path) == load_card(name)

    card = load_card(name)
    save_card(card, path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_card(path) == card

    key = next(iter(card.values))
    value = replace(card[key], value=card[key].high * 1.01, high=card[key].high * 1.01)
    save_card(replace(card, values={**card.values, key: value}), path)
    law = f"name: is that of a card that comes with spikewatt, and what it says is not; got {name}"
    with pytest.warns(SpikewattWarning, match=law):
        load_card(path)


def test_a_name_of_its_own_is_not_talked_about(tmp_path):
    save_card(replace(load_card("truenorth"), name="mine"), tmp_path / "mine.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_card(tmp_path / "mine.yaml").name == "mine"
