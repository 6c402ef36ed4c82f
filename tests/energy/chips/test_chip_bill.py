"""Counts on neuromorphic chips: each term in closed form, words, laws of what fits, errors."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.counts import Counts

from ...helpers.cards import chip as card

STEPS = 10
# 300 inputs -> 256 (two cores of 128) -> 40, dense.
INPUT, HIDDEN, OUT = 300, 256, 40
SENT = {"in": 500.0, "hidden": 300.0, "out": 20.0}


def counts(sent=SENT, layers=None, **changes) -> Counts:
    layers = layers or {}
    sizes = {"in": (INPUT, HIDDEN), "hidden": (HIDDEN, OUT), "out": (OUT, 0)}
    rows = [
        {
            "name": name,
            "neurons": neurons,
            "fan_out": fan_out,
            "spikes": sent[name],
            "synaptic_operations": sent[name] * fan_out,
            "is_input": name == "in",
            **layers.get(name, {}),
        }
        for name, (neurons, fan_out) in sizes.items()
    ]
    return Counts(rows, **{"steps": STEPS, **changes})


def rows(found, what="energy_j"):
    """(layer, component) -> amount, of the rows that are not empty."""
    frame = found.frame
    named = zip(frame["layer"], frame["component"], frame[what], strict=True)
    return {(layer, component): amount for layer, component, amount in named if amount}


def of(component, found, what="energy_j"):
    return sum(amount for (_, name), amount in rows(found, what).items() if name == component)


OPERATIONS = SENT["in"] * HIDDEN + SENT["hidden"] * OUT
EVENTS = SENT["in"] * 2 + SENT["hidden"] * 1  # two cores hold the hidden layer, one the last
BARRIER_S = STEPS * 1e-4
CORES = 3


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


ACTIVE = SENT["hidden"] + SENT["out"]
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


def test_a_tick_lasts_as_long_whatever_happens():
    found = price(counts(), card("tick", time_per_sop_s=1e-9))
    assert rows(found, "time_s") == pytest.approx({("all", "steps"): STEPS * 1e-3})
    assert of("leakage", found) == pytest.approx(CORES * 1e-3 * STEPS * 1e-3)


def test_work_that_does_not_fit_a_tick_is_refused():
    with pytest.raises(DoesNotFitError, match=r"fits into its tick \(step_time_s\); got 0.064 s"):
        price(counts(), card("tick", time_per_sop_s=1e-5))


UPDATES = {
    "slots": CORES * 128 * STEPS,
    "used": (HIDDEN + OUT) * STEPS,
    "touched": HIDDEN * STEPS + OUT * STEPS,
}


@pytest.mark.parametrize("updates", UPDATES)
def test_which_neurons_are_updated(updates):
    found = price(counts(), card(updates=updates))
    assert of("neuron updates", found) == pytest.approx(UPDATES[updates] * 50e-12, rel=1e-12)
    assert of("synaptic operations", found) == pytest.approx(OPERATIONS * 20e-12, rel=1e-12)


def test_where_little_happens_few_neurons_are_touched():
    quiet = counts({"in": 2.0, "hidden": 1.0, "out": 0.0})
    found = price(quiet, card(updates="touched"))
    touched = 2 * HIDDEN + 1 * OUT
    assert of("neuron updates", found) == pytest.approx(touched * 50e-12, rel=1e-12)


def test_counted_updates_are_taken_where_the_rule_is_touched():
    counted = counts(layers={"hidden": {"active_updates": 300, "idle_updates": 700}})
    chip = card(updates="touched", energy_per_active_update_j=8e-11)
    of_hidden = rows(price(counted, chip))["hidden", "neuron updates"]
    assert of_hidden == pytest.approx(300 * 8e-11 + 700 * 5e-11, rel=1e-12)

    chip = card(updates="used", energy_per_active_update_j=8e-11)
    of_hidden = rows(price(counted, chip))["hidden", "neuron updates"]
    assert of_hidden == pytest.approx(300 * 8e-11 + (HIDDEN * STEPS - 300) * 5e-11, rel=1e-12)


def test_without_rows_an_event_sweeps_all_that_a_core_has_room_for():
    found = price(counts(), card(limits={"zero_skipping": 0}))
    assert of("synaptic operations", found) == pytest.approx(EVENTS * 128 * 20e-12, rel=1e-12)


def test_layers_share_cores_or_begin_them():
    sizes = {"in": {"fan_out": 40}, "hidden": {"neurons": 40}}
    small = counts(dict.fromkeys(SENT, 0.0), sizes)
    assert price(small, card()).totals()["cores"][0] == 1
    assert price(small, card(limits={"layers_share_cores": 0})).totals()["cores"][0] == 2


def test_the_counts_say_how_many_cores_a_layer_takes():
    spread = counts(layers={"hidden": {"cores": 8}})
    found = price(spread, card(energy_per_event_j=1e-10))
    assert found.totals()["cores"][0] == 9
    assert of("events", found) == pytest.approx((SENT["in"] * 8 + SENT["hidden"]) * 1e-10)


def test_a_row_length_says_how_many_cores_hear_a_spike():
    rows_given = counts(layers={"in": {"row_length": 256}})
    found = price(rows_given, card(energy_per_event_j=1e-10))
    assert of("events", found) == pytest.approx((SENT["in"] + SENT["hidden"]) * 1e-10)
    with pytest.raises(SpikewattError, match=r"row_length: .*got 256 / 64 = 4 cores; .*<= 2 cores"):
        price(counts(layers={"in": {"row_length": 64}}), card())


@pytest.mark.parametrize(("fan_out", "cores"), [(1, 1), (128, 1), (129, 2), (256, 2)])
def test_a_small_fan_out_reaches_as_few_cores_as_hold_it(fan_out, cores):
    sparse = counts(layers={"in": {"fan_out": fan_out, "synaptic_operations": 500.0 * fan_out}})
    found = price(sparse, card(energy_per_event_j=1e-10))
    assert of("events", found) == pytest.approx((SENT["in"] * cores + SENT["hidden"]) * 1e-10)


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


def test_what_the_card_has_no_value_for_is_named():
    said = " ".join(price(counts(), card()).assumptions)
    assert "events beside their operations, spikes that are sent" in said
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


def test_too_many_neurons_for_the_cores_that_are_said():
    with pytest.raises(DoesNotFitError, match="layer 'hidden': its neurons fit its cores"):
        price(counts(layers={"hidden": {"cores": 1}}), card())


def test_a_neuron_with_more_inputs_than_axons():
    with pytest.raises(DoesNotFitError, match="layer 'hidden': a neuron has at most 256 inputs"):
        price(counts(), card(limits={"axons_per_core": 256}))


def test_as_many_cores_as_are_allowed():
    with pytest.raises(DoesNotFitError, match=r"fits on 2 cores \(max_cores\); got 3 cores"):
        price(counts(), card(), max_cores=2)


def test_inputs_alone_take_no_core():
    alone = Counts(
        [{"name": "in", "neurons": 3, "fan_out": 0, "spikes": 1, "synaptic_operations": 0,
          "is_input": True}], 1)  # fmt: skip
    with pytest.raises(SpikewattError, match="must have a layer that is no input; got in"):
        price(alone, card())


def test_spikes_of_the_last_layer_go_to_itself():
    recurrent = counts(layers={"out": {"fan_out": OUT, "synaptic_operations": 20.0 * OUT}})
    found = rows(price(recurrent, card()))["out", "synaptic operations"]
    assert found == pytest.approx((SENT["hidden"] + 20) * OUT * 20e-12, rel=1e-12)


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


def test_a_core_with_a_clock_prices_counts_by_its_own_equation():
    chip = load_card("odin_style:axons_per_core=512")
    assert len({name for _, name in rows(price(counts(), chip, max_cores="any"))}) >= 7
    with pytest.raises(DoesNotFitError, match=r"fits on 1 core \(max_cores\); got 2 cores"):
        price(counts(), chip, max_cores=1)
