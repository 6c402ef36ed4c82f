"""Counts on neuromorphic chips: each term of energy and time in closed form."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError

from ...helpers.cards import chip as card
from ...helpers.cards import with_value
from ...helpers.chip_network import (
    ACTIVE,
    BARRIER_S,
    CORES,
    EVENTS,
    HIDDEN,
    INPUT,
    OUT,
    SENT,
    STEPS,
    counts,
    of,
    rows,
)


def test_each_row_of_the_least_card_in_closed_form():
    found = price(counts(), card())
    expected = {
        ("hidden", "synaptic operations"): SENT["in"] * HIDDEN * 20e-12,
        ("out", "synaptic operations"): SENT["hidden"] * OUT * 20e-12,
        ("hidden", "neuron updates"): HIDDEN * STEPS * 50e-12,
        ("out", "neuron updates"): OUT * STEPS * 50e-12,
        ("cores", "leakage"): CORES * 1e-3 * BARRIER_S,
    }
    assert rows(found) == pytest.approx(expected, rel=1e-12)
    assert rows(found, "time_s") == pytest.approx({("all", "barrier"): BARRIER_S}, rel=1e-12)
    totals = found.totals().iloc[0]
    assert totals["energy_j"] == pytest.approx(sum(expected.values()), rel=1e-12)
    assert totals["cores"] == CORES
    assert totals["mm2"] is None


# Value of a card -> component, its energy beyond the least card, and what of it is time in s.
ONE_BY_ONE = {
    "energy_per_event_j": (9e-11, "events", EVENTS * 9e-11),
    "energy_per_active_update_j": (8e-11, "neuron updates", ACTIVE * (8e-11 - 5e-11)),
    "energy_per_spike_j": (3e-12, "output spikes", ACTIVE * 3e-12),
    "energy_per_routed_event_j": (4e-12, "routing", SENT["hidden"] * 4e-12),
    "barrier_energy_j": (2e-6, "barrier", STEPS * 2e-6),
    "barrier_energy_per_core_j": (1e-7, "barrier", STEPS * CORES * 1e-7),
    "chip_static_power_w": (3e-2, "leakage", 3e-2 * BARRIER_S),
    "companion_power_w": (7e-2, "companion processor", 7e-2 * BARRIER_S),
}


@pytest.mark.parametrize("key", ONE_BY_ONE)
def test_each_value_adds_its_own_term_and_nothing_else(key):
    value, component, more_j = ONE_BY_ONE[key]
    least, found = price(counts(), card()), price(counts(), card(**{key: value}))
    assert of(component, found) - of(component, least) == pytest.approx(more_j, rel=1e-9)
    others = {name for _, name in rows(found)} - {component}
    assert len(others) >= 2
    for other in others:
        assert of(other, found) == pytest.approx(of(other, least), rel=1e-12)
    assert rows(found, "time_s") == rows(least, "time_s")


# The busiest core holds half of the hidden layer, and hears all spikes of the input.
BUSIEST = {
    "time_per_sop_s": ("synaptic operations", SENT["in"] * HIDDEN / 2),
    "time_per_event_s": ("events", SENT["in"]),
    "time_per_neuron_update_s": ("neuron updates", HIDDEN / 2 * STEPS),
    "time_per_spike_s": ("output spikes", SENT["hidden"] / 2),
}


@pytest.mark.parametrize("key", BUSIEST)
def test_work_of_the_busiest_core_takes_time(key):
    component, count = BUSIEST[key]
    found = price(counts(), card(**{key: 1e-8}))
    times = rows(found, "time_s")
    assert times == pytest.approx(
        {("all", component): count * 1e-8, ("all", "barrier"): BARRIER_S}, rel=1e-12
    )
    leaks_j = CORES * 1e-3 * (BARRIER_S + count * 1e-8)
    assert of("leakage", found) == pytest.approx(leaks_j, rel=1e-12)


def test_a_barrier_waits_for_each_core_that_hears_the_input():
    found = price(counts(), card(barrier_time_per_input_core_s=3e-5))
    assert of("barrier", found, "time_s") == pytest.approx(BARRIER_S + STEPS * 2 * 3e-5)
    from_neurons = counts(layers={"in": {"is_input": False}})
    found = price(from_neurons, card(barrier_time_per_input_core_s=3e-5))
    assert of("barrier", found, "time_s") == pytest.approx(BARRIER_S + STEPS * 3 * 3e-5)


def test_a_barrier_of_fewer_input_cores_than_it_was_measured_with_is_shorter():
    per_core = {"barrier_time_per_input_core_s": 3e-5}
    measured_with_two = card(limits={"barrier_input_cores": 2}, **per_core)
    found = price(counts(layers={"in": {"cores": 1}}), measured_with_two)
    assert of("barrier", found, "time_s") == pytest.approx(BARRIER_S - STEPS * 3e-5)

    with pytest.raises(SpikewattError, match="leaves time for a step with 2 input cores"):
        price(counts(), card(limits={"barrier_input_cores": 8}, **per_core))


def test_the_range_of_a_step_leaves_it_time_too():
    wide = card(limits={"barrier_input_cores": 4}, barrier_time_per_input_core_s=3e-5)
    assert price(counts(), wide).totals()["time_s"][0] == pytest.approx(STEPS * 4e-5)
    wide = with_value(wide, "barrier_time_per_input_core_s", high=6e-5)
    with pytest.raises(SpikewattError, match="got -2e-05 s at the ends of the ranges"):
        price(counts(), wide)


TWO_INPUTS = {
    "both say it": (4, 3, 1, 7),
    "one says it": (4, None, 1, 6),
    "one feeds nobody": (None, 100, 0, 2),
    "one says it and one feeds nobody": (4, 100, 0, 4),
}


@pytest.mark.parametrize("case", TWO_INPUTS)
def test_the_cores_of_all_inputs_that_feed_a_layer_are_added(case):
    one, other, fan_out, expected = TWO_INPUTS[case]
    more = {
        "name": "more", "neurons": 3, "fan_out": fan_out, "spikes": 2, "is_input": True,
        "synaptic_operations": 2 * fan_out, "cores": other,
    }  # fmt: skip
    given = counts(layers={"in": {"cores": one}})
    both = replace(given, layers=[more, *given.layers])
    found = price(both, card(barrier_time_per_input_core_s=3e-5))
    assert of("barrier", found, "time_s") == pytest.approx(BARRIER_S + STEPS * expected * 3e-5)


def test_a_tick_lasts_as_long_whatever_happens():
    found = price(counts(), card("tick", time_per_sop_s=1e-9))
    assert rows(found, "time_s") == pytest.approx({("all", "steps"): STEPS * 1e-3})
    assert of("leakage", found) == pytest.approx(CORES * 1e-3 * STEPS * 1e-3)


def test_work_that_does_not_fit_a_tick_is_refused():
    with pytest.raises(DoesNotFitError, match=r"fits into its tick \(step_time_s\); got 0.064 s"):
        price(counts(), card("tick", time_per_sop_s=1e-5))


def test_barrier_and_companions_are_those_of_each_chip_in_use():
    values = {"barrier_energy_j": 2e-6, "companion_power_w": 7e-2}
    one = price(counts(), card(**values))
    two = price(counts(), card(limits={"cores_per_chip": 2, "chips_per_board": 2}, **values))
    assert of("barrier", one) == pytest.approx(STEPS * 2e-6, rel=1e-12)
    assert of("barrier", two) == pytest.approx(2 * STEPS * 2e-6, rel=1e-12)
    assert of("companion processor", two) == pytest.approx(2 * 7e-2 * BARRIER_S, rel=1e-12)


def test_static_power_is_that_of_each_chip_in_use():
    limits = {"cores_per_chip": 2, "chips_per_board": 2}
    found = price(counts(), card(limits=limits, chip_static_power_w=1e-2))
    assert rows(found)["chip", "leakage"] == pytest.approx(2 * 1e-2 * BARRIER_S, rel=1e-12)
    with pytest.raises(DoesNotFitError, match=r"cores_per_chip \* chips_per_board.*got 3 cores"):
        price(counts(), card(limits={"cores_per_chip": 2}))


def test_measured_time_takes_the_place_of_the_prediction():
    chip = card(companion_power_w=7e-2)
    found = price(counts(time_s=0.02), chip)
    assert rows(found, "time_s") == {("all", "measured time"): 0.02}
    assert of("companion processor", found) == pytest.approx(7e-2 * 0.02, rel=1e-12)
    assert of("leakage", found) == pytest.approx(CORES * 1e-3 * 0.02, rel=1e-12)
    assert any("would have predicted 0.001 s" in line for line in found.assumptions)


@pytest.mark.parametrize(("sleeps", "power_w"), [(1, 3e-3), (0, 73e-3)])
def test_between_inferences_the_chip_leaks_and_its_companion_sleeps(sleeps, power_w):
    chip = card(limits={"companion_sleeps": sleeps}, companion_power_w=7e-2)
    found = price(counts(), chip, period_s=0.1)
    assert of("between inferences", found) == pytest.approx(power_w * (0.1 - BARRIER_S), rel=1e-9)


EVERYTHING = {key: value for key, (value, *_) in ONE_BY_ONE.items()}


@settings(max_examples=30, deadline=None)
@given(
    rates=st.tuples(*[st.floats(0, 0.4)] * 3),
    more=st.floats(1, 2),
    updates=st.sampled_from(["slots", "used", "touched"]),
)
def test_more_spikes_never_cost_less(rates, more, updates):
    sizes = dict(zip(("in", "hidden", "out"), (INPUT, HIDDEN, OUT), strict=True))
    chip = card(updates=updates, **EVERYTHING)

    def energy_j(factor):
        sent = {n: r * factor * sizes[n] * STEPS for n, r in zip(sizes, rates, strict=True)}
        return bill_of(counts(sent), chip).total("snn")

    assert energy_j(more) >= energy_j(1) * (1 - 1e-12)


@settings(max_examples=30, deadline=None)
@given(
    first=st.tuples(*[st.floats(0, 0.4)] * 3),
    second=st.tuples(*[st.floats(0, 0.4)] * 3),
    updates=st.sampled_from(["slots", "used"]),
)
def test_energy_is_linear_in_the_counts(first, second, updates):
    """Of the mean of two inferences the mean of their energies; time of a tick does not depend."""
    sizes = dict(zip(("in", "hidden", "out"), (INPUT, HIDDEN, OUT), strict=True))
    values = {key: value for key, value in EVERYTHING.items()}
    chip = card("tick", updates=updates, **values)

    def energy_j(rates):
        sent = {n: r * sizes[n] * STEPS for n, r in zip(sizes, rates, strict=True)}
        return float(bill_of(counts(sent), chip).total("snn"))

    mean = [(one + other) / 2 for one, other in zip(first, second, strict=True)]
    assert energy_j(mean) == pytest.approx((energy_j(first) + energy_j(second)) / 2, rel=1e-9)
