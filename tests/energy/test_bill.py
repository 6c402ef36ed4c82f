"""Law: a bill is counts times card values, for one card or for many variants at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.bill import WHAT, Bill, BillWriter, powers_of
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError


def test_powers():
    assert powers_of("a", "/b", (("a", 1), ("b", 1))) == (("a", 2),)


def test_a_bill_names_only_values_of_its_card():
    writer = BillWriter()
    writer.charge("snn", "all", "work", 3, "energy_per_hop_j")
    card = load_card("odin_style")
    with pytest.raises(SpikewattError, match="must price 'energy_per_hop_j'"):
        Bill("made", card, card.values, tuple(writer.terms))


def test_energy_follows_cycles_and_time():
    card, writer = load_card("odin_style"), BillWriter()
    writer.cycles("snn", "all", "work", 100, "cycles_per_event")
    writer.per_cycle("snn", "clock", 2, "energy_per_clock_cycle_j")
    later = len(writer.terms)
    writer.seconds("snn", "all", "waiting", 5)
    writer.per_second("snn", "leakage", 1, "leakage_power_w", since=later)

    bill = Bill("made", card, card.values, tuple(writer.terms))
    cycles = 100 * card["cycles_per_event"].value
    clock_j = 2 * cycles * card["energy_per_clock_cycle_j"].value
    assert bill.total("snn", "cycles") == pytest.approx(cycles)
    assert bill.total("snn", "time_s") == pytest.approx(cycles / card["clock_hz"].value + 5)
    leakage_j = 5 * card["leakage_power_w"].value
    assert bill.total("snn") == pytest.approx(clock_j + leakage_j)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**20), designs=st.integers(1, 40))
def test_repricing_equals_pricing_one_by_one(trace, seed, designs):
    random = np.random.default_rng(seed)
    for device in ("odin_style", "stm32u575"):
        card = load_card(device)
        chosen = random.choice(sorted(card.values), 4, replace=False)
        changed = {key: card[key].value * random.uniform(0.3, 3, designs) for key in chosen}
        many = bill_of(trace, card).reprice(changed)
        assert many
        for i in {0, designs - 1}:
            values = {key: card[key].exactly(numbers[i]) for key, numbers in changed.items()}
            other = dataclasses.replace(card, values={**card.values, **values})
            for row in price(trace, other).totals().to_dict("records"):
                for what in WHAT:
                    found = many[row["workload"]][what][i]
                    assert found == pytest.approx(row[what], rel=1e-12)


def test_bad_repricing(trace):
    bill = bill_of(trace, load_card("odin_style"))
    with pytest.raises(SpikewattError, match="card 'odin_style': must price 'energy_per_hop_j'"):
        bill.reprice({"energy_per_hop_j": np.ones(3)})
    with pytest.raises(SpikewattError, match="arrays have one length"):
        bill.reprice({"energy_per_sop_j": np.ones(3), "clock_hz": np.ones(2)})
    match = r"reprice.changed\['energy_per_sop_j'\]: must be finite and not negative; got -1.0..1.0"
    with pytest.raises(SpikewattError, match=match):
        bill.reprice({"energy_per_sop_j": np.array([-1.0, 1.0])})
    with pytest.raises(SpikewattError, match="must hold the workload; got 'ann'; allowed: snn"):
        bill.total("ann")
