"""Cards: what is read, what is refused, and the laws of the parametric core."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
import yaml
from spikewatt.energy.cards.card_file import save_card
from spikewatt.energy.cards.kinds import CARD_KINDS
from spikewatt.energy.cards.load import FOLDER, card_names, load_card, odin_style
from spikewatt.energy.cards.parametric_core import highest_clock_hz
from spikewatt.errors import SpikewattError

# Cards


@pytest.mark.parametrize("name", card_names())
def test_every_card_value_has_provenance(name):
    card = load_card(name)
    assert card.values
    for quantity in card.values.values():
        assert quantity.low <= quantity.value <= quantity.high
        assert quantity.source
        assert quantity.conditions


@pytest.mark.parametrize("name", card_names())
def test_every_card_holds_what_its_kind_says(name):
    card = load_card(name)
    assert card.kind is CARD_KINDS[card.kind.name]
    layout = card.kind.layout(card.about)
    assert layout.values <= set(card.values) <= layout.values | layout.more_values
    assert layout.limits <= set(card.limits) <= layout.limits | layout.more_limits
    assert card.kind.never_zero <= {*card.kind.units, *card.kind.optional}


def test_there_are_cards_of_every_kind():
    assert {load_card(name).kind.name for name in card_names()} == set(CARD_KINDS)


def test_cards_are_written_and_read_back(tmp_path):
    for name in ("stm32u575", "odin_style", "cr2032", "rule_loihi_davies"):
        card = load_card(name)
        save_card(card, tmp_path / f"{name}.yaml")
        again = load_card(str(tmp_path / f"{name}.yaml"))
        assert again.values == card.values
        assert dataclasses.replace(again, values={}) == dataclasses.replace(card, values={})


def test_a_card_is_named_in_capitals_too_and_given_as_it_is():
    card = load_card("STM32L4R5")
    assert card == load_card("stm32l4r5")
    assert load_card(card) is card
    assert repr(card) == f"Card(stm32l4r5, microcontroller, {len(card.values)} values)"


def test_an_event_that_a_card_does_not_price_is_an_error():
    with pytest.raises(SpikewattError, match="card 'odin_style': must price 'energy_per_hop_j'"):
        load_card("odin_style")["energy_per_hop_j"]


def test_a_card_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SpikewattError, match="must name a device card.*got 'abacus'.*odin_style"):
        load_card("abacus")
    with pytest.raises(SpikewattError, match="the card must exist; got no such file"):
        load_card(tmp_path / "none.yaml")


def test_a_library_is_that_of_a_microcontroller():
    borrowed = load_card("stm32h7a3")["cycles_per_mac_conv"]
    assert "not measured on Cortex-M7: as other libraries differ" in borrowed.source
    with pytest.raises(SpikewattError, match="library: is that of a microcontroller"):
        load_card(load_card("odin_style"), "tflm")


# Card files that are wrong


def sop(card: dict) -> dict:
    return card["values"]["energy_per_sop_j"]


BROKEN = {
    "unit": (lambda c: sop(c).update(unit=""), "energy_per_sop_j: must have a unit; got none"),
    "dimension": (lambda c: sop(c).update(unit="MHz"), "of the right dimension; got 'MHz'"),
    "no unit": (lambda c: sop(c).update(unit="MHz/"), "of the right dimension; got 'MHz/'"),
    "range": (lambda c: sop(c).update(low=99), "0 <= low <= value <= high; got 99"),
    "negative": (lambda c: sop(c).update(low=-1), "must satisfy 0 <= low"),
    "missing": (
        lambda c: c["values"].pop("energy_per_sop_j"),
        "must be those of a neuromorphic_core; got missing key energy_per_sop_j",
    ),
    "unknown": (
        lambda c: c["values"].update(energy_per_hop_j=sop(c)),
        "values: must be those of a neuromorphic_core; got unknown key energy_per_hop_j",
    ),
    "limit": (lambda c: c["limits"].pop("state_bits"), "limits: .* missing key state_bits"),
    "status": (lambda c: sop(c).update(status="guessed"), "energy_per_sop_j.status: .*'guessed'"),
    "kind": (lambda c: c.update(kind="abacus"), "kind: .*got 'abacus'.*'neuromorphic_core'"),
    "top": (lambda c: c.update(colour="red"), "colour: unknown key; got 'red'"),
    "bool": (
        lambda c: sop(c).update(value=True),
        "energy_per_sop_j.value: Input should be a valid number; got True",
    ),
    "infinite": (lambda c: sop(c).update(high=float("inf")), "should be a finite number"),
    "no cores": (
        lambda c: c["limits"].update(neurons_per_core=0),
        "neurons_per_core: must be at least 1; got 0",
    ),
    "three signs": (
        lambda c: c["limits"].update(signs_per_axon=3),
        "signs_per_axon: must be 1 or 2; got 3",
    ),
    "clock 0": (
        lambda c: c["values"]["clock_hz"].update(low=0, value=0),
        "clock_hz: must be above 0",
    ),
    "efficiency": (
        lambda c: c["values"]["regulator_efficiency"].update(high=1.2),
        "regulator_efficiency: must be at most 1; got 1.2",
    ),
    "no source": (lambda c: sop(c).pop("source"), "source: Field required; got nothing"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_cards(case, tmp_path):
    change, match = BROKEN[case]
    card = yaml.safe_load((FOLDER / "odin_style.yaml").read_text())
    change(card)
    path = tmp_path / "card.yaml"
    path.write_text(yaml.safe_dump(card))
    with pytest.raises(SpikewattError, match=match):
        load_card(path)


def test_a_key_that_stands_twice_is_refused(tmp_path):
    text = (FOLDER / "odin_style.yaml").read_text()
    twice = text.replace("  energy_per_sop_j:", "  clock_hz: 1\n  energy_per_sop_j:")
    path = tmp_path / "card.yaml"
    path.write_text(twice)
    with pytest.raises(SpikewattError, match="must be YAML; got key 'clock_hz' stands twice"):
        load_card(path)


def test_a_microcontroller_names_its_library_and_regulator(tmp_path):
    card = yaml.safe_load((FOLDER / "stm32l4r5.yaml").read_text())
    del card["regulator"]
    path = tmp_path / "card.yaml"
    path.write_text(yaml.safe_dump(card))
    law = "card.yaml:1: regulator: must be given for a microcontroller; got nothing"
    with pytest.raises(SpikewattError, match=law):
        load_card(path)


# The parametric core


def test_the_parametric_core_without_choices_is_its_card():
    assert odin_style() == load_card("odin_style")


def test_energy_of_the_parametric_core_follows_the_square_of_the_voltage():
    base, doubled = odin_style(), odin_style(voltage_v=0.55 * 2**0.5)
    assert doubled["energy_per_sop_j"].value == pytest.approx(2 * base["energy_per_sop_j"].value)


def test_the_range_is_wider_away_from_what_was_measured():
    base = odin_style()
    away = (odin_style(voltage_v=0.55 * 2**0.5), odin_style(node_nm=65), odin_style(voltage_v=1.0))
    for card in away:
        for key in ("energy_per_sop_j", "leakage_power_w"):
            own, measured = card[key], base[key]
            assert own.high / own.low > 1.5 * measured.high / measured.low


def test_a_larger_parametric_core_costs_more():
    cards = [odin_style(neurons_per_core=n, axons_per_core=1024) for n in (64, 256, 512)]
    for key in ("energy_per_sop_j", "leakage_power_w"):
        energies = [card[key].value for card in cards]
        assert all(smaller < larger for smaller, larger in pairwise(energies))
    base = odin_style()["energy_per_sop_j"].value
    assert odin_style(weight_bits=4)["energy_per_sop_j"].value < base
    assert odin_style(node_nm=45)["energy_per_sop_j"].value > base


def test_the_parametric_core_takes_numbers_as_text():
    assert highest_clock_hz(0.8) == 100e6
    assert odin_style(cycles_per_sop=1)["cycles_per_sop"].value == 1
    text = "odin_style:weight_bits=4,voltage_v=0.7"
    assert load_card(text) == odin_style(weight_bits=4, voltage_v=0.7)


BAD_CORES = {
    "odin_style:colour=1": "must be given what it has; got 'colour'",
    "odin_style:voltage_v=0.3": "voltage_v: must be within its limits; got 0.3; allowed: 0.55..1",
    "odin_style:neurons_per_core=0": "must be a size of the core; got 0; allowed: 16..4096",
    "odin_style:neurons_per_core=300.5": "must be a size of the core; got 300.5",
    "odin_style:node_nm=7": "must be a planar node of the scaling table; got 7; allowed: 28, 32",
    "odin_style:clock_hz=90e6": r"reaches it at 0.55 V; got 9e\+07; allowed: <= 7.5e\+07",
    "odin_style:neurons_per_core=4096,axons_per_core=4096": (
        "must have a size that CACTI's table holds; got 16,777,216 bytes"
    ),
    "odin_style:fast": "parts are name=number; got 'fast'",
    "odin_style:clock_hz=quick": "parts are name=number; got 'clock_hz=quick'",
    "stm32l4r5:clock_hz=1": "only the parametric core and a chip by its core take values",
}


@pytest.mark.parametrize("text", BAD_CORES)
def test_bad_parametric_cores(text):
    with pytest.raises(SpikewattError, match=BAD_CORES[text]):
        load_card(text)
