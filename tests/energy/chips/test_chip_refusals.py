"""What a chip cannot do, what its card has no price for, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.counts import Counts

from ...helpers.cards import chip as card
from ...helpers.chip_network import counts, rows


def test_what_the_card_has_no_value_for_is_named():
    said = " ".join(price(counts(), card()).assumptions)
    assert "without a value: events beside their operations, hops between cores" in said
    said = " ".join(price(counts(), card(energy_per_event_j=1e-10)).assumptions)
    assert "events beside their operations" not in said


REFUSED = {
    "leaks": ({"leaks": True}, {}, "potentials leak only where the chip can .leaks."),
    "zero": ({"reset": "zero"}, {}, "set to zero only where the chip can .reset_to_zero."),
    "subtract": ({}, {"resets_by_subtraction": 0}, "the threshold is subtracted only where"),
    "spikes": ({"spikes_per_step": 4}, {"spikes_per_step": 2}, "as many spikes.*got 4; .*<= 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_chip_cannot_do_is_refused_in_one_line(name):
    changes, limits, law = REFUSED[name]
    with pytest.raises(DoesNotFitError, match=law) as refusal:
        price(counts(**changes), card(limits=limits))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({"leaks": True}, {"leaks": 1}),
        ({"reset": "zero"}, {"reset_to_zero": 1}),
        ({"reset": "zero"}, {"reset_to_zero": 1, "resets_by_subtraction": 0}),
        ({"spikes_per_step": 4}, {"spikes_per_step": 4}),
    ],
)
def test_what_a_chip_can_do_costs_the_same(changes, limits):
    found = price(counts(**changes), card(limits=limits))
    assert rows(found) == rows(price(counts(), card()))


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("energy_per_sop_j", "140,000 synaptic operations"),
        ("energy_per_neuron_update_j", "2,960 neuron updates"),
        ("barrier_time_s", "10 steps"),
    ],
)
def test_a_card_without_a_term_that_the_counts_need_is_an_error(key, what):
    chip = card()
    lacking = replace(chip, values={k: v for k, v in chip.values.items() if k != key})
    with pytest.raises(SpikewattError, match=f"must price '{key}': the counts have {what}"):
        price(counts(), lacking)


@pytest.mark.parametrize(
    ("timing", "key", "law"),
    [
        (
            "tick",
            "energy_per_spike_j",
            "must price 'energy_per_spike_j': the counts have 320 spikes that neurons of the chip",
        ),
        (
            "barrier",
            "barrier_energy_j",
            "must price 'barrier_energy_j' or 'barrier_energy_per_core_j': the counts have 10",
        ),
    ],
)
def test_what_another_value_includes_is_written_as_0(timing, key, law):
    chip = card(timing)
    lacking = replace(chip, values={k: v for k, v in chip.values.items() if k != key})
    with pytest.raises(SpikewattError, match=f"card 'mine': {law}") as refused:
        price(counts(), lacking)
    assert "\n" not in str(refused.value)
    assert "hint: write it with value 0, if another value includes it" in str(refused.value)
    assert rows(price(counts(), card(timing, **{key: 0.0})))


def test_spikes_and_barriers_that_the_counts_do_not_have_need_no_price():
    silent = counts({"in": 500.0, "hidden": 0.0, "out": 0.0})
    chip = card("tick")
    lacking = replace(
        chip, values={k: v for k, v in chip.values.items() if k != "energy_per_spike_j"}
    )
    assert rows(price(silent, lacking)) == rows(price(silent, chip))

    of_cores = card(barrier_energy_per_core_j=1e-7)
    del of_cores.values["barrier_energy_j"]
    assert rows(price(counts(), of_cores))["all", "barrier"] == pytest.approx(10 * 3 * 1e-7)


@pytest.mark.parametrize("name", ["odin", "tinyodin"])
def test_what_executes_its_own_networks_takes_no_counts(name):
    with pytest.raises(DoesNotFitError, match="got counts, which do not say which network ran"):
        price(counts(), name)


def test_inputs_alone_take_no_core():
    alone = Counts(
        [{"name": "in", "neurons": 3, "fan_out": 0, "spikes": 1, "synaptic_operations": 0,
          "is_input": True}], 1)  # fmt: skip
    with pytest.raises(SpikewattError, match="must have a layer that is no input; got in"):
        price(alone, card())


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("barrier_energy_per_core_j", "a barrier's energy of each core"),
        ("barrier_time_per_input_core_s", "its time for each core of the input"),
        ("time_per_sop_s", "time of a core's work"),
        ("companion_power_w", "processors beside the cores"),
    ],
)
def test_what_a_barrier_leaves_out_is_named(key, what):
    assert what in price(counts(), card()).assumptions[2]
    assert what not in price(counts(), card(**{key: 1e-9})).assumptions[2]
    assert "a barrier" not in price(counts(), card("tick")).assumptions[2]


def test_the_cores_of_the_input_are_told_with_those_that_a_barrier_holds_for():
    told = price(counts(), card(barrier_time_per_input_core_s=1e-9)).assumptions[1]
    assert "2 cores for the input, barrier_time_s is that of 0, and more of them are extrap" in told


def test_a_tick_without_a_time_of_work_says_that_nobody_checks_it():
    assert "it is not checked whether it fits" in price(counts(), card("tick")).assumptions[1]
    known = price(counts(), card("tick", time_per_sop_s=1e-12)).assumptions[1]
    assert "not checked" not in known
