"""Kinds of devices and laws of what fits: the tables are complete, each law has a name."""

from __future__ import annotations

import pytest
from spikewatt.energy.bill import BillWriter
from spikewatt.energy.cards.kinds import CARD_KINDS
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.energy.devices.registry import DEVICE_KINDS, device_kind
from spikewatt.energy.devices.software_limits import SOFTWARE_LAWS, SoftwareNeed, why_not
from spikewatt.energy.devices.what_fits import CORE_LAWS, LAYER_LAWS, ArithmeticLaw
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.errors import SpikewattError
from spikewatt.models.odin.chips import CHIPS


def test_every_kind_of_card_is_a_kind_of_device():
    assert list(DEVICE_KINDS) == list(CARD_KINDS)
    for name, kind in DEVICE_KINDS.items():
        assert kind == name
        assert kind.units is CARD_KINDS[name].units
        assert kind.limits is CARD_KINDS[name].limits


def test_a_kind_of_device_cannot_be_changed():
    with pytest.raises(AttributeError, match="frozen"):
        DEVICE_KINDS["rule"].has_range = True


def test_kinds_that_compute_write_a_bill_and_others_say_so(trace):
    refused = []
    for name in card_names():
        card = load_card(name)
        kind = device_kind(card)
        if not kind.computes:
            match = f"must be devices that compute; got {name} is a {kind}"
            with pytest.raises(SpikewattError, match=match):
                kind.write(BillWriter(), trace, card)
            refused.append(name)
    assert refused == ["cr2032", "host_port"]


def test_every_chip_of_odins_kind_has_a_card_that_takes_no_other_network(trace):
    found = [name for name in card_names() if "executes" in load_card(name).about]
    assert found == sorted(CHIPS)
    for name in found:
        match = f"device '{name}': executes what was trained for its .*; got a trace of another"
        with pytest.raises(SpikewattError, match=match):
            bill_of(trace, load_card(name))


def test_facts_of_the_kinds():
    facts = ("computes", "has_range", "takes_period", "takes_host", "places_neurons", "supplies")
    found = {
        name: [fact for fact in facts if getattr(kind, fact)] for name, kind in DEVICE_KINDS.items()
    }
    assert found == {
        "neuromorphic_core": [
            "computes",
            "has_range",
            "takes_period",
            "takes_host",
            "places_neurons",
        ],
        "microcontroller": ["computes", "has_range", "takes_period"],
        "port": [],
        "rule": ["computes"],
        "battery": ["supplies"],
    }


def test_only_kinds_that_take_a_host_or_a_period_are_charged_for_it(trace):
    host = load_card("stm32u575")
    for name in ("odin_style", "stm32l4r5", "rule_ac_mac_45nm"):
        card = load_card(name)
        kind = device_kind(card)
        bill = bill_of(trace, card, period_s=1.0, host=host)
        assert (bill.device == f"{name}+stm32u575") == kind.takes_host
        assert (bill.period_s == 1.0) == kind.takes_period
        idle = any(term.component == "between inferences" for term in bill.terms)
        assert idle == kind.takes_period


# Laws


def test_laws_have_names_that_say_why():
    names = [law.name for law in CORE_LAWS if isinstance(law, ArithmeticLaw)]
    assert len(set(names)) == len(names) == 8
    for law in (*CORE_LAWS, *LAYER_LAWS, *SOFTWARE_LAWS):
        assert law.__doc__


def test_of_several_reasons_the_most_telling_is_given():
    card = load_card("stm32l4r5")
    assert why_not(SoftwareNeed(70_000, 9_000), card) is None
    large = why_not(SoftwareNeed(10**9, 9_000), card)
    assert large == "needs 1,000,000,000 of 2,097,152 flash_bytes, 997,902,848 too many"
    both = why_not(SoftwareNeed(10**9, 10**9), card)
    assert both == f"{large} and needs 1,000,000,000 of 655,360 ram_bytes, 999,344,640 too many"
    deep = SoftwareNeed(10**9, 10**9, state_bits=40)
    assert why_not(deep, card) == "potentials are int32, this run may need 40 bits"
    wide = SoftwareNeed(10**9, 10**9, weight_bits=12, state_bits=40)
    assert why_not(wide, card) == "weights are int8, the network's have 12 bits"
